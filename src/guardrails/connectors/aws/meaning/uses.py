"""What AWS has on record of the services and actions that somebody holds too much, and how that is said.

IAM counts attempts, refused ones among them, and reports a service only where a policy of the identity gives something of it. Single
actions are on record for some services alone (IAM User Guide, "Refine permissions in AWS using last accessed information").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from guardrails.iam.proof.actions import Actions
from guardrails.model.facts import LastUsed, Use
from guardrails.model.findings import Excess
from guardrails.model.lists import several

__all__ = ["recorded", "said_of"]

_SHOWN = 3


def recorded(parts: Iterable[Excess], use: Use) -> tuple[LastUsed, ...]:
    """The entries about services of which something is in excess, and about actions that are: what was used last comes first."""
    held = [Actions.of(part.actions) - Actions.of(part.but_actions) for part in parts]
    found = [entry for entry in use.entries if any(_is_in(entry.name, actions) for actions in held)]
    return tuple(sorted(found, key=lambda entry: (entry.at is None, -entry.at.timestamp() if entry.at else 0, entry.name)))


def _is_in(name: str, actions: Actions) -> bool:
    if ":" in name:
        return name.lower() in actions
    own = _of_service(name)
    both = actions & own
    # of a service that is published, what is not published says nothing
    return not both.other.is_empty() if own.listed.is_empty() else not both.listed.is_empty()


@cache
def _of_service(name: str) -> Actions:
    return Actions.of([f"{name}:*"])


def said_of(entries: Sequence[LastUsed]) -> str:
    """In words: which services of the excess were tried and when, then those that were not."""
    services = [entry for entry in entries if ":" not in entry.name]
    if not services:
        return "AWS has nothing on record of the services that are in excess"
    used = [f"{entry.name} last tried on {entry.at:%Y-%m-%d}{_by_action(entry.name, entries)}" for entry in services if entry.at]
    unused = [entry.name for entry in services if not entry.at]
    never = [f"{several(unused, ' and ', most=_SHOWN)} not in the 400 days that AWS remembers"] if unused else []
    more = [f"{len(used) - _SHOWN} more services tried"] if used[_SHOWN:] else []
    return "of the services in excess: " + "; ".join([*used[:_SHOWN], *more, *never])


def _by_action(service: str, entries: Iterable[LastUsed]) -> str:
    """Of which actions that are in excess the use is on record; of a service without any AWS may not follow single ones."""
    mine = [entry for entry in entries if entry.name.startswith(f"{service}:") and entry.at]
    told = several([f"{entry.name.partition(':')[2]} on {entry.at:%Y-%m-%d}" for entry in mine], " and ", most=_SHOWN)
    return f" ({told})" if told else " (no action in excess on record)"
