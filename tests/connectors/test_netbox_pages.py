"""What is read in pages is what was there at one moment, or it is read again; a broken answer is never an empty one."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import enable_socket

from connectors.netbox_company import RECORDED, VERSION
from connectors.netbox_objects import CANARY, gaps, of, prefix, system
from guardrails.connectors.netbox import CONNECTOR
from guardrails.connectors.netbox.observe import NetboxObserver
from guardrails.connectors.netbox.pages import ChangedError, NoAnswerError, Pages
from guardrails.errors import ConnectorError
from guardrails.model.facts import Credential, Gap, NetworkRecord, Reading
from guardrails.model.words import State

ANSWERS = json.loads(RECORDED.read_text())
HTML = "<html><body>please log in</body></html>"
JSON = {"Content-Type": "application/json", "API-Version": "4.7"}
V2 = f"nbt_0123456789ab.{CANARY}"


class Replay(BaseHTTPRequestHandler):
    """The recorded answers, and instead of some of them a fault. `heard` holds what was asked with which token."""

    faults: ClassVar[dict[str, list]] = {}
    heard: ClassVar[list[tuple[str, str]]] = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        Replay.heard.append((self.path, self.headers.get("Authorization", "")))
        path = self.path.split("/?")[0].removeprefix("/api/").rstrip("/")
        recorded = ANSWERS["answers"].get(self.path, {"status": 404, "headers": {}, "body": HTML})
        answer = (recorded["status"], recorded["headers"], recorded["body"])
        if waiting := Replay.faults.get(path):
            answer = waiting[0] if len(waiting) == 1 else waiting.pop(0)
        status, headers, body = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture(scope="module")
def url():
    enable_socket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def read(url, monkeypatch):
    def reading(token: str = V2, **faults):
        Replay.faults, Replay.heard = {name.replace("__", "/").replace("_", "-"): list(found) for name, found in faults.items()}, []
        monkeypatch.setenv("NETBOX_CANARY", token)
        settings = CONNECTOR.settings(system(f"{{connector: netbox, url: '{url}', read: {{token: 'env:NETBOX_CANARY'}}}}"))
        observer = NetboxObserver("inventory", settings)
        said = list(observer.observe())
        assert CANARY not in repr((said, observer.identity, observer, settings))
        return said

    return reading


def answer(body: object, status: int = 200, headers: dict | None = None):
    return (status, JSON if headers is None else headers, body if isinstance(body, str) else json.dumps(body))


def page(*objects, following=None, count=None):
    return answer({"count": len(objects) if count is None else count, "next": following, "previous": None, "results": list(objects)})


@pytest.mark.server
def test_recorded_answers_are_read_to_their_end(read):
    said = read()

    assert ANSWERS["netbox"] == VERSION
    assert gaps(said) == []
    assert {item.what: (item.items, item.counted, item.pages) for item in of(Reading, said)} == {
        "vrfs": (1, 1, 1), "prefixes": (5, 5, 2), "ip-ranges": (1, 1, 1), "ip-addresses": (4, 4, 2), "identity": (3, 3, 1), "tokens": (2, 2, 1),
        "devices": (4, 4, 2), "virtual-machines": (1, 1, 1), "permissions": (0, 0, 1),
    }  # fmt: skip
    assert {item.addresses[0]: dict(item.attributes) for item in of(NetworkRecord, said)} == {
        "198.51.100.0/28": {"role": "vpn-egress", "site": "sto1", "status": "active", "tag/managed": "yes", "vrf": "global"},
        "2001:db8:a::/56": {"role": "vpn-egress", "status": "active", "tenant": "prod", "vrf": "global"},
        "10.0.0.0/8": {"status": "container", "vrf": "global"},
        "10.1.0.0/16": {"region": "nordics", "status": "active", "vrf": "blue"},
        "203.0.113.0/24": {"role": "vpn-egress", "status": "deprecated", "vrf": "global"},
        "198.51.100.3-198.51.100.9": {"status": "active", "tenant": "prod", "vrf": "global"},
        "198.51.100.4": {"role": "vip", "status": "active", "tenant": "prod", "vrf": "global"},
        "2001:db8:a::1": {"status": "reserved", "vrf": "global"},
        "10.1.0.1": {"status": "active", "vrf": "blue"},
        "198.51.100.5": {"status": "active", "tag/managed": "yes", "vrf": "global"},
    }
    assert {(item.holder.name, item.state, item.expires_at is not None) for item in of(Credential, said)} == {
        ("admin", State.ACTIVE, False), ("gone", State.ACTIVE, True),
    }  # fmt: skip


@pytest.mark.server
@pytest.mark.parametrize(("token", "scheme"), [(V2, "Bearer"), (CANARY, "Token")])
def test_every_request_carries_the_token_in_the_way_of_its_version(read, token, scheme):
    read(token)

    assert {header for _, header in Replay.heard} == {f"{scheme} {token}"}


@pytest.mark.server
def test_a_netrc_does_not_replace_the_token(read, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    read()

    assert {header for _, header in Replay.heard} == {f"Bearer {V2}"}


@pytest.mark.server
def test_a_redirect_is_not_followed(read, url):
    elsewhere = answer("", 302, {"Location": f"{url}/api/elsewhere/"})

    assert gaps(read(ipam__prefixes=[elsewhere])) == [("prefixes", "malformed")]
    assert not [path for path, _ in Replay.heard if "elsewhere" in path]


@pytest.mark.server
def test_a_next_page_is_never_looked_for_where_the_answer_says(read, url):
    first = page(prefix(1), prefix(2), following=f"{url}/elsewhere/", count=3)

    assert gaps(read(ipam__prefixes=[first, page(prefix(2), prefix(3), count=3)])) == []
    assert not [path for path, _ in Replay.heard if "elsewhere" in path]


FAULTS = {
    "a login page": ([answer(HTML, headers={"Content-Type": "text/html"})], "malformed"),
    "a login page that says JSON": ([answer(HTML)], "malformed"),
    "nothing": ([answer("")], "malformed"),
    "another API": ([answer({"count": 0, "next": None, "results": []}, headers={"Content-Type": "application/json"})], "malformed"),
    "braces": ([answer({})], "malformed"),
    "a list": ([answer([])], "malformed"),
    "null": ([answer("null")], "malformed"),
    "nested beyond reason": ([answer("[" * 200_000)], "malformed"),
    "no count": ([answer({"count": None, "next": None, "results": []})], "malformed"),
    "no results": ([answer({"count": 0, "next": None})], "malformed"),
    "no next": ([answer({"count": 0, "results": []})], "malformed"),
    "objects without ids": ([answer({"count": 1, "next": None, "results": [{"prefix": "10.0.0.0/8"}]})], "malformed"),
    "denied": ([answer({"detail": CANARY}, 403)], "denied"),
    "not let in": ([answer("", 401)], "denied"),
    "absent": ([answer(HTML, 404)], "incomplete"),
    "broken": ([answer(HTML, 500)], "incomplete"),
    "overloaded": ([answer("", 503)], "incomplete"),
    "throttled": ([answer("", 429)], "throttled"),
    "a count beyond the results": ([page(prefix(1), count=2)], "incomplete"),
    "a count below the results": ([page(prefix(1), prefix(2), count=1)], "incomplete"),
    "the same page for ever": ([page(prefix(1), prefix(2), following="?", count=9)], "incomplete"),
    "an empty page that names a next one": ([page(following="?", count=9)], "incomplete"),
    "another order": ([page(prefix(2), prefix(1))], "incomplete"),
    "the same object twice": ([page(prefix(1), prefix(1))], "incomplete"),
    "denied on the second page": ([page(prefix(1), prefix(2), following="?", count=3), answer("", 403)], "denied"),
    "only changes": (
        [page(prefix(1), prefix(2), following="?", count=n) if n % 2 else page(prefix(3), count=n) for n in range(3, 9)],
        "incomplete",
    ),
}


@pytest.mark.server
@pytest.mark.parametrize(("answers", "reason"), FAULTS.values(), ids=FAULTS)
def test_an_answer_that_cannot_be_relied_on_is_a_gap_and_no_record(read, answers, reason):
    said = read(ipam__prefixes=answers)

    assert gaps(said) == [("prefixes", reason)]
    assert "prefixes" not in {item.what for item in of(Reading, said)}


@pytest.mark.server
def test_what_changes_once_while_it_is_read_is_read_again(read):
    first, shifted = page(prefix(1), prefix(2), following="?", count=3), page(prefix(3), count=3)
    again = [page(prefix(1), prefix(3), following="?", count=3), page(prefix(3), prefix(4), count=3)]

    said = read(ipam__prefixes=[first, shifted, *again])

    assert gaps(said) == []
    assert sorted(item.ref.id for item in of(NetworkRecord, said) if item.ref.kind == "prefix") == ["prefix/1", "prefix/3", "prefix/4"]


@pytest.mark.server
@pytest.mark.parametrize(
    "found",
    [answer({"detail": CANARY}, 403), answer(HTML), answer({}), answer({"netbox-version": "3.5.9"}), answer({"netbox-version": "5.0"})],
)
def test_a_netbox_that_cannot_be_used_is_an_error_and_no_gap(read, found):
    with pytest.raises(ConnectorError) as caught:
        read(status=[found])

    assert CANARY not in repr(caught.value)
    assert caught.value.remedy


@pytest.mark.server
def test_an_answer_that_names_nobody_does_not_tell_who_reads(read):
    with pytest.raises(ConnectorError, match="names nobody") as caught:
        read(authentication_check=[answer({})])

    assert caught.value.remedy


@pytest.mark.server
def test_a_gap_tells_how_much_was_read_before_it(read):
    first = page(prefix(1), prefix(2), following="?", count=3)

    (told,) = [item.message for item in read(ipam__prefixes=[first, answer("", 403)]) if isinstance(item, Gap)]

    assert told == "ipam/prefixes: status 403, after 1 pages with 2 of 3 objects"


@pytest.mark.server
def test_before_version_4_5_nobody_tells_who_reads(read):
    read(status=[answer({"netbox-version": "3.7.8-Docker"})], authentication_check=[answer(HTML, 404)])

    assert "/api/authentication-check/" not in [path for path, _ in Replay.heard]


@pytest.mark.server
def test_a_server_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setenv("NETBOX_CANARY", V2)
    settings = CONNECTOR.settings(system("{connector: netbox, url: 'http://127.0.0.1:1', read: {token: 'env:NETBOX_CANARY'}}"))

    with pytest.raises(ConnectorError) as caught:
        list(NetboxObserver("inventory", settings).observe())

    assert CANARY not in repr(caught.value)


@pytest.mark.parametrize("token", [f"Token {CANARY}", f"{CANARY}\nX-Other: 1", f"{CANARY}€"])
def test_a_token_that_is_none_is_not_sent_and_not_quoted(monkeypatch, token):
    monkeypatch.setenv("NETBOX_CANARY", token)
    settings = CONNECTOR.settings(system("{connector: netbox, url: 'http://127.0.0.1:1', read: {token: 'env:NETBOX_CANARY'}}"))

    with pytest.raises(ConnectorError, match="no token") as caught:
        list(NetboxObserver("inventory", settings).observe())

    assert CANARY not in repr(caught.value)


CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=3)


@given(st.integers(0, 12), st.integers(2, 4), st.lists(CHANGES, max_size=12))
def test_pages_of_a_changing_endpoint_are_its_last_moment_or_refused(size, limit, changes):
    """Between any two requests objects are added at the end, as ids grow, and removed anywhere."""
    there, newest = list(range(1, size + 1)), size
    pages = Pages("ipam/prefixes")
    for step in range(40):
        for adds, place in changes[step] if step < len(changes) and step else ():
            if adds:
                newest += 1
                there.append(newest)
            elif there:
                there.pop(place % len(there))
        start = int(pages.next["offset"])
        cut = [{"id": identifier} for identifier in there[start : start + limit]]
        try:
            pages.add({"count": len(there), "next": "?" if start + limit < len(there) else None, "results": cut})
        except ChangedError:
            return
        if pages.is_last:
            break

    assert [found["id"] for found in pages.objects] == there


@given(st.integers(0, 30), st.integers(2, 9))
def test_pages_of_a_still_endpoint_are_all_of_it(size, limit):
    pages = Pages("ipam/prefixes")
    while not pages.is_last:
        start = int(pages.next["offset"])
        cut = [{"id": identifier} for identifier in range(size)[start : start + limit]]
        pages.add({"count": size, "next": "?" if start + limit < size else None, "results": cut})

    assert [found["id"] for found in pages.objects] == list(range(size))


def test_what_is_emptied_while_it_is_read_has_changed():
    pages = Pages("ipam/prefixes")
    pages.add({"count": 3, "next": "?", "results": [{"id": 1}, {"id": 2}]})

    with pytest.raises(ChangedError):
        pages.add({"count": 0, "next": None, "results": []})


def test_pages_of_one_object_cannot_be_followed():
    pages = Pages("ipam/prefixes")
    pages.add({"count": 2, "next": "?", "results": [{"id": 1}]})

    with pytest.raises(NoAnswerError):
        pages.add({"count": 2, "next": "?", "results": [{"id": 1}]})
