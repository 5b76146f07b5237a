"""What a meaning can tell of holders that have policies of their own beside those that they share with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from guardrails.model.reference import Ref
from guardrails.ports.answers import BoundClause

__all__ = ["Overriding", "Owning"]


@runtime_checkable
class Owning(Protocol):
    """A meaning of holders that can have policies of their own beside those that they share."""

    def own_policy(self, holder: Ref, name: str) -> Ref | None:
        """A policy of the holder's own that is not there yet, called so or nearly so; `None` where it cannot have any."""
        ...

    def stands_alone(self, policy: Ref) -> bool:
        """Whether a policy is somebody's own and yet no part of its holder: one that could be given to others, and ends for all of them."""
        ...


@runtime_checkable
class Overriding(Owning, Protocol):
    """A meaning of such holders, where a denial overrides all that is allowed."""

    def kept(self, holder: Ref, group: Ref, ceiling: Sequence[BoundClause]) -> str:
        """What a policy of its own would say that gives of what a group gives all that is within the ceiling, and no more.

        Raises:
            ValueError: No policy can say just that, and why.
        """
        ...

    def denial(self, holder: Ref, ceiling: Sequence[BoundClause]) -> str:
        """What a policy of its own would say that denies all that it may do beyond the ceiling, and nothing of the ceiling.

        Raises:
            ValueError: No policy can say just that, and why.
        """
        ...
