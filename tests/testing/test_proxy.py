"""The proxy breaks exactly what it is told to break, and passes everything else as it is."""

from __future__ import annotations

import contextlib
import errno
import http.client
import http.server
import json
import socket
import socketserver
import threading
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import enable_socket

from guardrails.errors import AuthorError
from guardrails.testing.faults import BRACES, EMPTY, HTML, REFUSALS, Cut, Delay, Hollow, Repeat, Reset, Shorten, redirect, shortened
from guardrails.testing.loopback import remembered
from guardrails.testing.proxy import http_proxy, tcp_proxy

LIST = json.dumps({"count": 3, "results": [{"id": 1, "tags": ["a", "b"]}, {"id": 2}, {"id": 3}]}).encode()
XML = b'<r xmlns="urn:x"><member><id>1</id></member><member><id>2</id></member><marker>m</marker></r>'
BODIES = {"/json": LIST, "/xml": XML, "/nothing": b"", "/text": b"plain"}


class Echo(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        body = BODIES[self.path]
        self.send_response(200)
        self.send_header("X-Served", "yes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  # named by the library

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("X-Method", self.command)
        self.end_headers()
        self.wfile.write(body[::-1])

    do_LIST = do_PUT = do_POST  # noqa: N815  # likewise


class Shout(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


@contextlib.contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def proxy():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    with serving(server) as port, http_proxy(f"http://127.0.0.1:{port}/ignored") as found:
        yield found


@pytest.fixture
def directory():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shout)
    with serving(server) as port, tcp_proxy(port) as found:
        yield found


def ask(proxy, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.url).port, timeout=20)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def everything(_request):
    return True


@pytest.mark.server
def test_without_a_rule_everything_passes_as_it_is_and_is_counted(proxy):
    before = proxy.passed
    status, body, headers = ask(proxy, "/json")
    assert (status, body, headers["X-Served"]) == (200, LIST, "yes")
    assert ask(proxy, "/nothing")[1] == b""
    assert ask(proxy, "/json", "HEAD")[1] == b""
    assert proxy.passed == before + 3


@pytest.mark.server
@pytest.mark.parametrize("method", ["POST", "PUT", "LIST"])
def test_a_request_arrives_with_its_method_and_body(proxy, method):
    status, body, headers = ask(proxy, "/", method, b"abc")
    assert (status, body, headers["X-Method"]) == (201, b"cba", method)


@pytest.mark.server
def test_only_the_chosen_request_is_broken(proxy):
    with proxy.breaking(lambda request: request.method == "POST" and request.body == b"x" and "host" in request.headers, EMPTY) as rule:
        assert ask(proxy, "/json")[1] == LIST
        assert ask(proxy, "/", "POST", b"y")[0] == 201
        assert rule.hits == 0
        assert ask(proxy, "/", "POST", b"x")[:2] == (200, b"")
        assert rule.hits == 1
    assert ask(proxy, "/", "POST", b"x")[0] == 201


@pytest.mark.server
@pytest.mark.parametrize("answer", [EMPTY, BRACES, HTML, *REFUSALS, redirect("http://192.0.2.1/")], ids=lambda answer: f"{answer.status}")
def test_another_answer_stands_in_for_the_real_one(proxy, answer):
    with proxy.breaking(everything, answer):
        status, body, headers = ask(proxy, "/json")
    assert (status, body) == (answer.status, answer.body)
    assert "X-Served" not in headers
    for name, value in answer.headers:
        assert headers[name] == value


@pytest.mark.server
@pytest.mark.parametrize("path", list(BODIES))
@pytest.mark.parametrize("after", [0, 5, 100_000])
def test_a_cut_answer_is_seen_to_be_cut_however_short_it_was(proxy, path, after):
    with proxy.breaking(everything, Cut(after)) as rule, pytest.raises(http.client.IncompleteRead) as caught:
        ask(proxy, path)
    assert caught.value.partial == BODIES[path][:after]
    assert rule.hits == 1


@pytest.mark.server
def test_a_reset_is_a_reset(proxy):
    with proxy.breaking(everything, Reset()) as rule, pytest.raises(ConnectionResetError):
        ask(proxy, "/json")
    assert rule.hits == 1


@pytest.mark.server
def test_a_late_answer_is_whole(proxy):
    with proxy.breaking(everything, Delay(0.05)) as rule:
        assert ask(proxy, "/json")[1] == LIST
    assert rule.hits == 1


@pytest.mark.server
def test_a_shortened_list_stays_well_formed(proxy):
    with proxy.breaking(everything, Shorten(1)) as rule:
        assert json.loads(ask(proxy, "/json")[1]) == {"count": 3, "results": [{"id": 1, "tags": ["a"]}]}
        shorter = ask(proxy, "/xml")[1]
    assert (shorter.count(b"member>"), shorter.count(b"marker>")) == (2, 2)
    assert rule.hits == 2


@pytest.mark.server
def test_a_hollow_answer_keeps_everything_but_its_body(proxy):
    with proxy.breaking(everything, Hollow(b"{}")) as rule:
        status, body, headers = ask(proxy, "/json")
    assert (status, body, headers["X-Served"], rule.hits) == (200, b"{}", "yes", 1)


@pytest.mark.server
def test_the_first_answer_comes_again_whatever_is_asked(proxy):
    with proxy.breaking(everything, Repeat()) as rule:
        assert [ask(proxy, path)[1] for path in ("/json", "/text", "/xml")] == [LIST] * 3
    assert rule.hits == 3
    with proxy.breaking(everything, Repeat()):
        assert ask(proxy, "/text")[1] == b"plain"


@pytest.mark.server
def test_what_is_remembered_is_asked_for_once():
    asked = []

    def through(request, ask_server):
        return keep(request, lambda missing: asked.append(missing.path) or ask_server(missing))

    keep = remembered(lambda request: request.path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    with serving(server) as port, http_proxy(f"http://127.0.0.1:{port}", through) as found:
        assert [ask(found, path)[1] for path in ("/json", "/text", "/json")] == [LIST, b"plain", LIST]
        with found.breaking(everything, EMPTY):
            assert ask(found, "/json")[1] == b""
    assert asked == ["/json", "/text"]


@pytest.mark.server
def test_where_nothing_can_be_shortened_the_fault_was_not_met(proxy):
    with proxy.breaking(everything, Shorten(3)) as rule:
        assert ask(proxy, "/json")[1] == LIST
        assert ask(proxy, "/text")[1] == b"plain"
        assert ask(proxy, "/xml")[1] == XML
    assert rule.hits == 0


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_shortening_twice_changes_nothing_more(value):
    once = shortened(json.dumps([value]).encode(), 1)
    assert shortened(once, 1) == once


@pytest.mark.server
def test_a_server_that_is_gone_is_a_bad_gateway():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with http_proxy(f"http://127.0.0.1:{port}") as found:
        assert ask(found, "/json")[0] == 502


@pytest.mark.server
def test_stopping_waits_neither_for_a_silent_client_nor_for_a_delay():
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        port = upstream.getsockname()[1]
        with http_proxy(f"http://127.0.0.1:{port}") as found, found.breaking(everything, Delay(3600)) as rule:
            silent = socket.create_connection(("127.0.0.1", urlsplit(found.url).port))
            waiting = socket.create_connection(("127.0.0.1", urlsplit(found.url).port))
            waiting.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while not rule.hits:
                pass
            upstream.close()
    silent.close()
    waiting.close()


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://example.org:80", "http://192.0.2.1"])
def test_only_plain_http_on_loopback(url):
    with pytest.raises(AuthorError, match="loopback"), http_proxy(url):
        pass
    with pytest.raises(AuthorError, match="loopback"), tcp_proxy(389, "192.0.2.1"):
        pass


def said(directory, text=b"hello\nworld\n"):
    with socket.create_connection(("127.0.0.1", directory.port), timeout=20) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read()


@pytest.mark.server
def test_tcp_passes_both_ways(directory):
    assert said(directory) == b"HELLO\nWORLD\n"
    assert directory.passed == 1


@pytest.mark.server
@pytest.mark.parametrize("after", [0, 1, 7])
def test_tcp_is_cut_after_so_many_bytes(directory, after):
    with directory.breaking(Cut(after)) as rule:
        assert said(directory) == b"HELLO\nWORLD\n"[:after]
    assert rule.hits == 1
    assert said(directory) == b"HELLO\nWORLD\n"


@pytest.mark.server
def test_tcp_is_late_and_whole(directory):
    with directory.breaking(Delay(0.02)):
        assert said(directory) == b"HELLO\nWORLD\n"


@pytest.mark.server
def test_tcp_is_reset(directory):
    # a client that has not yet said its last word when the reset comes is told that it is not connected
    with directory.breaking(Reset()), pytest.raises(OSError) as caught:  # the number is what is asked for
        said(directory)
    assert caught.value.errno in {errno.ECONNRESET, errno.ENOTCONN}


@pytest.mark.server
def test_a_tcp_connection_that_stays_open_does_not_hold_the_proxy():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shout)
    with serving(server) as port, contextlib.ExitStack() as later:
        with tcp_proxy(port) as found:
            connection = later.enter_context(socket.create_connection(("127.0.0.1", found.port), timeout=20))
            connection.sendall(b"a\n")
            assert connection.recv(10) == b"A\n"
        assert connection.recv(10) == b""
