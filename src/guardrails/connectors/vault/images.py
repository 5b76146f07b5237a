"""Objects of Vault as images, from the answers of the server: what a change may touch, and a digest of all the rest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guardrails.connectors.vault.carried import POLICIES
from guardrails.connectors.vault.kept import picked
from guardrails.connectors.vault.own import OWN, own_last, place, whose
from guardrails.model.changes import Image
from guardrails.model.reference import Ref

__all__ = ["ENDED", "FLAGS_OF_POLICIES", "body", "image", "owned", "path", "said", "token_image", "with_own", "written_at"]

_OLDER = {"policies": "token_policies", "bound_cidrs": "token_bound_cidrs", "bound_cidr_list": "secret_id_bound_cidrs"}
"""Names that servers give beside the newer ones, or alone."""

_LISTS = frozenset(
    {
        "policies",
        "token_policies",
        "allowed_policies",
        "token_bound_cidrs",
        "secret_id_bound_cidrs",
        "member_entity_ids",
        "member_group_ids",
    }
)
_TEXTS = frozenset({"name", "type", "id", "policy", "expiration", "auto_rotate_period", "role_type"})
FLAGS_OF_POLICIES = frozenset({"cas_required", "allow_slashes_in_identity_templates", "allow_wildcards_in_identity_templates"})
_FLAGS = FLAGS_OF_POLICIES | {"disabled"}
_SENT_ALONG = frozenset({"role_type"})
"""What servers take to be another when it is not said: a role of `jwt` would become one of `oidc`."""
_TIMES_OF_POLICIES = frozenset({"version", "modified"})
_IDENTITY = frozenset({"policies", "member_entity_ids", "member_group_ids", "name", "type", "id", "disabled", "metadata"})
"""Fields of entities and groups that say what they are. All else in them is times and what follows from other objects."""


_KEYS = frozenset(
    {
        "allow_plaintext_backup", "auto_rotate_period", "deletion_allowed", "derived", "exportable", "imported_key",
        "imported_key_allow_rotation", "min_decryption_version", "min_encryption_version", "name", "soft_deleted", "type",
    }
)  # fmt: skip
"""Fields of a transit key that stay when it is rotated."""
_PASSING = frozenset({"expire_time", "external_namespace_policies", "identity_policies", "num_uses", "orphan"})
"""Fields of a token that change by themselves, with its use or with other objects; all else stays as it was made."""
ENDED = Image.of({"ended": ("true",)})
"""A token that has ended. Of one that never was, servers say the same; nobody gets its accessor again."""


def path(ref: Ref) -> str:
    """Where an object is read."""
    if ref.kind == "policy":
        return f"sys/policies/acl/{ref.id}"
    return f"identity/{ref.kind}/id/{ref.id}" if ref.kind in {"entity", "group"} else ref.id


def written_at(ref: Ref) -> str:
    """Where it is written."""
    return f"{path(ref)}/config" if ref.kind == "transit-key" else path(ref)


def image(ref: Ref, answer: Mapping[str, Any]) -> Image:
    """An object as it was answered.

    Raises:
        ValueError: It is of a form that is not known, or another object.
    """
    if ref.kind in {"entity", "group"} and answer.get("id") != ref.id:
        raise ValueError(f"{path(ref)} is not that {ref.kind}")
    found = _lasting(ref, answer)
    fields: dict[str, tuple[str, ...]] = {}
    for name in sorted(found.keys() & (_LISTS | _TEXTS | _FLAGS)):
        values = _values(name, found.pop(name))
        fields[name] = own_last(ref, values) if name in POLICIES else values
    # only OpenBao counts the versions of a policy
    token = str(answer.get("version") or "") if ref.kind == "policy" else ""
    return Image.of({**fields, "others": _digest(found)}, token)


def owned(holder: Ref, found: Image) -> tuple[Ref, ...]:
    """The policies of its own that it lists."""
    mine, listed = place(holder), [name for field in POLICIES for name in found.values(field)]
    return tuple(replace(holder, kind="policy", id=name, name=name) for name in listed if mine and whose(name) == mine)


def with_own(found: Image, own: Mapping[str, Image | None]) -> Image:
    """A holder with what each policy of its own says, by name; one that is not there says nothing."""
    return Image.of({**dict(found.fields), **{f"{OWN}{name}": said(policy) for name, policy in own.items()}}, found.token)


def said(policy: Image | None) -> tuple[str, ...]:
    """Of a policy its text, and behind that how it is set up in any other way than guardrails does it; nothing of one that is not there."""
    if policy is None:
        return ()
    usual = {"policy", "name"} | {name for name in FLAGS_OF_POLICIES if policy.values(name) == ("false",)}
    usual |= {"others"} if policy.values("others") == _digest({}) else set()
    return (*policy.values("policy"), *(f"{name} {', '.join(values)}" for name, values in policy.fields if name not in usual))


def token_image(ref: Ref, answer: Mapping[str, Any]) -> Image:
    """A token as it was made.

    Raises:
        ValueError: It is another one, or the answer holds what no answer to this question may hold.
    """
    if answer.get("accessor") != ref.id:
        raise ValueError("the answer is about another token")
    if answer.get("id"):
        raise ValueError("the answer holds the token itself")
    found = {name: value for name, value in picked("token", answer).items() if name not in _PASSING}
    shown = {"path": (str(found.pop("path", "")),), "policies": _values("policies", found.pop("policies", None))}
    return Image.of({**shown, "ended": ("false",), "others": _digest(found)})


def _digest(others: Mapping[str, Any]) -> tuple[str]:
    """What is not touched is not told either, and still may not change."""
    return (hashlib.sha256(json.dumps(others, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest(),)


def _lasting(ref: Ref, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What says what an object is."""
    match ref.kind:
        case "entity" | "group":
            return {name: value for name, value in answer.items() if name in _IDENTITY}
        case "policy":
            return {name: value for name, value in answer.items() if name not in _TIMES_OF_POLICIES}
        case "transit-key":
            return {name: value for name, value in answer.items() if name in _KEYS}
        case _:
            return _newest(answer)


def _newest(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Without names that say again what a newer one says."""
    return {name: value for name, value in answer.items() if _OLDER.get(name) not in answer}


def _values(name: str, value: object) -> tuple[str, ...]:
    if name in _FLAGS:
        return ("true" if value is True else "false",)
    if name in _TEXTS:
        return (str(value),)
    listed = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ValueError(f"{name} is not a list of texts")
    return tuple(item for item in listed if item)


def body(ref: Ref, before: Image, after: Image) -> dict[str, Any]:
    """What is written: the fields that differ, for servers leave the others as they are; of a policy all, for they forget the others."""
    names = {name for name, _ in (*before.fields, *after.fields) if not name.startswith(OWN)} - {"others"}
    changed = {name for name in names if ref.kind == "policy" or before.values(name) != after.values(name)}
    changed |= names & _SENT_ALONG if changed else set()
    cas = {"cas": int(before.token)} if before.token else {}
    return {name: _written(name, after.values(name)) for name in sorted(changed) if name != "name"} | cas


def _written(name: str, values: tuple[str, ...]) -> object:
    if name in _FLAGS:
        return values == ("true",)
    return "".join(values) if name in _TEXTS else list(values)
