"""What AWS policies mean. Pure: documents in, verdicts and witnesses out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from guardrails.connectors.aws.meaning.buckets import open_requests
from guardrails.connectors.aws.meaning.details import details, use_of
from guardrails.connectors.aws.meaning.holders import brought, is_open, is_usual, seen_by, usual
from guardrails.connectors.aws.meaning.reached import KINDS, named, rules_of
from guardrails.connectors.aws.meaning.transit import demanded
from guardrails.connectors.aws.meaning.trust import let_in, trusts_of
from guardrails.connectors.aws.meaning.words import said
from guardrails.iam.evaluate import Policies, Request, evaluate
from guardrails.iam.keys import key_type
from guardrails.iam.proof.access import Bounds, bounds, region, space
from guardrails.iam.proof.among import ASKING, among
from guardrails.iam.proof.compare import Access, beyond, is_within
from guardrails.iam.proof.concrete import carried, concrete
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.proof.variables import filled
from guardrails.model.facts import Asset, Credential, Exposure, Policy, Principal, Protection
from guardrails.model.findings import Comparison, Details, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Verdict
from guardrails.ports import BoundClause, Grant, TransitSeen, TrustSeen
from guardrails.sets import BudgetExceededError, Context, Pattern, Region

__all__ = ["AwsMeaning"]


class AwsMeaning:
    """The meaning of one observation of AWS."""

    def __init__(self, observation: Observation) -> None:
        self._texts = {fact.ref: fact.text for fact in observation.facts if isinstance(fact, Policy)}
        self._principals = {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}
        self._used: dict[Ref, list[datetime | None]] = {ref: [fact.last_used_at] for ref, fact in self._principals.items()}
        for fact in observation.facts:
            if isinstance(fact, Credential):
                self._used.setdefault(fact.holder, []).append(fact.last_used_at)
        self._names = {ref: fact.resource for ref, fact in self._principals.items()}
        self._keys = {fact.asset: fact.key for fact in observation.facts if isinstance(fact, Protection) and fact.key}
        self._edges: dict[tuple[EdgeKind, Ref], list[Ref]] = {}
        for edge in observation.edges:
            self._edges.setdefault((edge.kind, edge.source), []).append(edge.target)
        self._by_name: dict[tuple[str, str], list[Statement]] = {}
        for whom, statement in self._giving():
            self._by_name.setdefault(whom, []).append(statement)
        self._policied = {
            fact.resource: fact.ref
            for fact in observation.facts
            if isinstance(fact, Asset) and self._targets(EdgeKind.RESOURCE_POLICY, fact.ref)
        }
        """What has a policy of its own, by its ARN."""
        self._buckets = {fact.ref: fact.resource for fact in observation.facts if isinstance(fact, Asset) and fact.ref.kind == "bucket"}
        self._unread = {gap.subject for gap in observation.gaps if gap.what == "s3:policy"}
        self._holes = {gap.subject: gap.message for gap in observation.gaps if gap.subject is not None and gap.what == "iam"}

    def _targets(self, kind: EdgeKind, source: Ref) -> list[Ref]:
        return self._edges.get((kind, source), [])

    def _attached(self, kind: EdgeKind, sources: Iterable[Ref]) -> Iterator[Ref]:
        return (policy for source in sources for policy in self._targets(kind, source))

    def _statements(self, kind: EdgeKind, sources: Iterable[Ref]) -> list[Statement]:
        """The statements of policies of resources, with the policy in their pointers."""
        return [
            replace(statement, pointer=f"{policy} {statement.pointer}")
            for policy in self._attached(kind, sources)
            for statement in statements(self._texts[policy], padded=False)
        ]

    def _of(self, holder: Ref, kind: EdgeKind, sources: Iterable[Ref], *, tagged: bool = True) -> Iterator[tuple[Ref, Statement]]:
        """Policies and their statements as they stand for the requests of the holder; `tagged` as it is itself, else in any way."""
        known, tags = self._brought(holder, tagged=tagged)
        for policy in self._attached(kind, sources):
            for statement in statements(filled(self._texts[policy], {**(tags or {}), **known})):
                yield policy, seen_by(statement, known, tags)

    def _brought(self, holder: Ref, *, tagged: bool = True) -> tuple[Context, Context | None]:
        principal = self._principals.get(holder)
        return brought(principal), usual(principal) if tagged or holder.kind == "user" else None

    def _own(self, holder: Ref, *, tagged: bool = True) -> list[Statement]:
        return [one for _, one in self._of(holder, EdgeKind.IDENTITY_POLICY, self._sources(holder), tagged=tagged)]

    def _limits(self, holder: Ref, *, tagged: bool = True) -> list[Statement]:
        return [one for _, one in self._of(holder, EdgeKind.BOUNDARY, [holder], tagged=tagged)]

    def _sources(self, holder: Ref) -> list[Ref]:
        return [holder, *self._targets(EdgeKind.MEMBER, holder)]

    def _held(self, holder: Ref) -> Bounds:
        own = self._own(holder)
        held = bounds(own)
        given = bounds([*self._given(holder), *(statement for statement in own if not statement.allow)])
        if not self._targets(EdgeKind.BOUNDARY, holder):
            return held | given
        limits = bounds(self._limits(holder))
        # IAM User Guide, "Permissions boundaries": what a resource gives to a user is not limited, what it gives to a role is
        return (held & limits) | given if holder.kind == "user" else (held | given) & limits

    def _given(self, holder: Ref, *, tagged: bool = True) -> list[Statement]:
        """What policies of assets in the holder's account give to it by name; for that no policy of its own is needed."""
        given = self._by_name.get((holder.realm, self._names.get(holder, "")), [])
        return [seen_by(statement, *self._brought(holder, tagged=tagged)) for statement in given]

    def _giving(self) -> Iterator[tuple[tuple[str, str], Statement]]:
        for kind, asset in self._edges:
            for statement in self._statements(kind, [asset]) if kind is EdgeKind.RESOURCE_POLICY else ():
                yield from (((asset.realm, name), statement) for _, name in statement.principals if statement.allow)

    def selects(self, selector: str, asset: Asset) -> bool:
        """`tag:KEY=VALUE`, or an ARN pattern."""
        if selector.startswith("tag:"):
            key, _, value = selector.removeprefix("tag:").partition("=")
            return (key, value) in asset.tags
        return Pattern.arn(selector).matches(asset.resource)

    def guards(self, target: str, ref: Ref) -> bool:
        """`security-group/NAME`, or a bucket, role or user."""
        return named(target)[0] == f"{ref.kind}/{ref.name}"

    def rules(self, target: str) -> tuple[Exposure, ...]:
        """From where the policy of a bucket lets requests in, and those of a role or user let it ask."""
        _, through = named(target)
        meant = [ref for ref in (*self._buckets, *self._principals) if ref.kind in KINDS and self.guards(target, ref)]
        return tuple(rule for ref in meant for rule in rules_of(ref, lambda: self._asked_of(ref), through))  # noqa: B023  # called at once

    def _asked_of(self, ref: Ref) -> list[tuple[Region, Region]] | None:
        """The requests of a principal, or for a bucket; `None` where a policy was not seen."""
        if arn := self._buckets.get(ref):
            ways = open_requests(self._statements(EdgeKind.RESOURCE_POLICY, [ref]), arn)
            return None if ref in self._unread else [(way.sure, way.possible) for way in ways]
        held = self._held(ref)
        return None if any(source in self._holes for source in self._sources(ref)) else [(held.lower, held.upper)]

    def _declared(self, clauses: Iterable[BoundClause], holder: Ref, *, tagged: bool = True) -> tuple[Statement, ...]:
        known, tags = self._brought(holder, tagged=tagged)
        return tuple(seen_by(part.statement, known, tags) for part in self._parts(clauses))

    def _parts(self, clauses: Iterable[BoundClause]) -> Iterator[Declared]:
        for bound in clauses:
            clause = bound.clause
            of = partial(
                Declared, but_actions=clause.but_actions, but_resources=frozenset(clause.but_resources), conditions=clause.conditions
            )
            if not clause.on_asset:
                yield of(actions=clause.actions, resources=frozenset(clause.resources))
                continue
            names = {name for name in bound.selectors if not name.startswith("tag:")} | {asset.resource for asset in bound.assets}
            # an asset is what it holds as well: the objects of a bucket, and for kms actions the key that protects it
            inner = {f"{name}/*" for name in names if name.startswith("arn:aws:s3:::") and "/" not in name}
            keys = {key for asset in bound.assets if (key := self._keys.get(asset.ref))}
            for_keys = tuple(action for action in clause.actions if action.lower().startswith("kms:"))
            yield of(actions=tuple(action for action in clause.actions if action not in for_keys), resources=frozenset(names | inner))
            yield of(actions=for_keys, resources=frozenset(keys))

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether all that the holder may do is declared: proved, or refuted by a request that the evaluator confirms."""
        if hole := self._hole(holder):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        try:
            found = self._beyond(holder, ceiling, tagged=True)
            if found.verdict is Verdict.OK and any(map(is_open, self._read(holder, tagged=False))):
                return self._beyond(holder, ceiling, tagged=False)
        except BudgetExceededError:
            return _TOO_INTRICATE
        return found if found.witness is None else replace(found, details=partial(self._details, holder, ceiling))

    def _details(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Details:
        known, tags = self._brought(holder)
        filling = {**(tags or {}), **known}
        held, ours = self._held(holder), space().union(map(region, self._declared(ceiling, holder)))
        narrowing = Narrowing(
            policies=tuple(
                (str(policy), self._texts[policy]) for policy in self._attached(EdgeKind.IDENTITY_POLICY, self._sources(holder))
            ),
            read=lambda text: [seen_by(one, known, tags) for one in statements(filled(text, filling))],
            ceiling=tuple(self._parts(ceiling)),
            beyond=held.upper - ours,
            account=holder.realm,
            known=filling,
        )
        return details(narrowing, held.lower - ours, use_of(holder, self._used.get(holder, ())))

    def _read(self, holder: Ref, *, tagged: bool = True) -> list[Statement]:
        return [*self._own(holder, tagged=tagged), *self._limits(holder, tagged=tagged), *self._given(holder, tagged=tagged)]

    def _beyond(self, holder: Ref, ceiling: Sequence[BoundClause], *, tagged: bool) -> Comparison:
        held, asked = self._access(holder, tagged=tagged), list[Ref]()
        declared = self._declared(ceiling, holder, tagged=tagged)
        # what assets deny is put in when a request is about them: there can be very many, and few of them matter
        while isinstance(found := self._compared(holder, held, declared, asked), Ref):
            asked.append(found)
            held = held.less(self._denied_by(found, holder, tagged=tagged))
        return found

    def _compared(self, holder: Ref, held: Access, declared: tuple[Statement, ...], asked: Sequence[Ref]) -> Comparison | Ref:
        """The comparison, or an asset of which the denies have to be known for it."""
        if is_within(held, declared, holder.realm):
            return Comparison(verdict=Verdict.OK)
        witness = None
        for found in beyond(held, Access.of([declared]), holder.realm):
            action, resource, context = concrete(found.point)
            witness = self._witness(holder, action, resource, context)
            asset = self._policied.get(resource.partition("/")[0])
            if asset and asset not in asked:
                return asset
            is_sure = is_usual(context, self._principals.get(holder)) and not any(_speaks_of(one, witness) for one in declared)
            if is_sure and self.replay(holder, witness):
                return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=self._granting(holder, witness))
        return _undecided(witness.action, witness.resource) if witness else Comparison(verdict=Verdict.OK)

    def _denied_by(self, asset: Ref, holder: Ref, *, tagged: bool) -> list[Statement]:
        known, tags = self._brought(holder, tagged=tagged)
        asking = {**known, ASKING: f"AWS:{self._names.get(holder, '')}"}
        return [seen_by(among(one), asking, tags) for one in self._statements(EdgeKind.RESOURCE_POLICY, [asset]) if not one.allow]

    def _access(self, holder: Ref, *, tagged: bool = True) -> Access:
        own, limits = self._own(holder, tagged=tagged), self._limits(holder, tagged=tagged)
        given = self._given(holder, tagged=tagged)
        limited = bool(self._targets(EdgeKind.BOUNDARY, holder))
        branches = [[own, limits] if limited else [own]]
        if given:
            # IAM User Guide, "Permissions boundaries": what a resource gives to a user is not limited, what it gives to a role is
            branches.append([given, limits] if limited and holder.kind != "user" else [given])
        return Access.of(*branches)

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do all that it must."""
        if hole := self._hole(holder):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        held, declared = self._held(holder), space().union(map(region, self._declared(floor, holder)))
        try:
            if found := point_in(declared - held.ever, holder.realm):
                return Comparison(verdict=Verdict.VIOLATION, witness=self._witness(holder, *found))
            if found := point_in(declared - held.lower, holder.realm):
                return _undecided(*found[:2])
        except BudgetExceededError:
            return _TOO_INTRICATE
        return Comparison(verdict=Verdict.OK)

    def _hole(self, holder: Ref) -> str:
        return next((self._holes[source] for source in self._sources(holder) if source in self._holes), "")

    def _witness(self, holder: Ref, action: str, resource: str, context: Context) -> Witness:
        named = [(key, state) for key, state in sorted(context.items()) if state is not None]
        said = tuple((key, value) for key, state in named for value in ((state,) if isinstance(state, str) else state))
        return Witness(principal=self._names.get(holder, str(holder)), action=action, resource=resource, context=said)

    def _granting(self, holder: Ref, witness: Witness) -> tuple[str, ...]:
        own = self._of(holder, EdgeKind.IDENTITY_POLICY, self._sources(holder))
        named = [(f"{policy} {statement.pointer}", statement) for policy, statement in own]
        named += [(statement.pointer, statement) for statement in self._given(holder)]
        return tuple(pointer for pointer, statement in named if statement.allow and _speaks_of(statement, witness))

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Put the one request to the evaluator, with every document that is attached."""
        own, limits = (
            [self._texts[policy] for policy in self._attached(kind, sources)]
            for kind, sources in ((EdgeKind.IDENTITY_POLICY, self._sources(holder)), (EdgeKind.BOUNDARY, [holder]))
        )
        names = {name for statement in self._read(holder) for name in statement.context.names}
        known, tags = self._brought(holder)
        context = carried({**(tags or {}), **known, **_context(witness)}, names)
        request = Request(principal=self._asking(holder), action=witness.action, resource=witness.resource, context=context)
        limited = bool(self._targets(EdgeKind.BOUNDARY, holder))
        policies = Policies(identity=own, boundary=limits if limited else None, resource=self._policies_of(witness, holder))
        return evaluate(request, policies).allowed is True

    def _asking(self, holder: Ref) -> str:
        """Its ARN; what a group holds is asked for by a user of it."""
        return f"arn:aws:iam::{holder.realm}:user/any" if holder.kind == "group" else self._names.get(holder, "")

    def _policies_of(self, witness: Witness, holder: Ref) -> Sequence[Mapping[str, Any] | str]:
        """The policies of what a request is about; keys and roles, of which none was read, leave it to the account as most do."""
        asset = self._policied.get(witness.resource.partition("/")[0])
        if asset:
            return [self._texts[policy] for policy in self._targets(EdgeKind.RESOURCE_POLICY, asset)]
        return [_to_account(holder.realm)] if witness.action.lower().startswith(("kms:", "sts:")) else []

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:
        """Who may become a role."""
        return trusts_of(self._statements(EdgeKind.TRUST_POLICY, [holder]))

    def shares(self, asset: Asset) -> tuple[TrustSeen, ...]:
        """Whom a bucket's policy lets in."""
        return let_in(self._statements(EdgeKind.RESOURCE_POLICY, [asset.ref]))

    def in_transit(self, asset: Asset) -> TransitSeen | None:
        """What a bucket's policy demands; `None` for anything that is no bucket."""
        if asset.ref.kind != "bucket":
            return None
        return demanded(self._statements(EdgeKind.RESOURCE_POLICY, [asset.ref]), asset.resource)

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """One for each policy; boundaries and denies take nothing away, so together they may say more."""
        own = {
            policy: statements(self._texts[policy])
            for source in self._sources(holder)
            for policy in self._targets(EdgeKind.IDENTITY_POLICY, source)
        }
        found = [(policy.name, said(listed)) for policy, listed in own.items()]
        given = self._given(holder)
        if given:
            found.append((f"{holder.name}/given", said(given)))
        return tuple(Grant(name=name, says=says) for name, says in found if says)

    def selector(self, asset: Asset) -> str:
        """Its ARN."""
        return asset.resource

    def target(self, ref: Ref) -> str:
        """A security group, by its name."""
        return json.dumps({ref.kind: {"name": ref.name}})


_TOO_INTRICATE = Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")


def _undecided(action: str, resource: str) -> Comparison:
    reason = f"something that is not understood or not known decides whether {action} on {resource} is allowed"
    return Comparison(verdict=Verdict.UNDECIDED, reason=reason)


@cache
def _to_account(account: str) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}}


def _speaks_of(statement: Statement, witness: Witness) -> bool:
    return witness.action.lower() in statement.actions and witness.resource in statement.loose and _context(witness) in statement.context


def _context(witness: Witness) -> Context:
    found: dict[str, list[str]] = {}
    for key, value in witness.context:
        found.setdefault(key.lower(), []).append(value)
    return {key: tuple(values) if len(values) > 1 or key_type(key).is_list else values[0] for key, values in found.items()}
