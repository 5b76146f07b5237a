"""JSON Schemas of what a directory adds to the declaration, for editors and the reference."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SCHEMA"]

_TEXT = {"type": "string"}
_REFERENCE = {"type": "string", "pattern": "^(env|file|keyring|vault-secret):", "description": "Where the password is kept; never itself."}

SCHEMA: Mapping[str, Mapping[str, object]] = {
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "required": ["connector", "base", "groups"],
        "properties": {
            "connector": {"const": "ldap"},
            "owner": {**_TEXT, "description": "Who answers for what nothing else has an owner for: team:NAME or person:NAME."},
            "base": {**_TEXT, "description": "The name under which its people are, such as ou=people,dc=example,dc=se."},
            "groups": {**_TEXT, "description": "The name under which its groups are."},
            "url": {**_TEXT, "pattern": "^ldaps?://", "description": "ldaps://HOST[:PORT]; ldap:// with start-tls, or on loopback."},
            "start-tls": {"type": "boolean", "description": "Begin in clear text and turn to TLS before anything is said."},
            "ca": {**_TEXT, "description": "A file with the authorities to trust, when they are not those of the machine."},
            "read": {
                "type": "object",
                "additionalProperties": False,
                "required": ["bind", "password"],
                "properties": {"bind": {**_TEXT, "description": "The name to read as."}, "password": _REFERENCE},
            },
            "write": {
                "type": "object",
                "additionalProperties": False,
                "required": ["bind", "password"],
                "properties": {"bind": {**_TEXT, "description": "Another name, for `guardrails apply` alone."}, "password": _REFERENCE},
                "description": "Nothing is changed without it.",
            },
            "export": {**_TEXT, "pattern": "\\.(ldif|ldf)$", "description": "An LDIF file, read in place of the live directory."},
        },
    },
    "clause": {
        "type": "object",
        "additionalProperties": False,
        "required": ["member-of"],
        "properties": {
            "member-of": {
                "type": "array",
                "items": {"type": "string", "pattern": "^group/."},
                "description": "Groups to be in, directly or through others; a name that several have is written in full.",
            }
        },
    },
}
