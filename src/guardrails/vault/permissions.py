"""What the rules of one path give together, and whether that lets a request pass.

As both engines do it in `NewACL` and `AllowOperation` (vault/acl.go): what rules give adds up, and so do the values that they list, but a
limit of one rule stays when another rule of the same path has none. One that denies leaves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from guardrails.vault.profiles import Lists
from guardrails.vault.rules import Parameters, Rule, Value

__all__ = ["ANY", "LIMIT", "LISTING", "WITH_DATA", "Permission", "is_listed", "merged", "refusal"]

ANY = "*"
"""The name in a list of parameters that stands for all others."""

WITH_DATA = frozenset({"read", "create", "update", "patch", "recover"})
"""Operations whose parameters are looked at."""

LIMIT = "limit"
"""The parameter of a list that says how many entries to answer with."""

LISTING = frozenset({"list", "scan"})
"""Operations on a folder, asked for with a final slash."""

_N = TypeVar("_N", int, float)
_NUMBER = re.compile(r"([+-]?0{1,40}|\+?[0-9]{1,40})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """The rules of one path, merged. `capabilities` is empty where one denies.

    `control_groups` and `filters` are what the rules say in their order. OpenBao takes the control group of the first rule, also when that
    has none, and the first filter.
    """

    path: str
    rules: tuple[Rule, ...]
    capabilities: frozenset[str]
    allowed: Parameters | None = None
    denied: Parameters | None = None
    required: tuple[str, ...] = ()
    min_wrapping_seconds: float = 0
    max_wrapping_seconds: float = 0
    mfa_methods: tuple[str, ...] = ()
    control_groups: tuple[str, ...] = ()
    pagination_limit: int = 0
    filters: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    @property
    def is_deny(self) -> bool:
        """Whether a rule denies, whatever others give."""
        return any(rule.is_deny for rule in self.rules)

    @property
    def is_impossible(self) -> bool:
        """Whether it asks for a wrapping that is longer than it allows; merging can come to that."""
        return 0 < self.max_wrapping_seconds < self.min_wrapping_seconds

    @property
    def takes_limit(self) -> bool:
        """Whether a list passes only when it says how many entries to answer with."""
        return self.pagination_limit > 0 and LIMIT in self.required

    def given_by(self, capability: str) -> tuple[Rule, ...]:
        """The rules that give a capability; those that deny, when there are some."""
        return tuple(rule for rule in self.rules if (rule.is_deny if self.is_deny else capability in rule.capabilities))


def merged(path: str, rules: Iterable[Rule]) -> Permission:
    """What rules of one path give together."""
    found = tuple(rules)
    if any(rule.is_deny for rule in found):
        return Permission(path=path, rules=found, capabilities=frozenset())
    return Permission(
        path=path,
        rules=found,
        capabilities=frozenset[str]().union(*(rule.capabilities for rule in found)),
        allowed=_united(rule.allowed for rule in found),
        denied=_united(rule.denied for rule in found),
        required=tuple(sorted({name for rule in found for name in rule.required})),
        min_wrapping_seconds=_least(rule.min_wrapping_seconds for rule in found),
        max_wrapping_seconds=_least(rule.max_wrapping_seconds for rule in found),
        mfa_methods=tuple(sorted({method for rule in found for method in rule.mfa_methods})),
        control_groups=tuple(rule.control_group for rule in found if rule.control_group),
        pagination_limit=_least(rule.pagination_limit for rule in found),
        filters=tuple(dict.fromkeys(rule.response_filter for rule in found if rule.response_filter)),
        events=tuple(sorted({event for rule in found for event in rule.events})),
    )


def _least(numbers: Iterable[_N]) -> _N | int:
    return min((number for number in numbers if number > 0), default=0)


def _united(listed: Iterable[Parameters | None]) -> Parameters | None:
    """Names with their values, added up; no values, which stand for any, beat some."""
    found: dict[str, tuple[Value, ...]] = {}
    for name, values in chain.from_iterable(parameters for parameters in listed if parameters):
        found[name] = () if name in found and not (found[name] and values) else (*found.get(name, ()), *values)
    return tuple(sorted((name, tuple(dict.fromkeys(values))) for name, values in found.items())) or None


def refusal(permission: Permission, operation: str, parameters: Mapping[str, object], wrap_seconds: float | None, lists: Lists) -> str:
    """Why a request with these parameters does not pass; empty when it does. Its capability was looked at before."""
    if wrong := _wrapping(permission, wrap_seconds):
        return wrong
    if operation in LISTING:
        return _paged(permission, parameters)
    if operation not in WITH_DATA:
        return ""
    if missing := [name for name in permission.required if name not in parameters]:
        return f"the parameter {missing[0]} is required"
    if not parameters:
        return ""
    return _denied(permission, parameters, lists) or _not_allowed(permission, parameters, lists)


def _wrapping(permission: Permission, seconds: float | None) -> str:
    least, most = permission.min_wrapping_seconds, permission.max_wrapping_seconds
    if not (least or most):
        return ""
    if seconds is None:
        return "the answer must be wrapped"
    if most and seconds > most:
        return f"the answer may be wrapped for {most} seconds at most"
    return f"the answer must be wrapped for {least} seconds at least" if seconds < least else ""


def _paged(permission: Permission, parameters: Mapping[str, object]) -> str:
    """Of the parameters of a list only its limit counts, and only where a rule sets one."""
    if not permission.pagination_limit:
        return ""
    if LIMIT not in parameters:
        return "the parameter limit is required" if permission.takes_limit else ""
    said = str(parameters[LIMIT])
    if said == "max" or (_NUMBER.fullmatch(said) and int(said or "0") <= permission.pagination_limit):
        return ""
    return f"at most {permission.pagination_limit} entries may be listed at once, and {said} are asked for"


def _denied(permission: Permission, parameters: Mapping[str, object], lists: Lists) -> str:
    denied = dict(permission.denied or ())
    if ANY in denied:
        return "every parameter is denied"
    for name, value in parameters.items():
        values = denied.get(name.lower())
        if values is not None and (not values or _meets(value, values, lists)):
            return f"the parameter {name} is denied"
    return ""


def _not_allowed(permission: Permission, parameters: Mapping[str, object], lists: Lists) -> str:
    allowed = dict(permission.allowed or ())
    if not allowed or allowed.keys() == {ANY}:
        return ""
    for name, value in parameters.items():
        values = allowed.get(name.lower())
        if values is None and ANY not in allowed:
            return f"the parameter {name} is not allowed"
        if values and not (is_listed(value, values) or (lists is Lists.ELEMENTS and _all_listed(value, values))):
            return f"this value of the parameter {name} is not allowed"
    return ""


def _meets(value: object, listed: Sequence[Value], lists: Lists) -> bool:
    return is_listed(value, listed) or (lists is Lists.ELEMENTS and any(is_listed(part, listed) for part in _elements(value)))


def _all_listed(value: object, listed: Sequence[Value]) -> bool:
    # an empty list has no element that is not listed
    return isinstance(value, list | str) and all(is_listed(part, listed) for part in _elements(value))


def _elements(value: object) -> Sequence[object]:
    """Of a list its members, of a text what stands between commas: it may be for a field that takes both."""
    if isinstance(value, list):
        return value
    return [part.strip() for part in value.split(",")] if isinstance(value, str) and value else []


def is_listed(value: object, listed: Iterable[Value]) -> bool:
    """Whether one of the values of a rule is that of a request.

    Texts may begin or end with `*`. Numbers and objects never are: a policy and a request are decoded to different types of Go.
    """
    return any(_same(one, value) for one in listed)


def _same(mine: Value, value: object) -> bool:
    match mine, value:
        case None, None:
            return True
        case str(), str():
            return _globbed(mine, value)
        case bool(), bool():
            return mine is value
        case tuple(), list():
            return len(mine) == len(value) and all(_identical(one, other) for one, other in zip(mine, value, strict=True))
        case _:
            return False


def _identical(mine: Value, value: object) -> bool:
    """In a list wildcards are letters."""
    if isinstance(mine, str):
        return mine == value
    return _same(mine, value)


def _globbed(pattern: str, text: str) -> bool:
    if len(pattern) < 2:  # noqa: PLR2004  # a star alone is a letter
        return pattern == text
    begins, ends = pattern.startswith("*"), pattern.endswith("*")
    if begins and ends:
        return pattern[1:-1] in text
    if begins:
        return text.endswith(pattern[1:])
    return text.startswith(pattern[:-1]) if ends else pattern == text
