"""The nouns of the policy language: a policy is rules, a rule is a path with capabilities and what narrows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Parameters", "Policy", "Rule", "Value", "is_exact", "is_segmented"]

Value = str | int | float | bool | None | tuple["Value", ...] | frozenset[tuple[str, "Value"]]
"""A value in a list of parameters, as JSON; an object as its pairs."""

Parameters = tuple[tuple[str, tuple[Value, ...]], ...]
"""Names of parameters, in small letters and sorted, with the values that a rule lists for each; no values stand for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One path of one policy, as its engine reads it: old words are turned into capabilities, and a deny stands alone.

    Attributes:
        path: Without a leading `/`; may hold `+`, a final `*` and `{{...}}`.
        capabilities: `deny` alone, or what is given.
        allowed: `allowed_parameters`; `None` when the rule does not say.
        denied: `denied_parameters`; likewise.
        required: `required_parameters`, in small letters and sorted.
        min_wrapping_seconds: 0 for none.
        max_wrapping_seconds: 0 for none. A wrapping of no seconds, which leaves the answer open, keeps to it.
        mfa_methods: Names of methods that are asked for.
        control_group: Canonical JSON of what must approve; empty for nothing.
        pagination_limit: Entries of a list; 0 for no limit.
        response_filter: `list_scan_response_keys_filter_path`; empty for none.
        events: `subscribe_event_types`.
        comment: Only for people.
        expires_at: From then on the rule does not count.
        policy: Name of the policy that it stands in.
        line: Where its path stands, from 1; 0 when that is not known.
        column: Likewise.
    """

    path: str
    capabilities: frozenset[str]
    allowed: Parameters | None = None
    denied: Parameters | None = None
    required: tuple[str, ...] = ()
    min_wrapping_seconds: float = 0
    max_wrapping_seconds: float = 0
    mfa_methods: tuple[str, ...] = ()
    control_group: str = ""
    pagination_limit: int = 0
    response_filter: str = ""
    events: tuple[str, ...] = ()
    comment: str = ""
    expires_at: datetime | None = None
    policy: str = ""
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    @property
    def is_deny(self) -> bool:
        """Whether it takes away whatever other policies give at the same path."""
        return "deny" in self.capabilities

    @property
    def is_templated(self) -> bool:
        """Whether the path holds a value that depends on who asks."""
        return "{{" in self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as read. `root` has no rules and may do everything in its namespace.

    Attributes:
        name: By which tokens have it.
        rules: In their order.
        expires_at: From then on none of them counts.
        unblocked: Letters that a value may bring into its paths although the engine blocks them: what OpenBao calls
            `allow_wildcards_in_identity_templates` and `allow_slashes_in_identity_templates`.
    """

    name: str
    rules: tuple[Rule, ...]
    expires_at: datetime | None = None
    unblocked: frozenset[str] = frozenset()


def is_segmented(path: str) -> bool:
    """Whether a path of a rule counts as one with `+`, as `foo/+bar` does although that `+` is a letter."""
    return path == "+" or path.startswith("+/") or "/+" in path


def is_exact(path: str) -> bool:
    """Whether a path of a rule has no wildcard."""
    return not is_segmented(path) and not path.endswith("*")
