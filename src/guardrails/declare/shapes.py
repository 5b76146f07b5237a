"""The pieces that the JSON Schema of the declaration is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "ANY",
    "DAY",
    "DURATION",
    "NUMBER",
    "REFERENCE",
    "SCOPE",
    "SECRET",
    "TEXT",
    "TEXTS",
    "Schema",
    "mapped",
    "named",
    "said",
    "scoped",
]

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
DURATION: Schema = {"type": "string", "pattern": "^[1-9][0-9]*[hd]$"}
REFERENCE: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9-]*(@[a-z][a-z0-9-]*)?:.+$"}
SECRET: Schema = {"type": "string", "pattern": "^(env|file|keyring|vault-secret):"}
SCOPE = "^[a-z][a-z0-9-]*(@[a-z][a-z0-9-]*)?$"


def said(schema: Schema, description: str) -> Schema:
    """A schema with what it means."""
    return {**schema, "description": description}


def mapped(description: str, required: Iterable[str] = (), **fields: Schema) -> Schema:
    """A map of fields known by name; `_` stands for `-`."""
    properties = {name.replace("_", "-").strip("-"): schema for name, schema in fields.items()}
    found = {"type": "object", "additionalProperties": False, "properties": properties, "description": description}
    return {**found, "required": list(required)} if required else found


def named(description: str, entry: Schema) -> Schema:
    """A map keyed by name."""
    return {"type": "object", "additionalProperties": entry, "description": description}


def scoped(description: str, entry: Schema) -> Schema:
    """A map keyed by scope."""
    return {"type": "object", "patternProperties": {SCOPE: entry}, "additionalProperties": False, "description": description}


ANY = {"description": "Read and told as not evaluated yet."}
NUMBER: Schema = {"type": "integer", "minimum": 0}
