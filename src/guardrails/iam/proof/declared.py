"""What is declared, in the patterns of policies, and the requests that it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from guardrails.iam.proof.access import listed, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.sets import Context, Contexts, Language, Region

__all__ = ["Declared", "declared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Action patterns on resource patterns, each less those that are left out, where all conditions hold."""

    actions: tuple[str, ...]
    resources: frozenset[str]
    but_actions: tuple[str, ...] = ()
    but_resources: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()

    @property
    def parts(self) -> tuple[Actions, Language, Contexts]:
        """The sets of its actions, resources and contexts."""
        return _parts(self)

    def region(self, known: Context | None = None) -> Region:
        """The requests that are meant, of somebody who brings these keys to all of them."""
        actions, resources, when = self.parts
        return space().region(action=actions, resource=resources, context=when.given(known) if known else when)


@lru_cache(maxsize=4096)
def _parts(found: Declared) -> tuple[Actions, Language, Contexts]:
    (((actions, resources, _), _),) = listed(found.actions, found.resources, found.but_actions, found.but_resources).cubes
    return actions, resources, contexts(((operator, key.lower(), values) for operator, key, values in found.conditions), variables=False)[0]


def declared(found: Iterable[Declared], known: Context | None = None) -> Region:
    """The requests that any of them means."""
    return space().union(each.region(known) for each in found)
