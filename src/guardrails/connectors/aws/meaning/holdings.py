"""What each principal of one observation holds: as statements, as bounds, as an access to prove, and as documents to evaluate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from guardrails.connectors.aws.meaning.holders import brought, is_open, seen_by, usual
from guardrails.connectors.aws.meaning.organisation import Organisation
from guardrails.connectors.aws.meaning.plainly import context_of, speaks_of
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.layers import Sources, unread_policy
from guardrails.iam.proof.access import Bounds, bounds
from guardrails.iam.proof.among import ASKING, among
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

    def of_objects(self, kind: EdgeKind, sources: Iterable[Ref]) -> list[Statement]:
        """The statements of policies of resources, with the policy in their pointers."""
        return [one for policy in self.attached(kind, sources) for one in _pointed(str(policy), self.texts[policy], padded=False)]

    def name(self, holder: Ref) -> str:
        """Its ARN."""
        return self.principals[holder].resource if holder in self.principals else str(holder)

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

    def is_limited(self, holder: Ref) -> bool:
        """Whether it has a boundary."""
        return bool(self.targets(EdgeKind.BOUNDARY, holder))

    def _giving(self) -> Iterator[tuple[tuple[str, str], Statement]]:
        for kind, asset in self._edges:
            for statement in self.of_objects(kind, [asset]) if kind is EdgeKind.RESOURCE_POLICY else ():
                yield from (((asset.realm, name), statement) for _, name in statement.principals if statement.allow)

    def bounds(self, holder: Ref, named: frozenset[str] = frozenset()) -> Bounds:
        """What it may do at least and at most; `named` as for `bounds`.

        Raises:
            BudgetExceededError: It is too intricate.
        """
        known = self.known(holder)
        own = self.own(holder, known)
        held = bounds(own, named)
        given = bounds([*self.given(holder, known), *(statement for statement in own if not statement.allow)], named)
        if not self.is_limited(holder):
            return self.organisation.limited(holder, held | given)
        limits = bounds(self.limits(holder, known), named)
        # IAM User Guide, "Permissions boundaries": what a resource gives to a user is not limited, what it gives to a role is
        return self.organisation.limited(holder, (held & limits) | given if holder.kind == "user" else (held | given) & limits)

    def access(self, holder: Ref, known: Known) -> Access:
        """All ways in which it may do something, to be proved."""
        own, limits, given = (read(holder, known) for read in (self.own, self.limits, self.given))
        limited = self.is_limited(holder)
        branches = [[own, limits] if limited else [own]]
        if given:
            branches.append([given, limits] if limited and holder.kind != "user" else [given])
        above, denies = self.organisation.above(holder)
        return Access.of(*([*branch, *above] for branch in branches)).less(denies)

    def is_open(self, holder: Ref) -> bool:
        """Whether something hangs on how a session of it is named or tagged."""
        return any(is_open(statement) for statement in self._all(holder, self.known(holder, tagged=False)))

    def _all(self, holder: Ref, known: Known) -> Iterator[Statement]:
        return chain(self.own(holder, known), self.limits(holder, known), self.given(holder, known))

    def layers(self, holder: Ref) -> Iterator[Layer]:
        """What has to allow something that it must be able to do, each with its name and the policies in its pointers."""
        known = self.known(holder)
        own, limits = (
            [
                known.seen(one)
                for policy in self.attached(kind, sources)
                for one in _pointed(str(policy), filled(self.texts[policy], known.all))
            ]
            for kind, sources in ((EdgeKind.IDENTITY_POLICY, self.sources(holder)), (EdgeKind.BOUNDARY, [holder]))
        )
        given = self.given(holder, known)
        yield Layer("", (*own, *given))
        if self.is_limited(holder):
            yield Layer("the boundary", (*limits, *(given if holder.kind == "user" else ())))
        yield from self.organisation.layers(holder)

    def granting(self, holder: Ref, witness: Witness) -> tuple[str, ...]:
        """The statements that allow a request, with their policies."""
        first = next(iter(self.layers(holder)))
        return tuple(statement.pointer for statement in first.statements if statement.allow and speaks_of(statement, witness))

    def asset_of(self, resource: str) -> Ref | None:
        """What has a policy of its own among the assets, and is what a request is about."""
        return self._policied.get(resource.partition("/")[0])

    def denied_by(self, asset: Ref, holder: Ref, known: Known) -> list[Statement]:
        """What the policy of an asset denies to it."""
        asking = replace(known, keys={**known.keys, ASKING: f"AWS:{self.name(holder)}"})
        return [asking.seen(among(one)) for one in self.of_objects(EdgeKind.RESOURCE_POLICY, [asset]) if not one.allow]

    def allows(self, holder: Ref, witness: Witness) -> bool:
        """Put one request to the evaluator, with every document that is attached."""
        known = self.known(holder)
        above, denies = self.organisation.above(holder)
        names = {name for statement in chain(self._all(holder, known), *above, denies) for name in statement.context.names}
        scps, rcps = self.organisation.documents(holder, witness)
        limits = [self.texts[policy] for policy in self.attached(EdgeKind.BOUNDARY, [holder])]
        policies = Policies(
            identity=[text for _, text in self.policies(holder)],
            boundary=limits if self.is_limited(holder) else None,
            resource=self._of_resource(witness, holder),
            scps=scps,
            rcps=rcps,
        )
        # what a group holds is asked for by a user of it
        who = f"arn:aws:iam::{holder.realm}:user/any" if holder.kind == "group" else self.name(holder)
        context = carried({**known.all, **context_of(witness)}, names)
        return evaluate(Request(principal=who, action=witness.action, resource=witness.resource, context=context), policies).allowed is True

    def _of_resource(self, witness: Witness, holder: Ref) -> Sources:
        """The policies of what a request is about."""
        if asset := self.asset_of(witness.resource):
            return [self.texts[policy] for policy in self.targets(EdgeKind.RESOURCE_POLICY, asset)]
        return unread_policy(witness.action, witness.resource, holder.realm)


def _pointed(policy: str, text: str, *, padded: bool = True) -> list[Statement]:
    return [replace(one, pointer=f"{policy} {one.pointer}") for one in statements(text, padded=padded)]
