"""Why something that must be allowed is not: who denies it, which layer does not allow it, or the condition that it is under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from guardrails.iam.proof.statements import Statement
from guardrails.iam.proof.words import in_words
from guardrails.model.lists import several
from guardrails.sets import Contexts

__all__ = ["Layer", "lacking"]


@dataclass(frozen=True, slots=True)
class Layer:
    """Statements of which one must allow, and none may deny. `name` is what people call it; that of what gives comes first."""

    name: str
    statements: tuple[Statement, ...]


def lacking(layers: Sequence[Layer], action: str, resource: str, wanted: Contexts) -> str:
    """Why an action on a resource is not allowed in all these contexts, to be read behind a colon.

    Raises:
        BudgetExceededError: It is too intricate.
    """
    spoken = [
        Layer(layer.name, tuple(one for one in layer.statements if action.lower() in one.actions and resource in one.loose))
        for layer in layers
    ]
    for layer in spoken:
        if not any(one.allow and not one.context.is_empty() for one in layer.statements):
            return f"{layer.name} does not allow it" if layer.name else "no statement allows it"
    givers = [[one for one in layer.statements if one.allow] for layer in spoken]
    given = reduce(and_, (_contexts(one for one in listed if one.exact) for listed in givers))
    deniers = [one for layer in spoken for one in layer.statements if not one.allow and not (one.context & given).is_empty()]
    left = given - _contexts(deniers)
    request = f"{action} on {resource}"
    if (left & wanted).is_empty():
        doubtful = [one for one in (*deniers, *(one for listed in givers for one in listed)) if not one.exact]
        if doubtful:
            return f"what is not understood of {_named(doubtful)} decides whether {request} is allowed"
        denied = [one for one in deniers if not (one.context & wanted).is_empty()]
        deny = "denies" if len({one.pointer for one in denied}) == 1 else "deny"
        return f"{_named(denied)} {deny} it" if denied else f"it is allowed only when {in_words(given)}, by {_named(_bounded(givers))}"
    return f"{request} is allowed only when {in_words(left)}, by {_named([*deniers, *_bounded(givers)])}"


def _bounded(givers: Iterable[Iterable[Statement]]) -> list[Statement]:
    return [one for listed in givers for one in listed if one.context != Contexts.everything()]


def _contexts(found: Iterable[Statement]) -> Contexts:
    return reduce(or_, (one.context for one in found), Contexts.nothing())


def _named(found: Iterable[Statement]) -> str:
    return several(list(dict.fromkeys(one.pointer for one in found)), " and ")
