"""Plan, approve, apply, take back: where findings, connectors, signatures and the journal meet.

`making` makes a plan with the read credentials. `running` applies one or takes it back; the write credentials are loaded there, after
everything was verified and while nobody else writes.
"""

from guardrails.remediation.making import Order, make_plan
from guardrails.remediation.running import Ground, apply_plan, resume_plan, roll_back_plan, verified

__all__ = ["Ground", "Order", "apply_plan", "make_plan", "resume_plan", "roll_back_plan", "verified"]
