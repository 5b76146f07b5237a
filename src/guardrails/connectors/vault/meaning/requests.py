"""Decides one request plainly, path by path as a server does, without the regions: what checks them must not be them."""

from __future__ import annotations

import re

from guardrails.connectors.vault.meaning.rules import Group, Table

__all__ = ["allows", "deciding"]

_LISTING = frozenset({"list", "scan"})


def allows(table: Table, action: str, resource: str) -> bool:
    """Whether the request is surely allowed: by the rule that decides it, in every order of looking up that may be its server's."""
    touched = [group for group in table.templated if any(_may_match(group.path, path) for path in _asked(action, resource))]
    deciders = (*deciding(table, action, resource), *touched)
    return all(group is not None and action in group.capabilities - group.narrowed for group in deciders)


def deciding(table: Table, action: str, resource: str) -> tuple[Group | None, ...]:
    """The rules, one for each possible order of looking up, that decide a request; `None` where none does.

    A LIST is given with its final slash.
    """
    paths = _asked(action, resource)
    by_path = {group.path: group for group in table.exact}
    for path in paths:
        if path in by_path:
            return (by_path[path],)
    firsts = [[group for group in table.patterns if _matches(group.path, path)] for path in paths]
    if len(paths) == 1:
        return (firsts[0][0] if firsts[0] else None,)
    with_slash, without = firsts
    slash_first = next(iter((*with_slash, *without)), None)
    if table.slash_first:
        return (slash_first,)
    return slash_first, next(iter((*without, *with_slash)), None), _most_telling(action, with_slash, without)


def _asked(action: str, resource: str) -> tuple[str, ...]:
    return (resource, resource.removesuffix("/")) if action in _LISTING else (resource,)


def _most_telling(action: str, with_slash: list[Group], without: list[Group]) -> Group | None:
    # the newest Vault: of both readings the first that gives the capability, unless one that denies stands before it
    ranked = sorted({group.path: group for group in (*with_slash, *without)}.values(), key=lambda group: group.rank, reverse=True)
    return next((group for group in ranked if action in group.capabilities or group.is_deny), None)


def _matches(pattern: str, path: str) -> bool:
    opened = pattern.endswith("*")
    wanted, found = pattern.removesuffix("*").split("/"), path.split("/")
    if len(found) < len(wanted) or (len(found) > len(wanted) and not opened):
        return False
    last = len(wanted) - 1
    return all(
        want in {"+", segment} or (opened and at == last and segment.startswith(want))
        for at, (want, segment) in enumerate(zip(wanted, found, strict=False))
    )


def _may_match(template: str, path: str) -> bool:
    parts = re.split(r"\{\{.*?\}\}|\+|\*", template)
    return re.fullmatch(".*".join(map(re.escape, parts)), path, re.DOTALL) is not None
