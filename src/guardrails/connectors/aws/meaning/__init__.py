"""What AWS policies mean. Pure: documents in, verdicts and witnesses out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from operator import or_

from guardrails.connectors.aws.meaning.details import details, use_of
from guardrails.connectors.aws.meaning.holders import brought, filled, known_of, seen_by
from guardrails.connectors.aws.meaning.transit import demanded
from guardrails.connectors.aws.meaning.trust import let_in, trusts_of
from guardrails.connectors.aws.meaning.words import said
from guardrails.iam.proof.access import Bounds, bounds
from guardrails.iam.proof.declared import Declared, declared
from guardrails.iam.proof.floors import Layer, lacking
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.requests import request_in
from guardrails.iam.proof.statements import Statement, statements
from guardrails.model.facts import Asset, Credential, Policy, Principal, Protection
from guardrails.model.findings import Comparison, Details, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Transit, Verdict
from guardrails.ports import BoundClause, Grant, TrustSeen
from guardrails.sets import BudgetExceededError, Context, Contexts, Pattern, Region

__all__ = ["AwsMeaning"]


_DOUBT = "something that is not understood or not known decides whether {} on {} is allowed"


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
        self._holes = {gap.subject: gap.message for gap in observation.gaps if gap.subject is not None and gap.what == "iam"}

    def _targets(self, kind: EdgeKind, source: Ref) -> list[Ref]:
        return self._edges.get((kind, source), [])

    def _statements(self, kind: EdgeKind, sources: Iterable[Ref], known: Context | None = None) -> list[Statement]:
        return [
            replace(statement, pointer=f"{policy} {statement.pointer}")
            for source in sources
            for policy in self._targets(kind, source)
            for statement in statements(filled(self._texts[policy], known or {}))
        ]

    def _of(self, holder: Ref, kind: EdgeKind, sources: Iterable[Ref]) -> list[Statement]:
        """The statements as they stand for the requests of the holder."""
        principal = self._principals.get(holder)
        known = brought(principal)
        return [seen_by(statement, principal) for statement in self._statements(kind, sources, known)]

    def _own(self, holder: Ref) -> list[Statement]:
        return self._of(holder, EdgeKind.IDENTITY_POLICY, self._sources(holder))

    def _limits(self, holder: Ref) -> list[Statement]:
        return self._of(holder, EdgeKind.BOUNDARY, [holder])

    def _sources(self, holder: Ref) -> list[Ref]:
        return [holder, *self._targets(EdgeKind.MEMBER, holder)]

    def _held(self, holder: Ref, named: frozenset[str] = frozenset()) -> Bounds:
        own = self._own(holder)
        held = bounds(own, named)
        given = bounds([*self._given(holder), *(statement for statement in own if not statement.allow)], named)
        if not self._targets(EdgeKind.BOUNDARY, holder):
            return held | given
        limits = bounds(self._limits(holder), named)
        # IAM User Guide, "Permissions boundaries": what a resource gives to a user is not limited, what it gives to a role is
        return (held & limits) | given if holder.kind == "user" else (held | given) & limits

    def _given(self, holder: Ref) -> list[Statement]:
        """What policies of assets in the holder's account give to it by name; for that no policy of its own is needed."""
        principal = self._principals.get(holder)
        given = self._by_name.get((holder.realm, self._names.get(holder, "")), [])
        return [seen_by(statement, principal) for statement in given]

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
        """`security-group/NAME`."""
        return target == f"{ref.kind}/{ref.name}"

    def _ceiling(self, clauses: Sequence[BoundClause]) -> tuple[Declared, ...]:
        return tuple(part for bound in clauses for part in self._parts(bound))

    def _declared(self, clauses: Sequence[BoundClause], holder: Ref) -> Region:
        return declared(self._ceiling(clauses), self._known(holder, clauses))

    def _known(self, holder: Ref, clauses: Sequence[BoundClause]) -> Context:
        """What the holder brings, of the keys that are declared."""
        return known_of(self._principals.get(holder), (key.lower() for bound in clauses for _, key, _ in bound.clause.conditions))

    def _parts(self, bound: BoundClause) -> Iterator[Declared]:
        clause = bound.clause
        of = partial(Declared, but_actions=clause.but_actions, but_resources=frozenset(clause.but_resources), conditions=clause.conditions)
        if not clause.on_asset:
            yield of(actions=clause.actions, resources=frozenset(clause.resources))
            return
        names = {name for name in bound.selectors if not name.startswith("tag:")} | {asset.resource for asset in bound.assets}
        # an asset is what it holds as well: the objects of a bucket, and for kms actions the key that protects it
        inner = {f"{name}/*" for name in names if name.startswith("arn:aws:s3:::") and "/" not in name}
        keys = {key for asset in bound.assets if (key := self._keys.get(asset.ref))}
        for_keys = tuple(action for action in clause.actions if action.lower().startswith("kms:"))
        yield of(actions=tuple(action for action in clause.actions if action not in for_keys), resources=frozenset(names | inner))
        yield of(actions=for_keys, resources=frozenset(keys))

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether all that the holder may do is declared."""
        compared = self._compared(holder, ceiling, lambda held, declared: (held.lower - declared, held.upper - declared))
        return compared if compared.witness is None else replace(compared, details=partial(self._details, holder, ceiling))

    def _details(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Details:
        principal, known = self._principals.get(holder), self._known(holder, ceiling)
        held, ours = self._held(holder), self._declared(ceiling, holder)
        texts = {str(policy): self._texts[policy] for of in self._sources(holder) for policy in self._targets(EdgeKind.IDENTITY_POLICY, of)}
        narrowing = Narrowing(
            policies=tuple(texts.items()),
            read=lambda text: [seen_by(one, principal) for one in statements(filled(text, known))],
            ceiling=self._ceiling(ceiling),
            beyond=held.upper - ours,
            account=holder.realm,
            known=known,
        )
        return details(narrowing, held.lower - ours, use_of(holder, self._used.get(holder, ())))

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do all that it must."""
        named = frozenset(key.lower() for bound in floor for _, key, _ in bound.clause.conditions)

        def why(action: str, resource: str) -> str:
            known = self._known(holder, floor)
            parts = [each.parts for each in self._ceiling(floor)]
            wanted = [when.given(known) for actions, where, when in parts if action.lower() in actions and resource in where]
            return lacking(tuple(self._layers(holder)), action, resource, reduce(or_, wanted, Contexts.nothing()))

        compared = self._compared(holder, floor, lambda held, declared: (declared - held.ever, declared - held.lower), named, why)
        if (witness := compared.witness) is not None:
            compared = replace(compared, granted_by=())
            with suppress(BudgetExceededError):
                return replace(compared, reason=why(witness.action, witness.resource))
        return compared

    def _layers(self, holder: Ref) -> Iterator[Layer]:
        given = self._given(holder)
        yield Layer("", (*self._own(holder), *given))
        if self._targets(EdgeKind.BOUNDARY, holder):
            yield Layer("the boundary", (*self._limits(holder), *(given if holder.kind == "user" else ())))

    def _compared(
        self,
        holder: Ref,
        clauses: Sequence[BoundClause],
        beyond: Callable[[Bounds, Region], tuple[Region, Region]],
        named: frozenset[str] = frozenset(),
        why: Callable[[str, str], str] = _DOUBT.format,
    ) -> Comparison:
        if hole := next((self._holes[source] for source in self._sources(holder) if source in self._holes), ""):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        try:
            sure, possible = beyond(self._held(holder, named), self._declared(clauses, holder))
            if found := request_in(sure, holder.realm):
                return self._violation(holder, *found)
            if possible != sure and (found := request_in(possible, holder.realm)):
                return Comparison(verdict=Verdict.UNDECIDED, reason=why(*found[:2]))
        except BudgetExceededError:
            return Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")
        return Comparison(verdict=Verdict.OK)

    def _violation(self, holder: Ref, action: str, resource: str, context: Context) -> Comparison:
        named = [(key, state) for key, state in sorted(context.items()) if state is not None]
        said = tuple((key, value) for key, state in named for value in ((state,) if isinstance(state, str) else state))
        witness = Witness(principal=self._names.get(holder, str(holder)), action=action, resource=resource, context=said)
        grants = tuple(s.pointer for s in (*self._own(holder), *self._given(holder)) if s.allow and _speaks_of(s, witness))
        return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=grants)

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Evaluate the one request plainly, statement by statement: denied wins, then allowed, else denied."""
        own, given = self._own(holder), self._given(holder)
        if any(not statement.allow and _speaks_of(statement, witness) for statement in own):
            return False
        limited = not self._targets(EdgeKind.BOUNDARY, holder) or _allows(self._limits(holder), witness)
        by_asset = _allows(given, witness) and (limited or holder.kind == "user")
        return by_asset or (limited and _allows(own, witness))

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:
        """Who may become a role."""
        return trusts_of(self._statements(EdgeKind.TRUST_POLICY, [holder]))

    def shares(self, asset: Asset) -> tuple[TrustSeen, ...]:
        """Whom a bucket's policy lets in."""
        return let_in(self._statements(EdgeKind.RESOURCE_POLICY, [asset.ref]))

    def in_transit(self, asset: Asset) -> Transit | None:
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


def _allows(layer: Iterable[Statement], witness: Witness) -> bool:
    allowed = False
    for statement in layer:
        if _speaks_of(statement, witness):
            if not statement.allow:
                return False
            allowed |= statement.exact
    return allowed


def _speaks_of(statement: Statement, witness: Witness) -> bool:
    return witness.action.lower() in statement.actions and witness.resource in statement.loose and _context(witness) in statement.context


def _context(witness: Witness) -> Context:
    found: dict[str, list[str]] = {}
    for key, value in witness.context:
        found.setdefault(key.lower(), []).append(value)
    return {key: values[0] if len(values) == 1 else tuple(values) for key, values in found.items()}
