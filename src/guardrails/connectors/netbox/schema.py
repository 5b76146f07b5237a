"""JSON Schema of what NetBox adds to the declaration: its settings."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SCHEMA"]

_TEXT = {"type": "string"}
_REFERENCE = {"type": "string", "pattern": "^(env|file|keyring|vault-secret):", "description": "Where the token is kept; never itself."}

SCHEMA: Mapping[str, Mapping[str, object]] = {
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "required": ["connector"],
        "properties": {
            "connector": {"const": "netbox"},
            "owner": {**_TEXT, "description": "Who answers for what nothing else has an owner for: team:NAME or person:NAME."},
            "url": {**_TEXT, "pattern": "^https?://", "description": "Its root, such as https://netbox.example; http on loopback only."},
            "ca": {**_TEXT, "description": "A file with the authorities to trust, when they are not those of the machine."},
            "read": {"type": "object", "additionalProperties": False, "required": ["token"], "properties": {"token": _REFERENCE}},
            "write": {
                "type": "object",
                "additionalProperties": False,
                "required": ["token"],
                "properties": {"token": _REFERENCE},
                "description": "Another token, for `guardrails apply` alone; nothing is changed without it.",
            },
            "export": {**_TEXT, "description": "A .json file or a folder of them, read in place of the live system."},
        },
    },
}
