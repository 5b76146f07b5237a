"""A copy that somebody makes by hand, step by step, as a part of a page. What came from a system is escaped text."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from guardrails.model.copies import CopyPlan, CopyStep, Progress
from guardrails.reports.safe import show

__all__ = ["as_section"]

_WORDS = {Progress.DONE: "done", Progress.NEXT: "next", Progress.LATER: "later", Progress.UNKNOWN: "cannot tell"}


def as_section(copy: CopyPlan) -> str:
    """Every step with its command, whom it interrupts, how to see it and how to take it back."""
    parts = [f"<section>\n<h3>{_text(str(copy.ref))} ({_text(copy.control)})</h3>", f"<p>{_text(copy.why)}</p>"]
    if copy.steps:
        parts.append(f"<p>In {_text(copy.place)}. First of all:</p>\n<pre>{_text(copy.first)}</pre>")
    parts += [f"<p>Note: {_text(note)}</p>" for note in copy.notes]
    if copy.steps:
        parts.append("<ol>\n" + "\n".join(map(_step, copy.steps)) + "\n</ol>")
    return "\n".join((*parts, "</section>"))


def _step(step: CopyStep) -> str:
    marked = ' class="next"' if step.progress is Progress.NEXT else ""
    found = f" ({step.found})" if step.found else ""
    head = f"<strong>{_text(step.id)}: {_WORDS[step.progress]}</strong>{_text(found)}<br>{_text(step.does)}"
    command = f"\n<pre>{_text(step.command)}</pre>" if step.command else ""
    told = "".join(f"<dt>{word}</dt><dd>{_text(text)}</dd>" for word, text in _told(step))
    return f"<li{marked}>{head}{command}\n<dl>{told}</dl></li>"


def _told(step: CopyStep) -> Iterator[tuple[str, str]]:
    named = (
        ("only after", step.only_after),
        ("needs", step.needs),
        ("interrupts", step.interrupts),
        ("seen by", step.seen_by),
        ("back", step.undo),
    )
    return ((word, text) for word, text in named if text)


def _text(text: str) -> str:
    return escape(show(text))
