"""What NetBox's own permissions mean: nothing is read of them yet, so nothing is claimed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.model.facts import Asset, Exposure, Key
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.ports import BoundClause, Ceiling, Grant, Onward, TransitSeen, TrustSeen

__all__ = ["NetboxMeaning"]


class NetboxMeaning:
    """The meaning of an observation without grants: accounts and tokens are judged, what they may do inside NetBox is not."""

    def selects(self, selector: str, asset: Asset) -> bool:  # noqa: ARG002  # the port's form
        """No selector means anything here."""
        return False

    def guards(self, target: str, ref: Ref) -> bool:  # noqa: ARG002  # the port's form
        """NetBox enforces no rule."""
        return False

    def rules(self, target: str) -> tuple[Exposure, ...]:  # noqa: ARG002  # the port's form
        """None: nothing here is guarded by addresses."""
        return ()

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:  # noqa: ARG002  # the port's form
        """No grant was read, so none is beyond the ceiling."""
        return Comparison(verdict=Verdict.OK)

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:  # noqa: ARG002  # the port's
        """Nobody becomes anybody else in NetBox."""
        return Onward(comparison=Comparison(verdict=Verdict.OK))

    def shortfall(self, holder: Ref, floor: Sequence[BoundClause]) -> Comparison:
        """Only an empty floor is met for certain."""
        if not floor:
            return Comparison(verdict=Verdict.OK)
        return Comparison(verdict=Verdict.UNKNOWN, reason=f"the permissions of {holder} inside NetBox are not read")

    def replay(self, holder: Ref, witness: Witness) -> bool:  # noqa: ARG002  # the port's form
        """No request is known to be allowed."""
        return False

    def trusts(self, holder: Ref) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # the port's form
        """Nobody becomes somebody else in NetBox."""
        return ()

    def shares(self, asset: Asset | Key) -> tuple[TrustSeen, ...]:  # noqa: ARG002  # the port's form
        """Nothing in NetBox has a policy of its own."""
        return ()

    def in_transit(self, asset: Asset) -> TransitSeen | None:  # noqa: ARG002  # the port's form
        """Nothing to say."""
        return None

    def grants(self, holder: Ref) -> tuple[Grant, ...]:  # noqa: ARG002  # the port's form
        """No grant was read."""
        return ()

    def selector(self, asset: Asset) -> str:  # noqa: ARG002  # the port's form
        """NetBox has no assets."""
        return ""

    def target(self, ref: Ref) -> str:  # noqa: ARG002  # the port's form
        """NetBox enforces no rule."""
        return ""
