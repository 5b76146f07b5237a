"""Trust policies in one spelling: IAM gives principals back in another order, a list of one as itself, and an account as its root."""

from __future__ import annotations

import json
import re
from typing import Any

from guardrails.connectors.aws.editing.kind import canonical

__all__ = ["settled"]

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def settled(text: str) -> str:
    """A trust policy as it is compared and written; one that is not understood stays as it is."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if not isinstance(document, dict) or "Statement" not in document:
        return canonical(document)
    listed = document["Statement"]
    entries = [_entry(entry) for entry in (listed if isinstance(listed, list) else [listed])]
    return canonical({**document, "Statement": entries})


def _entry(entry: Any) -> Any:  # noqa: ANN401  # JSON
    if not isinstance(entry, dict) or not isinstance(entry.get("Principal"), dict):
        return entry
    return {**entry, "Principal": {key: _names(key, names) for key, names in entry["Principal"].items()}}


def _names(key: str, names: Any) -> Any:  # noqa: ANN401  # likewise
    listed = names if isinstance(names, list) else [names]
    if not all(isinstance(name, str) for name in listed):
        return names
    found = sorted({_name(key, name) for name in listed})
    return found[0] if len(found) == 1 else found


def _name(key: str, name: str) -> str:
    return f"arn:aws:iam::{name}:root" if key == "AWS" and _ACCOUNT.fullmatch(name) else name
