"""What memberships mean: whoever is in a group is in every group that it is in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guardrails.model.facts import Asset, Exposure, Key, Principal
from guardrails.model.findings import Comparison, Witness
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Verdict
from guardrails.ports import BoundClause, Ceiling, Grant, Meaning, Onward, TransitSeen, TrustSeen

__all__ = ["LISTED_IN", "MEMBER_OF", "LdapMeaning"]

MEMBER_OF = "member-of"
"""The one verb: to be a member of a group, directly or through other groups."""
LISTED_IN = "listed-in"
"""What logs tell: that a group was asked for a member itself. Nobody declares it."""


class LdapMeaning:
    """The meaning of one observation of a directory. Every group of a holder is judged, not only those that a clause names."""

    def __init__(self, observation: Observation) -> None:
        self._names = {fact.ref: fact.resource for fact in observation.facts if isinstance(fact, Principal)}
        self._into: dict[Ref, list[tuple[Ref, str]]] = {}
        self._members: dict[Ref, list[Ref]] = {}
        for edge in observation.edges:
            if edge.kind is EdgeKind.MEMBER:
                self._into.setdefault(edge.source, []).append((edge.target, edge.provenance))
                self._members.setdefault(edge.target, []).append(edge.source)
        holes = [gap for gap in observation.gaps if gap.what == "groups"]
        self._hole = next((gap.message for gap in holes if gap.subject is None), "")
        self._open = {
            _resource(group): gap.message
            for gap in reversed(holes)
            if gap.subject is not None
            for group in [gap.subject, *self._held(gap.subject)]
        }
        """Groups that anybody may be in unseen, because some of their members, or of those of a group in them, were not read."""

    def _held(self, holder: Ref) -> dict[Ref, tuple[str, ...]]:
        """The groups that a holder is in, each with a shortest way into it, nearest first; not the holder itself."""
        held: dict[Ref, tuple[str, ...]] = {holder: ()}
        for near in (queue := [holder]):
            for group, provenance in self._into.get(near, ()):
                if group not in held:
                    held[group] = (*held[near], provenance)
                    queue.append(group)
        del held[holder]
        return held

    def rules(self, target: str) -> tuple[Exposure, ...]:  # noqa: ARG002  # the port's; a directory has no address rules
        """None: nothing here is guarded by addresses."""
        return ()

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Whether every group of the holder is declared; the witness is the first by name that is not."""
        declared = _declared(ceiling)
        held = {_resource(group): way for group, way in self._held(holder).items()}
        if beyond := sorted(held.keys() - declared):
            return self._violation(holder, beyond[0], held[beyond[0]])
        return self._unless_hidden(self._open.keys() - held.keys() - declared)

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """Whether the holder is in no group that it is not in before. The same groups may hold it unseen in both."""
        if not isinstance(before, LdapMeaning):
            return Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
        held, had = self._held(holder), before._held(holder)  # noqa: SLF001  # its own kind
        if new := sorted((group for group in held if group not in had), key=_resource):
            return self._violation(holder, _resource(new[0]), held[new[0]])
        return Comparison(verdict=Verdict.OK)

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """Whether the holder is still in every declared group that it was in."""
        if not isinstance(before, LdapMeaning):
            return Comparison(verdict=Verdict.UNKNOWN, reason="another system was asked")
        gone = before._held(holder).keys() - self._held(holder).keys()  # noqa: SLF001  # its own kind
        if left := sorted({_resource(group) for group in gone} & _declared(declared)):
            return self._violation(holder, left[0], ())
        return Comparison(verdict=Verdict.OK)

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:  # noqa: ARG002  # the port's
        """Nobody becomes anybody else in a directory."""
        return Onward(comparison=Comparison(verdict=Verdict.OK))

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Whether the holder is in every group that it must be in."""
        lacking = _declared(floor) - {_resource(group) for group in self._held(holder)}
        if not lacking:
            return Comparison(verdict=Verdict.OK)
        if sure := sorted(lacking - self._open.keys()) if not self._hole else []:
            return self._violation(holder, sure[0], ())
        return self._unless_hidden(lacking)

    def _violation(self, holder: Ref, resource: str, way: tuple[str, ...]) -> Comparison:
        witness = Witness(principal=self._names.get(holder, str(holder)), action=MEMBER_OF, resource=resource)
        return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=way)

    def _unless_hidden(self, resources: Iterable[str]) -> Comparison:
        """Fine, unless a gap could hide a membership of one of these groups."""
        reason = self._hole or next((self._open[name] for name in sorted(resources) if name in self._open), "")
        return Comparison(verdict=Verdict.UNKNOWN if reason else Verdict.OK, reason=reason)

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Walk down from the groups of that name and look for the holder."""
        if witness.action not in {MEMBER_OF, LISTED_IN}:
            return False
        ahead = [group for group in self._members if _resource(group) == witness.resource and group.realm == holder.realm]
        seen = set(ahead)
        while ahead:
            members = self._members.get(ahead.pop(), ())
            if holder in members:
                return True
            new = set(members) - seen if witness.action == MEMBER_OF else set()
            seen |= new
            ahead += new
        return False

    def selects(self, selector: str, asset: Asset) -> bool:  # noqa: ARG002  # the port's; a directory has no assets
        """Never."""
        return False

    def guards(self, target: str, ref: Ref) -> bool:  # noqa: ARG002  # the port's; a directory has no address rules
        """Never."""
        return False

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # the port's; nobody becomes somebody else here
        """Nobody."""
        return ()

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # the port's; a directory has no assets
        """Nobody."""
        return ()

    def in_transit(self, asset: Asset) -> TransitSeen | None:  # noqa: ARG002  # the port's
        """Nothing to say."""
        return None

    def grants(self, holder: Ref) -> tuple[Grant, ...]:  # noqa: ARG002  # the port's
        """Nothing: who is in which group is for the directory itself to say, unless an entitlement speaks of the group."""
        return ()

    def selector(self, asset: Asset) -> str:  # noqa: ARG002  # the port's
        """A directory has no assets."""
        return ""

    def target(self, ref: Ref) -> str:  # noqa: ARG002  # the port's
        """A directory guards nothing."""
        return ""


def _resource(group: Ref) -> str:
    return f"group/{group.name}"


def _declared(clauses: Sequence[BoundClause]) -> frozenset[str]:
    return frozenset(name for bound in clauses if MEMBER_OF in bound.clause.actions for name in bound.clause.resources)
