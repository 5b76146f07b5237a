"""A small company in a real NetBox, and the answers that it gave.

`python tests/connectors/netbox_company.py PROGRAM` starts one, fills it and writes the answers anew.
"""

from __future__ import annotations

import json
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from guardrails.connectors.netbox.answers import ENDPOINTS
from guardrails.connectors.netbox.hidden import PERMISSIONS
from guardrails.testing.netbox import LiveNetbox, netbox

CANARY = "canary-4f1c2b7a"
"""A password that somebody noted in a custom field."""

VERSION = "4.7.3"
"""Of the NetBox that gave the recorded answers."""

RECORDED = Path(__file__).parent / f"recorded/netbox-{VERSION}.json"
ROLE, TENANT, TAG = {"slug": "vpn-egress"}, {"slug": "prod"}, {"slug": "managed"}
DEVICE = {"role": {"slug": "gateway"}, "device_type": {"slug": "r1"}, "site": {"slug": "sto1"}}
FIELDS = {"criticality": "high", "backed_up": True, "bought": "2026-01-02", "rack_units": 2, "admin_password": CANARY, "notes": "x" * 201}
MACHINES = ["dcim.device", "virtualization.virtualmachine"]
OBJECTS = (
    ("ipam/vrfs", {"name": "blue", "rd": "65000:1"}),
    ("ipam/roles", {"name": "VPN egress", "slug": "vpn-egress"}),
    ("tenancy/tenants", {"name": "Production", "slug": "prod"}),
    ("extras/tags", {"name": "Managed", "slug": "managed"}),
    ("dcim/regions", {"name": "Nordics", "slug": "nordics"}),
    ("dcim/sites", {"name": "Stockholm 1", "slug": "sto1", "region": {"slug": "nordics"}}),
    ("ipam/prefixes", {"prefix": "198.51.100.0/28", "role": ROLE, "scope_type": "dcim.site", "scope_id": 1, "tags": [TAG]}),
    ("ipam/prefixes", {"prefix": "2001:db8:a::/56", "role": ROLE, "tenant": TENANT}),
    ("ipam/prefixes", {"prefix": "10.0.0.0/8", "status": "container"}),
    ("ipam/prefixes", {"prefix": "10.1.0.0/16", "vrf": {"name": "blue"}, "scope_type": "dcim.region", "scope_id": 1}),
    ("ipam/prefixes", {"prefix": "203.0.113.0/24", "role": ROLE, "status": "deprecated"}),
    ("ipam/ip-ranges", {"start_address": "198.51.100.3/28", "end_address": "198.51.100.9/28", "tenant": TENANT}),
    ("ipam/ip-addresses", {"address": "198.51.100.4/28", "role": "vip", "tenant": TENANT}),
    ("ipam/ip-addresses", {"address": "2001:db8:a::1/56", "status": "reserved"}),
    ("ipam/ip-addresses", {"address": "10.1.0.1/32", "vrf": {"name": "blue"}}),
    ("ipam/ip-addresses", {"address": "198.51.100.5/28", "tags": [TAG]}),
    *(
        ("extras/custom-fields", {"name": name, "type": form, "object_types": MACHINES})
        for name, form in zip(FIELDS, ("text", "boolean", "date", "integer", "text", "longtext"), strict=True)
    ),
    ("dcim/manufacturers", {"name": "Maker", "slug": "maker"}),
    ("dcim/device-types", {"manufacturer": {"slug": "maker"}, "model": "R1", "slug": "r1"}),
    ("dcim/device-roles", {"name": "Gateway", "slug": "gateway"}),
    ("dcim/devices", {"name": "gw1", **DEVICE, "tenant": TENANT, "serial": "SN-1", "tags": [TAG], "custom_fields": FIELDS}),
    ("dcim/devices", {**DEVICE, "status": "decommissioning"}),
    ("dcim/devices", {"name": "gw3", **DEVICE, "status": "planned"}),
    ("dcim/devices", {"name": "gw4", **DEVICE, "comments": CANARY, "local_context_data": {"word": CANARY}}),
    ("virtualization/cluster-types", {"name": "KVM", "slug": "kvm"}),
    ("virtualization/clusters", {"name": "c1", "type": {"slug": "kvm"}}),
    ("virtualization/virtual-machines", {"name": "vm1", "cluster": {"name": "c1"}, "custom_fields": {"criticality": "low"}}),
    ("users/users", {"username": "plain", "password": "Plain-password-1", "email": "plain@example.test"}),
    ("users/users", {"username": "gone", "password": "Plain-password-1", "is_active": False}),
    ("users/tokens", {"user": {"username": "gone"}, "version": 1, "write_enabled": False, "expires": "2030-01-01T00:00:00Z"}),
)


def ask(url: str, token: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
    """One request, whatever comes."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": token}
        answer = session.request("GET" if body is None else "POST", url, headers=headers, json=body, timeout=60)
        return answer.status_code, dict(answer.headers), answer.content


def create(live: LiveNetbox, path: str, body: object) -> dict:
    status, _, answer = ask(f"{live.url}/api/{path}/", f"Bearer {live.token}", body)
    assert status == 201, answer
    return json.loads(answer)


def fill(live: LiveNetbox) -> None:
    """Make the company."""
    for path, body in OBJECTS:
        create(live, path, body)


def record(live: LiveNetbox) -> dict[str, object]:
    """What a reader asks, and the answers."""
    waiting = ["/api/status/", "/api/authentication-check/"]
    waiting += [f"/api/{path}/?limit=1000&offset=0&ordering=id" for path in (*ENDPOINTS.values(), PERMISSIONS)]
    answers = {}
    while waiting:
        path = waiting.pop(0)
        status, headers, body = ask(live.url + path, f"Bearer {live.token}")
        kept = {name: headers[name] for name in ("Content-Type", "API-Version")}
        answers[path] = {"status": status, "headers": kept, "body": body.decode().replace(live.url, "https://netbox.example")}
        if json.loads(body).get("next"):
            start, offset = path.split("offset=")
            waiting.append(f"{start}offset={int(offset.split('&')[0]) + 2}&ordering=id")
    when = parsedate_to_datetime(headers["Date"]).date()
    head = f"NetBox {VERSION} on {when}, by tests/connectors/netbox_company.py"
    return {"recorded": head, "netbox": VERSION, "answers": answers}


if __name__ == "__main__":
    with netbox(Path(sys.argv[1]), RECORDED.parent, page=3) as started:
        fill(started)
        RECORDED.write_text(json.dumps(record(started), indent=1) + "\n")
