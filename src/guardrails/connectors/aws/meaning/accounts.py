"""The accounts of one observation as `guardrails.iam` looks at them together, and which roles somebody could become at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.account import Account, Body, Group, Holder, Version
from guardrails.iam.documents import Effect, Kind
from guardrails.iam.layers import UNKNOWN, Unknown
from guardrails.iam.powers import Realm
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.rules import rules
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.sets import Language

__all__ = ["Accounts", "heard_in"]

_ASSUME = "sts:assumerole"
_KINDS = {"user": "user", "role": "role", "permission-set": "role"}


class Accounts:
    """Made once for an observation; `realm` and `refs` know its users and roles by their ARNs."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        mine = [fact for ref, fact in holdings.principals.items() if ref.kind in _KINDS and fact.form is not PrincipalForm.PROVIDER]
        self.refs = {fact.resource: ref for ref, fact in holdings.principals.items()}
        self._holders = {fact.ref: self._holder(fact) for fact in mine}
        self.realm = Realm(self._account(number) for number in sorted({fact.ref.realm for fact in mine}))
        self._by_name: dict[str, list[Holder]] = {}
        self._left: dict[tuple[str, Language], tuple[Holder, ...]] = {}
        for role in self.realm.roles:
            for name in _trusted(self.realm.trust(role)):
                self._by_name.setdefault(name, []).append(role)

    def of(self, ref: Ref) -> Holder | None:
        """A user or role; `None` for a group and for what the provider keeps."""
        return self._holders.get(ref)

    def is_named(self, holder: Holder) -> bool:
        """Whether a trust policy names it, so that it needs no policy of its own to become that role."""
        return holder.arn in self._by_name

    def nearby(self, holder: Holder) -> Iterator[Holder]:
        """The roles that it could become, going by whom their trust policies name and of which roles its own policies speak.

        That everybody may become a role is told at that role, and not of everybody.
        """
        yield from self._by_name.get(holder.arn, ())
        for spoken in heard_in(holder, Actions.of([_ASSUME])):
            yield from self._leaving_to(holder.account, spoken.loose) if spoken.allow else ()

    def _leaving_to(self, account: str, named: Language) -> tuple[Holder, ...]:
        """Those of some roles that leave it to the policies of an account; many policies speak of the same roles."""
        found = self._left.get((account, named))
        if found is None:
            among = self._within(named) or [*self._by_name.get(account, ()), *self._by_name.get("*", ())]
            found = tuple(role for role in among if self._is_left(role, account, named))
            self._left[account, named] = found
        return found

    def _within(self, named: Language) -> list[Holder]:
        """The roles that are named in full, where all are."""
        literals = [next((one.text for one in term.included if one.is_literal), "") for term in named.terms]
        refs = [self.refs.get(text) for text in literals] if all(literals) else []
        return [holder for ref in refs if ref is not None and (holder := self._holders.get(ref)) is not None]

    def _is_left(self, role: Holder, account: str, named: Language) -> bool:
        return bool(_trusted(self.realm.trust(role)) & {account, "*"}) and role.arn in named

    def policy(self, holder: Holder, layer: str) -> str:
        """The policy that a layer of an evaluation is, such as `identity[0]`."""
        kind, _, rest = layer.partition("[")
        ref, number = self.refs[holder.arn], int(rest.rstrip("]")) if rest.rstrip("]").isdigit() else 0
        listed = {
            "identity": [policy for policy, _ in self._holdings.policies(ref)],
            "boundary": list(self._holdings.attached(EdgeKind.BOUNDARY, [ref])),
        }.get(kind, [])
        return str(listed[number]) if number < len(listed) else layer

    def _holder(self, fact: Principal) -> Holder:
        ref, held = fact.ref, self._holdings
        limits = [held.texts[policy] for policy in held.attached(EdgeKind.BOUNDARY, [ref])]
        trust = [held.texts[policy] for policy in held.attached(EdgeKind.TRUST_POLICY, [ref])]
        unseen = bool(held.hole(ref))
        return Holder(
            kind=_KINDS[ref.kind],
            arn=fact.resource,
            name=fact.resource.rpartition("/")[2],
            id=ref.id,
            path=f"/{fact.resource.partition('/')[2]}".rpartition("/")[0] + "/",
            identity=(*(text for _, text in held.policies(ref)), *([UNKNOWN] if unseen else [])),
            boundary=limits[0] if limits else UNKNOWN if unseen else None,
            boundary_arn=next((policy.id for policy in held.attached(EdgeKind.BOUNDARY, [ref])), ""),
            trust=trust[0] if trust else UNKNOWN,
            attached=tuple(policy.id for policy, _ in held.policies(ref) if policy.kind == "policy"),
            groups=tuple(held.name(group) for group in held.targets(EdgeKind.MEMBER, ref)),
            profiles=tuple(name for kind, name in fact.names if kind == "instance-profile"),
            tags=fact.tags,
        )

    def _account(self, number: str) -> Account:
        scps, rcps = self._holdings.organisation.controls(number)
        groups = [fact for ref, fact in self._holdings.principals.items() if ref.kind == "group" and ref.realm == number]
        return Account(
            number=number,
            holders={holder.arn: holder for holder in self._holders.values() if holder.account == number},
            groups={fact.resource: self._group(fact) for fact in groups},
            versions=self._versions(number),
            scps=scps,
            rcps=rcps,
        )

    def _versions(self, number: str) -> dict[str, tuple[Version, ...]]:
        held = self._holdings
        attached = {policy for ref in held.principals if ref.realm == number for policy in held.targets(EdgeKind.IDENTITY_POLICY, ref)}
        found = {policy: held.targets(EdgeKind.VERSION, policy) for policy in sorted(attached)}
        return {
            policy.id: tuple(Version(ref.id.rpartition(" ")[2], held.texts[ref], held.texts[policy]) for ref in others)
            for policy, others in found.items()
            if others
        }

    def _group(self, fact: Principal) -> Group:
        given = self._holdings.policies(fact.ref)
        bodies: list[Body] = [text for _, text in given]
        bodies += [UNKNOWN] if self._holdings.hole(fact.ref) else []
        attached = tuple(policy.id for policy, _ in given if policy.kind == "policy")
        return Group(arn=fact.resource, name=fact.ref.name, identity=tuple(bodies), attached=attached, missing=())


def heard_in(holder: Holder, actions: Actions) -> Iterator[Statement]:
    """What its own policies say of some actions."""
    for body in holder.identity:
        yield from () if isinstance(body, Unknown) else _speaking(body, actions)


@lru_cache(maxsize=65536)
def _speaking(body: str, actions: Actions) -> tuple[Statement, ...]:
    return tuple(one for one in statements(body) if not (one.actions & actions).is_empty())


@lru_cache(maxsize=65536)
def _trusted(trust: str | Unknown) -> frozenset[str]:
    """Whom a trust policy names: ARNs, accounts, or `*` where it may be anybody."""
    found = None if isinstance(trust, Unknown) else rules(trust, Kind.TRUST)
    if found is None:
        return frozenset("*")
    named: set[str] = set()
    for rule in found:
        if Effect.ALLOW not in rule.effects or _ASSUME not in rule.says.actions:
            continue
        if rule.principals is None or rule.principals.negated:
            return frozenset("*")
        named |= {_of_account(name) for kind, name in rule.principals.named if kind == "AWS"}
    return frozenset(named)


def _of_account(name: str) -> str:
    """A whole account by its number alone."""
    return name.split(":")[4] if name.endswith(":root") else name
