"""By which key a copy is to be encrypted, and which keys would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from guardrails.model.facts import Key
from guardrails.model.words import AtRest
from guardrails.ports import Demand

__all__ = ["Chosen", "chosen", "fits"]

_MOST = 5
"""Keys that are named where somebody has to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A key for a command.

    Attributes:
        name: Its full name or alias; empty where somebody has to choose.
        said: What to call it.
        asked: The option as it fails while nobody chose; empty where there is a name.
    """

    name: str = ""
    said: str
    asked: str = ""


def chosen(demand: Demand, region: str, service: str) -> Chosen:
    """The one key that would do, or the choice; where no key of ours is demanded, the one that the service has."""
    if demand.at_rest < AtRest.CUSTOMER_KEY:
        return Chosen(name=f"alias/aws/{service}", said=f"alias/aws/{service}")
    keys = _fitting(demand, region)
    if len(keys) == 1:
        return Chosen(name=keys[0].resource, said=keys[0].resource)
    named = ", ".join(key.resource for key in keys[:_MOST]) + (f" and {len(keys) - _MOST} more" if len(keys) > _MOST else "")
    said = f"one of {named}" if keys else f"a key that {demand.at_rest.label} allows: none was seen there, so make one first"
    return Chosen(said=said, asked='--kms-key-id "${KEY:?set KEY to the ARN of the key}"')


def _fitting(demand: Demand, region: str) -> tuple[Key, ...]:
    """Keys of other regions cannot encrypt here; where it is plain which key it is, no other one would do. An empty region is any."""
    there = tuple(key for key in demand.fitting if not region or _region(key) == region)
    return tuple(key for key in there if key == demand.key) if demand.key in there else there


def _region(key: Key) -> str:
    return key.resource.split(":")[3] if key.resource.startswith("arn:") and key.resource.count(":") >= 5 else ""  # noqa: PLR2004  # as ARNs are


def fits(demand: Demand, region: str, seen: Iterable[Key]) -> Callable[[str], bool | None]:
    """Whether a key, by any of its names, is one that would do; `None` for one that is not among those that were seen."""
    good, known = _names(_fitting(demand, region)), _names(seen)

    def is_fitting(name: str) -> bool | None:
        return None if name and name not in known else name in good

    return is_fitting


def _names(keys: Iterable[Key]) -> frozenset[str]:
    return frozenset(name for key in keys for name in (key.resource, key.ref.id, *key.aliases))
