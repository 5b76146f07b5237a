"""The recorded NetBox as a server that gives at most two objects a page."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from connectors.netbox_company import RECORDED
from guardrails.connectors.netbox.answers import ENDPOINTS
from guardrails.connectors.netbox.hidden import PERMISSIONS
from guardrails.testing.faults import Answer
from guardrails.testing.loopback import Ask, Request

ANSWERS = json.loads(RECORDED.read_text())["answers"]
HEADERS = (("Content-Type", "application/json"), ("API-Version", "4.7"))
_SIZE = 2
_LEAST = 4
"""Of every kind, so that each list has three pages; the recorded ones are given again under further ids and names."""


def recorded(path: str) -> list[dict]:
    """Every object of an endpoint."""
    pages = [json.loads(answer["body"])["results"] for asked, answer in ANSWERS.items() if asked.startswith(f"/api/{path}/?")]
    found = {item["id"]: item for page in pages for item in page}
    while found and len(found) < _LEAST:  # an administrator has no permission
        number = max(found) + 1
        model = found[number - 1]
        found[number] = {**model, "id": number, **{key: f"{key} {number}" for key in ("name", "username") if key in model}}
    return [found[number] for number in sorted(found)]


OBJECTS = {path: recorded(path) for path in (*ENDPOINTS.values(), PERMISSIONS)}


def served(request: Request, _ask: Ask) -> Answer:
    """What the recorded NetBox says."""
    asked, _, query = request.path.partition("?")
    path = asked.removeprefix("/api/").strip("/")
    if path not in OBJECTS:
        return Answer(200, ANSWERS[asked]["body"].encode(), HEADERS)
    start = int(parse_qs(query)["offset"][0])
    results, following = OBJECTS[path][start : start + _SIZE], start + _SIZE
    more = f"http://elsewhere.example{asked}?limit={_SIZE}&offset={following}" if following < len(OBJECTS[path]) else None
    page = {"count": len(OBJECTS[path]), "next": more, "previous": None, "results": results}
    return Answer(200, json.dumps(page).encode(), HEADERS)
