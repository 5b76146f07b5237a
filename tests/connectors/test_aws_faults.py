"""A broken answer is never an empty one: every call of the reader x every fault, through a proxy before a real server."""

from __future__ import annotations

import importlib.util
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.errors import ConnectorError
from guardrails.model.findings import ExitCode
from guardrails.testing.servers import aws_credentials, moto

EXAMPLE = Path(__file__).parent.parent.parent / "examples/connectel"
CALLS = [
    "GetCallerIdentity", "GetAccountAuthorizationDetails", "TrentService.ListKeys", "TrentService.DescribeKey",
    "TrentService.GetKeyRotationStatus", "GET /", "GET ?encryption", "GET ?policy", "GET ?tagging", "DescribeDBInstances",
    "GetEbsEncryptionByDefault", "DescribeSecurityGroups",
]  # fmt: skip
HTML = b"<html><body>please log in</body></html>"
FAULTS = {
    "empty": (200, b"", "text/plain"),
    "braces": (200, b"{}", "application/json"),
    "html": (200, HTML, "text/html"),
    "denied": (403, b"", "text/plain"),
    "broken": (500, HTML, "text/html"),
}


class Proxy(BaseHTTPRequestHandler):
    upstream = ""
    target = ""
    fault = "none"
    hits = 0

    def log_message(self, *_):
        pass

    def call(self, body: bytes) -> str:
        if header := self.headers.get("X-Amz-Target"):
            return header
        if form := parse_qs(body.decode("latin-1")).get("Action"):
            return form[0]
        path, _, query = self.path.partition("?")
        return "GET /" if path == "/" else f"GET ?{query.split('&')[0].rstrip('=')}"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.call(body) == Proxy.target and Proxy.fault != "none":
            Proxy.hits += 1
            self.reply(Proxy.fault)
            return
        request = urllib.request.Request(Proxy.upstream + self.path, body or None, dict(self.headers), method=self.command)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as found:  # noqa: S310
                status, content, headers = found.status, found.read(), found.headers
        except urllib.error.HTTPError as error:
            status, content, headers = error.code, error.read(), error.headers
        self.send(status, content, headers.get("Content-Type") or "text/xml", dict(headers))

    def reply(self, fault: str):
        if fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "9999")
            self.end_headers()
            self.wfile.write(b"<half")
            self.close_connection = True
        elif fault == "reset":
            self.connection.close()
        else:
            self.send(*FAULTS[fault])

    def send(self, status, content, kind, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            if name.lower().startswith("x-amz"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815  # named by the library


@pytest.fixture(scope="module")
def proxied():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    spec = importlib.util.spec_from_file_location("world_for_faults", EXAMPLE / "world.py")
    world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(world)
    with moto() as url, aws_credentials():
        world.seed(url)
        Proxy.upstream = url
        server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()


def assessed(url: str):
    text = (EXAMPLE / "declaration/guardrails.yaml").read_bytes().replace(b"http://127.0.0.1:5999", url.encode())
    declaration = declare.loads([("guardrails.yaml", text)])
    at = datetime(2026, 11, 25, tzinfo=UTC)
    observations = workflow.observe(declaration, at)
    return observations, workflow.assess(declaration, observations, at)


@pytest.mark.server
def test_without_a_fault_there_is_no_gap(proxied):
    Proxy.fault = "none"
    observations, assessment = assessed(proxied)
    assert not observations[0].gaps
    assert assessment.exit_code is ExitCode.FINDINGS


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [*FAULTS, "cut", "reset"])
@pytest.mark.parametrize("call", CALLS)
def test_a_broken_answer_is_never_an_empty_one(proxied, monkeypatch, call, fault):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the SDK's pauses between tries
    Proxy.target, Proxy.fault, Proxy.hits = call, fault, 0
    try:
        _, assessment = assessed(proxied)
    except ConnectorError as error:
        # the only call without which nothing at all can be said
        assert (call, bool(error.remedy)) == ("GetCallerIdentity", True)  # noqa: PT017  # either outcome is right
    else:
        assert assessment.exit_code is ExitCode.CANNOT_TELL
        assert any(finding.difference.verdict.value == "unknown" for finding in assessment.findings)
    assert Proxy.hits, "the fault was never met, so the case shows nothing"
