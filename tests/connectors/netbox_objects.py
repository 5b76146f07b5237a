"""Objects as NetBox's REST API gives them, whole, for exports and small servers."""

from __future__ import annotations

import json
from pathlib import Path

from guardrails import declare
from guardrails.connectors.netbox import CONNECTOR
from guardrails.connectors.netbox.observe import NetboxObserver
from guardrails.model.declaration import System
from guardrails.model.facts import Gap

CANARY = "canary0123456789abcdef0123456789abcdef01"
STATUS = {"value": "active", "label": "Active"}
RECORD = {"vrf": None, "tenant": None, "role": None, "status": STATUS, "tags": [], "owner": None}


def prefix(identifier, text="198.51.100.0/28", **more):
    return {"id": identifier, "display": text, "prefix": text, "scope_type": None, "scope": None, **RECORD, **more}


def ip_range(identifier, first="198.51.100.3/28", last="198.51.100.9/28", **more):
    return {"id": identifier, "display": "range", "start_address": first, "end_address": last, **RECORD, **more}


def ip_address(identifier, text="198.51.100.4/28", **more):
    return {"id": identifier, "display": text, "address": text, **RECORD, **more}


def user(identifier, name, **more):
    when = "2026-01-02T03:04:05.678901Z"
    return {"id": identifier, "username": name, "email": "", "is_active": True, "date_joined": when, "last_login": None, **more}


def token(identifier, holder, **more):
    when = {"created": "2026-01-02T03:04:05.678901Z", "expires": None, "last_used": None}
    key = {"key": CANARY, "token": CANARY, "display": CANARY, "description": CANARY}
    return {"id": identifier, "user": {"id": holder, "username": f"user-{holder}"}, "write_enabled": False, **when, **key, **more}


def device(identifier, **more):
    machine = {"device_type": {"slug": "r1"}, "site": {"slug": "sto1"}, "platform": None, "serial": "", "custom_fields": {}}
    return {"id": identifier, "display": f"gw{identifier}", **RECORD, "role": {"slug": "gateway"}, **machine, **more}


def whole(**more):
    """An export with everything in it."""
    users, tokens = [user(1, "user-1"), user(2, "user-2")], [token(1, 1), token(2, 2)]
    found = {"vrfs": [], "prefixes": [prefix(1)], "ip-ranges": [], "ip-addresses": [], "users": users, "tokens": tokens}
    found |= {"devices": [device(1)], "virtual-machines": []}
    return found | more


def page(results, following=None, count=None):
    return {"count": len(results) if count is None else count, "next": following, "previous": None, "results": results}


def system(settings: str) -> System:
    return declare.loads([("file.yaml", f"guardrails: 1\nsystems: {{inventory: {settings}}}\n".encode())]).systems[0]


def exported(path: Path, found: object | None = None) -> list:
    """What an export says; it is written first when `found` is given."""
    if found is not None:
        path.write_text(json.dumps(found))
    settings = CONNECTOR.settings(system(f"{{connector: netbox, export: '{path}'}}"))
    return list(NetboxObserver("inventory", settings).observe())


def gaps(said) -> list[tuple[str, str]]:
    return [(item.what, item.reason.value) for item in said if isinstance(item, Gap)]


def of(form, said) -> list:
    return [item for item in said if isinstance(item, form)]
