"""What `guardrails reconcile` changes: it takes back what nobody confirmed, and with `--apply` does what a standing approval names.

What goes wrong with it is told after the report, which is printed all the same.
"""

from __future__ import annotations

import secrets

from guardrails import workflow
from guardrails.cli.host import Host
from guardrails.cli.options import progress
from guardrails.cli.plans import ground
from guardrails.drift.world import Approval
from guardrails.errors import GuardrailsError, OperatorError, Refused
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Selection
from guardrails.model.observation import Observation
from guardrails.plan.document import plan_bytes, plan_digest
from guardrails.plan.standing import consent_of
from guardrails.remediation import Order, apply_standing, gone_on_with, standing_of, take_back_overdue

__all__ = ["changed", "settled"]


def settled(declaration: Declaration, host: Host, *, apply: bool) -> GuardrailsError | None:
    """Take back what should have been confirmed by now, and with `apply` go on with what was interrupted; what went wrong is returned."""
    if not apply and (host.state is None or host.anchor is None or not declaration.roster):
        return None  # nothing was ever changed from here
    try:
        standing = ground(declaration, host)
        approval = workflow.approval(declaration, host.anchor, declaration.clock.day(standing.now))
        for line in gone_on_with(approval, standing) if apply else take_back_overdue(standing):
            progress(line)
    except (OperatorError, Refused) as error:
        return error
    return None


def changed(
    declaration: Declaration, host: Host, seen: tuple[Observation, ...], approval: Approval, selection: Selection
) -> tuple[bool, GuardrailsError | None]:
    """Do what the standing approval names: whether anything may be different now, and what went wrong."""
    try:
        here = ground(declaration, host)
        standing = standing_of(approval, here)
        consent = consent_of(standing.approved, standing.left())
        order = Order(id=secrets.token_hex(16), now=here.now, selection=selection, roster=here.roster, consent=consent)
        plan = apply_standing(standing, seen, approval, order, here)
    except Refused as error:
        return False, error
    except OperatorError as error:
        return True, error
    what = f"plan sha256:{plan_digest(plan_bytes(plan))[:12]}: " if plan.changes else ""
    progress(f"{what}{len(plan.changes)} changes by {standing.approved.approved}, {len(plan.held)} held back; guardrails plan says why")
    return bool(plan.changes), None
