"""GR109: a rule of a policy that never comes to be."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, policy
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_POLICY = policy("readers")

CONTROL = Control(
    code="GR109",
    kind=Kind.POLICY_RULE_DEAD,
    severity=Severity.LOW,
    title="A rule of a policy that never comes to be",
    why="A rule that decides no request, or that takes a letter for a wildcard which is none, says something else than whoever wrote it "
    "meant. It gives nothing today; it may when another rule goes.",
    clause="Access control",
    iso="5.15, 5.18",
    remedy="Take the rule away, or write the path that was meant",
    allows=(Example(title="A policy without a remark", seen=(_POLICY,)),),
    forbids=(
        Forbidden(
            title="A star in the middle of a path",
            seen=(_POLICY,),
            remarked=(
                Remark(
                    ref=_POLICY.ref,
                    kind=Kind.POLICY_RULE_DEAD,
                    facet="kv/*/x",
                    message=f"{_POLICY.ref}: path kv/*/x has a * that is not its last letter, and so is none but itself",
                ),
            ),
            says="aws@111122223333:policy/readers: path kv/*/x has a * that is not its last letter, and so is none but itself",
        ),
    ),
)
