"""What one list lets through that another does not: a walk over all paths with both, and with those that take `sudo`, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.vault.acl import LISTING, Acl
from guardrails.vault.permissions import Permission
from guardrails.vault.proof.limits import Doubtful, Passes, beyond, carried
from guardrails.vault.proof.walk import Choice, Point, Table, walk
from guardrails.vault.sudo import protected

__all__ = ["Found", "differences"]

_ORDER = ("read", "update", "create", "patch", "delete", "list", "scan", "recover", "subscribe", "sudo")
"""What tells most comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A request that may be let through by the one and not by the other; `doubt` says why that is not certain."""

    operation: str
    path: str
    passes: Passes
    doubt: str = ""


def differences(one: Acl, other: Acl) -> Iterator[Found]:
    """Requests on shorter paths first; none at all proves that the other lets through whatever the one does.

    Raises:
        BudgetExceededError: There are too many paths to look at.
    """
    sides = _Side(one), _Side(other)
    for point in walk([sides[0].table, sides[1].table, Table(protected(one.profile))]):
        sudo = point.choices[2].first is not None
        for operation in _ORDER:
            if operation in LISTING and point.without is None:
                continue
            mine, theirs = (side.decides(number, point, operation) for number, side in enumerate(sides))
            if mine is not None and _gives(mine, operation, sides[0], sudo=sudo):
                given = theirs is not None and _gives(theirs, operation, sides[1], sudo=sudo)
                yield from _compared(mine, theirs if given else None, operation, point.path, one)


def _compared(mine: Permission, theirs: Permission | None, operation: str, path: str, acl: Acl) -> Iterator[Found]:
    lists = acl.profile.lists
    found = carried(mine, operation, lists) if theirs is None else beyond(mine, theirs, operation, lists)
    if isinstance(found, Doubtful):
        yield Found(operation=operation, path=path, passes=Passes(), doubt=found.reason)
    elif found is not None:
        yield Found(operation=operation, path=path, passes=found)


def _gives(permission: Permission, operation: str, side: _Side, *, sudo: bool) -> bool:
    return operation in permission.capabilities and (side.acl.is_root or not sudo or "sudo" in permission.capabilities)


class _Side:
    """A list, and its paths as a table."""

    def __init__(self, acl: Acl) -> None:
        self.acl = acl
        self.permissions = (*acl.exact, *acl.patterns)
        self.table = Table(one.path for one in self.permissions)

    def decides(self, number: int, point: Point, operation: str) -> Permission | None:
        """The rule that decides an operation at a point."""
        choice = point.choices[number]
        if operation not in LISTING or point.without is None:
            return self._at(choice.first)
        return self._at(_listed(choice, point.without[number], slash_first=self.acl.profile.slash_first))

    def _at(self, number: int | None) -> Permission | None:
        return None if number is None else self.permissions[number]


def _listed(slashed: Choice, plain: Choice, *, slash_first: bool) -> int | None:
    patterns = (slashed.pattern, plain.pattern) if slash_first else (plain.pattern, slashed.pattern)
    return next((found for found in (slashed.exact, plain.exact, *patterns) if found is not None), None)
