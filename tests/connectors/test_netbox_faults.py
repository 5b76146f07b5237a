"""Every page of a recorded NetBox x every fault: never clean, nothing taken for gone, and the counts are told."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_socket import enable_socket

from connectors.netbox_served import OBJECTS, served
from guardrails import declare, workflow
from guardrails.model.findings import ExitCode
from guardrails.testing.broken import Page, attempted, cases, items, problems
from guardrails.testing.faults import FAULTS, Answer, redirect
from guardrails.testing.proxy import http_proxy

AT = datetime(2026, 11, 25, tzinfo=UTC)
DECLARATION = """guardrails: 1
systems: {inventory: {connector: netbox, url: "%s", read: {token: "env:NETBOX_TOKEN"}}}
teams: {net: {}}
workloads: {bot: {is: ["inventory:user/plain"], credentials: {static: none}, owner: "team:net"}}
networks:
  vpn: {inventory: {prefixes: {role: vpn-egress, vrf: global, status: active}}, at-least: {v4: 16}, at-most: {v4: 16, v6: {prefixes: 1, widest: 56}}}
  pool: {inventory: {ranges: {tenant: prod}}, at-least: {v4: 7}, at-most: {v4: 7}}
  vips: {inventory: {addresses: {role: vip}}, at-least: {v4: 1}, at-most: {v4: 1}}
  own: {cidrs: ["198.51.100.0/29"]}
  other: {cidrs: ["192.0.2.0/29"]}
"""


def page(path: str, number: int) -> Page:
    """Page N and those after it: each begins with the last object of the one before."""

    def chosen(request):
        url = urlsplit(request.path)
        return url.path == f"/api/{path}/" and int(parse_qs(url.query)["offset"][0]) >= number

    return Page(name=f"{path} page {number + 1}", chosen=chosen, repeats=True)


def vital(path: str) -> Page:
    return Page(name=path, chosen=lambda request: request.path == f"/api/{path}/", is_vital=True)


PAGES = [
    vital("status"),
    vital("authentication-check"),
    *(page(path, number) for path in OBJECTS for number in range(2 if OBJECTS[path] else 1)),
]
OTHERS = {
    "not let in": Answer(401),
    "absent": Answer(404, b"{}"),
    "broken": Answer(500, b"<html></html>"),
    "overloaded": Answer(503),
    "throttled": Answer(429),
    "redirected": redirect("http://127.0.0.1:1/"),
}
CASES = cases(PAGES, FAULTS) + cases([page for page in PAGES if not page.name.endswith("2")], OTHERS)


@pytest.fixture(scope="module")
def whole():
    """The proxy, the declaration that is read through it, and what it says without a fault."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with pytest.MonkeyPatch.context() as patch, http_proxy("http://127.0.0.1:1", served) as proxy:
        patch.setenv("NETBOX_TOKEN", "0123456789abcdef0123456789abcdef01234567")
        patch.setattr("guardrails.workflow.find", cache(workflow.find))  # reading the entry points costs more than a run
        declaration = declare.loads([("guardrails.yaml", (DECLARATION % proxy.url).encode())])
        yield proxy, declaration, attempted(declaration, AT)


@pytest.mark.server
def test_without_a_fault_all_pages_are_read(whole):
    _, _, run = whole
    assert run.assessment.gaps == ()
    assert run.assessment.exit_code is ExitCode.FINDINGS
    assert list(items(run).values()) == [
        len(OBJECTS[path]) for path in sorted(OBJECTS, key=lambda p: {"users/users": "identity"}.get(p, p.split("/")[1]))
    ]
    assert all(reading.pages >= 3 for reading in run.observations[0].readings if reading.items)


@pytest.mark.server
@pytest.mark.parametrize(("page", "fault"), CASES, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_is_never_clean(whole, monkeypatch, page, fault):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the pauses between tries
    if fault == "slow":
        monkeypatch.setattr("guardrails.connectors.netbox.api._TIMEOUT_SECONDS", 0.4)
    proxy, declaration, before = whole
    with proxy.breaking(page.chosen, (FAULTS | OTHERS)[fault]) as rule:
        after = attempted(declaration, AT)
    assert rule.hits, "the fault was never met, so the case shows nothing"
    assert problems(before, after, page, (FAULTS | OTHERS)[fault]) == ()
