"""GR401: encryption at rest weaker than the class."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import UNREAD, Example, Forbidden, bucket, encrypted
from guardrails.model.words import AtRest, Kind, Severity, Verdict

_ASSET = """\
classes:
  confidential: {at-rest: customer-key}
assets:
  call-records: {class: confidential, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::cdr"]}}
"""
_CDR = bucket("cdr")

CONTROL = Control(
    code="GR401",
    kind=Kind.AT_REST_WEAK,
    severity=Severity.HIGH,
    title="Encryption at rest weaker than the class",
    why="The asset is stored with less protection than its classification asks for. Whoever reaches the storage below our permissions, "
    "such as a copy, a snapshot or the provider's own staff, can read it.",
    clause="Cryptography",
    iso="8.24",
    remedy="Encrypt as the class demands",
    allows=(Example(title="Encrypted by a key of our own", declared=_ASSET, seen=(_CDR, encrypted(_CDR, AtRest.CUSTOMER_KEY, "key-1"))),),
    forbids=(
        Forbidden(
            title="Encrypted by the provider alone",
            declared=_ASSET,
            seen=(_CDR, encrypted(_CDR, AtRest.SERVICE)),
            says="aws@111122223333:bucket/cdr is encrypted by service; class confidential demands customer-key",
        ),
        Forbidden(
            title="Not encrypted",
            declared=_ASSET,
            seen=(_CDR, encrypted(_CDR, AtRest.NONE)),
            says="aws@111122223333:bucket/cdr is not encrypted; class confidential demands customer-key",
        ),
        Forbidden(
            title="The reader may not see how it is encrypted",
            declared=_ASSET,
            seen=(_CDR, encrypted(_CDR, UNREAD)),
            says="aws@111122223333:bucket/cdr: encryption at rest was not seen: AccessDenied",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
