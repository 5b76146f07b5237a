"""What one list lets through that others do not: a walk over all paths with all of them, and with those that take `sudo`, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from guardrails.sets import Pattern
from guardrails.vault.acl import Acl, best, decides_list
from guardrails.vault.permissions import Permission, merged
from guardrails.vault.profiles import Lists, Profile
from guardrails.vault.proof.limits import Doubtful, Passes, beyond, carried
from guardrails.vault.proof.walk import Choice, Point, Table, walk
from guardrails.vault.rules import is_exact, is_segmented
from guardrails.vault.sudo import protected

__all__ = ["Ceiling", "Clauses", "Found", "Lacking", "Listed", "Spared", "differences"]

_PLAIN = ("read", "update", "create", "patch", "delete", "recover", "subscribe", "sudo")
_OF_FOLDERS = ("list", "scan")
"""Operations, those that tell most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A request that may be let through by the one and by none of the others; `doubt` says why that is not certain."""

    operation: str
    path: str
    passes: Passes
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """One operation at one point of the walk."""

    path: str
    operation: str
    sudo: bool
    """The server takes `sudo` beside it."""


class Ceiling(Protocol):
    """Something that allows requests: tables to walk with, and what of it stands at a point."""

    tables: tuple[Table, ...]

    def gives(self, at: _At, choices: Sequence[int | None], mine: Permission) -> Permission | None:
        """What lets the operation pass there; `None` when nothing does. `choices` are those of its tables."""
        ...


def differences(one: Acl, ceilings: Sequence[Ceiling]) -> Iterator[Found]:
    """Requests on shorter paths first; none at all proves that the ceilings let through whatever the one does.

    Raises:
        BudgetExceededError: There are too many paths to look at.
    """
    mine = Listed(one)
    spanned = [ceiling for ceiling in ceilings if isinstance(ceiling, Clauses)]
    if all(any(ceiling.spans(permission) for ceiling in spanned) for permission in mine.permissions if permission.capabilities):
        return  # a glance settles what would be a long walk
    tables = [*mine.tables, *(table for ceiling in ceilings for table in ceiling.tables)]
    lists, known = one.profile.lists, one.profile.capabilities
    ruled = [*mine.ruled, *(found for ceiling in ceilings for found in _ruled(ceiling))]
    if one.profile.folds_denies and (doubt := _folded([permission for permissions in ruled for permission in permissions])):
        yield Found(operation="read", path="", passes=Passes(), doubt=doubt)
        return
    for point in walk([*tables, Table(protected(one.profile))]):
        for chosen, operations in _asked(point, one.profile, ruled):
            held = mine.decides(chosen[: len(mine.tables)], operations[0])
            if held is None or not held.capabilities:
                continue
            sudo = point.choices[-1].first is not None and not one.is_root
            for operation in operations:
                if operation in known and operation in held.capabilities and (not sudo or "sudo" in held.capabilities):
                    at = _At(path=point.path, operation=operation, sudo=sudo)
                    given = list(_given(at, chosen[len(mine.tables) :], ceilings, held))
                    yield from _beyond(at, held, given, lists)


def _ruled(ceiling: Ceiling) -> Sequence[Sequence[Permission]]:
    """For each table of a ceiling the permissions that its numbers mean, where it is a list as servers have it."""
    found = ceiling if isinstance(ceiling, Listed) else ceiling.listed if isinstance(ceiling, Lacking) else None
    return found.ruled if found else [() for _ in ceiling.tables]


def _folded(permissions: Sequence[Permission]) -> str:
    denied = next((one.path for one in permissions if one.is_deny and one.path.lower() != one.path.upper()), "")
    return f"the deny on {denied} counts in whatever letters, which is not looked at" if denied else ""


def _asked(point: Point, profile: Profile, ruled: Sequence[Sequence[Permission]]) -> Iterator[tuple[list[int | None], tuple[str, ...]]]:
    """What decides in each table, for the operations that can be asked for at a point."""
    yield [choice.first for choice in point.choices], _PLAIN
    if point.without is not None:
        pairs = [*zip(point.choices, point.without, strict=True)]
        told = [*ruled, *([()] * (len(pairs) - len(ruled)))]
        yield [_listed(*both, profile, permissions) for both, permissions in zip(pairs, told, strict=True)], _OF_FOLDERS


def _beyond(at: _At, held: Permission, given: list[Permission], lists: Lists) -> Iterator[Found]:
    told = [beyond(held, other, at.operation, lists) for other in given] if given else [carried(held, at.operation, lists)]
    if None not in told:
        doubt = next((one.reason for one in told if isinstance(one, Doubtful)), "")
        passes = next((one for one in told if isinstance(one, Passes)), Passes())
        yield Found(operation=at.operation, path=at.path, passes=passes, doubt=doubt)


def _given(at: _At, chosen: Sequence[int | None], ceilings: Sequence[Ceiling], held: Permission) -> Iterator[Permission]:
    start = 0
    for ceiling in ceilings:
        end = start + len(ceiling.tables)
        if (found := ceiling.gives(at, chosen[start:end], held)) is not None:
            yield found
        start = end


def _listed(slashed: Choice, plain: Choice, profile: Profile, permissions: Sequence[Permission]) -> int | None:
    exact = slashed.exact if slashed.exact is not None else plain.exact
    if profile.best_of_both and permissions and exact is None:
        found = [number for number in (slashed.pattern, plain.pattern) if number is not None]
        first = best(permissions[number] for number in found)
        return next((number for number in found if permissions[number] is first), None)
    patterns = (slashed.pattern, plain.pattern) if profile.slash_first else (plain.pattern, slashed.pattern)
    return next((found for found in (exact, *patterns) if found is not None), None)


class Listed:
    """A list, as it decides.

    Where all rules that match count for a LIST, two further tables tell of them what the first table hides behind the one that comes
    first: the pattern with segments that decides a LIST, and the longest of the others.
    """

    def __init__(self, acl: Acl) -> None:
        self.permissions = (*acl.exact, *acl.patterns)
        self.ruled: tuple[tuple[Permission, ...], ...] = (self.permissions,)
        if acl.profile.best_of_both:
            others = tuple(one for one in acl.patterns if not is_segmented(one.path))
            self.ruled += (tuple(filter(decides_list, acl.segmented)), others)
        self.tables: tuple[Table, ...] = tuple(Table(one.path for one in permissions) for permissions in self.ruled)

    def decides(self, choices: Sequence[int | None], operation: str) -> Permission | None:
        """What decides an operation where these were found in its tables."""
        found = [permissions[number] for permissions, number in zip(self.ruled, choices, strict=True) if number is not None]
        first = self.permissions[choices[0]] if choices[0] is not None else None
        if operation not in _OF_FOLDERS or len(self.ruled) == 1 or (first is not None and is_exact(first.path)):
            return first
        return best(found)

    def gives(self, at: _At, choices: Sequence[int | None], mine: Permission) -> Permission | None:  # noqa: ARG002  # the protocol's
        """What decides, where it gives the operation."""
        found = self.decides(choices, at.operation)
        return found if found is not None and _passes(found, at) else None


class Lacking:
    """Whatever a list does not give at all, so that only what it gives is left to be looked at."""

    def __init__(self, acl: Acl) -> None:
        self.listed = Listed(acl)
        self.tables: tuple[Table, ...] = self.listed.tables

    def gives(self, at: _At, choices: Sequence[int | None], mine: Permission) -> Permission | None:
        """The operation, where the list does not."""
        given = self.listed.gives(at, choices, mine) is not None
        return None if given else Permission(path="", rules=(), capabilities=frozenset({at.operation}))


class Spared:
    """Whatever the rules of some policies give at the very paths that decide for the one."""

    tables: tuple[Table, ...] = ()

    def __init__(self, policies: frozenset[str]) -> None:
        self._policies = policies

    def gives(self, at: _At, choices: Sequence[int | None], mine: Permission) -> Permission | None:  # noqa: ARG002  # the protocol's
        """What they give together there."""
        found = merged(mine.path, [rule for rule in mine.rules if rule.policy in self._policies])
        return found if _passes(found, at) else None


class Clauses:
    """Paths with capabilities, each standing for itself: what any of them gives is given."""

    def __init__(self, clauses: Iterable[tuple[str, frozenset[str]]]) -> None:
        grouped: dict[frozenset[str], list[str]] = {}
        for path, capabilities in clauses:
            grouped.setdefault(capabilities, []).append(path)
        self._given = tuple(grouped)
        self._patterns = [(_pattern(path), given) for given, paths in grouped.items() for path in paths]
        self.tables: tuple[Table, ...] = tuple(Table(paths) for paths in grouped.values())

    def gives(self, at: _At, choices: Sequence[int | None], mine: Permission) -> Permission | None:  # noqa: ARG002  # the protocol's
        """Whether any gives the operation; a path that takes `sudo` is given with its operation, for that is what was named."""
        if any(number is not None and at.operation in given for number, given in zip(choices, self._given, strict=True)):
            return Permission(path="", rules=(), capabilities=frozenset({at.operation}))
        return None

    def spans(self, permission: Permission) -> bool:
        """Whether one of them surely gives all that a rule does, wherever it decides; `False` proves nothing."""
        return any(permission.capabilities <= given and pattern.spans(_pattern(permission.path)) for pattern, given in self._patterns)


def _pattern(path: str) -> Pattern:
    return Pattern.literal(path) if is_exact(path) else Pattern.segments(path)


def _passes(permission: Permission, at: _At) -> bool:
    return at.operation in permission.capabilities and (not at.sudo or "sudo" in permission.capabilities)
