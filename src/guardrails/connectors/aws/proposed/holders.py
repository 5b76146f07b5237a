"""Users, groups, roles and their policies, as they would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from guardrails.connectors.aws.proposed.draft import Draft, Text
from guardrails.iam.linked import service_of
from guardrails.model.facts import Pairs, Policy, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.proposals.values import Unknown

__all__ = ["Holder", "Holders", "tags_of"]

_FORMS = {"user": PrincipalForm.USER, "role": PrincipalForm.ROLE, "group": PrincipalForm.GROUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One that can hold policies, as its ARN names it."""

    kind: str
    name: str
    path: str = "/"
    tags: Pairs = ()


class Holders:
    """The principals of one account in a draft. `address` is where the change says it."""

    def __init__(self, draft: Draft, account: str, partition: str = "aws") -> None:
        self._draft = draft
        self._account = account
        self._partition = partition

    def arn(self, kind: str, path: str, name: str) -> str:
        """How policies know something of IAM."""
        return f"arn:{self._partition}:iam::{self._account}:{kind}{path}{name}"

    def find(self, kind: str, name: str) -> Ref | None:
        """One that is there, by its name."""
        found = self._draft.named(self._account, kind, name)
        return found or (self._permission_set(name) if kind == "role" else None)

    def _permission_set(self, name: str) -> Ref | None:
        """A role of IAM Identity Center is known by its permission set, and by its name in its ARN alone."""
        found = (one for one in self._draft.each(Principal) if one.ref.realm == self._account)
        return next((one.ref for one in found if one.resource.endswith(f"/{name}") and one.ref.kind == "permission-set"), None)

    def make(self, holder: Holder, former: Ref | None = None) -> Ref:
        """It is there, and holds what it held before if it is the `former` one."""
        arn = self.arn(holder.kind, holder.path, holder.name)
        ref = replace(former, name=holder.name) if former else self._draft.at(self._account, holder.kind, holder.name, arn)
        was = self._draft.get(Principal, former) if former else None
        base = was or Principal(ref=ref, form=_FORMS[holder.kind])
        if former:
            self._draft.remove(former, Principal)
        names = (*((f"tag/{key}", value) for key, value in holder.tags), *(one for one in base.names if not one[0].startswith("tag/")))
        managed = dict(holder.tags).get("managed-by", "")
        self._draft.put(replace(base, ref=ref, resource=arn, names=names, tags=holder.tags, managed_by=managed))
        return ref

    def trust(self, role: Ref, text: Text, address: str) -> None:
        """Who may become a role."""
        own = self._draft.ref(self._account, "trust-policy", f"{role.id}/trust", f"{role.name}/trust")
        self._draft.policy(role, EdgeKind.TRUST_POLICY, own, text, address)
        fact = self._draft.get(Principal, role)
        if fact is not None and isinstance(text, str):
            path = fact.resource.partition(":role")[2].rpartition("/")[0] + "/"
            form = PrincipalForm.PROVIDER if service_of(path, text) else PrincipalForm.ROLE
            self._draft.put(replace(fact, form=form))

    def inline(self, holder: Ref, name: str, text: Text, address: str) -> None:
        """It has an inline policy of that name."""
        self._draft.policy(holder, EdgeKind.IDENTITY_POLICY, self._own(holder, name), text, address)

    def _own(self, holder: Ref, name: str) -> Ref:
        return self._draft.ref(self._account, "inline-policy", f"{holder.id}/{name}", f"{holder.name}/{name}")

    def without_inline(self, holder: Ref, name: str) -> None:
        """It has no inline policy of that name."""
        self._draft.remove(self._own(holder, name))

    def only_inline(self, holder: Ref, names: frozenset[str]) -> None:
        """It has no other inline policies than these."""
        kept = {self._own(holder, name) for name in names}
        for ref in self._draft.linked(EdgeKind.IDENTITY_POLICY, holder):
            if ref.kind == "inline-policy" and ref not in kept:
                self._draft.remove(ref)

    def managed(self, arn: str, text: Text, address: str) -> None:
        """What a managed policy says, for everybody who holds it."""
        ref = self._draft.known(arn) or self._draft.ref(self._account, "policy", arn, arn.rpartition("/")[2])
        if why := self._draft.document(ref, text):
            self._draft.gap(self._account, "policy", f"{address}: {why}", ref)
            self._let_go(ref, address, why)

    def end_managed(self, arn: str, address: str) -> None:
        """A managed policy is gone. AWS refuses that while somebody holds it, so who still does is told."""
        if policy := self._draft.known(arn):
            self._let_go(policy, address, f"{policy.name} goes, and the change does not say that it is detached before")
            self._draft.remove(policy)

    def _let_go(self, policy: Ref, address: str, why: str) -> None:
        """Nobody knows what its holders may do."""
        for kind in (EdgeKind.IDENTITY_POLICY, EdgeKind.BOUNDARY):
            for holder in self._draft.linking(kind, policy):
                self._draft.unlink(kind, holder, policy)
                self._draft.hole(holder, address, why)

    def attach(self, holder: Ref, arn: Text, address: str, kind: EdgeKind = EdgeKind.IDENTITY_POLICY) -> None:
        """It holds a managed policy, or is bound by it."""
        policy = self._draft.known(arn) if isinstance(arn, str) else None
        if policy is not None and self._draft.get(Policy, policy):
            self._draft.link(kind, holder, policy, policy.id)
            return
        said = arn.why if isinstance(arn, Unknown) else f"{arn} is not among what was observed"
        self._draft.hole(holder, address, f"the policy that it would hold is not known: {said}")

    def detach(self, holder: Ref, arn: Text, address: str, kind: EdgeKind = EdgeKind.IDENTITY_POLICY) -> None:
        """It holds a managed policy no longer."""
        if isinstance(arn, Unknown):
            self._draft.hole(holder, address, f"which policy it would lose is not known: {arn.why}")
        elif policy := self._draft.known(arn):
            self._draft.unlink(kind, holder, policy)

    def only_attached(self, holder: Ref, arns: frozenset[str]) -> None:
        """It holds no other managed policies than these."""
        for ref in self._draft.linked(EdgeKind.IDENTITY_POLICY, holder):
            if ref.kind == "policy" and ref.id not in arns:
                self._draft.unlink(EdgeKind.IDENTITY_POLICY, holder, ref)

    def holding(self, arn: str) -> list[Ref]:
        """Who holds a managed policy."""
        policy = self._draft.known(arn)
        return self._draft.linking(EdgeKind.IDENTITY_POLICY, policy) if policy else []

    def bound(self, holder: Ref, arn: Text | None, address: str) -> None:
        """Its boundary, or none. One that is not known bounds nothing, and is told."""
        self._draft.unlink(EdgeKind.BOUNDARY, holder)
        if arn:
            self.attach(holder, arn, address, EdgeKind.BOUNDARY)

    def join(self, user: Ref, group: Ref) -> None:
        """A user is in a group."""
        self._draft.link(EdgeKind.MEMBER, user, group, self._draft.provenance(user))

    def leave(self, user: Ref, group: Ref) -> None:
        """A user is in a group no longer."""
        self._draft.unlink(EdgeKind.MEMBER, user, group)

    def groups(self, user: Ref) -> list[Ref]:
        """The groups of a user."""
        return self._draft.linked(EdgeKind.MEMBER, user)

    def members(self, group: Ref) -> list[Ref]:
        """The users in a group."""
        return self._draft.linking(EdgeKind.MEMBER, group)

    def profile(self, role: Ref, name: str, *, there: bool) -> None:
        """Instances know a role by this name, or no longer."""
        if fact := self._draft.get(Principal, role):
            others = tuple(one for one in fact.names if one != ("instance-profile", name))
            self._draft.put(replace(fact, names=(*others, ("instance-profile", name)) if there else others))

    def end(self, ref: Ref) -> None:
        """It is gone, with what is its own."""
        for kind in (EdgeKind.IDENTITY_POLICY, EdgeKind.TRUST_POLICY):
            for policy in self._draft.linked(kind, ref):
                if policy.kind != "policy":
                    self._draft.remove(policy)
        self._draft.remove(ref)


def tags_of(found: object) -> Pairs | Unknown:
    """Tags as sorted pairs, when all are known."""
    if isinstance(found, Unknown):
        return found
    tags = found if isinstance(found, Mapping) else {}
    unknown = next((one for one in tags.values() if isinstance(one, Unknown)), None)
    return unknown or tuple(sorted((str(key), str(value)) for key, value in tags.items()))
