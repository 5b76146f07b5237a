"""What AWS policies mean. Pure: documents in, verdicts and witnesses out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial, reduce
from operator import or_

from guardrails.connectors.aws.meaning import changed
from guardrails.connectors.aws.meaning.buckets import open_requests
from guardrails.connectors.aws.meaning.ceilings import parts_of
from guardrails.connectors.aws.meaning.details import details, use_of
from guardrails.connectors.aws.meaning.guarded import used_of_key
from guardrails.connectors.aws.meaning.holders import is_usual
from guardrails.connectors.aws.meaning.holdings import Known
from guardrails.connectors.aws.meaning.losing import losing
from guardrails.connectors.aws.meaning.onward import Becoming
from guardrails.connectors.aws.meaning.own import denied, kept, own_policy
from guardrails.connectors.aws.meaning.plainly import speaks_of
from guardrails.connectors.aws.meaning.reached import KINDS, named, rules_of
from guardrails.connectors.aws.meaning.regions import REGION, made_for
from guardrails.connectors.aws.meaning.things import OfThings
from guardrails.connectors.aws.meaning.trust import is_token, lets_in
from guardrails.connectors.aws.meaning.words import said
from guardrails.iam.proof.access import region, space
from guardrails.iam.proof.compare import Access, beyond, is_within
from guardrails.iam.proof.concrete import concrete
from guardrails.iam.proof.floors import lacking
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement, statements
from guardrails.model.facts import Account, Asset, Credential, Exposure, Use
from guardrails.model.findings import Comparison, Details, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Verdict
from guardrails.ports import BoundClause, Ceiling, Grant, Meaning, Onward
from guardrails.sets import BudgetExceededError, Contexts, Pattern, Region

__all__ = ["AwsMeaning"]

_ANOTHER = Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
_TOO_INTRICATE = Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")


class AwsMeaning(OfThings):
    """The meaning of one observation of AWS."""

    def __init__(self, observation: Observation) -> None:
        super().__init__(observation)
        self._used: dict[Ref, list[datetime | None]] = {ref: [fact.last_used_at] for ref, fact in self._holdings.principals.items()}
        for fact in observation.facts:
            if isinstance(fact, Credential):
                self._used.setdefault(fact.holder, []).append(fact.last_used_at)
        self._uses = {fact.holder: fact for fact in observation.facts if isinstance(fact, Use)}
        self._regions = {fact.ref.realm: fact.regions for fact in observation.facts if isinstance(fact, Account) and fact.regions}

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
        meant = [ref for ref in (*self._buckets, *self._holdings.principals) if ref.kind in KINDS and self.guards(target, ref)]
        return tuple(rule for ref in meant for rule in rules_of(ref, lambda: self._asked_of(ref), through))  # noqa: B023  # called at once

    def _asked_of(self, ref: Ref) -> list[tuple[Region, Region]] | None:
        """The requests of a principal, or for a bucket; `None` where a policy was not seen."""
        if arn := self._buckets.get(ref):
            ways = open_requests(self._holdings.of_objects(EdgeKind.RESOURCE_POLICY, [ref]), arn)
            return None if ref in self._unread else [(way.sure, way.possible) for way in ways]
        held = self._holdings.bounds(ref)
        return None if self._holdings.hole(ref) else [(held.lower, held.upper)]

    def _declared(self, clauses: Iterable[BoundClause], known: Known) -> tuple[Statement, ...]:
        return tuple(known.seen(part.statement) for part in parts_of(clauses, self._keys))

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether all that the holder may do is declared: proved, or refuted by a request that the evaluator confirms."""
        if hole := self._holdings.hole(holder):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        try:
            found = self._beyond(holder, ceiling, self._holdings.known(holder))
            if found.verdict is Verdict.OK and self._holdings.is_open(holder):
                return self._beyond(holder, ceiling, self._holdings.known(holder, tagged=False))
        except BudgetExceededError:
            return _TOO_INTRICATE
        return found if found.witness is None else replace(found, details=partial(self._details, holder, ceiling))

    def _beyond(self, holder: Ref, ceiling: Sequence[BoundClause], known: Known) -> Comparison:
        held, asked = self._holdings.access(holder, known), list[Ref]()
        declared = self._declared(ceiling, known)
        # what assets and keys say is put in when a request is about them: there can be very many, and few of them matter
        while isinstance(found := self._compared(holder, held, declared, asked), Ref):
            asked.append(found)
            held = self._holdings.access(holder, known, asked)
        return found

    def _compared(self, holder: Ref, held: Access, declared: tuple[Statement, ...], asked: Sequence[Ref]) -> Comparison | Ref:
        """The comparison, or an asset or key of which the policy has to be known for it."""
        if is_within(held, declared, holder.realm):
            return Comparison(verdict=Verdict.OK)
        witness = None
        for found in beyond(held, Access.of([declared]), holder.realm):
            action, resource, context = concrete(found.point)
            witness = self._holdings.witness(holder, action, resource, context)
            asset = self._holdings.asset_of(resource, holder)
            if asset and asset not in asked:
                return asset
            is_sure = is_usual(context, self._holdings.principals.get(holder)) and not any(speaks_of(one, witness) for one in declared)
            if is_sure and self.replay(holder, witness):
                return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=self._holdings.granting(holder, witness))
        return self._undecided(holder, witness) if witness else Comparison(verdict=Verdict.OK)

    def _undecided(self, holder: Ref, witness: Witness) -> Comparison:
        if self._holdings.keys.is_unread(witness.resource):
            return Comparison(verdict=Verdict.UNKNOWN, reason=f"the policy of {witness.resource} was not seen")
        if self._holdings.grants.is_unread(witness.resource):
            return Comparison(verdict=Verdict.UNKNOWN, reason=f"the grants of {witness.resource} were not seen")
        perhaps = ", ".join(self._holdings.organisation.against(holder, witness))
        decides = f"{perhaps}: this decides" if perhaps else "something that is not understood or not known decides"
        return Comparison(verdict=Verdict.UNDECIDED, reason=f"{decides} whether {witness.action} on {witness.resource} is allowed")

    @cached_property
    def _becoming(self) -> Becoming:
        return Becoming(self._holdings, self.excess, self._declared)

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """Whether whoever it can become, by assuming roles and by the known ways to more, holds no more than the ceiling."""
        return self._becoming.onward(holder, ceiling, expected)

    def _details(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Details:
        narrowing, surely = self._surplus(holder, ceiling)
        return details(narrowing, surely, use_of(holder, self._used.get(holder, ())), self._uses.get(holder))

    def _surplus(self, holder: Ref, ceiling: Sequence[BoundClause]) -> tuple[Narrowing, Region]:
        """What it holds beside what is declared for it, and what of that is surely beyond."""
        known = self._holdings.known(holder)
        spoken = (*self._holdings.own(holder, known), *self._holdings.granted(holder, known))
        held = self._holdings.bounds(holder, keys=self._holdings.keys_among(spoken, holder))
        ours = space().union(map(region, self._declared(ceiling, known)))
        found = Narrowing(
            policies=tuple((str(policy), text) for policy, text in self._holdings.policies(holder)),
            read=lambda text: list(known.read(text)),
            ceiling=tuple(parts_of(ceiling, self._keys)),
            beyond=held.upper - ours,
            account=holder.realm,
            known=known.all,
        )
        return found, held.lower - ours

    def own_policy(self, holder: Ref, name: str) -> Ref | None:
        """An inline policy; the names of those that there are are taken, for what stands there is never written over."""
        return own_policy(self._holdings, holder, name)

    def stands_alone(self, policy: Ref) -> bool:  # noqa: ARG002  # an inline policy is a part of its holder
        """None does."""
        return False

    def kept(self, holder: Ref, group: Ref, ceiling: Sequence[BoundClause]) -> str:
        """The statements of all policies of the group, each as far as it is declared."""
        return kept(self._holdings, holder, group, lambda: self._surplus(holder, ceiling)[0])

    def denial(self, holder: Ref, ceiling: Sequence[BoundClause]) -> str:
        """In few statements, each of which is proven to take nothing that is declared."""
        return denied(self._holdings, holder, lambda: self._surplus(holder, ceiling)[0])

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do all that it must, in all contexts that the floor admits, and in the regions that are not closed."""
        if hole := self._holdings.hole(holder):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        declared, regions = self._declared(floor, self._holdings.known(holder)), self._regions.get(holder.realm, ())
        declared = tuple(made_for(declared, regions)) if regions else declared
        wanted = space().union(map(region, declared))
        try:
            named = frozenset(key.lower() for bound in floor for _, key, _ in bound.clause.conditions) | ({REGION} if regions else set())
            held = self._holdings.bounds(holder, named, self._holdings.keys_among(declared, holder), with_all=True)
            found, verdict = point_in(wanted - held.ever, holder.realm), Verdict.VIOLATION
            if not found:
                found, verdict = point_in(wanted - held.lower, holder.realm), Verdict.UNDECIDED
        except BudgetExceededError:
            return _TOO_INTRICATE
        if not found:
            return Comparison(verdict=Verdict.OK)
        witness, reason = self._holdings.witness(holder, *found), ""
        if self._holdings.keys.is_unread(witness.resource) or self._holdings.grants.is_unread(witness.resource):
            return self._undecided(holder, witness)
        with suppress(BudgetExceededError):
            reason = self._why(holder, declared, witness)
        return Comparison(verdict=verdict, witness=witness if verdict is Verdict.VIOLATION else None, reason=reason)

    def _why(self, holder: Ref, declared: Iterable[Statement], witness: Witness) -> str:
        mine = [one.context for one in declared if witness.action.lower() in one.actions and witness.resource in one.loose]
        layers = tuple(self._holdings.layers(holder, witness.resource))
        return lacking(layers, witness.action, witness.resource, reduce(or_, mine, Contexts.nothing()))

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Put the one request to the evaluator, with every document that is attached; a token to the trust policy of the holder."""
        if is_token(witness):
            return any(lets_in(self._holdings.texts[one], witness) for one in self._holdings.targets(EdgeKind.TRUST_POLICY, holder))
        return self._holdings.allows(holder, witness) or self._becoming.allows(holder, witness)

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """Whether the holder may do nothing that it may not do in `before`."""
        if not isinstance(before, AwsMeaning):
            return _ANOTHER
        return changed.gained(holder, self._holdings, before._holdings, self._holdings.witness)  # noqa: SLF001  # its own kind

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may still do all that it may do in `before` of what is declared."""
        if not isinstance(before, AwsMeaning):
            return _ANOTHER
        wanted = self._declared(declared, self._holdings.known(holder))
        return changed.lost(holder, self._holdings, before._holdings, wanted, self._holdings.witness)  # noqa: SLF001  # likewise

    def losing(self, holder: Ref, guarded: Ref, before: Meaning, declared: Sequence[BoundClause] | None) -> Comparison:
        """Whether the holder may still do there what it might do in `before`; who uses a bucket uses the key that encrypts it."""
        if not isinstance(before, AwsMeaning):
            return _ANOTHER
        wanted = space().everything() if declared is None else self._wanted(declared, self._holdings.known(holder), guarded)
        return losing(holder, guarded, self._holdings, before._holdings, wanted)  # noqa: SLF001  # its own kind

    def _wanted(self, declared: Sequence[BoundClause], known: Known, guarded: Ref) -> Region:
        said = space().union(map(region, self._declared(declared, known)))
        buckets = [bucket for ref, bucket in self._buckets.items() if self._keys.get(ref) == guarded.id]
        return said | used_of_key(said, guarded.id, buckets) if buckets else said

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """One for each policy; boundaries, denies and the organisation take nothing away, so together they may say more."""
        found = [(policy.name, said(statements(text))) for policy, text in self._holdings.policies(holder)]
        known = self._holdings.known(holder)
        if given := [*self._holdings.given(holder, known), *self._holdings.granted(holder, known)]:
            found.append((f"{holder.name}/given", said(given)))
        return tuple(Grant(name=name, says=says) for name, says in found if says)

    def selector(self, asset: Asset) -> str:
        """Its ARN."""
        return asset.resource

    def target(self, ref: Ref) -> str:
        """A security group, by its name."""
        return json.dumps({ref.kind: {"name": ref.name}})
