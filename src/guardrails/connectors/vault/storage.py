"""Assets and their encryption: transit keys, and the mounts that keep secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker, Said, Speaker
from guardrails.connectors.vault.kept import kept
from guardrails.model.facts import Asset, Key, NotSeen, Protection, Setting
from guardrails.model.words import AtRest, Custody, GapReason, State

__all__ = ["mount_said", "storage"]

_BUILT_IN = frozenset({"system", "identity", "cubbyhole"})
_DAY_SECONDS = 86400
_LISTENERS = NotSeen(GapReason.NOT_READ, "no listener for others than the machine itself was seen")
_TELLING = (
    "allow_plaintext_backup",
    "convergent_encryption",
    "deletion_allowed",
    "derived",
    "exportable",
    "imported_key",
    "latest_version",
    "min_decryption_version",
    "min_encryption_version",
    "type",
)
_LEAVES = {"exportable": "export", "allow_plaintext_backup": "backup in plain text", "deletion_allowed": "deletion"}
"""What lets a key out of a mount or takes it away, and how that is told."""
_PKI_ROLES = "pki-role"


def storage(asker: Asker) -> Iterator[Said]:
    """Every transit key, and every mount of another engine. A transit mount is what its keys are."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    yield from asker.mounts("transit", "sys/mounts", found)
    for mount, entry in found:
        engine = str(entry.get("type", "")).removeprefix("ns_")
        if engine == "transit":
            yield from _transit(asker, mount)
        elif engine not in _BUILT_IN:
            yield from mount_said(asker, mount, engine, str(entry.get("accessor") or mount))
            if engine == "pki":
                yield from _issuing(asker, mount)


def mount_said(speaker: Speaker, mount: str, engine: str, accessor: str) -> Iterator[Asset | Protection]:
    """A mount of an engine that keeps secrets."""
    ref = speaker.ref("mount", accessor, f"{mount}/")
    yield Asset(ref=ref, resource=f"{mount}/", tags=(("type", engine),))
    # whatever is stored goes through the barrier, under the keyring of this server; that cannot be turned off
    yield Protection(asset=ref, at_rest=AtRest.CUSTOMER_KEY, in_transit=_LISTENERS, pointer="sys/seal-status")


def _transit(asker: Asker, mount: str) -> Iterator[Said]:
    names: list[str] = []
    yield from asker.each("transit", f"{mount}/keys", names)
    for name, (path, told) in zip(names, asker.reads(f"{mount}/keys/{name}" for name in names), strict=True):
        ref = asker.ref("transit-key", path, path)
        yield Asset(ref=ref, resource=path)
        is_it = isinstance(told, Failed) or told.data.get("name") == name
        answer = told if is_it else Failed(GapReason.MALFORMED, f"{path} is not that key")
        if isinstance(answer, Failed):
            yield asker.gap("transit", answer, path, ref)
            yield Protection(asset=ref, at_rest=NotSeen(answer.reason, answer.message), in_transit=_LISTENERS, pointer=path)
            continue
        hardware = answer.data.get("type") == "managed_key"
        yield Key(
            ref=ref,
            resource=path,
            custody=Custody.CUSTOMER_HSM if hardware else Custody.CUSTOMER,
            state=State.DISABLED if answer.data.get("soft_deleted") else State.ACTIVE,
            rotation_days=_rotation(answer.data.get("auto_rotate_period")),
            tags=tuple((name, str(answer.data[name]).lower()) for name in _TELLING if name in answer.data),
            leaves=_leaves(answer.data),
        )
        level = AtRest.CUSTOMER_HSM if hardware else AtRest.CUSTOMER_KEY
        yield Protection(asset=ref, at_rest=level, in_transit=_LISTENERS, key=path, pointer=path)


def _leaves(entry: Mapping[str, Any]) -> tuple[str, ...] | NotSeen:
    if lacking := [field for field in _LEAVES if not isinstance(entry.get(field), bool)]:
        return NotSeen(GapReason.INCOMPLETE, f"it does not say {lacking[0]}")
    return tuple(word for field, word in _LEAVES.items() if entry[field])


def _issuing(asker: Asker, mount: str) -> Iterator[Said]:
    """The roles of a mount that issues certificates: what each lets be asked for."""
    names: list[str] = []
    yield from asker.each("pki", f"{mount}/roles", names)
    for path, answer in asker.reads(f"{mount}/roles/{name}" for name in names):
        ref = asker.ref(_PKI_ROLES, path, path)
        if isinstance(answer, Failed):
            yield asker.gap("pki", answer, path, ref)
        else:
            yield Setting(ref=ref, form="pki", text=kept(_PKI_ROLES, answer.data), pointer=path)


def _rotation(seconds: object) -> int | NotSeen:
    """Whole days, a part of one counting as one; 0 for never."""
    if not isinstance(seconds, int):
        return NotSeen(GapReason.MALFORMED, "auto_rotate_period is not a number of seconds")
    return -(-seconds // _DAY_SECONDS)
