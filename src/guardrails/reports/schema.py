"""The JSON Schema of `guardrails.report/1`."""

from __future__ import annotations

from typing import Any

from guardrails.model.findings import ExitCode
from guardrails.model.words import GapReason, Severity, Verdict
from guardrails.reports.before import WORDS

__all__ = ["report_schema"]

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _map(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": sorted(fields), "properties": fields}


def report_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12). Within version 1 fields are only ever added."""
    verdict = {"enum": [verdict.value for verdict in Verdict]}
    witness = _map(principal=_TEXT, action=_TEXT, resource=_TEXT, context={"type": "object", "additionalProperties": _TEXT})
    texts = {"type": "array", "items": _TEXT}
    flag = {"type": "boolean"}
    maybe = {"anyOf": [_MOMENT, {"type": "null"}]}
    excess = _map(actions=texts, but_actions=texts, resources=texts, but_resources=texts, conditions=_TEXT, whole=flag, published=flag)
    finding = _map(
        id={"type": "string", "pattern": "^[0-9a-f]{16}$"},
        control={"type": "string", "pattern": "^GR[0-9]{3}$"},
        severity={"enum": [severity.label for severity in Severity]},
        verdict=verdict,
        places=texts,
        witness={"anyOf": [witness, {"type": "null"}]},
        excess={"type": "array", "items": excess},
        narrowed={"type": "array", "items": _map(policy=_TEXT, document=_TEXT, note=_TEXT, before=_TEXT)},
        uses={"type": "array", "items": _map(name=_TEXT, at=maybe)},
        first_seen=maybe,
        last_seen=_MOMENT,
        since=maybe,
        due=maybe,
        overdue=flag,
        reopened=_COUNT,
        **dict.fromkeys(
            ("system", "subject", "owner", "managed_by", "declared_at", "actual", "message", "remedy", "exception", "used"),
            _TEXT,
        ),
    )
    rights = {"type": "array", "items": _TEXT}
    reason = {"enum": [reason.value for reason in GapReason]}
    gap = _map(system=_TEXT, realm=_TEXT, what=_TEXT, reason=reason, message=_TEXT, rights=rights)
    adopted = _map(section=_TEXT, name=_TEXT, review_by={"type": "string", "format": "date"}, declared_at=_TEXT)
    reading = _map(realm=_TEXT, what=_TEXT, items=_COUNT, pages=_COUNT)
    observed = _map(
        system=_TEXT,
        connector=_TEXT,
        taken_at=_MOMENT,
        source=_TEXT,
        identity=_TEXT,
        calls=_COUNT,
        facts=_COUNT,
        basis=_TEXT,
        read_whole={"type": "array", "items": reading},
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "guardrails report",
        **_map(
            schema={"const": "guardrails.report/1"},
            at=_MOMENT,
            verdict=verdict,
            exit_code={"enum": [int(code) for code in (ExitCode.CLEAN, ExitCode.FINDINGS, ExitCode.CANNOT_TELL)]},
            counts={"type": "object", "additionalProperties": _COUNT},
            findings={"type": "array", "items": finding},
            troubles=texts,
            history={"anyOf": [_history(verdict, maybe), {"type": "null"}]},
            adopted={"type": "array", "items": adopted},
            gaps={"type": "array", "items": gap},
            observed={"type": "array", "items": observed},
        ),
    }


def _history(verdict: dict[str, Any], maybe: dict[str, Any]) -> dict[str, Any]:
    severity = {"enum": [severity.label for severity in Severity]}
    changed = {"type": "array", "items": _map(id=_TEXT, control=_TEXT, severity=severity, verdict=verdict, subject=_TEXT)}
    return _map(since=maybe, last_whole=maybe, missed_since=maybe, changes=_map(**dict.fromkeys(WORDS, changed)))
