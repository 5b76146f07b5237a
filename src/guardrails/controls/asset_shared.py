"""GR106: an asset open to everybody or to a foreign account."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, anybody, bucket, foreign, service
from guardrails.model.words import Kind, Severity, Verdict

_ASSET = """\
classes:
  internal: {}
assets:
  logs: {class: internal, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::logs"]}}
"""
_LOGS = bucket("logs")

CONTROL = Control(
    code="GR106",
    kind=Kind.ASSET_SHARED,
    severity=Severity.CRITICAL,
    title="An asset open to everybody or to a foreign account",
    why="The asset's own policy lets in somebody who is not one of our principals, so no role and no ceiling of ours limits them. This is "
    "how most stores of data that became public did.",
    clause="Access control",
    iso="5.15, 8.3, 8.12",
    remedy="Take the principal out of the asset's policy",
    allows=(
        Example(
            title="The policy lets in a service of the provider, and our own account",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, service("logging.s3.amazonaws.com")), (_LOGS.ref, foreign("111122223333"))),
        ),
    ),
    forbids=(
        Forbidden(
            title="The policy lets in everybody",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, anybody()),),
            says="aws@111122223333:bucket/logs lets in everybody",
        ),
        Forbidden(
            title="The policy lets in an account that is not ours",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, foreign("999988887777")),),
            says="aws@111122223333:bucket/logs lets in arn:aws:iam::999988887777:root",
        ),
        Forbidden(
            title="The policy lets in everybody under a condition",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, anybody(conditional=True)),),
            says="aws@111122223333:bucket/logs lets in everybody under conditions that are not evaluated",
            verdict=Verdict.UNDECIDED,
        ),
    ),
)
