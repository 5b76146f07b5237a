"""A whole system in memory, for tests of what is above the connectors: facts as given, permissions as finite sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from guardrails.model.facts import Asset, Exposure, Key, NotSeen
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Transit, Verdict
from guardrails.ports import AtLogin, BoundClause, Ceiling, DirectoryLogin, Grant, Issued, Onward, Remark, Step, TransitSeen, TrustSeen

__all__ = ["MemoryMeaning"]


@dataclass(frozen=True, slots=True)
class MemoryMeaning:
    """Permissions as sets of (action, resource); names are compared as they stand."""

    held: Mapping[Ref, frozenset[tuple[str, str]]]
    trusted: Mapping[Ref, tuple[TrustSeen, ...]] = field(default_factory=dict)
    transit: Mapping[Ref, Transit | TransitSeen] = field(default_factory=dict)
    shared: Mapping[Ref, tuple[TrustSeen, ...]] = field(default_factory=dict)
    implied: tuple[Exposure, ...] = ()
    becoming: Mapping[Ref, tuple[Ref, ...]] = field(default_factory=dict)
    remarked: tuple[Remark, ...] = ()
    out: tuple[Issued, ...] = ()
    making: frozenset[Ref] = frozenset()
    ways: tuple[DirectoryLogin, ...] = ()
    living: Mapping[Ref, int | NotSeen] = field(default_factory=dict)

    def lives(self, holder: Ref) -> int | NotSeen | None:
        """As given."""
        return self.living.get(holder)

    def directories(self) -> Iterator[DirectoryLogin]:
        """As given."""
        yield from self.ways

    def at_login(self, way: Ref, name: str, groups: frozenset[str]) -> AtLogin:
        """The holder `login` of that id, of which permissions may be given; each group leads to a holder of its name."""
        shown = " ".join((name, *sorted(groups)))
        by = tuple((group, Ref(system=way.system, realm=way.realm, kind="group", id=group, name=group)) for group in sorted(groups))
        ref = Ref(system=way.system, realm=way.realm, kind="login", id=shown, name=shown)
        return AtLogin(ref=ref, by=by, sources=tuple(source for _, source in by))

    def issued(self) -> tuple[Issued, ...]:
        """As given."""
        return self.out

    def made(self, ref: Ref) -> tuple[Ref, ...]:  # noqa: ARG002  # the port's
        """None made another one."""
        return ()

    def issues(self, holder: Ref) -> bool:
        """As given."""
        return holder in self.making

    def remarks(self) -> Iterator[Remark]:
        """As given."""
        yield from self.remarked

    def selects(self, selector: str, asset: Asset) -> bool:
        """The selector is the asset's resource."""
        return selector == asset.resource

    def guards(self, target: str, ref: Ref) -> bool:
        """`KIND/NAME`."""
        return target == f"{ref.kind}/{ref.name}"

    def rules(self, target: str) -> tuple[Exposure, ...]:
        """As given, for what the target names."""
        return tuple(rule for rule in self.implied if self.guards(target, rule.target))

    def _declared(self, clauses: Sequence[BoundClause]) -> frozenset[tuple[str, str]]:
        return frozenset(
            (action, resource)
            for bound in clauses
            for action in bound.clause.actions
            for resource in (*bound.clause.resources, *(asset.resource for asset in bound.assets if bound.clause.on_asset))
        )

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """What is held less what is declared."""
        return _compared(holder, self.held.get(holder, frozenset()) - self._declared(ceiling))

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """Whom it becomes as given, one after the other."""
        queue: list[tuple[Ref, tuple[Step, ...]]] = [(holder, ())]
        for source, path in queue:  # it grows
            for target in self.becoming.get(source, ()):
                if target in expected or any(target == seen for seen, _ in queue):
                    continue
                longer = (*path, Step(source=str(source), how="becoming", target=str(target)))
                left = self.excess(target, ceiling(target))
                if left.verdict is Verdict.VIOLATION and left.witness is not None:
                    reason = f"it may {left.witness.action} on {left.witness.resource}"
                    witness = Witness(principal=str(holder), action="becoming", resource=longer[0].target)
                    found = Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=("memory",), reason=reason)
                    return Onward(comparison=found, path=longer)
                queue.append((target, longer))
        return Onward(comparison=Comparison(verdict=Verdict.OK))

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """What is declared less what is held."""
        return _compared(holder, self._declared(floor) - self.held.get(holder, frozenset()))

    def replay(self, holder: Ref, witness: Witness) -> bool:
        """Whether it is held."""
        return (witness.action, witness.resource) in self.held.get(holder, frozenset())

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:
        """As given."""
        return self.trusted.get(holder, ())

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:
        """As given."""
        return self.shared.get(asset.ref, ())

    def in_transit(self, asset: Asset) -> TransitSeen | None:
        """As given; a level alone is certain."""
        found = self.transit.get(asset.ref)
        return TransitSeen(level=found) if isinstance(found, Transit) else found

    def grants(self, holder: Ref) -> tuple[Grant, ...]:
        """One for each permission, in the words of AWS."""
        return tuple(
            Grant(name=action, says=json.dumps({"allow": [action], "resources": [resource]}))
            for action, resource in sorted(self.held.get(holder, ()))
        )

    def selector(self, asset: Asset) -> str:
        """The asset's resource."""
        return asset.resource

    def target(self, ref: Ref) -> str:
        """In the words of AWS."""
        return json.dumps({ref.kind: {"name": ref.name}})


def _compared(holder: Ref, left: frozenset[tuple[str, str]]) -> Comparison:
    if not left:
        return Comparison(verdict=Verdict.OK)
    action, resource = min(left)
    witness = Witness(principal=str(holder), action=action, resource=resource)
    return Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=("memory",))
