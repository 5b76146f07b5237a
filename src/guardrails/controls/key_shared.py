"""GR405: a key that protects more than one asset."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, bucket, encrypted, key
from guardrails.model.words import AtRest, Kind, Severity

_ASSETS = """\
classes:
  internal: {at-rest: service}
  secret: {extends: internal, at-rest: customer-key, key: per-asset}
assets:
  tokens: {class: secret, owner: "team:data", accepted: ISG-2026-015, match: {aws: ["arn:aws:s3:::tokens"]}}
  logs: {class: internal, owner: "team:data", accepted: ISG-2026-016, match: {aws: ["arn:aws:s3:::logs"]}}
"""
_TOKENS, _LOGS = bucket("tokens"), bucket("logs")
_SEEN = (_TOKENS, _LOGS, key("key-1"), key("key-2"), encrypted(_TOKENS, AtRest.CUSTOMER_KEY, "key-1"))

CONTROL = Control(
    code="GR405",
    kind=Kind.KEY_SHARED,
    severity=Severity.MEDIUM,
    title="A key that protects more than one asset",
    why="Whoever may decrypt the other asset can decrypt this one. The class demands a key of its own, so that access to the key is access "
    "to one asset and nothing else.",
    clause="Cryptography",
    iso="8.24",
    remedy="Give each asset a key of its own",
    allows=(Example(title="Two keys", declared=_ASSETS, seen=(*_SEEN, encrypted(_LOGS, AtRest.CUSTOMER_KEY, "key-2"))),),
    forbids=(
        Forbidden(
            title="One key for both",
            declared=_ASSETS,
            seen=(*_SEEN, encrypted(_LOGS, AtRest.CUSTOMER_KEY, "key-1")),
            says="asset tokens shares its key key-1 with logs; class secret demands a key of its own",
        ),
    ),
)
