"""What a server may send that none of ours does: a page that is not what was asked for is a hole, and never the end."""

from __future__ import annotations

import pytest

from guardrails.connectors.ldap.api import LdapApi
from guardrails.model.words import GapReason

PAGED = "1.2.840.113556.1.4.319"
BASE = "ou=people,dc=x"


class Scripted:
    """A connection that answers each search with the next page of its script, and with the last one for ever."""

    def __init__(self, *pages):
        self.pages = list(pages)
        self.cookies = []

    def search(self, *_, **asked):
        self.cookies.append(asked["paged_cookie"])
        entries, self.result = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        self.response = [{"type": "searchResEntry", "raw_dn": name.encode("latin-1"), "raw_attributes": {}} for name in entries]


def ended(code=0, cookie=b"", size=0, *, paged=True):
    controls = {PAGED: {"value": {"size": size, "cookie": cookie}}} if paged else {}
    return {"result": code, "description": f"code {code}", "controls": controls}


def read(*pages):
    connection = Scripted(*pages)
    found = LdapApi(connection).subtree(BASE)
    return found, connection


def test_pages_are_read_until_there_is_no_cookie():
    found, connection = read(([f"uid=a,{BASE}"], ended(cookie=b"1", size=2)), ([], ended(cookie=b"2")), ([f"uid=b,{BASE}"], ended()))
    assert [entry.name for entry in found.entries] == [f"uid=a,{BASE}", f"uid=b,{BASE}"]
    assert (connection.cookies, found.pages, found.holes) == ([None, b"1", b"2"], 3, [])


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (([], ended(paged=False)), GapReason.INCOMPLETE),
        (([], ended(4)), GapReason.INCOMPLETE),
        (([], ended(12)), GapReason.INCOMPLETE),
        (([], ended(50)), GapReason.DENIED),
        (([], ended(51)), GapReason.THROTTLED),
        (([], ended(52)), GapReason.UNREACHABLE),
        (([], ended(cookie=b"same")), GapReason.INCOMPLETE),
        ((["uid=b,ou=others,dc=x"], ended()), GapReason.MALFORMED),
        (([f"uid=\xff,{BASE}"], ended()), GapReason.MALFORMED),
        ((["no name"], ended()), GapReason.MALFORMED),
    ],
)
def test_a_page_that_is_not_what_was_asked_for_is_a_hole(page, reason):
    found, _ = read(([f"uid=a,{BASE}"], ended(cookie=b"1")), page)
    assert [hole.reason for hole in found.holes] == [reason]
    assert [entry.name for entry in found.entries] == [f"uid=a,{BASE}"]


def test_the_servers_own_count_is_kept():
    found, _ = read(([f"uid=a,{BASE}"], ended(size=7)))
    assert found.counted == 7


def test_a_page_that_comes_again_ends_the_reading_and_is_a_hole():
    found, connection = read(([f"uid=a,{BASE}"], ended(cookie=b"1")), ([f"uid=b,{BASE}"], ended(cookie=b"2")))
    assert [hole.reason for hole in found.holes] == [GapReason.INCOMPLETE]
    assert connection.cookies == [None, b"1", b"2"]
    assert "after 3 pages and 3 entries" in found.holes[0].message


def test_a_cookie_may_stay_the_same_as_long_as_there_is_something_new():
    found, _ = read(([f"uid=a,{BASE}"], ended(cookie=b"1")), ([f"uid=b,{BASE}"], ended(cookie=b"1")), ([f"uid=c,{BASE}"], ended()))
    assert (len(found.entries), found.holes) == (3, [])
