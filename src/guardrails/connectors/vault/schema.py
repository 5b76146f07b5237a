"""JSON Schemas of what Vault and OpenBao add to the declaration, for editors and the reference."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.connectors.vault.language import PARALLEL, PER_SECOND, TOKENS
from guardrails.connectors.vault.words import CAPABILITIES, SecretIds

__all__ = ["SCHEMA"]

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer", "minimum": 1}
_REFERENCE = {"type": "string", "pattern": "^(env|file|keyring|vault-secret):", "description": "Where the secret is kept; never itself."}

_WAYS: Mapping[str, object] = {
    "token": _REFERENCE,
    "approle": {
        "type": "object",
        "additionalProperties": False,
        "required": ["role-id", "secret-id"],
        "properties": {"role-id": _REFERENCE, "secret-id": _REFERENCE},
    },
}
_LOGIN: Mapping[str, object] = {"type": "object", "additionalProperties": False, "properties": _WAYS}

SCHEMA: Mapping[str, Mapping[str, object]] = {
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "required": ["connector"],
        "properties": {
            "connector": {"const": "vault"},
            "owner": {**_TEXT, "description": "Who answers for what nothing else has an owner for: team:NAME or person:NAME."},
            "address": {**_TEXT, "pattern": "^https?://", "description": "Where it answers, without a path; http on loopback only."},
            "namespace": {**_TEXT, "description": "The namespace that is read; the root namespace when absent."},
            "ca": {**_TEXT, "description": "A file with the authorities to trust, when they are not those of the machine."},
            "read": {
                **_LOGIN,
                "properties": {
                    **_WAYS,
                    "tokens": {
                        "anyOf": [{"enum": ["all", "none"]}, _NUMBER],
                        "description": f"How many tokens are looked up at most; {TOKENS} when absent. What is left out is a gap.",
                    },
                    "secret-ids": {
                        "enum": [word.value for word in SecretIds],
                        "description": "Of AppRoles: counted when absent, each one looked up, or none, which is a gap. Never one itself.",
                    },
                    "parallel": {**_NUMBER, "description": f"How many requests may be under way; {PARALLEL} when absent."},
                    "per-second": {**_NUMBER, "description": f"How many requests may begin in a second; {PER_SECOND} when absent."},
                },
            },
            "write": {**_LOGIN, "description": "Another credential, for `guardrails apply` alone; nothing is changed without it."},
            "export": {**_TEXT, "description": "A folder of saved answers, read in place of the live server."},
        },
    },
    "clause": {
        "type": "object",
        "minProperties": 1,
        "properties": {"policy": {**_TEXT, "description": "Whatever this policy gives."}},
        "additionalProperties": {
            "type": "array",
            "items": {"enum": list(CAPABILITIES)},
            "description": "Capabilities on a path; + is one segment, a * at the end any text.",
        },
    },
    "target": {"type": "string", "pattern": "^auth/", "description": "Auth mounts and roles, such as auth/+ or auth/approle/role/ci."},
}
