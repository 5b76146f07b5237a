"""An assessment for people at a terminal. Whatever came from a system is shown in one line, control characters spelled out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from guardrails.model.findings import Assessment, Details, Finding
from guardrails.reports.before import NOTHING_BEFORE, Before
from guardrails.reports.safe import show
from guardrails.reports.told import remedy, request, title

__all__ = ["as_text"]


def as_text(assessment: Assessment, before: Before = NOTHING_BEFORE) -> str:
    """For people: the most severe first, a summary last."""
    lines = []
    for finding in assessment.findings:
        standing = before.standing.get(finding.id)
        lines += _entry(finding, standing.told(assessment.at) if standing else "")
    for seen in assessment.seen:
        as_whom = f" as {show(seen.identity)}" if seen.identity else ""
        basis = f"; {show(seen.basis)}" if seen.basis else ""
        lines.append(f"observed {seen.system}: {seen.facts} facts by {seen.calls} calls{as_whom}{basis}")
    if assessment.adopted:
        first = min(entry.review_by for entry in assessment.adopted)
        lines.append(f"adopted and not yet reviewed: {len(assessment.adopted)} entries, the first by {first}")
    lines += [f"trouble: {show(trouble)}" for trouble in assessment.troubles]
    lines += filter(None, (before.warning, *_changed(before)))
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    told = ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "no findings"
    lines.append(f"{assessment.verdict.value}: {told}; exit {int(assessment.exit_code)}")
    return "\n".join(lines) + "\n"


_PARTS, _SHORT, _LISTED = 2, 300, 20
"""How many parts of an excess, how many characters of a policy, and how many changes of a kind are shown as text."""


def _entry(finding: Finding, since: str) -> list[str]:
    difference = finding.difference
    known = f" [known gap {difference.exception}]" if difference.known else ""
    lines = [f"{finding.control} {finding.severity.label:8} {difference.verdict.value:9} {show(difference.message)}{known}"]
    for label, value in (
        ("witness", request(finding)),
        *_told(difference.details),
        ("at", difference.actual),
        ("declared", str(difference.declared_at)),
        ("owner", difference.owner),
        ("since", since),
        ("do", remedy(finding)),
        ("id", f"{finding.id}  {title(finding)}"),
    ):
        if value:
            lines.append(f"      {label:9} {show(value)}")
    return lines


def _changed(before: Before) -> Iterator[str]:
    """What is otherwise, and of what is not in this report any more, what it was."""
    yield str(before)
    for word in ("gone", "untold"):
        listed = before.changed.get(word, ())
        yield from (f"  {word:8} {one.control} {one.severity.label:8} {show(one.subject)}  {one.id}" for one in listed[:_LISTED])
        if listed[_LISTED:]:
            yield f"  {word:8} and {len(listed) - _LISTED} more in JSON"


def _told(details: Details) -> Iterator[tuple[str, str]]:
    """Four lines at most; the whole stands in the JSON."""
    last = details.excess[_PARTS - 1 :]
    for part in details.excess[: _PARTS - 1]:
        yield "excess", str(part)
    if last:
        yield "excess", f"{last[0]}{f'; {len(last) - 1} more parts in JSON' if last[1:] else ''}"
    yield "used", details.used
    more = f"; {len(details.narrowed) - 1} more policies in JSON" if details.narrowed[1:] else ""
    for policy in details.narrowed[:1]:
        whole = " ".join(line.strip() for line in policy.document.splitlines())
        document = whole if len(whole) <= _SHORT else "in JSON"
        yield "narrowed", f"{policy.policy}: {'; '.join(filter(None, (document, policy.note)))}{more}"
