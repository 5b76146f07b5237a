"""The host file: where the history is, and who may be told anything."""

from __future__ import annotations

import pytest

from guardrails.cli.host import read_host
from guardrails.errors import DeclarationError
from guardrails.history.store import Archive
from guardrails.notify.doors import Door
from guardrails.secret import SecretRef


@pytest.fixture
def host(tmp_path):
    def said(text):
        path = tmp_path / "host.yaml"
        path.write_text(f'roster-digest: "{"0" * 64}"\n{text}\n')
        return read_host(path)

    return said


def test_a_history_is_a_path_or_more(host):
    assert host("history: /h").history == Archive(at="/h")
    more = host('history: {at: "postgresql://u@db.example/h", password: "env:P", name: company, keep: 400d}').history
    assert more == Archive(at="postgresql://u@db.example/h", password=SecretRef.parse("env:P"), name="company", keep_days=400)
    assert host("").history is None


def test_hosts_are_named_with_what_is_let(host):
    found = host(
        'notify: {hooks.example: {}, "smtp.example:587": {private: true, plain: true, ca: /ca.pem}, "[::1]:80": {}, "apprise:slack": {}}'
    ).doors
    assert found == (
        Door(host="hooks.example"),
        Door(host="smtp.example", port=587, private=True, plain=True, ca="/ca.pem"),
        Door(host="::1", port=80),
        Door(host="apprise:slack"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("history: {at: here}", "does not begin at the root"),
        ("history: {name: x}", "lacks at"),
        ("history: {at: /h, name: Big Name}", "is no name"),
        ("history: {at: /h, keep: long}", "is not a duration"),
        ("history: {at: /h, password: canary-3}", "must be given by reference"),
        ("history: [1]", "must be a map"),
        ("notify: {https://hooks.example/: {}}", "is no host"),
        ("notify: {Hooks.Example: {}}", "is no host"),
        ("notify: {hooks.example: {privat: true}}", "has no field privat"),
        ("notify: {hooks.example: {private: yes please}}", "must be true or false"),
        ("notify: {hooks.example: {ca: here.pem}}", "does not begin at the root"),
    ],
)
def test_mistakes_are_told(host, text, said):
    with pytest.raises(DeclarationError) as told:
        host(text)
    assert said in str(told.value)
    assert "canary" not in str(told.value)
