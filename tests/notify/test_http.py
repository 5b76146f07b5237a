"""One request to a receiver on loopback: over TLS, followed nowhere, limited in time, and with no secret in what is told of it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from guardrails.notify import doors as limits
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.http import request
from guardrails.secret import Secret
from notify.receivers import certificate, http

CANARY = "canary-5d2c"
pytestmark = pytest.mark.server


@pytest.fixture
def plain():
    with http() as receiver:
        yield receiver


def door(**more):
    return (Door(host="localhost", **{"private": True, **more}),)


def sent(receiver, *allowed, scheme="http", path=f"/{CANARY}?t={CANARY}"):
    request("POST", Secret(f"{scheme}://{receiver.where}{path}"), allowed or door(plain=True), b"body", {"X-Key": "v"})


def refusal(*arguments, **more):
    with pytest.raises(Undelivered) as told:
        sent(*arguments, **more)
    assert CANARY not in f"{told.value}{told.value!r}{told.value.__cause__}"
    assert told.value.remedy
    return str(told.value)


def test_over_tls_the_receiver_gets_what_was_said(tmp_path):
    mine = certificate(tmp_path, "localhost")
    with http(mine) as receiver:
        sent(receiver, *door(ca=str(mine)), scheme="https")
        ((method, path, headers, body),) = receiver.came
    assert (method, path, body, headers["X-Key"], headers["Host"]) == ("POST", f"/{CANARY}?t={CANARY}", "body", "v", receiver.where)


@pytest.mark.parametrize("names", [("other.example",), ("127.0.0.1",)])
def test_a_certificate_of_another_name_is_refused(tmp_path, names):
    other = certificate(tmp_path, *names)
    with http(other) as receiver:
        assert "no TLS with it" in refusal(receiver, *door(ca=str(other)), scheme="https")
        assert receiver.came == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    with http(certificate(tmp_path, "localhost")) as receiver:
        assert "no TLS with it" in refusal(receiver, *door(), scheme="https")
        assert receiver.came == []


def test_without_tls_nothing_is_told_unless_the_host_file_lets_it(plain):
    assert "would be told without TLS" in refusal(plain, *door())
    assert plain.came == []
    sent(plain, *door(plain=True))
    assert len(plain.came) == 1


def test_this_host_is_told_nothing_unless_the_host_file_says_that_it_is_ours(plain):
    assert "no public address" in refusal(plain, Door(host="localhost", plain=True))
    assert plain.came == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(plain, status):
    with http() as elsewhere:
        plain.status, plain.headers = status, {"Location": f"http://{elsewhere.where}/"}
        assert f"leads elsewhere ({status})" in refusal(plain)
        assert elsewhere.came == []


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_another_answer_is_a_failure(plain, status):
    plain.status = status
    assert f"answers {status}" in refusal(plain)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX-Evil: 1", "/\u00e9", "/\x00"])
def test_a_url_that_holds_more_than_a_url_is_refused(plain, path):
    assert "leads to no URL" in refusal(plain, path=path)
    assert plain.came == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example/x",
        "ftp://localhost/",
        "file:///etc/passwd",
        "http://u:p@localhost/",
        "http://u@localhost/",
        "http://:p@localhost/",
        "http://",
        "http://localhost:99999/",
    ],
)
def test_what_is_no_url_is_told_without_it(url):
    with pytest.raises(Undelivered, match="leads to no URL"):
        request("GET", Secret(url), door(plain=True))


def test_what_is_no_http_is_told(plain):
    plain.answer = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")
    assert "does not answer as HTTP" in refusal(plain)


def test_a_receiver_that_sends_a_byte_now_and_then_holds_nobody(plain, monkeypatch):
    def drip(handler):
        with contextlib.suppress(OSError):
            for _ in range(400):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)

    monkeypatch.setattr(limits.limited.__wrapped__, "__defaults__", (0.5,))
    plain.answer, begun = drip, time.monotonic()
    assert "does not answer as HTTP" in refusal(plain)
    assert time.monotonic() - begun < 5


def test_a_handshake_that_never_ends_holds_nobody(monkeypatch):
    monkeypatch.setattr(limits.limited.__wrapped__, "__defaults__", (0.5,))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, held = silent.getsockname()[1], []
        thread = threading.Thread(target=lambda: held.append(silent.accept()), daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Undelivered):
            request("GET", Secret(f"https://localhost:{port}/"), door())
        assert time.monotonic() - begun < 5
        thread.join()
        held[0][0].close()


def test_an_endless_answer_is_not_read(plain):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(10_000):
                handler.wfile.write(b"x" * 10_000)

    plain.answer, begun = endless, time.monotonic()
    sent(plain)
    assert time.monotonic() - begun < 5


def test_no_proxy_of_the_environment_gets_to_see_it(plain, monkeypatch):
    with http() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.where}")
        sent(plain)
        assert (len(plain.came), proxy.came) == (1, [])
