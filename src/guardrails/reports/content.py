"""What the page knows: every finding with what belongs to it, each text once, as JSON that cannot leave its element."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from os.path import commonprefix
from typing import Any

from guardrails.model.findings import Assessment, Finding
from guardrails.model.words import Verdict
from guardrails.reports.before import NOTHING_BEFORE, Before, Standing
from guardrails.reports.parties import assets, people
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, remedy
from guardrails.reports.why import layers

__all__ = ["COLUMNS", "MOST_POLICY_TEXT", "as_content"]

MOST_POLICY_TEXT = 1_000_000
"""Characters of policies in one page; those of the most severe are kept, so that a page of 10,000 findings is sent and opened at once."""
_LEFT_OUT = "it is left out of this page for its size; the JSON report has it"

COLUMNS = (
    "id", "control", "severity", "verdict", "known", "overdue", "system", "subject", "message", "owner", "managed_by", "declared_at",
    "actual", "remedy", "exception", "used", "first_seen", "people", "assets", "places", "why", "excess", "narrowed",
)  # fmt: skip
_WORTH = 4
_VERDICTS = tuple(Verdict)
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def as_content(assessment: Assessment, before: Before = NOTHING_BEFORE) -> str:
    """JSON for a script element: nothing in it ends the element or begins another."""
    controls = list({finding.control: control_of(finding) for finding in assessment.findings}.values())
    codes = [control.code for control in controls]
    rows = [
        (finding.id, codes.index(finding.control), list(_values(finding, policies, assessment.at, before.standing.get(finding.id))))
        for finding, policies in zip(assessment.findings, _policies(assessment.findings), strict=True)
    ]
    # sorted, so that each begins as the one before it
    texts = sorted({text for _, _, values in rows for text in _texts(values)})
    numbers = {text: number for number, text in enumerate(texts)}
    document = {
        "columns": COLUMNS,
        "verdicts": [verdict.value for verdict in _VERDICTS],
        "controls": [
            {"code": one.code, "title": one.title, "why": one.why, "clause": one.clause, "iso": one.iso, "remedy": one.remedy}
            for one in controls
        ],
        "findings": [[identifier, code, *_numbered(values, numbers)] for identifier, code, values in rows],
        "texts": list(_shortened(texts)),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _values(finding: Finding, policies: list[list[str]], at: datetime, standing: Standing | None) -> Iterator[Any]:
    """In the order of the columns, behind the first two: numbers, texts, and lists of them."""
    found = finding.difference
    late = standing is not None and standing.is_overdue(at)
    yield from (int(finding.severity), _VERDICTS.index(found.verdict), int(found.known), int(late))
    yield from map(show, (found.system, found.subject, found.message, found.owner, found.managed_by))
    yield from map(show, (str(found.declared_at), found.actual, remedy(finding), found.exception, found.details.used))
    yield standing.told(at) if standing else ""
    yield from (_all_shown(people(found)), _all_shown(assets(found)), _all_shown(found.places))
    yield [[layer.name, _all_shown(layer.labels)] for layer in layers(found)]
    yield _all_shown(found.details.excess)
    yield policies


def _policies(findings: Iterable[Finding]) -> Iterator[list[list[str]]]:
    """For each finding its policies: name, what it says and would say, and the note; without the two when there is no room for them."""
    room = MOST_POLICY_TEXT
    for finding in findings:
        told = []
        for policy in finding.difference.details.narrowed:
            room -= len(policy.before) + len(policy.document)
            note = policy.note if room >= 0 else "; ".join(filter(None, (policy.note, _LEFT_OUT)))
            documents = (policy.before, policy.document) if room >= 0 else ("", "")
            told.append([show(policy.policy), *map(_lines_shown, documents), show(note)])
        yield told


def _lines_shown(text: str) -> str:
    return "\n".join(show(line) for line in text.split("\n"))


def _all_shown(texts: Iterable[object]) -> list[str]:
    return [show(str(text)) for text in texts]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _numbered(value: Any, numbers: Mapping[str, int]) -> Any:  # noqa: ANN401  # JSON
    """The same with the number of each text instead of it: most are told of many findings."""
    if isinstance(value, list):
        return [_numbered(one, numbers) for one in value]
    return numbers[value] if isinstance(value, str) else value


def _shortened(texts: Iterable[str]) -> Iterator[str | int]:
    """Each text, or how much of the one before it begins with, and the rest."""
    before = ""
    for text in texts:
        shared = commonprefix((before, text))  # noqa: RUF071  # letters are meant
        # the page counts in UTF-16, where what lies above is two
        if len(shared) > _WORTH and max(shared) <= "\uffff":
            yield len(shared)
            yield text.removeprefix(shared)
        else:
            yield text
        before = text
