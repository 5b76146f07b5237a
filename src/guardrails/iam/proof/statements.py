"""Policy documents as statements. What is malformed or not understood is kept and marked, never dropped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import contexts
from guardrails.sets import Contexts, Language, Pattern

__all__ = ["Statement", "statements", "widened"]

_KNOWN = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; `text` is its own JSON.

    `exact` says that actions, resources and context tell the whole truth: no variable, nothing unknown. `loose` is the widest reading of
    its resources, where a variable is any text, and `context` of its conditions.
    """

    allow: bool
    actions: Actions
    loose: Language
    exact: bool
    principals: tuple[tuple[str, str], ...]
    condition: tuple[tuple[str, str, tuple[str, ...]], ...]
    pointer: str
    context: Contexts = field(default_factory=Contexts.everything)
    text: str = "{}"


_WITH_VARIABLES = "2012-10-17"


@lru_cache(maxsize=65536)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a canonical document. A document that cannot be read is one inexact Allow of everything."""
    document = json.loads(text)
    listed = document.get("Statement", []) if isinstance(document, dict) else [None]
    # IAM User Guide, "Policy variables": under any other version ${...} is just text
    variables = isinstance(document, dict) and document.get("Version") == _WITH_VARIABLES
    return tuple(_statement(entry, number, variables=variables) for number, entry in enumerate(_list(listed)))


def _list(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    return value if isinstance(value, list) else [value]


def _statement(entry: Any, number: int, *, variables: bool) -> Statement:  # noqa: ANN401  # JSON
    if not isinstance(entry, dict) or entry.get("Effect") not in {"Allow", "Deny"}:
        return _unreadable(number)
    actions = _actions(entry)
    resources, variable = _resources(entry, variables=variables)
    condition = _condition(entry.get("Condition") or {})
    context, is_whole = contexts(condition, variables=variables)
    known = set(entry) <= _KNOWN and actions is not None
    return Statement(
        allow=entry["Effect"] == "Allow",
        actions=actions if actions is not None else Actions.everything(),
        loose=resources,
        exact=known and is_whole and not variable,
        principals=_principals(entry),
        condition=condition,
        context=context,
        pointer=str(entry.get("Sid") or f"statement {number}"),
        text=json.dumps(entry, sort_keys=True),
    )


def _unreadable(number: int) -> Statement:
    return Statement(
        allow=True,
        actions=Actions.everything(),
        loose=Language.everything(),
        exact=False,
        principals=(),
        condition=(),
        pointer=f"statement {number} (not readable)",
    )


def _actions(entry: Mapping[str, Any]) -> Actions | None:
    for key in ("Action", "NotAction"):
        if key in entry:
            found = Actions.of(map(str, _list(entry[key])))
            return ~found if key == "NotAction" else found
    return None


def _resources(entry: Mapping[str, Any], *, variables: bool) -> tuple[Language, bool]:
    if "NotResource" in entry:
        texts = [str(text) for text in _list(entry["NotResource"])]
        fixed = [text for text in texts if not variables or "${" not in text]
        return ~Language.of(*map(Pattern.arn, fixed)), len(fixed) != len(texts)
    texts = [str(text) for text in _list(entry.get("Resource", "*"))]
    variable = variables and any("${" in text for text in texts)
    return Language.of(*(Pattern.arn(widened(text) if variables else text) for text in texts)), variable


def widened(text: str) -> str:
    """The text with any text in place of each variable."""
    while (start := text.find("${")) >= 0 and (end := text.find("}", start)) >= 0:
        text = text[:start] + "*" + text[end + 1 :]
    return text


def _principals(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if "NotPrincipal" in entry:
        return (("any", "*"),)
    found = entry.get("Principal", {})
    if not isinstance(found, dict):
        return (("any", "*"),) if found else ()
    return tuple(sorted((kind, str(name)) for kind, names in found.items() for name in _list(names)))


def _condition(found: Any) -> tuple[tuple[str, str, tuple[str, ...]], ...]:  # noqa: ANN401  # JSON
    if not isinstance(found, dict):
        return (("unreadable", "", ()),)
    return tuple(
        sorted(
            (str(operator), str(key).lower(), tuple(sorted(str(value) for value in _list(values))))
            for operator, block in found.items()
            for key, values in (block.items() if isinstance(block, dict) else [("", block)])
        )
    )
