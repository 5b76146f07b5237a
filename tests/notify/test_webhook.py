"""A signed POST: the receiver can tell that it is ours, whole, and of when."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime

import pytest

from guardrails.history.outbox import Letter
from guardrails.model.notifying import Webhook
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.webhook import post, signature
from notify.receivers import http, secret

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
LETTER = Letter(key="0123456789abcdef", body=json.dumps({"a": "\u00e9"}, ensure_ascii=False))
KEY = b"k" * 24


def verified(key, headers, body):
    """As a receiver does it, written after the specification and not after our code."""
    signed = ".".join((headers["webhook-id"], headers["webhook-timestamp"], body)).encode()
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}")


@pytest.mark.server
@pytest.mark.parametrize("text", [KEY.decode(), "whsec_" + base64.b64encode(KEY).decode()])
def test_the_receiver_can_verify_it_and_a_changed_one_it_cannot(monkeypatch, text):
    with http() as receiver:
        way = Webhook(url=secret(monkeypatch, "URL", f"http://{receiver.where}/in"), key=secret(monkeypatch, "KEY", text))
        post(way, LETTER, (Door(host="localhost", private=True, plain=True),), NOW)
        ((_, _, headers, body),) = receiver.came
    assert body == LETTER.body
    assert (headers["Idempotency-Key"], headers["webhook-id"]) == (LETTER.key, LETTER.key)
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert verified(KEY, headers, body)
    assert not verified(KEY, headers, body + " ")
    assert not verified(KEY, {**headers, "webhook-timestamp": "1"}, body)
    assert not verified(KEY, {**headers, "webhook-id": "other"}, body)
    assert not verified(b"other" * 5, headers, body)
    assert KEY.decode() not in str(headers)


@pytest.mark.parametrize("text", ["canary-2f", "whsec_not base64!", "whsec_" + base64.b64encode(b"canary-2f").decode()])
def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(monkeypatch, text):
    way = Webhook(url=secret(monkeypatch, "URL", "https://hooks.example/"), key=secret(monkeypatch, "KEY", text))
    with pytest.raises(Undelivered, match="shorter than 16 bytes") as told:
        post(way, LETTER, (), NOW)
    assert text not in str(told.value)


def test_a_signature_is_one_that_the_specification_shows():
    """The example of the specification of Standard Webhooks, computed by hand from its parts."""
    letter = Letter(key="msg_p5jXN8AQM9LWM0D4loKWxJek", body='{"test": 2432232314}')
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert signature(key, letter, "1614265330") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
