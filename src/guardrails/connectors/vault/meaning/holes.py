"""Why nothing can be told of somebody: a policy that could not be read, or memberships that could not."""

from __future__ import annotations

from collections.abc import Iterable

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.vault.acl import ROOT

__all__ = ["Holes"]


class Holes:
    """The gaps of one observation that touch what somebody may do."""

    def __init__(self, observation: Observation, held: Holdings) -> None:
        gaps = [gap for gap in observation.gaps if gap.what == "iam"]
        self._held = held
        self._of = {gap.subject: gap.message for gap in gaps if gap.subject is not None}
        self._blind = {gap.realm: gap.message for gap in gaps if gap.subject is None}

    @property
    def is_none(self) -> bool:
        """Whether all was read."""
        return not self._of and not self._blind

    def why(self, holder: Ref, names: Iterable[str]) -> str:
        """What was not seen of a holder, its groups and its policies, and of further policies; empty for nothing."""
        sources = self._held.sources(holder)
        if holder.kind == "token":  # nobody asked for its policies when they were read
            names = {*names, *self._held.names(holder)}
        attached = [policy for source in sources for policy in self._held.attached(source)]
        policies = [Ref(system=holder.system, realm=holder.realm, kind="policy", id=name, name=name) for name in sorted(names)]
        unseen = any(not self._held.is_seen(ref.realm, ref.name) for ref in policies if ref.name != ROOT)
        blind = [self._blind[holder.realm]] if unseen and holder.realm in self._blind else []
        return next((self._of[ref] for ref in (*sources, *attached, *policies) if ref in self._of), "") or "".join(blind)
