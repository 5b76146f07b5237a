"""How the number of findings has been from run to run, as a picture and as a table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guardrails.model.findings import Assessment
from guardrails.model.words import Verdict
from guardrails.reports.told import is_open

__all__ = ["Earlier", "trend"]

_WIDTH, _HEIGHT = 600, 90
_RUNS = 60
"""The last so many runs are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier run said. `not_told` counts its findings that were undecided or unknown."""

    at: datetime
    verdict: Verdict
    findings: int
    not_told: int = 0


def trend(assessment: Assessment, earlier: tuple[Earlier, ...]) -> str:
    """Of the earlier runs and this one; empty without history, for one point is no trend."""
    if not earlier:
        return ""
    not_told = sum(is_open(finding) for finding in assessment.findings)
    now = Earlier(at=assessment.at, verdict=assessment.verdict, findings=len(assessment.findings), not_told=not_told)
    runs = [*sorted(earlier, key=lambda run: run.at), now][-_RUNS:]
    before, change = runs[-2], now.findings - runs[-2].findings
    said = f"{change:+,} since" if change else "as many as"
    return (
        '<section class="trend" aria-labelledby="trend"><h2 id="trend">Trend</h2>'
        f"<p><b>{now.findings:,}</b> findings, {said} {before.at:%Y-%m-%d %H:%M} UTC. "
        f"The coloured part of each bar could not be told.</p>{_picture(runs)}{_table(runs)}</section>"
    )


def _picture(runs: list[Earlier]) -> str:
    """Bars, for each run is a count of its own; what could not be told is marked in each."""
    most = max([1, *(run.findings for run in runs)])
    step = _WIDTH / len(runs)
    drawn = []
    for number, run in enumerate(runs):
        x, wide = number * step, min(step * 0.7, 24)
        for name, count in (("all", run.findings), ("open", run.not_told)):
            high = _HEIGHT * count / most
            drawn.append(f'<rect class="{name}" x="{x:.1f}" y="{_HEIGHT - high:.1f}" width="{wide:.1f}" height="{high:.1f}"/>')
    line = f'<line x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>'
    return f'<svg aria-hidden="true" viewBox="0 0 {_WIDTH} {_HEIGHT + 1}" preserveAspectRatio="none">{"".join(drawn)}{line}</svg>'


def _table(runs: list[Earlier]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("run", "verdict", "findings", "not told"))
    rows = "".join(
        f'<tr><th scope="row">{run.at:%Y-%m-%d %H:%M} UTC</th><td>{run.verdict.value}</td><td class="number">{run.findings:,}</td>'
        f'<td class="number">{run.not_told:,}</td></tr>'
        for run in reversed(runs)
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<details><summary>The runs as a table</summary>{table}</details>"
