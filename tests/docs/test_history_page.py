"""The pages about earlier runs and about telling somebody: what they show is what is understood."""

from __future__ import annotations

import time

import pytest
from click.testing import CliRunner
from doc_pages import ROOT, blocks

from guardrails.cli import cli
from guardrails.cli.host import read_host
from guardrails.declare import loads
from guardrails.history.outbox import Letter
from guardrails.model.notifying import Event
from guardrails.model.words import Severity
from guardrails.notify.webhook import signature

HISTORY, NOTIFYING = ((ROOT / f"docs/{name}.md").read_text() for name in ("history", "notifying"))


def shown(page, tmp_path):
    for number, text in enumerate(blocks(page, "yaml")):
        if text.startswith("# host.yaml"):
            (tmp_path / f"{number}.yaml").write_text(text)
            yield read_host(tmp_path / f"{number}.yaml")


def test_the_host_files_that_are_shown_are_understood(tmp_path):
    first, second = shown(HISTORY, tmp_path)
    assert (first.history.at, first.history.is_database) == ("/var/lib/guardrails/history.sqlite", False)
    assert (second.history.is_database, second.history.name, second.history.keep_days) == (True, "company", 400)
    (third,) = shown(NOTIFYING, tmp_path)
    assert {(door.host, door.port, door.private) for door in third.doors} == {
        ("hooks.example", 0, False),
        ("smtp.example", 587, True),
        ("apprise:slack", 0, False),
    }


@pytest.mark.parametrize("page", [HISTORY, NOTIFYING])
def test_the_declarations_that_are_shown_are_understood(page):
    (text,) = (text for text in blocks(page, "yaml") if not text.startswith("# host.yaml"))
    found = loads([("shown.yaml", f"guardrails: 1\n{text}".encode())])
    assert found.unevaluated == ()
    assert len(found.notify) in {0, 4}
    assert bool(found.clock.allowed.get(Severity.LOW)) == (page is HISTORY)


def test_a_receiver_that_checks_as_it_is_shown_takes_ours_and_nothing_else():
    (code,) = blocks(NOTIFYING, "python")
    known = {}
    exec(code, known)  # noqa: S102  # the page's own
    key, letter, now = b"k" * 32, Letter(key="id", body="{}"), str(int(time.time()))
    headers = {"webhook-id": "id", "webhook-timestamp": now, "webhook-signature": signature(key, letter, now)}
    assert known["is_genuine"](key, headers, b"{}")
    assert not known["is_genuine"](key, headers, b"{ }")
    old = str(int(time.time()) - 400)
    assert not known["is_genuine"](key, {**headers, "webhook-timestamp": old, "webhook-signature": signature(key, letter, old)}, b"{}")


@pytest.mark.parametrize("event", Event)
def test_every_event_is_told(event):
    assert f"| `{event.value}` |" in NOTIFYING


@pytest.mark.parametrize(
    ("command", "options"), [("history", ("--since", "--output", "--host")), ("heartbeat", ("--host",)), ("reconcile", ("--since",))]
)
def test_the_options_that_are_named_are_there(command, options):
    said = CliRunner().invoke(cli, [command, "--help"]).output
    assert f"guardrails {command}" in HISTORY
    assert all(option in HISTORY and option in said for option in options)
