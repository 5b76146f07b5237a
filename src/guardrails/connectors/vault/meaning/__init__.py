"""What the policies of Vault and OpenBao mean. Pure: documents in, verdicts and witnesses out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from guardrails.connectors.vault.meaning.access import DOMAIN, EVERYTHING, NOTHING, Bounds, bounds, declared, lacking
from guardrails.connectors.vault.meaning.gaining import gains
from guardrails.connectors.vault.meaning.requests import allows, deciding
from guardrails.connectors.vault.meaning.rules import Table, rules, table
from guardrails.connectors.vault.words import CAPABILITIES, DEFAULT, POLICY, mistaken
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Exposure, Key, Policy, Principal
from guardrails.model.findings import Comparison, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Verdict
from guardrails.ports import BoundClause, Ceiling, Grant, Meaning, Onward, TransitSeen, TrustSeen
from guardrails.sets import BudgetExceededError, Language, Pattern, Region

__all__ = ["VaultMeaning"]

_ROOT = "root"
_METADATA = "identity.entity.metadata."


@dataclass(frozen=True, slots=True)
class _Named:
    """What a declaration says: paths with their capabilities, and policies by name."""

    paths: Region
    policies: Bounds = NOTHING
    names: frozenset[str] = field(default=frozenset())


_NOBODYS = _Named(NOTHING.lower)


class VaultMeaning:
    """The meaning of one observation of a namespace."""

    def __init__(self, observation: Observation) -> None:
        self._at = observation.taken_at
        self._policies = {(fact.ref.realm, fact.ref.name): fact for fact in observation.facts if isinstance(fact, Policy)}
        self._principals = {fact.ref: fact for fact in observation.facts if isinstance(fact, Principal)}
        self._edges: dict[tuple[EdgeKind, Ref], list[Ref]] = {}
        for edge in observation.edges:
            self._edges.setdefault((edge.kind, edge.source), []).append(edge.target)
        gaps = [gap for gap in observation.gaps if gap.what == "iam"]
        self._holes = {gap.subject: gap.message for gap in gaps if gap.subject is not None}
        self._blind = {gap.realm: gap.message for gap in gaps if gap.subject is None}

    def _sources(self, holder: Ref) -> list[Ref]:
        """The holder and every group that it belongs to, upwards."""
        found = [holder]
        for source in found:  # grows while it is read
            found += [group for group in self._edges.get((EdgeKind.MEMBER, source), ()) if group not in found]
        return found

    def _names(self, holder: Ref) -> frozenset[str]:
        return frozenset(
            policy.name for source in self._sources(holder) for policy in self._edges.get((EdgeKind.IDENTITY_POLICY, source), ())
        )

    def _table(self, holder: Ref, names: frozenset[str]) -> Table:
        found = [self._policies[holder.realm, name] for name in sorted(names) if (holder.realm, name) in self._policies]
        return table(
            (rule for policy in found for rule in rules(policy.text, policy.ref.name)),
            slash_first=all(json.loads(policy.text)["slash_first"] for policy in found),
            at=self._at,
            fill=lambda path: self._filled(holder, path),
        )

    def _filled(self, holder: Ref, path: str) -> str | None:
        """The path with what is known of an entity put in; `None` when a value is known not to be there, which drops the rule."""
        principal = self._principals.get(holder)
        if principal is None or holder.kind != "entity":
            return path
        known = {"identity.entity.id": holder.id, "identity.entity.name": holder.name}
        known |= {f"{_METADATA}{key}": value for key, value in principal.tags}
        for whole, name in re.findall(r"(\{\{\s*(.*?)\s*\}\})", path):
            if name not in known and name.startswith(_METADATA):
                return None
            # servers differ in what a wildcard or a slash in a value does, so such a rule stays undecided
            if name in known and not set("/+*") & set(known[name]):
                path = path.replace(whole, known[name])
        return path

    def _bounds(self, holder: Ref, names: frozenset[str], spared: frozenset[str] = frozenset()) -> Bounds:
        if _ROOT in names:
            return NOTHING if _ROOT in spared else EVERYTHING
        return bounds(self._table(holder, names), spared)

    def _declared(self, holder: Ref, clauses: Sequence[BoundClause]) -> _Named:
        named = _Named(NOTHING.lower)
        for clause in (bound.clause for bound in clauses):
            if clause.actions == (POLICY,):
                policies = named.policies | self._bounds(holder, frozenset(clause.resources))
                named = _Named(named.paths, policies, named.names | set(clause.resources))
            else:
                named = _Named(named.paths | _region(clause), named.policies, named.names)
        return named

    def selects(self, selector: str, asset: Asset) -> bool:
        """A path pattern; it selects a mount when it names anything inside."""
        if asset.ref.kind != "mount":
            return Pattern.segments(selector).matches(asset.resource)
        inside = Language.of(Pattern.segments(f"{asset.resource}*"))
        return not (Language.of(Pattern.segments(selector)) & inside).is_empty()

    def guards(self, target: str, ref: Ref) -> bool:
        """A pattern over the path of a role, or of a mount that it is in."""
        parts = ref.id.split("/")
        return any(Pattern.segments(target).matches("/".join(parts[: at + 1])) for at in range(len(parts)))

    def rules(self, target: str) -> tuple[Exposure, ...]:  # noqa: ARG002  # its rules are facts
        """None: what logins are bound to is read as rules."""
        return ()

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether all that the holder may do is declared."""
        return _within_budget(lambda: self._excess(holder, ceiling))

    def _excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        named = self._declared(holder, ceiling)
        if hole := self._hole(holder, named):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        # a rule that decides, from a policy that is declared by name, gives there just what is declared: whatever the values in its path
        held = self._bounds(holder, self._names(holder), named.names)
        sure = held.lower - named.paths - named.policies.upper
        return self._compared(holder, [sure], [held.upper - named.paths - named.policies.lower])

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """Whether the holder may do nothing that it may not do in `before`."""
        return _within_budget(lambda: self._gained(holder, before))

    def _gained(self, holder: Ref, before: Meaning) -> Comparison:
        was = before if isinstance(before, VaultMeaning) else None
        hole = self._hole(holder, _NOBODYS) or (was._hole(holder, _NOBODYS) if was else "another system was asked")  # noqa: SLF001  # its own kind
        if hole or was is None:
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        names, had = self._names(holder), was._names(holder)  # noqa: SLF001  # likewise
        if _ROOT in had:
            return Comparison(verdict=Verdict.OK)
        if _ROOT in names:
            return self._violation(holder, "sudo", "sys/raw")
        sure, possible = gains(self._table(holder, names), was._table(holder, had))  # noqa: SLF001  # likewise
        return self._compared(holder, [sure], [possible])

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may still do what it may do in `before` of what is declared."""
        return _within_budget(lambda: self._lost(holder, before, declared))

    def _lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        named = self._declared(holder, declared)
        hole = self._hole(holder, named) if isinstance(before, VaultMeaning) else "another system was asked"
        if hole or not isinstance(before, VaultMeaning):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        names, had = self._names(holder), before._names(holder)  # noqa: SLF001  # its own kind
        if _ROOT in names:
            return Comparison(verdict=Verdict.OK)
        _, gone = gains(before._table(holder, had), self._table(holder, names))  # noqa: SLF001  # likewise
        gone = EVERYTHING.upper - self._bounds(holder, names).lower if _ROOT in had else gone
        return self._compared(holder, [], [gone & (named.paths | named.policies.upper)])

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:  # noqa: ARG002  # the port's
        """Not followed: what writing policies or roles leads to is not told."""
        return Onward(comparison=Comparison(verdict=Verdict.OK))

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder may do all that it must."""
        return _within_budget(lambda: self._shortfall(holder, floor))

    def _shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        named = self._declared(holder, floor)
        if hole := self._hole(holder, named):
            return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
        names = self._names(holder)
        if _ROOT in names or (names == named.names and not named.paths.cubes):
            return Comparison(verdict=Verdict.OK)
        held = self._table(holder, names)
        sure = lacking(named.paths | named.policies.lower, held, sure=True)
        return self._compared(holder, sure, lacking(named.paths | named.policies.upper, held, sure=False))

    def _hole(self, holder: Ref, named: _Named) -> str:
        """Why nothing can be told: a policy that could not be read, or memberships that could not."""
        sources = self._sources(holder)
        attached = [policy for source in sources for policy in self._edges.get((EdgeKind.IDENTITY_POLICY, source), ())]
        policies = [Ref(system=holder.system, realm=holder.realm, kind="policy", id=name, name=name) for name in sorted(named.names)]
        unseen = any((ref.realm, ref.name) not in self._policies for ref in policies if ref.name != _ROOT)
        blind = [self._blind[holder.realm]] if unseen and holder.realm in self._blind else []
        return next((self._holes[ref] for ref in (*sources, *attached, *policies) if ref in self._holes), "") or "".join(blind)

    def _compared(self, holder: Ref, sure: Iterable[Region], possible: Iterable[Region]) -> Comparison:
        if point := _point(sure):
            return self._violation(holder, point["action"], point["resource"])
        if point := _point(possible):
            request = f"{point['action']} on {point['resource']}"
            reason = f"a parameter, a value in a path or the server's version decides whether {request} is allowed"
            return Comparison(verdict=Verdict.UNDECIDED, reason=reason)
        return Comparison(verdict=Verdict.OK)

    def _violation(self, holder: Ref, action: str, resource: str) -> Comparison:
        principal = self._principals.get(holder)
        witness = Witness(principal=principal.resource if principal else str(holder), action=action, resource=resource)
        decided = deciding(self._table(holder, self._names(holder)), action, resource)
        granted = {
            f"policy {rule.policy} path {rule.path}" for group in decided if group for rule in group.rules if action in rule.capabilities
        }
        if _ROOT in self._names(holder):
            granted = {"policy root"}
        return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=tuple(sorted(granted)))

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Decide the one request as a server does: by the one rule that comes first."""
        names = self._names(holder)
        return _ROOT in names or allows(self._table(holder, names), witness.action, witness.resource)

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # who may log in is told by exposures and credentials
        """Nobody: logging in to a role is no trust of the kind that a policy gives."""
        return ()

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # paths have no policies of their own
        """Nobody is let in by an asset itself."""
        return ()

    def in_transit(self, asset: Asset) -> TransitSeen | None:  # noqa: ARG002  # the listener decides for all assets alike
        """An asset has no say in it."""
        return None

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """One for each policy. Which of two paths decides is left out, so together they may say more."""
        found = ((name, self._said(name, holder.realm)) for name in sorted(self._names(holder)))
        return tuple(Grant(name=name, says=json.dumps(says), by_nature=name == DEFAULT) for name, says in found if says)

    def _said(self, name: str, realm: str) -> dict[str, object]:
        """Its paths; the policy itself where the declaration has no words for one of them, and for what comes with every token."""
        policy = self._policies.get((realm, name))
        if name == DEFAULT or policy is None:
            return {POLICY: name}
        paths: dict[str, set[str]] = {}
        for rule in rules(policy.text, name):
            paths.setdefault(rule.path, set()).update(rule.capabilities & set(CAPABILITIES))
        if POLICY in paths or any(mistaken(path) for path, given in paths.items() if given):
            return {POLICY: name}
        return {path: sorted(given) for path, given in sorted(paths.items()) if given}

    def selector(self, asset: Asset) -> str:
        """Its path; of a mount everything inside."""
        return f"{asset.resource}*" if asset.ref.kind == "mount" else asset.resource

    def target(self, ref: Ref) -> str:
        """The path of the role."""
        return json.dumps(ref.id)


def _within_budget(question: Callable[[], Comparison]) -> Comparison:
    try:
        return question()
    except BudgetExceededError:
        return Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")


def _point(regions: Iterable[Region]) -> dict[str, str] | None:
    return next((point for region in regions if (point := (region & DOMAIN).witness()) is not None), None)


def _region(clause: Clause) -> Region:
    region = NOTHING.lower
    for path in clause.resources:
        region |= declared(path, clause.actions)
    return region
