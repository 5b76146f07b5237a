"""What was judged, and how, as an in-toto statement: for exactly these files, on that observation, under that declaration.

The form is that of the in-toto Attestation Framework, Statement v1. The predicate is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from guardrails.proposals.judgement import Judgement
from guardrails.trust.canonical import JSON, dump, parse, sha256_hex
from guardrails.trust.errors import MalformedJson
from guardrails.version import __version__

__all__ = ["GATE_NAMESPACE", "Asked", "Grounds", "blocking_ids", "bound", "change_digest", "change_of", "refusal", "statement"]

GATE_NAMESPACE: Final = "guardrails-gate-v1"
"""What a statement is signed for."""
_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:guardrails:gate:2"
_VERDICTS = {0: "passed", 1: "blocked", 3: "untold"}
_APART = frozenset({"names", "parameters"})
"""What is compared by what is known of it, and not as it stands."""

Grounds = Mapping[str, str]
"""What a verdict rests on, by name, each with its SHA-256: the declaration before and after, and the observation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The change that is about to be made.

    Attributes:
        digests: The SHA-256 of each file that it is made of.
        names: What files are called without folder and ending, by their SHA-256: a policy is called as its file.
        about: For whom and where it is, and what it takes the place of.
        parameters: The values of the parameters of a template, by name.
        grounds: What it must have been judged by; what is not named here may be anything.
    """

    digests: frozenset[str]
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    about: Mapping[str, JSON] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    grounds: Grounds = field(default_factory=dict)


def bound(digests: frozenset[str], values: Mapping[str, str], secret: frozenset[str]) -> dict[str, JSON]:
    """What a statement holds of the parameters of a change: every name, and one SHA-256 of all values that are read.

    Those that are `secret` are named alone: the gate does not read them, so no verdict hangs on what they are.
    """
    if not values:
        return {}
    read: dict[str, JSON] = {name: value for name, value in values.items() if name not in secret}
    content = dump({"of": [*sorted(digests)], "values": [[name, read[name]] for name in sorted(read)]})
    return {"names": [*sorted(values)], "not-read": [*sorted(secret & values.keys())], "sha256": sha256_hex(content)}


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


def change_digest(digests: frozenset[str], about: Mapping[str, JSON]) -> str:
    """The SHA-256 of a change: what it is made of and what it is about. It has the same one whenever it is judged, and however."""
    return sha256_hex(dump({"about": dict(about), "subject": [*sorted(digests)]}))


def change_of(content: bytes) -> str:
    """The SHA-256 of the change that a statement is about; who signed the statement is not looked at.

    Raises:
        MalformedJson: It is no statement of the gate.
    """
    found = parse(content)
    predicate = found.get("predicate") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(predicate, dict) or found.get("predicateType") != _PREDICATE:
        raise MalformedJson("it is no statement of the gate, or one of an earlier form")
    return change_digest(_digests(found.get("subject")), _map(predicate.get("about")))


def refusal(content: bytes, asked: Asked, now: datetime, longest: timedelta) -> str:
    """Why a statement does not let exactly this change pass; empty when it does."""
    try:
        found = parse(content)
    except MalformedJson:
        return "it is not a statement in canonical JSON"
    predicate = found.get("predicate") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(predicate, dict):
        return "it is no statement of the gate"
    if (found.get("_type"), found.get("predicateType")) != (_TYPE, _PREDICATE):
        return "it is no statement of the gate, or one of an earlier form"
    if (predicate.get("verdict"), predicate.get("exit_code")) != (_VERDICTS[0], 0):
        return f"its verdict is {predicate.get('verdict')}"
    if _digests(found.get("subject")) != asked.digests or not asked.digests:
        return "it is about another change"
    return _other(predicate, asked) or _age(str(predicate.get("judged_at")), now, longest)


def _other(predicate: Mapping[str, JSON], asked: Asked) -> str:
    judged = _map(predicate.get("about"))
    for name in sorted((judged.keys() | asked.about.keys()) - _APART):
        if judged.get(name) != asked.about.get(name):
            return f"it was judged for {name} {_shown(judged.get(name))}, and this is for {_shown(asked.about.get(name))}"
    for digest, called in _map(judged.get("names")).items():
        if asked.names.get(digest) != frozenset({str(called)}):
            return f"it was judged as {_shown(called)}, and this is called otherwise"
    parameters = _map(judged.get("parameters"))
    unread = parameters.get("not-read")
    if parameters != bound(asked.digests, asked.parameters, frozenset(map(str, unread if isinstance(unread, list) else ()))):
        return "it was judged with other parameters"
    rested_on = {name: _map(one).get("sha256") for name, one in _map(predicate.get("grounds")).items()}
    return next((f"it was judged by another {name}" for name, digest in asked.grounds.items() if rested_on.get(name) != digest), "")


def _map(value: JSON) -> Mapping[str, JSON]:
    return value if isinstance(value, dict) else {}


def _shown(value: JSON) -> str:
    return dump(value).decode()


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
