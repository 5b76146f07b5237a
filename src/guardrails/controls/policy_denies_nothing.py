"""GR108: a deny that denies nothing."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, policy
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_POLICY = policy("readers")

CONTROL = Control(
    code="GR108",
    kind=Kind.POLICY_DENIES_NOTHING,
    severity=Severity.HIGH,
    title="A deny that denies nothing",
    why="Somebody wrote a deny and relies on it, and it does not do what it says. In Vault and OpenBao one rule alone decides a path, and "
    "an earlier one can take every path that a deny matches: `*` comes before `+/data/*`. And a deny with a value in its path falls away "
    "for whoever has no such value, or one that the server does not take.",
    clause="Access control",
    iso="5.15, 8.3",
    remedy="Write the deny at the path that decides, without a value in it, or take it away and give less",
    allows=(Example(title="A policy without a remark", seen=(_POLICY,)),),
    forbids=(
        Forbidden(
            title="Another rule decides wherever the deny would",
            seen=(_POLICY,),
            remarked=(
                Remark(
                    ref=_POLICY.ref,
                    kind=Kind.POLICY_DENIES_NOTHING,
                    facet="+/data/*",
                    message=f"{_POLICY.ref}: path +/data/* denies nothing: on every path that it matches another rule decides",
                ),
            ),
            says="aws@111122223333:policy/readers: path +/data/* denies nothing: on every path that it matches another rule decides",
        ),
    ),
)
