"""What a statement of a policy and a declared part share, as statements of a policy.

What they share is not always a pattern (`a*` and `*b`): then it has no words there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from guardrails.iam.proof.access import region
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.naming import patterns_of, widest
from guardrails.iam.proof.statements import Statement, widened
from guardrails.sets import Language, Pattern, Region

__all__ = ["Entry", "NoWordsError", "met", "patterns_within", "texts_of"]

Entry = dict[str, Any]
"""A statement as JSON."""

_ANY = Pattern.arn("*")


class NoWordsError(Exception):
    """What is left cannot be written in the words of a policy; the text says what."""


def met(entry: Entry, statement: Statement, part: Declared, where: Region) -> Iterator[Entry]:
    """What a statement and a declared part share, as statements."""
    if (region(statement) & where).is_empty():
        return
    made = {key: value for key, value in entry.items() if key not in {"Resource", "NotResource", "Condition"}}
    actions, resources, _ = part.parts
    if not (statement.actions - actions).is_empty():
        made.pop("NotAction", None)
        made["Action"] = patterns_within(statement.actions & actions, (*texts_of(entry.get("Action", [])), *part.actions))
    ((_, _, when), _) = where.cubes[0]
    condition = entry.get("Condition") if (statement.context - when).is_empty() else _both(entry.get("Condition") or {}, part.conditions)
    place = _resources(entry, statement, resources)
    if place is not None:
        if made.get("Action") == []:
            raise NoWordsError("only actions that no pattern names alone are left")
        yield {**made, **place, **({"Condition": condition} if condition else {})}


def patterns_within(both: Actions, written: Iterable[str]) -> list[str]:
    """Patterns that mean nothing beyond, whatever AWS publishes some day."""

    def fits(text: str) -> bool:
        return (Actions.of([text]) - both).is_empty()

    kept: list[str] = []
    left, other = both.listed, both.other
    for text in widest(written):
        mine = Actions.of([text])
        if fits(text) and not ((left & mine.listed).is_empty() and (other & mine.other).is_empty()):
            kept.append(text)
            left, other = left - mine.listed, other - mine.other
    return [*kept, *patterns_of(left, fits)]


def _resources(entry: Entry, statement: Statement, declared: Language) -> Entry | None:
    """The element that says which of the resources of a statement are declared; `None` when there are none."""
    element = "NotResource" if "NotResource" in entry else "Resource"
    if declared.covers(statement.loose):
        return {element: entry[element]} if element in entry else {}
    if element == "NotResource":
        return _element((statement.loose & declared).terms)
    kept: list[str] = []
    for text in texts_of(entry.get("Resource", "*")):
        wide = Language.of(Pattern.arn(widened(text)))
        both = wide & declared
        if declared.covers(wide):
            kept.append(text)
        elif not both.is_empty() and widened(text) != text:
            raise NoWordsError(f"only some of {text} is declared")
        else:
            found = _element(both.terms)
            if found is not None and "NotResource" in found:
                return found
            kept += (found or {}).get("Resource", [])
    return {"Resource": list(dict.fromkeys(kept))} if kept else None


def _element(terms: Sequence[Any]) -> Entry | None:
    if not terms:
        return None
    if len(terms) == 1 and set(terms[0].included) <= {_ANY} and terms[0].excluded:
        return {"NotResource": [pattern.text for pattern in terms[0].excluded]}
    for term in terms:
        if term.excluded:
            raise NoWordsError(f"{term.included[0].text} without {term.excluded[0].text} is no pattern")
        if len(term.included) > 1:
            raise NoWordsError(f"what {term.included[0].text} and {term.included[1].text} share is no pattern")
    return {"Resource": [term.included[0].text for term in terms]}


def _both(own: Any, more: Iterable[Condition]) -> Entry:  # noqa: ANN401  # JSON
    """A condition block that demands what another does as well."""
    if not isinstance(own, dict) or not all(isinstance(block, dict) for block in own.values()):
        raise NoWordsError("a condition is not understood")
    found = {operator: dict(block) for operator, block in own.items()}
    for operator, key, values in more:
        block = next((block for name, block in found.items() if name.lower() == operator.lower()), None)
        if block is None:
            block = found.setdefault(operator, {})
        before = next((texts_of(value) for name, value in block.items() if name.lower() == key.lower()), None)
        if before is None:
            block[key] = list(values)
        elif sorted(before) != sorted(values):
            raise NoWordsError(f"it and what is declared both have {operator} on {key}")
    return found


def texts_of(value: object) -> list[str]:
    """The texts of an element, which is one or a list of them."""
    return [str(item) for item in (value if isinstance(value, list) else [value])]
