"""The proxy before a directory breaks the one answer that it is told to break, and the answers stay LDAP where they should."""

from __future__ import annotations

import os
import shutil

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException
from pytest_socket import enable_socket

from guardrails.errors import AuthorError
from guardrails.testing.faults import BRACES, EMPTY, REFUSALS, Cut, Delay, Repeat, Reset
from guardrails.testing.ldap_proxy import ldap_proxy
from guardrails.testing.slapd import slapd

SUFFIX = "dc=example,dc=se"
LDIF = f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n\n" + "".join(
    f"dn: ou=u{number},{SUFFIX}\nobjectClass: organizationalUnit\nou: u{number}\n\n" for number in range(3)
)
pytestmark = pytest.mark.server
if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":  # in CI the tests fail instead
    pytestmark = [pytest.mark.server, pytest.mark.skip(reason="slapd IS NOT INSTALLED (packages slapd, ldap-utils)")]


@pytest.fixture(scope="module")
def proxy():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with slapd(SUFFIX, LDIF, password="unused") as server, ldap_proxy(server.ldap) as found:
        yield found


def asked(proxy, *, cookies=(None,)):
    """Pages of two entries: their names, codes and cookies."""
    found = []
    with ldap3.Connection(ldap3.Server(proxy.url, get_info=ldap3.NONE), receive_timeout=5) as connection:
        for cookie in cookies:
            connection.search(SUFFIX, "(objectClass=*)", paged_size=2, paged_cookie=cookie)
            controls = connection.result.get("controls") or {}
            value = controls.get("1.2.840.113556.1.4.319", {}).get("value")
            found.append(([entry["dn"] for entry in connection.response], connection.result["result"], value and value["cookie"]))
    return found


def searches(request):
    return request.method == "SEARCH"


def test_without_a_rule_everything_passes(proxy):
    ((names, code, cookie),) = asked(proxy)
    assert (names, code, bool(cookie)) == ([SUFFIX, f"ou=u0,{SUFFIX}"], 0, True)


def test_a_request_is_told_by_its_base_and_cookie(proxy):
    heard = []
    with proxy.breaking(lambda request: heard.append((request.method, request.path, request.headers)), EMPTY) as rule:
        ((_, _, cookie),) = asked(proxy)
        asked(proxy, cookies=[cookie])
    assert rule.hits == 0
    assert [(path, headers) for method, path, headers in heard if method == "SEARCH"] == [
        (SUFFIX, {"cookie": ""}), (SUFFIX, {"cookie": cookie.hex()}),
    ]  # fmt: skip


def test_an_empty_answer_is_success_without_entries_and_without_a_page(proxy):
    with proxy.breaking(searches, EMPTY):
        assert asked(proxy) == [([], 0, None)]


def test_a_refusal_is_insufficient_access_rights(proxy):
    with proxy.breaking(searches, REFUSALS[1]):
        assert asked(proxy) == [([], 50, None)]


def test_the_same_page_comes_again(proxy):
    ((names, _, cookie),) = asked(proxy)
    with proxy.breaking(searches, Repeat()) as rule:
        assert asked(proxy, cookies=[None, cookie]) == [(names, 0, cookie), (names, 0, cookie)]
    assert rule.hits == 2


@pytest.mark.parametrize("fault", [BRACES, Cut(20), Cut(10_000), Reset()], ids=str)
def test_an_answer_that_is_none_or_not_whole_is_no_answer(proxy, fault):
    with proxy.breaking(searches, fault) as rule, pytest.raises(LDAPException):
        asked(proxy)
    assert rule.hits == 1


def test_a_late_answer_is_whole(proxy):
    with proxy.breaking(searches, Delay(0.01)):
        assert len(asked(proxy)[0][0]) == 2


@pytest.mark.parametrize("url", ["ldaps://127.0.0.1", "ldap://192.0.2.1"])
def test_only_plain_ldap_on_loopback(url):
    with pytest.raises(AuthorError, match="loopback"), ldap_proxy(url):
        pass
