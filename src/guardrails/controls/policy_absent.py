"""GR111: a policy that does not exist is carried."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import Example, Forbidden, setting
from guardrails.model.words import Kind, Severity
from guardrails.ports import Remark

_SEEN = setting("role", "ci")
_SAYS = "carries the policy deploy, which does not exist: whoever makes it gives it"

CONTROL = Control(
    code="GR111",
    kind=Kind.POLICY_ABSENT,
    severity=Severity.MEDIUM,
    title="A policy that does not exist is carried",
    why="Servers skip names that no policy has without a word. The name is a grant that waits: whoever makes a policy of that name, for "
    "whatever purpose, gives it at once to everybody who carries the name.",
    clause="Access control",
    iso="5.15, 5.18",
    remedy="Take the name away, or make the policy",
    allows=(Example(title="A login without a remark", seen=(_SEEN,)),),
    forbids=(
        Forbidden(
            title="A login carries a name that no policy has",
            seen=(_SEEN,),
            remarked=(Remark(ref=_SEEN.ref, kind=Kind.POLICY_ABSENT, facet="deploy", message=f"{_SEEN.ref} {_SAYS}"),),
            says=f"aws@111122223333:role/ci {_SAYS}",
        ),
    ),
)
