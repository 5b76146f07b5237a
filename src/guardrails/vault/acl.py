"""Which rule decides a request: the access control list of one principal, as both engines build it and look into it.

An exact path comes first; then, of the patterns that match, the one whose first wildcard stands latest, then one that does not end in a
star, then fewer `+`, then the longer, then the lexicographically greater (`CheckAllowedFromNonExactPaths` in vault/acl.go). One rule alone
decides: rules at different paths never add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from guardrails.errors import AuthorError
from guardrails.vault.permissions import LISTING, Permission, merged
from guardrails.vault.profiles import Profile
from guardrails.vault.rules import Policy, Rule, is_exact, is_segmented
from guardrails.vault.templates import Missing, Values, fill, nothing_known

__all__ = ["LISTING", "ROOT", "Acl", "Rank", "acl", "asked", "best", "decides_list", "deciding", "matches", "rank"]

ROOT = "root"
"""The policy that may do everything; no other may stand beside it."""

Rank = tuple[int, bool, int, int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """What decides the requests of one principal.

    Attributes:
        profile: Whose server.
        exact: By path.
        patterns: The one that comes first first.
        open: Of rules whose path holds a value that is not known: they may stand at any path that its fixed parts leave open.
        refused: Why every request is refused; empty when none is.
        is_root: It may do everything.
    """

    profile: Profile
    exact: tuple[Permission, ...]
    patterns: tuple[Permission, ...]
    open: tuple[Permission, ...] = ()
    refused: str = ""
    is_root: bool = False
    by_path: dict[str, Permission] = field(compare=False, repr=False)
    prefixes: dict[str, Permission] = field(compare=False, repr=False)
    segmented: tuple[Permission, ...] = field(compare=False, repr=False)

    def __hash__(self) -> int:
        """By what it holds."""
        return hash((self.profile, self.exact, self.patterns, self.open, self.refused, self.is_root))


def acl(policies: Iterable[Policy], profile: Profile, *, at: datetime | None = None, values: Values = nothing_known) -> Acl:
    """The list of whoever has these policies.

    Raises:
        AuthorError: `root` stands beside others; or a rule ends at some moment, and `at` says none.
    """
    found = tuple(policies)
    if any(policy.name == ROOT for policy in found):
        return _of_root(found, profile)
    grouped: dict[str, list[Rule]] = {}
    unfilled: dict[str, list[Rule]] = {}
    refused = ""
    for policy, written, ended in _standing(found, at):
        rule = written if profile.second_factors or not written.mfa_methods else replace(written, mfa_methods=())
        path = fill(rule.path, values, profile, policy.unblocked) if rule.is_templated else rule.path
        if isinstance(path, str) and "+*" in path and not ended:  # no server reads such a path
            refused = f"a value makes {path} of the path {rule.path}"
        elif path is Missing.REFUSED:  # servers fill in the paths before they look which rules have ended
            refused = f"a value in the path {rule.path} holds a wildcard or a slash"
        elif isinstance(path, str) and not ended:
            grouped.setdefault(path, []).append(rule)
        elif path is Missing.UNKNOWN and not ended:
            unfilled.setdefault(rule.path, []).append(rule)
    return _built(profile, [merged(path, rules) for path, rules in sorted(grouped.items())], unfilled, refused)


def _of_root(policies: tuple[Policy, ...], profile: Profile) -> Acl:
    if len(policies) > 1:
        raise AuthorError("the policy root stands beside others, which no server accepts", remedy="give root alone, or leave it out")
    everything = Rule(path="*", capabilities=profile.capabilities - {"deny"}, policy=ROOT)
    return _built(profile, [merged("*", [everything])], {}, "", is_root=True)


def _standing(policies: Iterable[Policy], at: datetime | None) -> Iterator[tuple[Policy, Rule, bool]]:
    """The rules of policies that have not ended, and whether they themselves have."""
    for policy in policies:
        for rule in policy.rules:
            ends = [moment for moment in (policy.expires_at, rule.expires_at) if moment]
            if ends and at is None:
                raise AuthorError(
                    f"policy {policy.name or 'without a name'} ends at {min(ends):%Y-%m-%d %H:%M} UTC",
                    remedy="say at which moment to judge",
                )
            if not _has_ended(policy.expires_at, at):
                yield policy, rule, _has_ended(rule.expires_at, at)


def _has_ended(end: datetime | None, at: datetime | None) -> bool:
    return end is not None and at is not None and at > end


def _built(profile: Profile, found: list[Permission], unfilled: dict[str, list[Rule]], refused: str, *, is_root: bool = False) -> Acl:
    exact = tuple(one for one in found if is_exact(one.path))
    patterns = tuple(sorted((one for one in found if not is_exact(one.path)), key=lambda one: rank(one.path), reverse=True))
    return Acl(
        profile=profile,
        exact=exact,
        patterns=patterns,
        open=tuple(merged(path, rules) for path, rules in sorted(unfilled.items())),
        refused=refused,
        is_root=is_root,
        by_path={one.path: one for one in exact},
        prefixes={one.path[:-1]: one for one in patterns if not is_segmented(one.path)},
        segmented=tuple(one for one in patterns if is_segmented(one.path)),
    )


def rank(path: str) -> Rank:
    """Of two patterns that match, the one of higher rank decides; in bytes, because servers count those."""
    text = path.encode()
    body = text.removesuffix(b"*")
    first = text.index(b"+") if is_segmented(path) else len(body)
    return first, not text.endswith(b"*"), -body.split(b"/").count(b"+"), len(body), body


def asked(operation: str, path: str) -> str:
    """The path as it comes to be looked up: without slashes before it, and a folder with the slash behind it."""
    stripped = path.lstrip("/")
    return f"{stripped}/" if operation in LISTING and not stripped.endswith("/") else stripped


def deciding(acl: Acl, operation: str, path: str) -> Permission | None:
    """What decides a request on a path as `asked`; `None` when nothing does. Rules that are `open` are not looked at."""
    if found := acl.by_path.get(path):
        return found
    if operation not in LISTING:
        return _first(acl, path)
    without = path.removesuffix("/")
    if found := acl.by_path.get(without):
        return found
    if acl.profile.best_of_both:
        return best([*_candidates(acl, path), *_candidates(acl, without)])
    return next(filter(None, (_first(acl, one) for one in ((path, without) if acl.profile.slash_first else (without, path)))), None)


def best(candidates: Iterable[Permission]) -> Permission | None:
    """What decides a LIST of all that match: the first that denies or gives it, else the first."""
    ranked = sorted(candidates, key=lambda one: rank(one.path), reverse=True)
    return next((one for one in ranked if decides_list(one)), ranked[0] if ranked else None)


def decides_list(permission: Permission) -> bool:
    """Whether it denies or gives a LIST."""
    return permission.is_deny or "list" in permission.capabilities


def _first(acl: Acl, path: str) -> Permission | None:
    return max(_candidates(acl, path), key=lambda one: rank(one.path), default=None)


def _candidates(acl: Acl, path: str) -> list[Permission]:
    """All patterns with segments that match, and of the others the longest."""
    found = [one for one in acl.segmented if matches(one.path, path)]
    return found + [acl.prefixes[path[:end]] for end in range(len(path), -1, -1) if path[:end] in acl.prefixes][:1]


def matches(pattern: str, path: str) -> bool:
    """Whether the path of a rule matches a path."""
    if not is_segmented(pattern):
        return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern
    opened = pattern.endswith("*")
    wanted, found = pattern.removesuffix("*").split("/"), path.split("/")
    if len(found) < len(wanted) or (len(found) > len(wanted) and not opened):
        return False
    last = len(wanted) - 1
    return all(
        want in {"+", segment} or (opened and at == last and segment.startswith(want))
        for at, (want, segment) in enumerate(zip(wanted, found, strict=False))
    )
