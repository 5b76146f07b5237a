"""From a device or virtual machine of NetBox to a fact. Which of its fields come this far is decided in `answers`."""

from __future__ import annotations

from guardrails.connectors.netbox.objects import Object, choice, owner, pairs, reference, tags, text
from guardrails.model.facts import Device
from guardrails.model.words import State

__all__ = ["device", "virtual_machine"]

_STATES = {"active": State.ACTIVE} | dict.fromkeys(
    ("offline", "planned", "staged", "failed", "inventory", "decommissioning", "paused"), State.DISABLED
)
"""What NetBox comes with; a NetBox can have words of its own."""


def device(system: str, found: Object) -> Device:
    """A device."""
    return _machine(system, "device", found, {"type": choice(found["device_type"]), "site": choice(found["site"])})


def virtual_machine(system: str, found: Object) -> Device:
    """A virtual machine, which has a cluster, a site or both."""
    cluster = found["cluster"]
    return _machine(system, "virtual-machine", found, {"cluster": text(cluster["name"]) if cluster else "", "site": choice(found["site"])})


def _machine(system: str, kind: str, found: Object, more: dict[str, str]) -> Device:
    status = text(found["status"]["value"])
    named = {
        "status": status,
        "role": choice(found["role"]),
        "platform": choice(found["platform"]),
        "tenant": choice(found["tenant"]),
        **tags(found),
        **{f"cf.{name}": _told(value) for name, value in found["custom_fields"].items()},
        **more,
    }
    return Device(
        ref=reference(system, kind, found, text(found["display"])),
        state=_STATES.get(status, State.UNKNOWN),
        serial=text(found["serial"]) if found.get("serial") else "",
        attributes=pairs(named),
        owner=owner(found),
    )


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
