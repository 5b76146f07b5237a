"""The plan as a file: canonical bytes, which are what members sign, so that one plan has one spelling and one digest."""

from __future__ import annotations

from typing import Final

from guardrails.errors import SnapshotError
from guardrails.model.changes import Plan
from guardrails.model.coding import decoded, encoded
from guardrails.trust.canonical import JSON, dump, parse, sha256_hex
from guardrails.trust.errors import MalformedJson

__all__ = ["MAX_PLAN_BYTES", "PLAN_SCHEMA", "parse_plan", "plan_bytes", "plan_digest"]

PLAN_SCHEMA: Final = "guardrails.plan/1"
MAX_PLAN_BYTES: Final = 32 * 1024 * 1024
_REMEDY = "make the plan again: guardrails plan"


def plan_bytes(plan: Plan) -> bytes:
    """The canonical bytes of a plan; no newline at the end.

    Raises:
        MalformedJson: A value that canonical JSON has no spelling for.
    """
    body: JSON = encoded(plan)
    return dump({"schema": PLAN_SCHEMA, "digest": sha256_hex(dump(body)), "plan": body})


def plan_digest(content: bytes) -> str:
    """What stands for a plan in the audit log, the journal and every message: the SHA-256 of its file."""
    return sha256_hex(content)


def parse_plan(content: bytes) -> Plan:
    """Read a plan, which must be written in its canonical bytes.

    Raises:
        SnapshotError: It is damaged, changed, foreign or of a newer version.
    """
    try:
        envelope = parse(content)
    except MalformedJson as error:
        raise SnapshotError(f"the plan cannot be read: {error.message}", remedy=_REMEDY) from None
    schema = envelope.get("schema") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or schema != PLAN_SCHEMA:
        raise SnapshotError(f"the plan is of {schema or 'no schema'}, and this version reads {PLAN_SCHEMA}", remedy="update guardrails")
    if envelope.get("digest") != sha256_hex(dump(envelope.get("plan"))):
        raise SnapshotError("the plan does not match its digest: it was changed or cut", remedy=_REMEDY)
    try:
        plan = decoded(Plan, envelope["plan"])
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise SnapshotError(f"the file does not hold a plan: {error!r}", remedy=_REMEDY) from None
    assert isinstance(plan, Plan)  # noqa: S101  # what was asked for
    if plan_bytes(plan) != content:
        # two readers must not see two plans in bytes that were signed once
        raise SnapshotError("the plan is not in its canonical bytes: something was added or spelled another way", remedy=_REMEDY)
    return plan
