"""Declaration and observations side by side, indexed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from guardrails.drift.people import memberships, recognise
from guardrails.drift.unread import unread
from guardrails.model.change_control import Changes
from guardrails.model.declaration import Declaration, DeclaredAsset
from guardrails.model.exceptions import Exceptional, GrantException
from guardrails.model.facts import Account, Asset, Fact, Gap, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref, Reference, Scope
from guardrails.model.words import EdgeKind
from guardrails.ports import BoundClause, Meaning

__all__ = ["Approval", "World"]

_F = TypeVar("_F", bound=Fact)
_HIDES_NOTHING = frozenset({"last-used", "rds:snapshots"})
"""Gaps in what is told beside: no object may exist unseen for them."""

Approval = Callable[[str, str, str], str]
"""From a claim, its subject and the subject's digest to why it does not stand; an empty text when it does."""


class World:
    """What is declared and what was seen, at one moment; dates are judged by its day."""

    def __init__(
        self,
        declaration: Declaration,
        observations: Mapping[str, Observation],
        meanings: Mapping[str, Meaning],
        moment: datetime,
        approval: Approval,
        *,
        changes: Changes | None = None,
    ) -> None:
        self.declaration = declaration
        self.observations = observations
        self.meanings = meanings
        self.moment = moment
        self.at = declaration.clock.day(moment)
        self.adopted = frozenset((entry.section, entry.name) for entry in declaration.adopted)
        self._digests = dict(declaration.digests)
        self._entitlements = {entitlement.name: entitlement for entitlement in declaration.entitlements}
        self._approval = approval
        self.changes = changes
        """What was judged, approved and made; nothing where nobody looked."""
        self.unread = tuple(unread(meanings.values()))
        """Gaps for what a server lists and none of the declared systems reads."""
        self.sets = {(account.ref.system, account.ref.realm): account.sets for account in self.facts(Account)}
        self._principals: dict[tuple[str, str], list[Principal]] = {}
        for principal in self.facts(Principal):
            self._principals.setdefault((principal.ref.kind, principal.ref.name), []).append(principal)
        self.ours = frozenset(realm for _, realm in self.sets)
        self.unlisted = frozenset(gap.system for gap in self.gaps() if gap.what == "organization")
        """The systems of which accounts of ours may exist unseen, so that a stranger may be none."""
        self.people = recognise(declaration, observations)
        edges = tuple(edge for observation in observations.values() for edge in observation.edges)
        self.members = memberships(edges)
        self.assigned = tuple(edge for edge in edges if edge.kind is EdgeKind.ASSIGNED)
        self._holders: dict[Ref, tuple[Ref, ...]] = {}
        for edge in self.assigned:
            self._holders[edge.target] = (*self._holders.get(edge.target, ()), edge.source)
        self._assets = {asset.name: tuple(self._matched(asset)) for asset in declaration.assets}
        self._declared: dict[Ref, tuple[DeclaredAsset, ...]] = {}
        for asset in declaration.assets:
            for match in dict.fromkeys(match.ref for match in self._assets[asset.name]):
                self._declared[match] = (*self._declared.get(match, ()), asset)

    def seeing(self, observations: Mapping[str, Observation], meanings: Mapping[str, Meaning]) -> World:
        """The same declaration and moment beside other observations."""
        return World(self.declaration, observations, meanings, self.moment, self._approval, changes=self.changes)

    def facts(self, form: type[_F], system: str | None = None) -> Iterator[_F]:
        """The facts of one form, of one system or of all."""
        for name, observation in self.observations.items():
            if system in {None, name}:
                yield from (fact for fact in observation.facts if isinstance(fact, form))

    def holders(self, become: Ref) -> tuple[Ref, ...]:
        """To whom a system's own register assigns something."""
        return self._holders.get(become, ())

    def gaps(self) -> Iterator[Gap]:
        """Everything not seen."""
        for observation in self.observations.values():
            yield from observation.gaps
        yield from self.unread

    def within(self, scope: Scope, ref: Ref) -> bool:
        """Whether an observed object belongs to a declared scope."""
        return ref.system == scope.system and (not scope.set or scope.set in self.sets.get((ref.system, ref.realm), ()))

    def scope_of(self, ref: Ref) -> Scope:
        """The narrowest scope that an observed object belongs to: the first of its sets, or the whole system."""
        return Scope(ref.system, next(iter(self.sets.get((ref.system, ref.realm), ())), ""))

    def is_named(self, reference: Reference, ref: Ref) -> bool:
        """Whether a declared reference means an observed object."""
        scope = reference.scope
        return scope is not None and self.within(scope, ref) and (ref.kind, ref.name) == (reference.kind, reference.name)

    def seen(self, reference: Reference) -> Iterator[Principal]:
        """The principals that a reference means."""
        alike = self._principals.get((reference.kind, reference.name), ())
        return (principal for principal in alike if self.is_named(reference, principal.ref))

    def could_hide(self, scope: Scope, what: frozenset[str] | None = None) -> bool:
        """Whether something of a scope may exist unseen: its realm is unknown, or has a gap (of these kinds)."""
        realms = {(account.ref.system, account.ref.realm) for account in self.facts(Account) if self.within(scope, account.ref)}
        blind = {(g.system, g.realm) for g in self.gaps() if (g.what not in _HIDES_NOTHING if what is None else g.what in what)}
        return not realms or bool(realms & blind)

    def _matched(self, declared: DeclaredAsset) -> Iterator[Asset]:
        for scope, selectors in declared.match:
            meaning = self.meanings.get(scope.system)
            for asset in self.facts(Asset, scope.system):
                if meaning and self.within(scope, asset.ref) and any(meaning.selects(text, asset) for text in selectors):
                    yield asset

    def matched(self, name: str) -> tuple[Asset, ...]:
        """The observed assets of a declared one."""
        return self._assets.get(name, ())

    def declared_as(self, asset: Asset) -> tuple[DeclaredAsset, ...]:
        """The declared assets that something would belong to, were it seen so."""
        meaning = self.meanings[asset.ref.system]
        return tuple(
            one
            for one in self.declaration.assets
            if any(self.within(scope, asset.ref) and any(meaning.selects(text, asset) for text in texts) for scope, texts in one.match)
        )

    def declared_for(self, ref: Ref) -> tuple[DeclaredAsset, ...]:
        """The declared assets that an observed one belongs to."""
        return self._declared.get(ref, ())

    def bound(self, entitlements: tuple[str, ...], holder: Ref) -> tuple[BoundClause, ...]:
        """The clauses of some entitlements that hold where the holder lives, with the names of their assets."""
        return tuple(
            BoundClause(
                clause=clause,
                entitlement=entitlement.name,
                selectors=self._selectors(entitlement.asset, clause.scope),
                assets=tuple(asset for asset in self.matched(entitlement.asset) if self.within(clause.scope, asset.ref)),
            )
            for entitlement in sorted(filter(None, map(self._entitlements.get, set(entitlements))), key=lambda found: found.name)
            for clause in entitlement.clauses
            if self.within(clause.scope, holder)
        )

    def _selectors(self, name: str, scope: Scope) -> tuple[str, ...]:
        for asset in self.declaration.assets:
            if asset.name == name:
                return tuple(text for at, texts in asset.match if at == scope for text in texts)
        return ()

    def refusal(self, claim: str, subject: str) -> str:
        """Why a claim does not stand behind a declared entry; empty when it does."""
        if not claim:
            return "nobody accepted it"
        return self._approval(claim, subject, self._digests.get(subject, ""))

    def is_live(self, exception: Exceptional) -> bool:
        """Whether an exception counts: in time and approved. One that does not counts as absent."""
        if isinstance(exception, GrantException) and exception.since is not None and self.at < exception.since:
            return False
        return self.at <= exception.until and not self.refusal(exception.approved, f"exception:{exception.name}")
