"""What the page knows: every finding with what belongs to it, each text once, as JSON that cannot leave its element."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from guardrails.model.findings import Assessment, Finding, Narrowed
from guardrails.model.words import Verdict
from guardrails.reports.parties import assets, people
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, remedy
from guardrails.reports.why import layers

__all__ = ["COLUMNS", "MOST_POLICY_TEXT", "as_content"]

MOST_POLICY_TEXT = 1_000_000
"""Characters of policies in one page; those of the most severe are kept, so that a page of 10,000 findings is sent and opened at once."""
_LEFT_OUT = "it is left out of this page for its size; the JSON report has it"

COLUMNS = (
    "id", "control", "severity", "verdict", "known", "system", "subject", "message", "owner", "managed_by", "declared_at", "actual",
    "remedy", "exception", "used", "people", "assets", "places", "why", "excess", "narrowed",
)  # fmt: skip
_VERDICTS = tuple(Verdict)
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


@dataclass(slots=True)
class _Texts:
    """Numbers for texts: most are told of many findings."""

    numbers: dict[str, int] = field(default_factory=dict)
    policy_text: int = 0

    def of(self, text: str) -> int:
        shown = "\n".join(show(line) for line in text.split("\n"))
        return self.numbers.setdefault(shown, len(self.numbers))

    def all_of(self, texts: Iterable[object]) -> list[int]:
        return [self.of(str(text)) for text in texts]


def as_content(assessment: Assessment) -> str:
    """JSON for a script element: nothing in it ends the element or begins another."""
    texts = _Texts()
    controls = list({finding.control: control_of(finding) for finding in assessment.findings}.values())
    numbers = {control.code: number for number, control in enumerate(controls)}
    rows = [[finding.id, numbers[finding.control], *_values(finding, texts)] for finding in assessment.findings]
    document = {
        "columns": COLUMNS,
        "verdicts": [verdict.value for verdict in _VERDICTS],
        "controls": [
            {"code": one.code, "title": one.title, "why": one.why, "clause": one.clause, "iso": one.iso, "remedy": one.remedy}
            for one in controls
        ],
        "findings": rows,
        "texts": list(texts.numbers),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _values(finding: Finding, texts: _Texts) -> Iterator[Any]:
    """In the order of the columns, behind the first two."""
    found = finding.difference
    yield from (int(finding.severity), _VERDICTS.index(found.verdict), int(found.known))
    yield from texts.all_of((found.system, found.subject, found.message, found.owner, found.managed_by, found.declared_at, found.actual))
    yield from texts.all_of((remedy(finding), found.exception, found.details.used))
    yield from (texts.all_of(people(found)), texts.all_of(assets(found)), texts.all_of(found.places))
    yield [[texts.of(layer.name), texts.all_of(layer.labels)] for layer in layers(found)]
    yield texts.all_of(found.details.excess)
    yield [_policy(policy, texts) for policy in found.details.narrowed]


def _policy(policy: Narrowed, texts: _Texts) -> list[int]:
    """The policy, what it says and would say, and the note; without the two documents when there is no room for them."""
    long = len(policy.before) + len(policy.document)
    if texts.policy_text + long > MOST_POLICY_TEXT:
        return texts.all_of((policy.policy, "", "", "; ".join(filter(None, (policy.note, _LEFT_OUT)))))
    texts.policy_text += long
    return texts.all_of((policy.policy, policy.before, policy.document, policy.note))
