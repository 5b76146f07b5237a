"""GR402: a key is rotated too rarely."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import UNREAD, Example, Forbidden, bucket, encrypted, key
from guardrails.model.words import AtRest, Kind, Severity, Verdict

_ASSET = """\
classes:
  confidential: {at-rest: customer-key, rotation: 365d}
assets:
  call-records: {class: confidential, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::cdr"]}}
"""
_CDR = bucket("cdr")
_STORED = (_CDR, encrypted(_CDR, AtRest.CUSTOMER_KEY, "key-1"))

CONTROL = Control(
    code="GR402",
    kind=Kind.KEY_NOT_ROTATED,
    severity=Severity.MEDIUM,
    title="A key is rotated too rarely",
    why="One key protects everything that was ever written. Rotation bounds how much a key that leaks opens, and how much is encrypted "
    "under one key.",
    clause="Cryptography",
    iso="8.24",
    remedy="Enable rotation of the key",
    allows=(Example(title="Rotated once a year", declared=_ASSET, seen=(*_STORED, key("key-1"))),),
    forbids=(
        Forbidden(
            title="Never rotated",
            declared=_ASSET,
            seen=(*_STORED, key("key-1", rotation_days=0)),
            says="aws@111122223333:bucket/cdr: its key aws@111122223333:key/key-1 is never rotated; class confidential demands every "
            "365 days",
        ),
        Forbidden(
            title="Rotated once in two years",
            declared=_ASSET,
            seen=(*_STORED, key("key-1", rotation_days=730)),
            says="aws@111122223333:bucket/cdr: its key aws@111122223333:key/key-1 is rotated every 730 days; class confidential demands "
            "every 365 days",
        ),
        Forbidden(
            title="The reader may not see whether it is rotated",
            declared=_ASSET,
            seen=(*_STORED, key("key-1", rotation_days=UNREAD)),
            says="aws@111122223333:bucket/cdr: rotation of aws@111122223333:key/key-1 was not seen: AccessDenied",
            verdict=Verdict.UNKNOWN,
        ),
        Forbidden(
            title="The key itself was not seen",
            declared=_ASSET,
            seen=_STORED,
            says="aws@111122223333:bucket/cdr: its key key-1 was not seen, and class confidential demands rotation every 365 days",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
