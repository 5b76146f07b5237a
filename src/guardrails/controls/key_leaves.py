"""GR408: a key that can be taken out or deleted."""

from __future__ import annotations

from dataclasses import replace

from guardrails.controls.control import Control
from guardrails.controls.examples import UNREAD, Example, Forbidden, bucket, encrypted, key
from guardrails.model.words import AtRest, Kind, Severity, Verdict

_ASSETS = """\
classes: {secret: {at-rest: customer-key, key-material: kept}}
assets:
  tokens: {class: secret, owner: "team:data", accepted: ISG-2026-015, match: {aws: ["arn:aws:s3:::tokens"]}}
"""
_TOKENS = bucket("tokens")
_SEEN = (_TOKENS, encrypted(_TOKENS, AtRest.CUSTOMER_KEY, "key-1"))

CONTROL = Control(
    code="GR408",
    kind=Kind.KEY_LEAVES,
    severity=Severity.HIGH,
    title="A key that can be taken out or deleted",
    why="A copy of a key decrypts where nobody writes down who does, and a key that is deleted takes everything with it that it encrypted. "
    "In a transit engine neither export nor plain backup can be turned off again.",
    clause="Cryptography",
    iso="8.24",
    remedy="Make a key without them, rewrap what is encrypted, and let the old key go; forbid deletion in its configuration",
    allows=(Example(title="A key that stays", declared=_ASSETS, seen=(*_SEEN, key("key-1"))),),
    forbids=(
        Forbidden(
            title="A key that can be exported",
            declared=_ASSETS,
            seen=(*_SEEN, replace(key("key-1"), leaves=("export",))),
            says="aws@111122223333:bucket/tokens: its key aws@111122223333:key/key-1 allows export; class secret demands that it is kept",
        ),
        Forbidden(
            title="A key of which that was not seen",
            declared=_ASSETS,
            seen=(*_SEEN, replace(key("key-1"), leaves=UNREAD)),
            says="aws@111122223333:bucket/tokens: whether aws@111122223333:key/key-1 can be taken out was not seen: AccessDenied",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
