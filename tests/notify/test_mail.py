"""Mail over TLS to a server on loopback, and a message into which no name can write another header."""

from __future__ import annotations

import contextlib
import json
import re
import smtplib
import socket
import threading
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.history.outbox import Letter
from guardrails.model.notifying import Event, Mail
from guardrails.model.words import Severity
from guardrails.notify import doors as limits
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.letters import compose
from guardrails.notify.mail import mail, message
from guardrails.notify.notices import Notice
from notify.receivers import certificate, secret, smtp
from reports.assessments import HOSTILE

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
PASSWORD = "canary-9e1b"


def letter(*subjects, declaration="company/prod"):
    notices = [
        (number, Notice(event=Event.NEW, change="new", severity=Severity.HIGH, subject=text, owner=text))
        for number, text in enumerate(subjects)
    ]
    return compose(declaration, "isg", NOW, notices)


def way(port=587, **more):
    return Mail(server="localhost", port=port, to=("isg@example.com", "dpo@example.com"), sender="guardrails@example.com", **more)


@pytest.fixture
def mine(tmp_path):
    return certificate(tmp_path, "localhost")


def doors(mine=None, **more):
    return (Door(host="localhost", private=True, ca=str(mine or ""), **more),)


@pytest.mark.server
@pytest.mark.parametrize("implicit", [False, True])
def test_a_mail_goes_over_tls_with_a_login(mine, monkeypatch, implicit):
    with smtp(mine, implicit=implicit, password="" if implicit else PASSWORD) as server:
        login = {} if implicit else {"user": "u", "password": secret(monkeypatch, "MAIL", PASSWORD)}
        mail(way(server.port, implicit=implicit, **login), letter("role/ci"), doors(mine), NOW)
        ((sender, to, content, encrypted, known),) = server.came
    assert (sender, to) == ("guardrails@example.com", ["isg@example.com", "dpo@example.com"])
    assert encrypted or implicit
    assert known is not implicit
    found = message_from_bytes(content, policy=default)
    assert found["Subject"] == "guardrails company/prod: 1 new; worst high"
    assert "role/ci" in found.get_content()
    assert re.fullmatch("<[0-9a-f]{32}@example.com>", found["Message-ID"])


@pytest.mark.server
def test_a_server_without_tls_gets_nothing(mine):
    with smtp() as server:
        with pytest.raises(Undelivered, match="does not take mail"):
            mail(way(server.port), letter("x"), doors(mine), NOW)
        assert server.came == []


@pytest.mark.server
def test_a_server_with_the_certificate_of_another_gets_nothing(tmp_path):
    other = certificate(tmp_path, "other.example")
    for implicit in (False, True):
        with smtp(other, implicit=implicit) as server:
            with pytest.raises(Undelivered, match="no TLS with it"):
                mail(way(server.port, implicit=implicit), letter("x"), doors(other), NOW)
            assert server.came == []


@pytest.mark.server
def test_without_tls_only_where_the_host_file_lets_it_and_never_with_a_password(monkeypatch):
    with smtp() as server:
        mail(way(server.port), letter("x"), doors(plain=True), NOW)
        assert len(server.came) == 1
        with pytest.raises(Undelivered, match="a password without TLS"):
            mail(way(server.port, user="u", password=secret(monkeypatch, "MAIL", PASSWORD)), letter("x"), doors(plain=True), NOW)
        assert len(server.came) == 1


@pytest.mark.server
def test_a_wrong_password_a_refused_address_and_a_refused_mail_are_told_without_secrets(mine, monkeypatch):
    with smtp(mine, password="right", refused=("dpo@example.com",)) as server:
        wrong = way(server.port, user="u", password=secret(monkeypatch, "MAIL", PASSWORD))
        with pytest.raises(Undelivered, match=r"answers 535|does not take mail") as told:
            mail(wrong, letter("x"), doors(mine), NOW)
        assert PASSWORD not in f"{told.value}{told.value.__context__!r}"
    with smtp(mine, refused=("dpo@example.com",)) as server, pytest.raises(Undelivered, match="refuses 1 of 2 addresses"):
        mail(way(server.port), letter("x"), doors(mine), NOW)
    with smtp(mine) as server:
        server.status = 554
        with pytest.raises(Undelivered, match="answers 554"):
            mail(way(server.port), letter("x"), doors(mine), NOW)


@pytest.mark.server
def test_a_server_that_sends_a_byte_now_and_then_holds_nobody(monkeypatch):
    monkeypatch.setattr(limits.limited.__wrapped__, "__defaults__", (0.5,))

    def drip(listening):
        peer, _ = listening.accept()
        with peer, contextlib.suppress(OSError):
            for _ in range(200):
                peer.sendall(b"2")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Undelivered, match="does not take mail"):
            mail(way(listening.getsockname()[1]), letter("x"), doors(), NOW)
        assert time.monotonic() - begun < 5
        thread.join()


def test_a_password_that_no_server_can_be_told_is_told_without_it(mine, monkeypatch):
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *_: (220, b""))
    monkeypatch.setattr(smtplib.SMTP, "ehlo", lambda *_: (250, b""))
    monkeypatch.setattr(smtplib.SMTP, "starttls", lambda *_, **__: (220, b""))
    monkeypatch.setattr(smtplib.SMTP, "login", lambda _, __, password: password.encode("ascii"))
    with pytest.raises(Undelivered, match="does not take mail") as told:
        mail(way(user="u", password=secret(monkeypatch, "MAIL", f"{PASSWORD}\u00e9")), letter("x"), doors(mine), NOW)
    assert PASSWORD not in f"{told.value}{told.value.__cause__}"


def test_a_server_that_the_host_file_does_not_name_gets_nothing():
    with pytest.raises(Undelivered, match="is no host that the host file lets"):
        mail(way(), letter("x"), (), NOW)


def test_the_same_letter_has_the_same_id():
    assert message(way(), letter("x"), NOW)["Message-ID"] == message(way(), letter("x"), NOW.replace(hour=9))["Message-ID"]


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text()), min_size=1, max_size=3), st.text(max_size=200))
def test_no_name_writes_a_header_or_a_line_of_its_own(names, declaration):
    made = letter(*names, declaration=declaration)
    raw = message(way(), made, NOW).as_bytes()
    found = message_from_bytes(raw, policy=default)
    assert sorted(found.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    )
    assert found["To"] == "isg@example.com, dpo@example.com"
    lines = found.get_content().splitlines()
    assert len(lines) == 2 + len(names) + 3
    assert isinstance(made, Letter)
    assert json.loads(made.body)["left_out"] == 0
