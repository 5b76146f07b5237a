"""Plan, approve, apply, take back: where findings, connectors, signatures and the journal meet.

`making` makes a plan with the read credentials, and `finalising` the one that deletes what was put out of use some time ago, which
`quarantine` knows by the journals. `running` applies one or takes it back; the write credentials are loaded in `carrying`,
after everything was verified and while nobody else writes. `overdue` takes back what nobody confirmed,
and `standing` changes what may be changed without asking again.
"""

from guardrails.remediation.carrying import Ground
from guardrails.remediation.finalising import make_final_plan
from guardrails.remediation.making import Order, make_plan
from guardrails.remediation.overdue import await_confirmation, take_back_overdue
from guardrails.remediation.running import Carried, apply_plan, confirm_plan, require_begun, resume_plan, roll_back_plan, verified
from guardrails.remediation.standing import apply_standing, gone_on_with, standing_of

__all__ = [
    "Carried",
    "Ground",
    "Order",
    "apply_plan",
    "apply_standing",
    "await_confirmation",
    "confirm_plan",
    "gone_on_with",
    "make_final_plan",
    "make_plan",
    "require_begun",
    "resume_plan",
    "roll_back_plan",
    "standing_of",
    "take_back_overdue",
    "verified",
]
