"""GR404: a key in use is disabled or going."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, bucket, encrypted, key
from guardrails.model.words import AtRest, Kind, Severity, State, Verdict

_ASSET = """\
classes:
  internal: {at-rest: service}
assets:
  logs: {class: internal, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::logs"]}}
"""
_LOGS = bucket("logs")
_STORED = (_LOGS, encrypted(_LOGS, AtRest.CUSTOMER_KEY, "key-1"))

CONTROL = Control(
    code="GR404",
    kind=Kind.KEY_UNUSABLE,
    severity=Severity.CRITICAL,
    title="A key in use is disabled or going",
    why="The asset is encrypted by a key that is disabled or scheduled for deletion. It cannot be read now, and when the key is gone it "
    "never will be again, backups included. Whoever asks for a ransom does just this.",
    clause="Cryptography",
    iso="8.24",
    remedy="Enable the key, or cancel its deletion",
    allows=(Example(title="The key is enabled", declared=_ASSET, seen=(*_STORED, key("key-1"))),),
    forbids=(
        Forbidden(
            title="The key waits for its deletion, and the class did not even ask for it",
            declared=_ASSET,
            seen=(*_STORED, key("key-1", state=State.DISABLED)),
            says="aws@111122223333:bucket/logs is encrypted by aws@111122223333:key/key-1, which is disabled or going",
        ),
        Forbidden(
            title="The state of the key was not seen",
            declared=_ASSET,
            seen=(*_STORED, key("key-1", state=State.UNKNOWN)),
            says="aws@111122223333:bucket/logs is encrypted by aws@111122223333:key/key-1, whose state was not seen",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
