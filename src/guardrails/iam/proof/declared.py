"""What is declared, in the patterns of policies, and the requests that it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.iam.proof.statements import Statement, claim
from guardrails.sets import Context, Contexts, Language, Pattern, Region

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
    def statement(self) -> Statement:
        """The same as an Allow of a policy."""
        return _statement(self)

    @property
    def parts(self) -> tuple[Actions, Language, Contexts]:
        """The sets of its actions, resources and contexts."""
        found = self.statement
        return found.actions, found.loose, found.context

    def region(self, known: Context | None = None) -> Region:
        """The requests that are meant, of somebody who brings these keys to all of them."""
        actions, resources, when = self.parts
        return space().region(action=actions, resource=resources, context=when.given(known) if known else when)


@lru_cache(maxsize=65536)
def _statement(found: Declared) -> Statement:
    conditions = tuple((operator, key.lower(), values) for operator, key, values in found.conditions)
    resources = _patterns(found.resources) - _patterns(found.but_resources)
    when, unclear = contexts(conditions, variables=False)
    return Statement(
        allow=True,
        actions=Actions.of(found.actions) - Actions.of(found.but_actions),
        firm=resources,
        loose=resources,
        principals=(),
        condition=conditions,
        context=when,
        doubts=tuple(map(claim, unclear)),
        pointer="declared",
        text="",
    )


@lru_cache(maxsize=65536)
def _patterns(texts: frozenset[str]) -> Language:
    return Language.of(*map(Pattern.arn, texts))


def declared(found: Iterable[Declared], known: Context | None = None) -> Region:
    """The requests that any of them means."""
    return space().union(each.region(known) for each in found)
