"""Every page of a real directory x every fault: never clean, nothing taken for gone, and the counts are told."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from functools import cache

import pytest
from pytest_socket import enable_socket

from connectors.test_ldap_live import PASSWORD, READER, SERVICE, SUFFIX, TREE, group, person, served
from guardrails import declare, workflow
from guardrails.model.findings import ExitCode
from guardrails.testing.broken import Page, attempted, cases, items, problems
from guardrails.testing.faults import EMPTY, FAULTS, Cut
from guardrails.testing.ldap_proxy import ldap_proxy

AT = datetime(2026, 11, 25, tzinfo=UTC)
STAFF = [f"uid=p{number},ou=people,{SUFFIX}" for number in range(8)]
LDIF = TREE + SERVICE + "".join(person(f"p{number}", ("mail", f"p{number}@example.se")) for number in range(8))
LDIF += group("all", *STAFF) + "".join(group(f"team{number}", STAFF[number]) for number in range(7))
DECLARATION = f"""guardrails: 1
systems:
  directory: {{connector: ldap, url: "%s", base: "ou=people,{SUFFIX}", groups: "ou=groups,{SUFFIX}",
    read: {{bind: "{READER}", password: "env:LDAP_PASSWORD"}}}}
people: {{sources: {{directory: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any}}
teams: {{all: {{directory: "group/all"}}}}
entitlements:
  staff: {{directory: {{member-of: ["group/all"]}}}}
  first: {{directory: {{member-of: ["group/team0", "group/team6"]}}}}
  none: {{directory: {{member-of: ["group/gone"]}}}}
roles:
  staff: {{members: ["directory:group/all"], may: [staff], must: [staff], owner: "team:all"}}
  first: {{members: ["directory:group/team0", "directory:group/team6"], may: [first], must: [first], owner: "team:all"}}
workloads: {{last: {{is: ["directory:person/p7"], may: [staff], must: [staff], owner: "team:all"}}}}
"""
TOLD = {"people": f"ou=people,{SUFFIX}", "groups": f"ou=groups,{SUFFIX}"}
COOKIES: dict[str, list[str]] = {base: [] for base in TOLD.values()}
"""The cookies in the order in which an unbroken run sends them; page N and those after it are asked for with all but the first N."""


def page(what: str, number: int) -> Page:
    base = TOLD[what]

    def chosen(request):
        return (request.method, request.path) == ("SEARCH", base) and request.headers["cookie"] not in COOKIES[base][:number]

    return Page(name=f"{what} page {number + 1}", chosen=chosen, repeats=True)


PAGES = [Page(name="bind", chosen=lambda request: request.method == "BIND", is_vital=True)]
PAGES += [page(what, number) for what in TOLD for number in range(3)]
# an answer of LDAP has no headers
LDAP_FAULTS = {name: fault for name, fault in FAULTS.items() if "headers" not in name} | {"cut": Cut(40), "cut between entries": Cut(350)}

CASES = cases(PAGES, LDAP_FAULTS)

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":  # in CI the tests fail instead
    pytestmark.append(
        pytest.mark.skip(reason="slapd IS NOT INSTALLED: nothing of the live directory was tried (packages slapd, ldap-utils)")
    )


@pytest.fixture(scope="module")
def whole():
    """The proxy, the declaration that is read through it, and what it says without a fault."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with pytest.MonkeyPatch.context() as patch, served(ldif=LDIF) as server, ldap_proxy(server.ldap) as proxy:
        patch.setenv("LDAP_PASSWORD", PASSWORD)
        patch.setattr("guardrails.connectors.ldap.api._PAGE", 4)
        patch.setattr("guardrails.connectors.ldap.api._RECEIVE_SECONDS", 1)
        patch.setattr("guardrails.workflow.find", cache(workflow.find))  # reading the entry points costs more than a run
        declaration = declare.loads([("guardrails.yaml", (DECLARATION % proxy.url).encode())])

        def heard(request):
            if request.method == "SEARCH":
                COOKIES[request.path].append(request.headers["cookie"])
            return False

        with proxy.breaking(heard, EMPTY):
            found = attempted(declaration, AT)
        yield proxy, declaration, found


def test_without_a_fault_all_pages_are_read(whole):
    _, _, run = whole
    assert run.assessment.gaps == ()
    assert run.assessment.exit_code is ExitCode.FINDINGS
    assert [len(cookies) for cookies in COOKIES.values()] == [3, 3]
    assert {what: number for (_, _, what), number in items(run).items()} == {"people": 9, "groups": 9}


@pytest.mark.parametrize(("page", "fault"), CASES, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_is_never_clean(whole, page, fault):
    proxy, declaration, before = whole
    with proxy.breaking(page.chosen, LDAP_FAULTS[fault]) as rule:
        after = attempted(declaration, AT)
    assert rule.hits, "the fault was never met, so the case shows nothing"
    assert problems(before, after, page, LDAP_FAULTS[fault]) == ()
