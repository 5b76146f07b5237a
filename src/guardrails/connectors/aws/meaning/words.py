"""From statements of policies to the words of an entitlement: what they allow at most, and nothing that they do not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from guardrails.iam.keys import key_type
from guardrails.iam.proof.conditions import contexts
from guardrails.iam.proof.statements import Statement, widened

__all__ = ["said"]

_ALL = ["*"]


def said(found: Iterable[Statement]) -> str:
    """The entry as JSON: one statement as it is, several by their names; empty when nothing is allowed.

    What is not understood exactly of a condition is left out, and variables are any text, so it may say more than the statements do.
    """
    named: dict[str, dict[str, Any]] = {}
    for number, statement in enumerate((statement for statement in found if statement.allow), start=1):
        entry = _entry(statement.entry)
        if entry["allow"] and entry["resources"]:
            sid = str(statement.entry.get("Sid") or f"statement-{number}")
            named[sid if sid not in named else f"{sid}-{number}"] = entry
    if not named:
        return ""
    alone = next(iter(named.values())) if len(named) == 1 else None
    return json.dumps(alone or {"statements": named})


def _entry(statement: dict[str, Any]) -> dict[str, Any]:
    allow, but = (_actions(statement, key) for key in ("Action", "NotAction"))
    entry: dict[str, Any] = {"allow": allow if "Action" in statement else _ALL, "except": but, "resources": _ALL}
    if "NotResource" in statement:
        # what a variable leaves out is not known, so nothing is left out for it
        entry["except-resources"] = [text for text in _texts(statement["NotResource"]) if "${" not in text and _is_arn(text)]
    elif "Resource" in statement:
        texts = {widened(text) for text in _texts(statement["Resource"])}
        entry["resources"] = sorted(texts) if texts and all(map(_is_arn, texts)) else _ALL
    entry["conditions"] = _conditions(statement.get("Condition"))
    return {key: texts for key, texts in entry.items() if texts or key in {"allow", "resources"}}


def _conditions(found: Any) -> dict[str, dict[str, list[str]]]:  # noqa: ANN401  # JSON
    """The tests that are understood exactly."""
    kept: dict[str, dict[str, list[str]]] = {}
    for operator, block in found.items() if isinstance(found, dict) else ():
        for key, value in block.items() if isinstance(block, dict) else ():
            texts = [item if isinstance(item, str) else json.dumps(item) for item in (value if isinstance(value, list) else [value])]
            if texts and key_type(key).known and not contexts([(operator, key.lower(), tuple(texts))])[1]:
                kept.setdefault(operator, {})[key] = texts
    return kept


def _actions(statement: dict[str, Any], key: str) -> list[str]:
    """What is no name of an action may be any, for a server that takes it."""
    texts = _texts(statement.get(key, []))
    if key == "NotAction":
        return [text for text in texts if ":" in text or text == "*"]
    return texts if texts and all(":" in text for text in texts) else _ALL


def _is_arn(text: str) -> bool:
    return text.startswith("arn:") or text == "*"


def _texts(value: object) -> list[str]:
    return sorted({str(item) for item in (value if isinstance(value, list) else [value])})
