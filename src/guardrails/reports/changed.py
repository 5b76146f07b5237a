"""What is otherwise than in the run before, as a part of the page. What is gone stands nowhere else on it."""

from __future__ import annotations

from html import escape

from guardrails.reports.before import WORDS, Before, Changed
from guardrails.reports.safe import show

__all__ = ["changed"]

_MOST = 200
"""Of each kind so many are listed."""
_ABSENT = {"gone", "untold"}


def changed(before: Before) -> str:
    """The section; empty without a run to compare with."""
    missed = f'<p class="missed"><strong>{_text(before.warning)}.</strong></p>' if before.warning else ""
    if before.since is None:
        return missed
    parts = "".join(_part(word, before.changed.get(word, ())) for word in WORDS)
    return (
        '<section class="changed" aria-labelledby="changed"><h2 id="changed">What changed</h2>'
        f"{missed}<p>{_text(str(before))}</p>{parts}</section>"
    )


def _part(word: str, listed: tuple[Changed, ...]) -> str:
    if not listed:
        return ""
    worst = sorted(listed, key=lambda one: (-one.severity, one.control, one.id))
    rows = "".join(f"<li>{_line(word, one)}</li>" for one in worst[:_MOST])
    left = len(worst) - _MOST
    more = f'<p class="left">{left:,} more are in the JSON report.</p>' if left > 0 else ""
    return f"<details><summary>{len(listed):,} {_text(WORDS[word])}</summary><ul>{rows}</ul>{more}</details>"


def _line(word: str, one: Changed) -> str:
    told = f"{_text(one.control)} {one.severity.label} {_text(one.subject)}"
    return told if word in _ABSENT else f'<a href="#f={_text(one.id)}">{told}</a>'


def _text(text: str) -> str:
    return escape(show(text))
