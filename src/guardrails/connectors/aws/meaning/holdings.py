"""What each principal of one observation holds: as statements, as bounds, as an access to prove, and as documents to evaluate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from guardrails.connectors.aws.meaning.grants import Grants, unlimited
from guardrails.connectors.aws.meaning.holders import brought, is_open, seen_by, usual
from guardrails.connectors.aws.meaning.keys import CALLER, Keys
from guardrails.connectors.aws.meaning.lists import Lists
from guardrails.connectors.aws.meaning.organisation import Organisation
from guardrails.connectors.aws.meaning.plainly import context_of, speaks_of
from guardrails.connectors.aws.meaning.sessions import behind, in_sessions, role_of
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.layers import UNKNOWN, Sources, unread_policy
from guardrails.iam.proof.access import Bounds, bounds
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import ASKING, SESSION, among
from guardrails.iam.proof.compare import Access
from guardrails.iam.proof.concrete import carried
from guardrails.iam.proof.floors import Layer
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.model.facts import Asset, Policy, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.sets import Context

__all__ = ["Holdings", "Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a principal brings to each of its requests; without `tags`, its session can have any."""

    keys: Context
    tags: Context | None

    @property
    def all(self) -> Context:
        """Both together."""
        return {**(self.tags or {}), **self.keys}

    def seen(self, statement: Statement) -> Statement:
        """A statement as it stands for its requests."""
        return seen_by(statement, self.keys, self.tags)

    def read(self, text: str) -> Iterator[Statement]:
        """The statements of a document as they stand for its requests."""
        return map(self.seen, statements(filled(text, self.all)))


class Holdings:
    """Who holds what in one observation."""

    def __init__(self, observation: Observation) -> None:
        self.texts = {fact.ref: fact.text for fact in observation.facts if isinstance(fact, Policy)}
        self.principals = {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}
        self.organisation = Organisation(observation)
        self._edges: dict[tuple[EdgeKind, Ref], list[Ref]] = {}
        for edge in observation.edges:
            self._edges.setdefault((edge.kind, edge.source), []).append(edge.target)
        self.grants = Grants(observation)
        self.lists = Lists(observation)
        self.keys = Keys(observation, lambda ref: [*self.of_objects(EdgeKind.RESOURCE_POLICY, [ref]), *self.grants.to_accounts(ref)])
        self._by_name: dict[tuple[str, str], list[Statement]] = {}
        for whom, statement in self._giving():
            self._by_name.setdefault(whom, []).append(statement)
        assets = [fact for fact in observation.facts if isinstance(fact, Asset)]
        self._policied = {fact.resource: fact.ref for fact in assets if self.targets(EdgeKind.RESOURCE_POLICY, fact.ref)}
        """What has a policy of its own, by its ARN."""
        self._holes = {gap.subject: gap.message for gap in observation.gaps if gap.subject is not None and gap.what == "iam"}

    def targets(self, kind: EdgeKind, source: Ref) -> list[Ref]:
        """What hangs on something."""
        return self._edges.get((kind, source), [])

    def attached(self, kind: EdgeKind, sources: Iterable[Ref]) -> Iterator[Ref]:
        """The policies of some objects."""
        return (policy for source in sources for policy in self.targets(kind, source))

    def of_objects(self, kind: EdgeKind, sources: Iterable[Ref], *, whoever: bool = False) -> list[Statement]:
        """The statements of policies of resources, with the policy in their pointers; `whoever` as for `statements`."""
        found = self.attached(kind, sources)
        return [one for policy in found for one in _pointed(str(policy), self.texts[policy], padded=False, whoever=whoever)]

    def otherwise(self, other: Holdings) -> list[Ref]:
        """The assets and keys of which policies or grants say something else there, or were seen there alone."""
        mine, theirs = self._said_of_things, other._said_of_things
        return [] if mine == theirs else sorted(ref for ref in {*mine, *theirs} if mine.get(ref) != theirs.get(ref))

    @cached_property
    def _said_of_things(self) -> dict[Ref, tuple[object, ...]]:
        kinds, unread = (EdgeKind.RESOURCE_POLICY, EdgeKind.GRANT), self.keys.unread
        things = {source for kind, source in self._edges if kind in kinds} | unread
        return {ref: (ref in unread, *(self.texts[one] for kind in kinds for one in self.targets(kind, ref))) for ref in things}

    def name(self, holder: Ref) -> str:
        """Its ARN."""
        return self.principals[holder].resource if holder in self.principals else str(holder)

    def witness(self, holder: Ref, action: str, resource: str, context: Context) -> Witness:
        """One request of it; a key without a state is one that is absent."""
        named = [(key, state) for key, state in sorted(context.items()) if state is not None]
        said = tuple((key, value) for key, state in named for value in ((state,) if isinstance(state, str) else state))
        return Witness(principal=self.name(holder), action=action, resource=resource, context=said)

    def known(self, holder: Ref, *, tagged: bool = True) -> Known:
        """What it brings, `tagged` as it is itself, else in any way; a user has no tags but its own."""
        principal = self.principals.get(holder)
        return Known(brought(principal), usual(principal) if tagged or holder.kind == "user" else None)

    def sources(self, holder: Ref) -> list[Ref]:
        """Itself and its groups."""
        return [holder, *self.targets(EdgeKind.MEMBER, holder)]

    def hole(self, holder: Ref) -> str:
        """What of its policies was not seen; empty when all was."""
        return next((self._holes[source] for source in self.sources(holder) if source in self._holes), "")

    def policies(self, holder: Ref) -> tuple[tuple[Ref, str], ...]:
        """Its policies of identities, with their texts."""
        return tuple((policy, self.texts[policy]) for policy in self.attached(EdgeKind.IDENTITY_POLICY, self.sources(holder)))

    def own(self, holder: Ref, known: Known) -> list[Statement]:
        """What its policies and those of its groups say."""
        return [one for _, text in self.policies(holder) for one in known.read(text)]

    def limits(self, holder: Ref, known: Known) -> list[Statement]:
        """What its boundary says."""
        return [one for policy in self.attached(EdgeKind.BOUNDARY, [holder]) for one in known.read(self.texts[policy])]

    def given(self, holder: Ref, known: Known) -> list[Statement]:
        """What policies of assets in the holder's account give to it by name; for that no policy of its own is needed."""
        return [known.seen(statement) for statement in self._by_name.get((holder.realm, self.name(holder)), [])]

    def given_in_sessions(self, holder: Ref, known: Known) -> list[Statement]:
        """Likewise to sessions of a role, which a boundary does not limit: IAM User Guide, "Permissions boundaries for IAM entities"."""
        principal = self.principals.get(holder)
        if principal is None:
            return []
        found = self._by_name.get((holder.realm, role_of(principal) or ""), [])
        return [known.seen(in_sessions(statement, principal)) for statement in found]

    def granted(self, holder: Ref, known: Known) -> list[Statement]:
        """What grants of keys give to it, in whatever account these are."""
        return [known.seen(statement) for statement in self.grants.to(self.principals.get(holder))]

    def is_limited(self, holder: Ref) -> bool:
        """Whether it has a boundary."""
        return bool(self.targets(EdgeKind.BOUNDARY, holder))

    def _giving(self) -> Iterator[tuple[tuple[str, str], Statement]]:
        for kind, asset in self._edges:
            for statement in self.of_objects(kind, [asset]) if kind is EdgeKind.RESOURCE_POLICY else ():
                # the policy of a key speaks of that key, whatever resource it names
                given = statement.within(self.keys.where(asset)) if asset.kind == "key" else statement
                names = dict.fromkeys(behind(name) or name for _, name in statement.principals if statement.allow)
                yield from (((asset.realm, name), given) for name in names)

    def bounds(self, holder: Ref, named: frozenset[str] = frozenset(), keys: Sequence[Ref] = (), *, with_all: bool = False) -> Bounds:
        """What it may do at least and at most, where the policies of these keys count; `named` as for `bounds`.

        `with_all` counts what these keys give to everybody at once: whoever must do something may do it by that.

        Raises:
            BudgetExceededError: It is too intricate.
        """
        known = self.known(holder)
        own, hearing = self.own(holder, known), self.hearing(holder, known)
        layer, limits = self.keys.layer(keys, hearing), self.limits(holder, known)
        held = bounds(own, named) & bounds(layer, named) if layer else bounds(own, named)
        denies = [statement for statement in (*own, *layer) if not statement.allow]
        given, granted = bounds([*self.given(holder, known), *denies], named), self.granted(holder, known)
        left = held | given
        limit = bounds(limits, named) if self.is_limited(holder) else None
        if limit is not None:
            # IAM User Guide, "Permissions boundaries": what a resource gives to a user is not limited, what it gives to a role is
            left = (held & limit) | given if holder.kind == "user" else left & limit
        if in_sessions := self.given_in_sessions(holder, known):
            left |= bounds([*in_sessions, *denies, *(statement for statement in limits if not statement.allow)], named)
        if granted:
            passed = bounds([*granted, *denies], named)
            beyond = bounds([*unlimited(granted), *denies, *(statement for statement in limits if not statement.allow)], named)
            left |= (passed & limit) | beyond if limit is not None else passed
        if with_all and (everybodys := self.keys.given_to_all([ref for ref in keys if ref.realm == holder.realm], hearing)):
            left |= bounds([*everybodys, *denies, *(statement for statement in limits if not statement.allow)], named)
        return self.organisation.limited(holder, left, named)

    def access(self, holder: Ref, known: Known, asked: Sequence[Ref] = ()) -> Access:
        """All ways in which it may do something, to be proved; what the policies of the `asked` assets and keys say counts."""
        own, limits, given = (read(holder, known) for read in (self.own, self.limits, self.given))
        limited, heard = self.is_limited(holder), self.hearing(holder, known)
        layer = self.keys.layer([ref for ref in asked if self.keys.has(ref)], heard)
        branches = [[own, *([limits] if limited else []), *([layer] if layer else [])]]
        if given:
            branches.append([given, limits] if limited and holder.kind != "user" else [given])
        if in_sessions := self.given_in_sessions(holder, known):
            branches.append([in_sessions])
        if granted := self.granted(holder, known):
            branches += [[granted, limits], [unlimited(granted)]] if limited else [[granted]]
        above, denies = self.organisation.above(holder)
        theirs = self.of_objects(EdgeKind.RESOURCE_POLICY, [ref for ref in asked if ref.kind != "key"])
        denied = [heard(among(one)) for one in theirs if not one.allow]
        return Access.of(*([*branch, *above] for branch in branches)).less([*denies, *denied])

    def keys_among(self, found: Iterable[Statement], holder: Ref) -> list[Ref]:
        """The keys that statements speak of, whose policies have a say."""
        of_keys = Actions.of(["kms:*"])
        resources = [one.loose for one in found if one.allow and not (one.actions & of_keys).is_empty()]
        return self.keys.within(resources, holder.realm) if resources else []

    def hearing(self, holder: Ref, known: Known) -> Callable[[Statement], Statement]:
        """How it hears a policy that says for whom it is."""
        return replace(known, keys={**known.keys, ASKING: self._asker(holder), SESSION: None, CALLER: holder.realm}).seen

    def _asker(self, holder: Ref) -> str:
        """What a group holds is asked for by a user of it."""
        return f"arn:aws:iam::{holder.realm}:user/any" if holder.kind == "group" else self.name(holder)

    def is_open(self, holder: Ref) -> bool:
        """Whether something hangs on how a session of it is named or tagged."""
        return any(is_open(statement) for statement in self._all(holder, self.known(holder, tagged=False)))

    def _all(self, holder: Ref, known: Known) -> Iterator[Statement]:
        return chain(*(read(holder, known) for read in (self.own, self.limits, self.given, self.given_in_sessions, self.granted)))

    def layers(self, holder: Ref, resource: str = "") -> Iterator[Layer]:
        """What has to allow something that it must be able to do on a resource, each with its name and the policies in its pointers."""
        known = self.known(holder)
        own, limits = (
            [
                known.seen(one)
                for policy in self.attached(kind, sources)
                for one in _pointed(str(policy), filled(self.texts[policy], known.all))
            ]
            for kind, sources in ((EdgeKind.IDENTITY_POLICY, self.sources(holder)), (EdgeKind.BOUNDARY, [holder]))
        )
        key, hearing = self.keys.at(resource, holder.realm), self.hearing(holder, known)
        mine = [key] if key and key.realm == holder.realm else []
        given = [*self.given(holder, known), *self.granted(holder, known), *self.keys.given_to_all(mine, hearing)]
        yield Layer("", (*own, *given))
        if self.is_limited(holder):
            yield Layer("the boundary", (*limits, *(given if holder.kind == "user" else ())))
        if key:
            yield Layer(f"the policy of {key}", (*self.keys.layer([key], hearing), *self.granted(holder, known)))
        yield from self.organisation.layers(holder)

    def granting(self, holder: Ref, witness: Witness) -> tuple[str, ...]:
        """The statements that allow a request, with their policies."""
        first = next(iter(self.layers(holder)))
        return tuple(statement.pointer for statement in first.statements if statement.allow and speaks_of(statement, witness))

    def asset_of(self, resource: str, holder: Ref) -> Ref | None:
        """The asset or key that a request of somebody is about, if it has a policy of its own that may take something away."""
        return self.keys.at(resource, holder.realm) or self._policied.get(resource.partition("/")[0])

    def allows(self, holder: Ref, witness: Witness) -> bool:
        """Put one request to the evaluator, with every document that is attached."""
        known = self.known(holder)
        above, denies = self.organisation.above(holder)
        key = self.keys.at(witness.resource)
        theirs = self.of_objects(EdgeKind.RESOURCE_POLICY, [key] if key else [])
        names = {name for statement in chain(self._all(holder, known), *above, denies, theirs) for name in statement.context.names}
        scps, rcps = self.organisation.documents(holder, witness)
        limits = [self.texts[policy] for policy in self.attached(EdgeKind.BOUNDARY, [holder])]
        policies = Policies(
            identity=[text for _, text in self.policies(holder)],
            boundary=limits if self.is_limited(holder) else None,
            resource=self._of_resource(witness, holder, key),
            scps=scps,
            rcps=rcps,
            grants=self.grants.documents(witness.resource) or None,
        )
        context = carried({**known.all, **({CALLER: holder.realm} if key else {}), **context_of(witness)}, names)
        request = Request(principal=self._asker(holder), action=witness.action, resource=witness.resource, context=context)
        return evaluate(request, policies).allowed is True

    def _of_resource(self, witness: Witness, holder: Ref, key: Ref | None) -> Sources:
        """The policies of what a request is about."""
        if self.keys.is_unread(witness.resource):
            return UNKNOWN
        if asset := key or self._policied.get(witness.resource.partition("/")[0]):
            return [self.texts[policy] for policy in self.targets(EdgeKind.RESOURCE_POLICY, asset)]
        return unread_policy(witness.action, witness.resource, holder.realm)


def _pointed(policy: str, text: str, *, padded: bool = True, whoever: bool = False) -> list[Statement]:
    return [replace(one, pointer=f"{policy} {one.pointer}") for one in statements(text, padded=padded, whoever=whoever)]
