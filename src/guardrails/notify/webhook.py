"""A POST of JSON, signed as the Standard Webhooks specification says: who has the key knows that it is ours, whole, and of when."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error
from datetime import datetime

from guardrails.history.outbox import Letter
from guardrails.model.notifying import Webhook
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.http import request
from guardrails.secret import Secret

__all__ = ["post", "signature"]

_SHORTEST = 16
_PREFIX = "whsec_"


def post(way: Webhook, letter: Letter, doors: tuple[Door, ...], now: datetime) -> None:
    """Send a letter.

    Raises:
        Undelivered: It was not taken.
        SecretError: A reference does not lead to a secret.
    """
    key, moment = _key(way.key.resolve()), str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": letter.key,
        "webhook-id": letter.key,
        "webhook-timestamp": moment,
        "webhook-signature": signature(key, letter, moment),
    }
    request("POST", way.url.resolve(), doors, letter.body.encode(), headers)


def signature(key: bytes, letter: Letter, moment: str) -> str:
    """HMAC-SHA256 over the id, the moment of sending in seconds, and the body, with dots between them."""
    signed = f"{letter.key}.{moment}.{letter.body}".encode()
    return f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def _key(secret: Secret) -> bytes:
    """The bytes of the key: base64 behind `whsec_`, else as it is written."""
    text = secret.reveal()
    try:
        found = b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else text.encode()
    except (Error, ValueError):
        found = b""
    if len(found) < _SHORTEST:
        raise Undelivered(f"the key of a webhook is shorter than {_SHORTEST} bytes, or no base64", remedy="openssl rand -base64 32")
    return found
