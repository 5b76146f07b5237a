"""GR106: an asset open to everybody or to a foreign account."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, anybody, bucket, encrypted, foreign, key, service
from guardrails.model.words import AtRest, Kind, Severity, Verdict

_ASSET = """\
classes:
  internal: {}
assets:
  logs: {class: internal, owner: "team:data", accepted: ISG-2026-014, match: {aws: ["arn:aws:s3:::logs"]}}
"""
_LOGS = bucket("logs")
_KEY = key("logs")
_KEPT = (_LOGS, encrypted(_LOGS, AtRest.CUSTOMER_KEY, "logs"), _KEY)

CONTROL = Control(
    code="GR106",
    kind=Kind.ASSET_SHARED,
    severity=Severity.CRITICAL,
    title="An asset open to everybody or to a foreign account",
    why="The own policy of an asset or of a key, or the access control list of a bucket, lets in somebody who is not one of our "
    "principals, so no role and no ceiling of ours limits them. This is how most stores of data that became public did. A key may be used "
    "by whom the assets are shared with that it protects.",
    clause="Access control",
    iso="5.15, 8.3, 8.12",
    remedy="Take the principal out of the asset's policy or access control list",
    allows=(
        Example(
            title="The policy lets in a service of the provider, and our own account",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, service("logging.s3.amazonaws.com")), (_LOGS.ref, foreign("111122223333"))),
        ),
        Example(
            title="It is declared that the asset is shared with the service, whomever it acts for",
            declared=_ASSET.replace("owner:", 'shared-with: ["aws:service/cloudfront.amazonaws.com"], owner:'),
            seen=(_LOGS,),
            shared=((_LOGS.ref, service("cloudfront.amazonaws.com", is_deputy=True)),),
        ),
        Example(
            title="Whom the asset is shared with may use its key",
            declared=_ASSET.replace("owner:", 'shared-with: ["aws:444455556666"], owner:'),
            seen=_KEPT,
            shared=((_LOGS.ref, foreign("444455556666")), (_KEY.ref, foreign("444455556666"))),
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
            title="The policy lets in services of the provider, and does not say for whom they act",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, service("*", is_deputy=True)),),
            says="aws@111122223333:bucket/logs lets in any service of the provider, whomever it acts for",
        ),
        Forbidden(
            title="The access control list lets in everybody",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, anybody(by_list=True)),),
            says="aws@111122223333:bucket/logs lets in everybody by its access control list",
        ),
        Forbidden(
            title="The policy lets in an account that is not ours",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, foreign("999988887777")),),
            says="aws@111122223333:bucket/logs lets in arn:aws:iam::999988887777:root",
        ),
        Forbidden(
            title="The policy of a key lets in an account that is not ours",
            declared=_ASSET,
            seen=_KEPT,
            shared=((_KEY.ref, foreign("999988887777")),),
            says="aws@111122223333:key/logs lets in arn:aws:iam::999988887777:root",
        ),
        Forbidden(
            title="The policy lets in a service that acts for strangers too, and does not say for whom it may",
            declared=_ASSET,
            seen=(_LOGS,),
            shared=((_LOGS.ref, service("cloudfront.amazonaws.com", is_deputy=True)),),
            says="aws@111122223333:bucket/logs lets in cloudfront.amazonaws.com, whomever it acts for",
            verdict=Verdict.UNDECIDED,
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
