"""`notify`, and what `state` says of time: what is understood, and what is a mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guardrails.declare import loads
from guardrails.errors import DeclarationError
from guardrails.model.notifying import USUAL_EVENTS, Apprise, Event, Mail, Ping, Webhook
from guardrails.model.words import Severity
from guardrails.secret import SecretRef

MAIL = 'server: "smtp.example:587", to: [isg@example.com], from: guardrails@example.com'


def declared(text):
    return loads([("d.yaml", f"guardrails: 1\n{text}\n".encode())])


def notified(text):
    (found,) = declared(f"notify: {{isg: {{{text}}}}}").notify
    return found


def mistakes(text):
    with pytest.raises(DeclarationError) as told:
        declared(text)
    return str(told.value)


def test_each_way_is_read_and_secrets_stay_references():
    assert notified('webhook: "env:URL", key: "env:KEY"').way == Webhook(url=SecretRef.parse("env:URL"), key=SecretRef.parse("env:KEY"))
    assert notified(f'mail: {{{MAIL}, tls: implicit, user: u, password: "file:/p"}}').way == Mail(
        server="smtp.example",
        port=587,
        to=("isg@example.com",),
        sender="guardrails@example.com",
        implicit=True,
        user="u",
        password=SecretRef.parse("file:/p"),
    )
    assert notified('apprise: "env:URL"').way == Apprise(url=SecretRef.parse("env:URL"))
    assert notified('ping: "env:URL"').way == Ping(url=SecretRef.parse("env:URL"))


def test_events_severity_and_rate_have_usual_values():
    usual, told = notified('ping: "env:U"'), notified('ping: "env:U", events: [new, gap], severity: high, per-hour: 2')
    assert (usual.events, usual.severity, usual.per_hour) == (USUAL_EVENTS, Severity.LOW, 6)
    assert (told.events, told.severity, told.per_hour) == ({Event.NEW, Event.GAP}, Severity.HIGH, 2)


def test_what_nothing_sees_is_told_as_not_evaluated():
    found = declared('notify: {isg: {ping: "env:U", events: [incident]}}')
    assert [name for name, _ in found.unevaluated] == ["notify.isg.events"]
    assert declared('notify: {isg: {ping: "env:U"}}').unevaluated == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must name one way"),
        ('ping: "env:U", apprise: "env:U"', "must name one way"),
        ('webhook: "env:U"', "lacks key"),
        ('webhook: "https://hooks.example/canary-1", key: "env:K"', "must be given by reference"),
        ('ping: "env:U", events: [all]', "is not one of"),
        ('ping: "env:U", per-hour: 0', "from 1 to 60"),
        ('ping: "env:U", colour: red', "has no field colour"),
        (f"mail: {{{MAIL.replace(':587', '')}}}", "is no host and port"),
        (f"mail: {{{MAIL.replace('isg@example.com', 'isg')}}}", "is not an address"),
        ('mail: {server: "s:25", from: a@b, to: ["a@b.example\\r\\nBcc: c@d.example"]}', "is not an address"),
        (f"mail: {{{MAIL}, user: u}}", "one of user and password"),
    ],
)
def test_mistakes_are_told_without_what_may_be_a_secret(text, said):
    told = mistakes(f"notify: {{isg: {{{text}}}}}")
    assert said in told
    assert "canary" not in told


def test_a_team_names_a_recipient_that_is_declared():
    assert declared('notify: {p: {ping: "env:U"}}\nteams: {platform: {notify: p}}').teams[0].notify == "p"
    assert "names the recipient q, which is not declared" in mistakes("teams: {platform: {notify: q}}")


def test_deadlines_and_the_heartbeat_are_durations():
    clock = declared("state: {heartbeat: 2h, deadlines: {critical: 24h, low: 90d}}").clock
    assert clock.heartbeat == timedelta(hours=2)
    assert clock.allowed == {Severity.LOW: timedelta(days=90), Severity.CRITICAL: timedelta(hours=24)}
    assert declared("state: {evidence-max-age: 7h}").clock.heartbeat == timedelta(hours=7)
    assert declared("").clock.allowed == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("heartbeat: soon", "state.heartbeat: soon is not a duration"),
        ("deadlines: {high: never}", "state.deadlines.high: never is not a duration"),
        ("deadlines: {urgent: 1h}", "has no field urgent"),
        ("deadlines: {high: 30d, critical: 31d}", "critical has more time than high"),
        ("evidence-max-age: soon", "state.evidence-max-age: soon is not a duration"),
        ("timezone: Mars/Base", "state.timezone: Mars/Base is no time zone"),
    ],
)
def test_what_state_says_wrong_is_told(text, said):
    assert said in mistakes(f"state: {{{text}}}")
