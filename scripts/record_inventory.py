"""Fills a real NetBox with the inventory of the example company and records what it answers: examples/connectel/exports/inventory.json.

Each page is kept as NetBox gave it, but for its address and for what could be a secret, which guardrails drops as well.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import requests
from stages import HOME, program

from guardrails.connectors.netbox.answers import ENDPOINTS, without_secrets
from guardrails.testing.netbox import LiveNetbox, netbox, version_of

URL = "https://netbox.connectel.example"
NAMES = {"office": "Office", "vpc": "Cloud", "lab": "Lab"}
SITE = {"slug": "sto1"}
FIELDS = (("backed_up", "boolean"), ("criticality", "text"), ("warranty_until", "date"))
OBJECTS = (
    *(("ipam/roles", {"slug": slug, "name": name}) for slug, name in NAMES.items()),
    ("ipam/prefixes", {"prefix": "198.51.100.0/24", "role": {"slug": "office"}}),
    ("ipam/prefixes", {"prefix": "10.9.0.0/16", "role": {"slug": "vpc"}}),
    ("ipam/prefixes", {"prefix": "192.0.2.0/25", "role": {"slug": "lab"}}),
    ("ipam/prefixes", {"prefix": "10.0.0.0/8", "status": "container"}),
    *(("ipam/ip-addresses", {"address": f"203.0.113.{number}/32", "role": "vip"}) for number in (200, 201, 202)),
    *(("extras/custom-fields", {"name": name, "type": form, "object_types": ["dcim.device"]}) for name, form in FIELDS),
    ("dcim/sites", {"name": "Stockholm 1", "slug": "sto1"}),
    ("dcim/manufacturers", {"name": "Maker", "slug": "maker"}),
    ("dcim/device-types", {"manufacturer": {"slug": "maker"}, "model": "Edge 1", "slug": "edge-1"}),
    ("dcim/device-roles", {"name": "Firewall", "slug": "firewall"}),
    *(
        ("dcim/devices", {"name": f"fw{n}", "role": {"slug": "firewall"}, "device_type": {"slug": "edge-1"}, "site": SITE, **more})
        for n, more in (
            (1, {"serial": "E1-0001", "custom_fields": {"backed_up": True, "criticality": "high", "warranty_until": "2028-06-30"}}),
            (2, {"serial": "E1-0002", "status": "planned"}),
        )
    ),
    ("virtualization/cluster-types", {"name": "KVM", "slug": "kvm"}),
    ("virtualization/clusters", {"name": "office", "type": {"slug": "kvm"}}),
    ("virtualization/virtual-machines", {"name": "print1", "cluster": {"name": "office"}, "site": SITE}),
    ("users/users", {"username": "petra", "password": "Of-a-server-for-a-minute-1", "email": "petra@connectel.example"}),
    ("users/users", {"username": "guardrails", "password": "Of-a-server-for-a-minute-1", "email": "guardrails@connectel.example"}),
    ("users/tokens", {"user": {"username": "guardrails"}, "write_enabled": False}),
)


def recorded(live: LiveNetbox) -> dict[str, object]:
    """Every page of every endpoint that guardrails reads, after the company was filled in."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {live.token}"
        # the administrator of a fresh NetBox becomes the one that the company has
        nils = {"username": "nils", "email": "nils@connectel.example"}
        session.patch(f"{live.url}/api/users/users/1/", json=nils, timeout=60).raise_for_status()
        for path, body in OBJECTS:
            session.post(f"{live.url}/api/{path}/", json=body, timeout=60).raise_for_status()
        return {endpoint: _pages(session, endpoint, f"{live.url}/api/{path}/", live.url) for endpoint, path in ENDPOINTS.items()}


def _pages(session: requests.Session, endpoint: str, url: str, root: str) -> object:
    pages = []
    while url:
        answer = session.get(url, timeout=60)
        answer.raise_for_status()
        page = json.loads(answer.text)
        url = page["next"]
        shown = json.loads(answer.text.replace(root, URL))
        pages.append({**shown, "results": list(without_secrets(endpoint, shown["results"]))})
    return pages if len(pages) > 1 else pages[0]


if __name__ == "__main__":
    found = program("netbox", "netbox")
    if found is None:
        raise SystemExit("record: NetBox is not there; it needs Python 3.12 or newer, then make stages")
    with netbox(found, HOME / "tests/connectors/recorded") as started:
        head = f"NetBox {version_of(found)} on {datetime.now(UTC).date()}, by scripts/record_inventory.py"  # noted once
        told = {"recorded": head, **recorded(started)}
    (HOME / "examples/connectel/exports/inventory.json").write_text(json.dumps(told, indent=1) + "\n")
