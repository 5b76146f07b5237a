"""The head of the page: the verdict, what was not seen, the counts, how it has been, and what it all rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from guardrails.model.facts import Gap
from guardrails.model.findings import Assessment, ExitCode, Seen
from guardrails.model.words import Severity, Verdict
from guardrails.reports.before import Before
from guardrails.reports.changed import changed
from guardrails.reports.safe import show
from guardrails.reports.told import control_of, is_open
from guardrails.reports.trend import trend

__all__ = ["overview"]

_HEADLINES = {Verdict.OK: "As declared", Verdict.VIOLATION: "Not as declared", Verdict.UNKNOWN: "It cannot be told"}
_MEANS = {
    ExitCode.CLEAN: "Of what is read and evaluated, everything is as declared.",
    ExitCode.FINDINGS: "Everything was seen that the declaration asks for, and some of it is not as declared.",
    ExitCode.CANNOT_TELL: "Something was not seen or not decided. What is missing below may be missing because nobody could look.",
}
_FEW = 6
"""Controls, gaps and systems that are shown at once; the others are folded."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """One count, and the words that filter the findings by it."""

    key: str
    value: str
    label: str
    count: int


def overview(assessment: Assessment, before: Before) -> str:
    """Header and the beginning of main; whoever writes the page closes main."""
    at = assessment.at
    return f"""<header>
<p class="brand">guardrails</p>
<p class="at"><time datetime="{at.isoformat()}">{at.day} {at:%B %Y, %H:%M} UTC</time></p>
</header>
<main>
<section class="verdict verdict-{assessment.verdict.value}" aria-labelledby="verdict">
<h1 id="verdict">{_HEADLINES[assessment.verdict]}</h1>
<p class="sum">{_sum(assessment)}</p>
<p>{_MEANS[assessment.exit_code]} <span class="exit">Exit code {int(assessment.exit_code)}.</span></p>
</section>
{_not_seen(assessment)}
{_counts(assessment)}
{changed(before)}
{trend(assessment, before.earlier)}
{_basis(assessment)}
{_adopted(assessment)}"""


def _sum(assessment: Assessment) -> str:
    counts = Counter(finding.difference.verdict.value for finding in assessment.findings)
    told = ", ".join(f"<b>{number:,}</b> {_several(word, number)}" for word, number in counts.most_common())
    known = sum(finding.difference.known for finding in assessment.findings)
    return (told or "No findings") + (f"; {known:,} of them known gaps" if known else "") + "."


def _several(word: str, number: int) -> str:
    return "violations" if word == Verdict.VIOLATION.value and number != 1 else word


def _not_seen(assessment: Assessment) -> str:
    """Loud, and first: what follows is only as good as what was seen."""
    undecided = sum(is_open(finding) for finding in assessment.findings)
    if assessment.seen and not assessment.gaps and not undecided and not assessment.troubles:
        return ""
    told = [f"<li>{_text(trouble)}</li>" for trouble in assessment.troubles] + [f"<li>{_gap(gap)}</li>" for gap in assessment.gaps]
    if not assessment.seen:
        told.insert(0, "<li>Nothing was observed, and nothing evaluated never passes.</li>")
    if undecided:
        findings = "finding" if undecided == 1 else "findings"
        told.append(f'<li><a href="#verdict=open">{undecided:,} {findings}</a> could not be told: undecided or unknown.</li>')
    return (
        '<section class="unseen" aria-labelledby="unseen"><h2 id="unseen">What was not seen</h2>'
        f"{_folded(told, '<ul>{}</ul>', 'more that was not seen')}</section>"
    )


def _gap(gap: Gap) -> str:
    where = " ".join(filter(None, (gap.system, gap.realm)))
    rights = f" <span class='rights'>Needs {_text(', '.join(gap.rights))}.</span>" if gap.rights else ""
    return f"<b>{_text(where)}</b> {_text(gap.what)} ({gap.reason.value}): {_text(gap.message)}{rights}"


def _counts(assessment: Assessment) -> str:
    findings = assessment.findings
    if not findings:
        return ""
    severities = Counter(finding.severity for finding in findings)
    controls = Counter(finding.control for finding in findings)
    titles = {finding.control: control_of(finding).title for finding in findings}
    systems = Counter(finding.difference.system for finding in findings)
    panels = (
        ("Severity", [_Bar("severity", one.label, one.label, severities[one]) for one in sorted(Severity, reverse=True)]),
        ("System", [_Bar("system", one, one or "the declaration itself", count) for one, count in _ordered(systems)]),
        ("Control", [_Bar("control", code, f"{code} {titles[code]}", count) for code, count in _ordered(controls)]),
    )
    return f'<section class="counts" aria-label="Counts">{"".join(_panel(name, bars) for name, bars in panels)}</section>'


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _panel(name: str, bars: list[_Bar]) -> str:
    most = max(bar.count for bar in bars)
    return (
        f'<div class="panel panel-{name.lower()}"><h2>{name}</h2>{_folded([_bar(bar, most) for bar in bars], "<ol>{}</ol>", "more")}</div>'
    )


def _bar(bar: _Bar, most: int) -> str:
    """A link that filters; the meter is for the eye, the number says the same."""
    label = f'<span class="label">{_text(bar.label)}</span><span class="number">{bar.count:,}</span>'
    filled = f'<rect width="{100 * bar.count / most:.1f}" height="4"/>'
    width = f'<svg class="meter" aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none">{filled}</svg>'
    name = f'<span class="level level-{bar.value}" aria-hidden="true"></span>' if bar.key == "severity" else ""
    if not bar.count or not bar.value:
        return f'<li><span class="bar">{name}{label}{width}</span></li>'
    return f'<li><a class="bar" href="#{bar.key}={quote(show(bar.value), safe="")}">{name}{label}{width}</a></li>'


def _folded(items: list[str], around: str, more: str) -> str:
    """The first few, the others behind a click."""
    rest = items[_FEW:]
    folded = f"<details><summary>{len(rest):,} {more}</summary>{around.format(''.join(rest))}</details>" if rest else ""
    return f"{around.format(''.join(items[:_FEW]))}{folded}" if items else ""


def _basis(assessment: Assessment) -> str:
    if not assessment.seen:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("system", "observed", "as", "facts", "calls", "gaps"))
    gaps = Counter(gap.system for gap in assessment.gaps)
    rows = "".join(f"<tr>{''.join(_seen(seen, gaps[seen.system]))}</tr>" for seen in assessment.seen)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return (
        '<section class="basis" aria-labelledby="basis"><h2 id="basis">What it rests on</h2>'
        f'<div class="wide" tabindex="0" role="region" aria-labelledby="basis">{table}</div></section>'
    )


def _seen(seen: Seen, gaps: int) -> Iterator[str]:
    yield f'<th scope="row">{_text(seen.system)}</th>'
    basis = f"<br><small>{_text(seen.basis)}</small>" if seen.basis else ""
    yield f"<td>{_text(seen.source)}, {_moment(seen.taken_at)}{basis}</td>"
    yield from _cells((seen.identity or "-",), "")
    yield from _cells((f"{seen.facts:,}", f"{seen.calls:,}", f"{gaps:,}"), ' class="number"')


def _cells(texts: Iterable[str], more: str) -> Iterator[str]:
    return (f"<td{more}>{_text(text)}</td>" for text in texts)


def _moment(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _adopted(assessment: Assessment) -> str:
    if not assessment.adopted:
        return ""
    first = min(entry.review_by for entry in assessment.adopted)
    told = [f"<li>{_text(f'{one.section} {one.name}')}, {_text(str(one.place))}, by {one.review_by}</li>" for one in assessment.adopted]
    return (
        f'<section aria-labelledby="adopted"><h2 id="adopted">Adopted and not yet reviewed</h2>'
        f"<p>{len(told):,} entries, the first by {first}.</p>{_folded(told, '<ul>{}</ul>', 'more entries')}</section>"
    )


def _text(text: str) -> str:
    return escape(show(text))
