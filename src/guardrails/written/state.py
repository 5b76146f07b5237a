"""What Terraform says of what it made: names and ids by address. Nothing else of a state is kept, for it holds secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.errors import AuthorError

__all__ = ["known_of"]

_KEPT = ("name", "id", "arn", "bucket", "key_id", "unique_id", "path", "role_name", "backend")
_REMEDY = "give what terraform show -json writes of the state"


def known_of(content: bytes, name: str) -> Mapping[str, Mapping[str, str]]:
    """Names and ids of each resource that is managed.

    Raises:
        AuthorError: It is neither a state nor a plan as `terraform show -json` writes them.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise AuthorError(f"{name}: not JSON", remedy=_REMEDY) from None
    try:
        values = found["values"] if "values" in found else found["prior_state"]["values"]
        return dict(_resources(values["root_module"]))
    except (AttributeError, KeyError, TypeError):
        raise AuthorError(f"{name}: no state of Terraform", remedy=_REMEDY) from None


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for entry in module.get("resources") or ():
        values, hidden = entry.get("values") or {}, entry.get("sensitive_values") or {}
        kept = {key: value for key in _KEPT if isinstance(value := values.get(key), str) and not hidden.get(key)}
        if entry.get("mode") == "managed":
            yield str(entry["address"]), kept
    for inner in module.get("child_modules") or ():
        yield from _resources(inner)
