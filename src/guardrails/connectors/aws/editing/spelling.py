"""Key policies in one spelling: KMS gives them back with names, actions and elements in any order, and so does each reading.

What is in a list here counts as a set wherever it stands, so its order says nothing.
"""

from __future__ import annotations

import json
from typing import Any

from guardrails.connectors.aws.editing.kind import canonical
from guardrails.connectors.aws.editing.trust import settled

__all__ = ["spelled"]

_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def spelled(text: str) -> str:
    """A key policy as it is compared and written; one that is not understood stays as it is."""
    known = settled(text)
    try:
        document = json.loads(known)
    except ValueError:
        return known
    entries = document.get("Statement") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return known
    return canonical({**document, "Statement": [_entry(entry) for entry in entries]})


def _entry(entry: Any) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(entry, dict):
        return entry
    sorted_lists = {name: _sorted(entry[name]) for name in _LISTS if name in entry}
    when = entry.get("Condition")
    block = {"Condition": {operator: _operands(each) for operator, each in when.items()}} if isinstance(when, dict) else {}
    return {**entry, **sorted_lists, **block}


def _operands(block: Any) -> Any:  # noqa: ANN401  # likewise
    return {key: _sorted(values) for key, values in block.items()} if isinstance(block, dict) else block


def _sorted(value: Any) -> Any:  # noqa: ANN401  # likewise
    """A list of texts in order, one alone as itself; what is none stays."""
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(one, str) for one in listed):
        return value
    found = sorted(set(listed))
    return found[0] if len(found) == 1 else found
