"""A plan as one page to read and to print: what it says at a glance, then every copy step by step, with all commands.

No script, nothing loaded: the policy of the page allows its own style and nothing else. What came from a system is escaped text.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape

from guardrails.model.changes import Plan
from guardrails.model.copies import CopyPlan, CopyStep, Progress
from guardrails.reports.plan import plan_as_text
from guardrails.reports.safe import show

__all__ = ["plan_as_html"]

_STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:75rem;margin:1rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:.5rem}"
    "li{margin:1rem 0}.next{border-left:.4rem solid;padding-left:.6rem}dt{font-weight:bold}"
)
_WORDS = {Progress.DONE: "done", Progress.NEXT: "next", Progress.LATER: "later", Progress.UNKNOWN: "cannot tell"}


def plan_as_html(plan: Plan, digest: str) -> str:
    """The whole page."""
    style = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    copies = "\n".join(_copy(copy) for copy in plan.copies) or "<p>Nothing is to be copied.</p>"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>guardrails: plan {escape(digest[:12])}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Plan for {_text(plan.environment)}</h1>
<pre>{escape(plan_as_text(plan, digest))}</pre>
<h2>To copy by hand</h2>
{copies}
</main>
</body>
</html>
"""


def _copy(copy: CopyPlan) -> str:
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
