"""JSON Schemas of what AWS adds to the declaration, for editors and the reference."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["SCHEMA"]

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_ACCOUNT = {"type": "string", "pattern": "^[0-9]{12}$"}

_STATEMENT = {
    "allow": {**_TEXTS, "description": "Actions, with * and ?."},
    "except": {**_TEXTS, "description": "Actions that are left out of these."},
    "resources": {
        "anyOf": [{"const": "asset"}, _TEXTS],
        "description": "ARN patterns, or `asset` for everything of the entitlement's asset.",
    },
    "except-resources": {**_TEXTS, "description": "ARN patterns that are left out of these."},
    "conditions": {
        "type": "object",
        "description": "When it may be done, as an IAM condition block: all of it must hold. Absent: whenever it is.",
        "additionalProperties": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [_TEXT, {"type": "boolean"}, {"type": "integer"}, _TEXTS],
                "description": "By operator and key: its values.",
            },
        },
    },
}
_NEEDED = ["allow", "resources"]
_STATEMENTS = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": False, "required": _NEEDED, "properties": _STATEMENT},
    "description": "In place of the fields above: several of them by name. What any of them allows is allowed.",
}

_THROUGH = {
    "through": {
        **_TEXTS,
        "description": "VPCs, VPC endpoints, or the accounts or organisations that own them: who reaches those is judged there.",
    }
}


def _target(name: str, more: Mapping[str, object] | None = None) -> Mapping[str, object]:
    properties = {"name": {**_TEXT, "description": name}, **(more or {})}
    return {"type": "object", "additionalProperties": False, "required": ["name"], "properties": properties}


SCHEMA: Mapping[str, Mapping[str, object]] = {
    "settings": {
        "type": "object",
        "additionalProperties": False,
        "required": ["connector"],
        "properties": {
            "connector": {"const": "aws"},
            "owner": {**_TEXT, "description": "Who answers for what nothing else has an owner for: team:NAME or person:NAME."},
            "organization": {**_ACCOUNT, "description": "The management account; its accounts that are in no set are told as gaps."},
            "sets": {
                "type": "object",
                "description": "Named sets of accounts, by id or by organisational unit.",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "accounts": {"type": "array", "items": _ACCOUNT, "description": "Account ids."},
                        "ou": {**_TEXT, "description": "Path of an organisational unit below the root, such as Workloads/Prod."},
                    },
                },
            },
            "regions": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "read": {**_TEXTS, "description": "The regions to read, all that are enabled when absent; `global` is always read."},
                    "others": {
                        "const": "closed-by-scp",
                        "description": "Why the other regions need no reading. Floors have to hold in the regions that are read.",
                    },
                },
            },
            "read": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "role": {**_TEXT, "description": "The role to assume in each account of a set."},
                    "last-used": {
                        "type": "integer",
                        "minimum": 0,
                        "description": "Of how many users and roles of each account IAM is asked when they last used which services, "
                        "which takes two calls of each or more. Absent: of none.",
                    },
                },
            },
            "write": {
                "type": "object",
                "additionalProperties": False,
                "description": "Another credential, for `guardrails apply` alone; nothing is changed without it.",
                "properties": {
                    "role": {**_TEXT, "description": "The role to assume in the account of each object, confined to what the plan needs."},
                    "profile": {**_TEXT, "description": "The profile of the AWS SDK to log in with; absent: what the SDK finds."},
                },
            },
            "endpoint-url": {**_TEXT, "description": "Where calls go, when not to AWS itself; http on loopback only."},
            "export": {**_TEXT, "description": "A file of `aws iam get-account-authorization-details`, read in place of the live account."},
        },
    },
    "clause": {
        "type": "object",
        "additionalProperties": False,
        "properties": {**_STATEMENT, "statements": _STATEMENTS},
        "anyOf": [{"required": _NEEDED}, {"required": ["statements"]}],
    },
    "target": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "security-group": _target("The name of the group."),
            "ip-set": _target("The name of an IP set of AWS WAF, by the rules of web ACLs and rule groups that let in by it."),
            "bucket": _target("A bucket, by what its policy denies to everybody.", _THROUGH),
            "role": _target("A role, by what its policies let it do at all.", _THROUGH),
            "user": _target("A user, likewise.", _THROUGH),
        },
    },
}
