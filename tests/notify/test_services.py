"""Other services through Apprise: of kinds that the host file names, and with no secret in what is told."""

from __future__ import annotations

import json
import sys

import pytest

from guardrails.model.notifying import Apprise
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.services import tell
from notify.receivers import http, secret
from notify.test_mail import letter

CANARY = "canary-77e0"
pytestmark = pytest.mark.server


def test_a_kind_that_the_host_file_names_is_told(monkeypatch):
    with http() as receiver:
        receiver.status = 200
        tell(Apprise(url=secret(monkeypatch, "URL", f"json://{receiver.where}/{CANARY}")), letter("role/ci"), (Door(host="apprise:json"),))
        ((method, path, _, body),) = receiver.came
    assert (method, path) == ("POST", f"/{CANARY}")
    said = json.loads(body)
    assert said["title"] == "guardrails company/prod: 1 new; worst high"
    assert "role/ci" in said["message"]


@pytest.mark.parametrize("doors", [(), (Door(host="localhost", private=True, plain=True),), (Door(host="apprise:slack"),)])
def test_another_kind_is_told_nothing(monkeypatch, doors):
    with http() as receiver:
        with pytest.raises(Undelivered, match="json is no kind of service") as told:
            tell(Apprise(url=secret(monkeypatch, "URL", f"json://{receiver.where}/{CANARY}")), letter("x"), doors)
        assert receiver.came == []
    assert CANARY not in str(told.value)


@pytest.mark.parametrize("text", ["json://", f"nothing://{CANARY}", CANARY, f"json://localhost:1/{CANARY}, json://localhost:1/{CANARY}"])
def test_what_is_no_url_of_one_service_is_told_without_it(monkeypatch, text):
    with pytest.raises(Undelivered) as told:
        tell(Apprise(url=secret(monkeypatch, "URL", text)), letter("x"), (Door(host="apprise:json"), Door(host="apprise:nothing")))
    assert CANARY not in str(told.value)


def test_without_the_extra_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(Undelivered, match="apprise is not installed"):
        tell(Apprise(url=secret(monkeypatch, "URL", "json://localhost/")), letter("x"), (Door(host="apprise:json"),))


def test_a_failure_is_told_without_the_url(monkeypatch, caplog):
    with http() as receiver:
        receiver.status = 500
        with pytest.raises(Undelivered, match="json does not take it") as told:
            tell(Apprise(url=secret(monkeypatch, "URL", f"json://{receiver.where}/{CANARY}")), letter("x"), (Door(host="apprise:json"),))
    assert CANARY not in f"{told.value}{caplog.text}"
