"""GR105: a third party is trusted without an external id."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, foreign, role
from guardrails.model.words import Kind, Severity, Verdict

_VENDOR = """\
vendors:
  metrics: {valid-until: 2027-03-01, owner: "team:data",
            trusts: {"aws@prod:role/metrics": {by: "aws:444455556666", external-id: required}}}
"""
_METRICS = role("metrics")

CONTROL = Control(
    code="GR105",
    kind=Kind.TRUST_WITHOUT_EXTERNAL_ID,
    severity=Severity.HIGH,
    title="A third party is trusted without an external id",
    why="The vendor's account serves many customers. Without an id that only the vendor and we know, another customer can have the vendor "
    "act on our role: the vendor is the confused deputy.",
    clause="Vendors",
    iso="5.19, 5.20",
    remedy="Add a StringEquals condition on sts:ExternalId",
    allows=(
        Example(
            title="The vendor may become the role, with its external id",
            declared=_VENDOR,
            seen=(_METRICS,),
            trusted=((_METRICS.ref, foreign("444455556666", external_id=True)),),
        ),
    ),
    forbids=(
        Forbidden(
            title="The vendor may become the role by its account alone",
            declared=_VENDOR,
            seen=(_METRICS,),
            trusted=((_METRICS.ref, foreign("444455556666")),),
            says="aws@111122223333:role/metrics may be assumed by arn:aws:iam::444455556666:root without the external id that is declared "
            "as required",
        ),
        Forbidden(
            title="Whether an external id is demanded could not be told",
            declared=_VENDOR,
            seen=(_METRICS,),
            trusted=((_METRICS.ref, foreign("444455556666", external_id=None)),),
            says="aws@111122223333:role/metrics may be assumed by arn:aws:iam::444455556666:root, and whether with the external id that is "
            "declared as required could not be told",
            verdict=Verdict.UNDECIDED,
        ),
    ),
)
