"""Rules of one principal: read from its policies, merged where they share a path, and put into the one order in which servers look.

The order is that of the access control list of both engines: an exact path first; then, of the patterns that match, the one whose first
wildcard stands latest, then one that does not end in a star, then fewer `+`, then the longer, then the lexicographically greater.
Rules at different paths never add up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from guardrails.connectors.vault.words import CAPABILITIES
from guardrails.sets import Pattern

__all__ = ["Group", "Rule", "Table", "is_exact", "pattern", "rules", "table"]

_WITH_DATA = frozenset({"read", "create", "update", "patch", "recover"})
_LISTING = frozenset({"list", "scan"})
_LIMITS = {
    "allowed_parameters": _WITH_DATA,
    "denied_parameters": _WITH_DATA,
    "required_parameters": _WITH_DATA,
    "pagination_limit": _LISTING,
    "list_scan_response_keys_filter_path": _LISTING,
    "min_wrapping_ttl": frozenset(CAPABILITIES),
    "max_wrapping_ttl": frozenset(CAPABILITIES),
    "mfa_methods": frozenset(CAPABILITIES),
    "control_group": frozenset(CAPABILITIES),
}
"""What narrows a rule beyond its path, and the capabilities that it narrows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One path of one policy. `limits` are the capabilities that it narrows by more than the path, for every rule of the same path."""

    path: str
    capabilities: frozenset[str]
    limits: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    policy: str = ""

    @property
    def is_templated(self) -> bool:
        """Whether the path holds a value that only the server knows."""
        return "{{" in self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All rules of one path. What they give together is `capabilities`; `rules` says which policy gives what."""

    path: str
    rules: tuple[Rule, ...]

    @property
    def is_deny(self) -> bool:
        """Whether any of them denies."""
        return any("deny" in rule.capabilities for rule in self.rules)

    @property
    def capabilities(self) -> frozenset[str]:
        """United; none at all when any of them denies."""
        if self.is_deny:
            return frozenset()
        return frozenset().union(*(rule.capabilities for rule in self.rules))

    @property
    def narrowed(self) -> frozenset[str]:
        """What depends on more than the path; a limit of one rule stays when another rule of the same path has none."""
        return self.capabilities & frozenset[str]().union(*(rule.limits for rule in self.rules))

    def less(self, policies: frozenset[str]) -> frozenset[str]:
        """What it gives beyond what these policies give at the same path.

        Limits by parameters of several rules are united by the servers, so what they narrow together no single policy gives.
        """
        given = frozenset[str]().union(*(rule.capabilities for rule in self.rules if rule.policy in policies))
        return self.capabilities - (given - self.narrowed if len(self.rules) > 1 else given)

    @property
    def rank(self) -> tuple[int, bool, int, int, bytes]:
        """Of two patterns that match, the one of higher rank decides; bytes, because servers count those."""
        text = self.path.encode()
        body = text.removesuffix(b"*")
        first = text.index(b"+") if _has_segments(self.path) else len(body)
        return first, not text.endswith(b"*"), -body.split(b"/").count(b"+"), len(body), body


def is_exact(path: str) -> bool:
    """Whether a path of a rule has no wildcard."""
    return not _has_segments(path) and not path.endswith("*")


def pattern(path: str) -> Pattern:
    """The paths that a path of a rule matches."""
    return Pattern.literal(path) if is_exact(path) else Pattern.segments(path)


def _has_segments(path: str) -> bool:
    return path == "+" or path.startswith("+/") or "/+" in path


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What decides: `exact` by path, `patterns` in the order of their rank, and `templated`, whose paths only the server knows."""

    exact: tuple[Group, ...]
    patterns: tuple[Group, ...]
    templated: tuple[Group, ...]
    slash_first: bool
    """Whether a LIST is looked up with its final slash first, as OpenBao does; where it is not known, both readings count."""


@lru_cache(maxsize=4096)
def rules(text: str, policy: str) -> tuple[Rule, ...]:
    """The rules of a canonical policy."""
    whole = json.loads(text)
    return tuple(_rule(entry, policy, whole.get("expiration")) for entry in whole["rules"])


def _rule(entry: dict[str, Any], policy: str, expiration: str | None) -> Rule:
    ends = [datetime.fromisoformat(moment) for moment in (entry.get("expiration"), expiration) if moment]
    return Rule(
        path=entry["path"],
        capabilities=frozenset(entry["capabilities"]),
        limits=frozenset[str]().union(*(narrows for key, narrows in _LIMITS.items() if entry.get(key))),
        expires_at=min(ends, default=None),
        policy=policy,
    )


def table(found: Iterable[Rule], *, slash_first: bool, at: datetime, fill: Callable[[str], str | None] = lambda path: path) -> Table:
    """Merge the rules that count at a moment. `fill` puts known values into a templated path, or says `None` when the rule falls away."""
    grouped: dict[str, list[Rule]] = {}
    for rule in found:
        path = fill(rule.path) if rule.is_templated else rule.path
        if path is not None and (rule.expires_at is None or at <= rule.expires_at):
            grouped.setdefault(path, []).append(rule)
    groups = [Group(path=path, rules=tuple(members)) for path, members in sorted(grouped.items())]
    fixed = [group for group in groups if "{{" not in group.path]
    return Table(
        exact=tuple(group for group in fixed if is_exact(group.path)),
        patterns=tuple(sorted((group for group in fixed if not is_exact(group.path)), key=lambda group: group.rank, reverse=True)),
        templated=tuple(group for group in groups if "{{" in group.path),
        slash_first=slash_first,
    )
