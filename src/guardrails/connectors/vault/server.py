"""The server itself: where it writes down what is asked of it, the seal that holds its keys, and how it is set up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import SEAL, Failed
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.engine import Engine
from guardrails.connectors.vault.kept import kept, picked
from guardrails.connectors.vault.quotas import quotas
from guardrails.model.facts import Key, NotSeen, Pairs, Reading, Setting, Trail
from guardrails.model.words import Custody, GapReason, State

__all__ = ["server"]

_AUDIT = "sys/audit"
_OPTIONS = (
    "address",
    "elide_list_responses",
    "facility",
    "file_path",
    "format",
    "hmac_accessor",
    "log_raw",
    "mode",
    "prefix",
    "socket_type",
)
"""The options of an audit device that are kept. Others, such as the headers of `http`, can be secret."""

_SEAL = {"cluster_name": "cluster", "n": "shares", "storage_type": "storage", "t": "threshold", "type": "type", "version": "version"}
"""What is kept of the seal, and its name here."""

_STATES = {
    "key-status": ("sys/key-status", "term"),
    "rotation": ("sys/rotate/config", "enabled"),
    "cors": ("sys/config/cors", "enabled"),
    "quotas": ("sys/quotas/config", "rate_limit_exempt_paths"),
    "sanitized": ("sys/config/state/sanitized", "default_lease_ttl"),
}
"""Further answers about the server, each with its path and a field that it always has."""

_CUSTODY = {"shamir": Custody.CUSTOMER, "static": Custody.CUSTOMER, "transit": Custody.CUSTOMER, "kmip": Custody.CUSTOMER} | {
    # a key of one's own in a provider's key service, as in AWS
    **dict.fromkeys(("alicloudkms", "awskms", "azurekeyvault", "gcpckms", "ocikms"), Custody.CUSTOMER),
    "pkcs11": Custody.CUSTOMER_HSM,
}


def server(asker: Asker, kind: Engine) -> Iterator[Said]:
    """Every audit device, the seal, and what the server is set up to. That there is no device is an answer too."""
    answer = asker.read(_AUDIT)
    devices = list(answer.data.items()) if not isinstance(answer, Failed) else []
    if not all(isinstance(entry, Mapping) and isinstance(entry.get("type"), str) for _, entry in devices):
        answer, devices = Failed(GapReason.MALFORMED, f"{_AUDIT} is no table of audit devices"), []
    if isinstance(answer, Failed):
        yield asker.gap("audit", answer, _AUDIT)
    else:
        yield Reading(system=asker.system, realm=asker.realm, what=_AUDIT, items=len(devices))
    for path, entry in devices:
        yield Trail(ref=asker.ref("audit-device", path, path), form=entry["type"], attributes=_attributes(entry))
    yield from _seal(asker)
    for what, (path, telling) in _STATES.items():
        yield from _state(asker, what, path, telling)
    yield from quotas(asker, kind)


def _attributes(entry: Mapping[str, Any]) -> Pairs:
    options = entry.get("options") or {}
    kept = {name: str(options[name]) for name in _OPTIONS if name in options}
    return tuple(sorted({**kept, **({"local": "true"} if entry.get("local") else {})}.items()))


def _state(asker: Asker, kind: str, path: str, telling: str) -> Iterator[Said]:
    answer = asker.read(path)
    if not isinstance(answer, Failed) and telling not in answer.data:
        answer = Failed(GapReason.MALFORMED, f"{path} does not tell {telling}")
    if isinstance(answer, Failed):
        yield asker.gap("server", answer, path)
        return
    text = kept(kind, answer.data, **(_parts(answer.data) if kind == "sanitized" else {}))
    yield Setting(ref=asker.ref("server", path, kind), form=kind, text=text, pointer=path)


def _parts(entry: Mapping[str, Any]) -> dict[str, object]:
    """Of the configuration what stands deeper: how each listener lets in, and which storage there is."""
    found: dict[str, object] = {}
    listeners = entry.get("listeners")
    if isinstance(listeners, list):
        found["listeners"] = [
            {"type": item.get("type"), **picked("listener", config if isinstance(config := item.get("config"), Mapping) else {})}
            for item in listeners
            if isinstance(item, Mapping)
        ]
    for name in ("storage", "ha_storage"):
        if isinstance(kind := entry.get(name), Mapping):
            found[name] = {"type": kind.get("type")}
    return found


def _seal(asker: Asker) -> Iterator[Said]:
    answer = asker.read(SEAL)
    if not isinstance(answer, Failed) and not isinstance(answer.data.get("sealed"), bool):
        answer = Failed(GapReason.MALFORMED, f"{SEAL} does not say whether it is sealed")
    if isinstance(answer, Failed):
        yield asker.gap("seal", answer, SEAL)
        return
    form = str(answer.data.get("type"))
    yield Setting(ref=asker.ref("server", SEAL, "seal-status"), form=form, text=kept("seal-status", answer.data), pointer=SEAL)
    yield Key(
        ref=asker.ref("seal", "seal", "seal"),
        resource=SEAL,
        custody=_CUSTODY.get(form, NotSeen(GapReason.UNSUPPORTED, f"who holds the key of a seal of type {form} is not known")),
        state=State.DISABLED if answer.data["sealed"] else State.ACTIVE,
        rotation_days=NotSeen(GapReason.NOT_READ, "when its key was last rotated is not read"),
        tags=tuple(sorted((word, str(answer.data[name])) for name, word in _SEAL.items() if isinstance(answer.data.get(name), str | int))),
    )
