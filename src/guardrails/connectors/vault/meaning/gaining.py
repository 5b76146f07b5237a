"""What rules allow that other rules do not, where the two differ.

Away from the paths of rules that only one of them has, the same rule decides in both, and gives the same whatever it depends on. So only
on those paths bounds are compared: what surely is gained is allowed for certain and was not, what may be gained is the rest.
"""

from __future__ import annotations

import re

from guardrails.connectors.vault.meaning.access import SPACE, bounds, readings
from guardrails.connectors.vault.meaning.rules import Group, Table, pattern
from guardrails.sets import Language, Pattern, Region

__all__ = ["gains"]


def gains(now: Table, was: Table) -> tuple[Region, Region]:
    """What surely is gained, and what may be."""
    near = SPACE.region(resource=_changed(now, was))
    held, had = bounds(now), bounds(was)
    return (held.lower & near) - had.upper, (held.upper & near) - had.lower


def _changed(now: Table, was: Table) -> Language:
    """The paths on which another rule may decide."""
    if now.slash_first != was.slash_first:
        return Language.everything()
    mine, theirs = frozenset(_groups(now)), frozenset(_groups(was))
    found = Language.nothing()
    for group in sorted(mine ^ theirs, key=lambda group: group.path):
        for language in _reached(group):
            found |= language
    return found


def _groups(table: Table) -> tuple[Group, ...]:
    return (*table.exact, *table.patterns, *table.templated)


def _reached(group: Group) -> tuple[Language, ...]:
    if "{{" in group.path:
        anywhere = Pattern.glob(re.sub(r"\{\{.*?\}\}|\+", "*", group.path))
        return Language.of(anywhere), Language.of(Pattern.glob(f"{anywhere.text}/"))
    return Language.of(pattern(group.path)), *readings(group)
