"""What was judged, and how, as an in-toto statement: for exactly these files, on that observation, under that declaration.

The form is that of the in-toto Attestation Framework, Statement v1. The predicate is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from guardrails.proposals.judgement import Judgement
from guardrails.trust.canonical import JSON, dump, parse
from guardrails.trust.errors import MalformedJson
from guardrails.version import __version__

__all__ = ["GATE_NAMESPACE", "Grounds", "blocking_ids", "refusal", "statement"]

GATE_NAMESPACE: Final = "guardrails-gate-v1"
"""What a statement is signed for."""
_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:guardrails:gate:1"
_VERDICTS = {0: "passed", 1: "blocked", 3: "untold"}

Grounds = Mapping[str, str]
"""What a verdict rests on, by name, each with its SHA-256: the declaration before and after, and the observation."""


def statement(subjects: Mapping[str, str], judgement: Judgement, grounds: Grounds, about: Mapping[str, JSON], at: datetime) -> bytes:
    """The statement in canonical JSON: of the parts of a change, by name, each with its SHA-256, and of what they are `about`."""
    exit_code = int(judgement.exit_code)
    predicate: dict[str, JSON] = {
        "verdict": _VERDICTS[exit_code],
        "exit_code": exit_code,
        "blocking": [*blocking_ids(judgement)],
        "about": dict(about),
        "untold": len(judgement.untold),
        "grounds": {name: {"sha256": digest} for name, digest in grounds.items()},
        "guardrails": __version__,
        "judged_at": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    named: list[JSON] = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects.items())]
    return dump({"_type": _TYPE, "subject": named, "predicateType": _PREDICATE, "predicate": predicate})


def refusal(content: bytes, digests: frozenset[str], about: Mapping[str, JSON], now: datetime, longest: timedelta) -> str:
    """Why a statement does not let a change pass that is made of files with these SHA-256, and is `about` this; empty when it does."""
    try:
        found = parse(content)
    except MalformedJson:
        return "it is not a statement in canonical JSON"
    predicate = found.get("predicate") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(predicate, dict):
        return "it is no statement of the gate"
    if (found.get("_type"), found.get("predicateType")) != (_TYPE, _PREDICATE):
        return "it is no statement of the gate"
    if (predicate.get("verdict"), predicate.get("exit_code")) != (_VERDICTS[0], 0):
        return f"its verdict is {predicate.get('verdict')}"
    if _digests(found.get("subject")) != digests or not digests:
        return "it is about another change"
    return _about(predicate.get("about"), about) or _age(str(predicate.get("judged_at")), now, longest)


def _about(told: JSON, about: Mapping[str, JSON]) -> str:
    judged = told if isinstance(told, dict) else {}
    other = next((name for name, said in about.items() if judged.get(name) != said), None)
    return (
        ""
        if other is None
        else f"it was judged for {other} {dump(judged.get(other)).decode()}, and this is for {dump(about[other]).decode()}"
    )


def blocking_ids(judgement: Judgement) -> tuple[str, ...]:
    """The findings that block, each once."""
    return tuple(sorted({one.finding.id for one in judgement.blocking}))


def _digests(subjects: JSON) -> frozenset[str]:
    listed = subjects if isinstance(subjects, list) else []
    found = [one.get("digest") for one in listed if isinstance(one, dict)]
    return frozenset(str(one.get("sha256")) for one in found if isinstance(one, dict))


def _age(judged: str, now: datetime, longest: timedelta) -> str:
    try:
        at = datetime.strptime(judged, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "it does not say when it was judged"
    if not timedelta() <= now - at <= longest:
        return f"it was judged {judged}, which is not within the last {longest}"
    return ""
