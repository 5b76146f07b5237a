"""A broken answer is never an empty one: every call of the reader x every fault, through a proxy before a real server."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.errors import ConnectorError
from guardrails.model.findings import ExitCode
from guardrails.testing.faults import BRACES, EMPTY, HTML, REFUSALS, Cut, Reset, redirect
from guardrails.testing.proxy import Request, http_proxy
from guardrails.testing.servers import aws_credentials, moto

EXAMPLE = Path(__file__).parent.parent.parent / "examples/connectel"
CALLS = [
    "GetCallerIdentity", "GetAccountAuthorizationDetails", "TrentService.ListKeys", "TrentService.DescribeKey",
    "TrentService.GetKeyRotationStatus", "GET /", "GET ?encryption", "GET ?policy", "GET ?tagging", "DescribeDBInstances",
    "GetEbsEncryptionByDefault", "DescribeSecurityGroups",
]  # fmt: skip
FAULTS = {
    "empty": EMPTY, "braces": BRACES, "html": HTML, "redirect": redirect("http://127.0.0.1:1/"), "cut": Cut(5), "reset": Reset(),
    **{str(refusal.status): refusal for refusal in REFUSALS},
}  # fmt: skip


def call(request: Request) -> str:
    if header := request.headers.get("x-amz-target"):
        return header
    if form := parse_qs(request.body.decode("latin-1")).get("Action"):
        return form[0]
    path, _, query = request.path.partition("?")
    return "GET /" if path == "/" else f"GET ?{query.split('&')[0].rstrip('=')}"


@pytest.fixture(scope="module")
def proxied():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    spec = importlib.util.spec_from_file_location("world_for_faults", EXAMPLE / "world.py")
    world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(world)
    with moto() as url, aws_credentials():
        world.seed(url)
        with http_proxy(url) as proxy:
            yield proxy


def assessed(url: str):
    text = (EXAMPLE / "declaration/guardrails.yaml").read_bytes().replace(b"http://127.0.0.1:5999", url.encode())
    declaration = declare.loads([("guardrails.yaml", text)])
    at = datetime(2026, 11, 25, tzinfo=UTC)
    observations = workflow.observe(declaration, at)
    return observations, workflow.assess(declaration, observations, at)


@pytest.mark.server
def test_without_a_fault_there_is_no_gap(proxied):
    observations, assessment = assessed(proxied.url)
    assert not observations[0].gaps
    assert assessment.exit_code is ExitCode.FINDINGS


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("target", CALLS)
def test_a_broken_answer_is_never_an_empty_one(proxied, monkeypatch, target, fault):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the SDK's pauses between tries
    with proxied.breaking(lambda request: call(request) == target, FAULTS[fault]) as rule:
        try:
            _, assessment = assessed(proxied.url)
        except ConnectorError as error:
            # the only call without which nothing at all can be said
            assert (target, bool(error.remedy)) == ("GetCallerIdentity", True)  # noqa: PT017  # either outcome is right
        else:
            assert assessment.exit_code is ExitCode.CANNOT_TELL
            assert any(finding.difference.verdict.value == "unknown" for finding in assessment.findings)
    assert rule.hits, "the fault was never met, so the case shows nothing"
