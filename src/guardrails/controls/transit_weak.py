"""GR403: requests in clear are let through."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, bucket, encrypted, gap
from guardrails.model.words import AtRest, Kind, Severity, Transit, Verdict
from guardrails.ports import TransitSeen

_ASSET = """\
classes:
  confidential: {in-transit: tls1.2}
assets:
  call-records: {class: confidential, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::cdr"]}}
"""
_CDR = bucket("cdr")
_STORED = (_CDR, encrypted(_CDR, AtRest.SERVICE))

CONTROL = Control(
    code="GR403",
    kind=Kind.TRANSIT_WEAK,
    severity=Severity.HIGH,
    title="Requests in clear are let through",
    why="The asset answers requests without TLS, or with a version that its class rules out. What is asked and answered, credentials "
    "included, can be read and changed on the way.",
    clause="Cryptography",
    iso="8.24, 5.14",
    remedy="Deny every request without TLS, for everybody and all actions",
    allows=(Example(title="Everything below TLS 1.2 is denied", declared=_ASSET, seen=_STORED, transit=((_CDR.ref, Transit.TLS1_2),)),),
    forbids=(
        Forbidden(
            title="Nothing is denied",
            declared=_ASSET,
            seen=_STORED,
            transit=((_CDR.ref, Transit.OPTIONAL),),
            says="aws@111122223333:bucket/cdr lets plain requests through; class confidential demands tls1.2",
        ),
        Forbidden(
            title="Only plain requests are denied",
            declared=_ASSET,
            seen=_STORED,
            transit=((_CDR.ref, Transit.TLS),),
            says="aws@111122223333:bucket/cdr lets tls requests through; class confidential demands tls1.2",
        ),
        Forbidden(
            title="Nobody knows whether a statement denies them",
            declared=_ASSET,
            seen=_STORED,
            transit=((_CDR.ref, TransitSeen(level=Transit.TLS1_2, at_worst=Transit.OPTIONAL, doubt="its key is unknown")),),
            says="aws@111122223333:bucket/cdr may let plain requests through, and class confidential demands tls1.2: its key is unknown",
            verdict=Verdict.UNDECIDED,
        ),
        Forbidden(
            title="The reader may not see the policy, so it may deny them",
            declared=_ASSET,
            seen=(*_STORED, gap("s3:policy", "AccessDenied", subject=_CDR.ref)),
            transit=((_CDR.ref, Transit.OPTIONAL),),
            says="aws@111122223333:bucket/cdr lets plain requests through; class confidential demands tls1.2",
            verdict=Verdict.UNKNOWN,
        ),
    ),
)
