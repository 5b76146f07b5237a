"""One page for people: everything is in it, nothing is fetched, and without JavaScript it is a table.

What came from a system is text: escaped here, and put into the page as text by its script. Whatever else a name would want, the policy of
the page forbids: scripts and styles count by their hash, and nothing may be loaded, sent or framed.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files

from guardrails.model.findings import Assessment, Finding
from guardrails.reports.before import NOTHING_BEFORE, Before, Standing
from guardrails.reports.content import as_content
from guardrails.reports.copied import as_section
from guardrails.reports.overview import overview
from guardrails.reports.safe import show
from guardrails.reports.told import remedy, request, title

__all__ = ["MOST_ROWS", "as_html"]

MOST_ROWS = 1_000
"""Rows of the table without JavaScript, the most severe; how many are left out stands under it."""

_SCRIPTS = ("content.js", "why.js", "change.js", "finding.js", "page.js")
_COLUMNS = ("control", "severity", "verdict", "what is so", "to do", "owner", "declared")


def as_html(assessment: Assessment, before: Before = NOTHING_BEFORE) -> str:
    """The page; with earlier runs it shows the trend, what changed, and of each finding since when it is so."""
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{_text(f"guardrails: {assessment.verdict.value}")}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
{overview(assessment, before)}
<section id="findings" aria-labelledby="findings-title" tabindex="-1">
<h2 id="findings-title">Findings</h2>
<div id="explorer"></div>
<noscript>
{_table(assessment, before)}
</noscript>
</section>
{_copies(assessment)}</main>
<footer><p>Made by guardrails from what it observed; nothing on this page was loaded from elsewhere.</p></footer>
<script type="application/json" id="content">{as_content(assessment, before)}</script>
<script>{script}</script>
</body>
</html>
"""


def _copies(assessment: Assessment) -> str:
    """What somebody has to copy, with all steps: those are to be had without JavaScript too."""
    if not assessment.copies:
        return ""
    told = "\n".join(map(as_section, assessment.copies))
    return f'<section id="copies" aria-labelledby="copies-title">\n<h2 id="copies-title">To copy by hand</h2>\n{told}\n</section>\n'


def _table(assessment: Assessment, before: Before) -> str:
    kept = assessment.findings[:MOST_ROWS]
    if not kept:
        return "<p>No findings.</p>"
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    rows = "\n".join(_row(finding, assessment.at, before.standing.get(finding.id)) for finding in kept)
    left = len(assessment.findings) - len(kept)
    more = (
        f'<p class="left">{left} more findings, none more severe, are shown with JavaScript only; the JSON report has all.</p>'
        if left
        else ""
    )
    return f'<div class="wide"><table class="plain"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>{more}'


def _row(finding: Finding, at: datetime, standing: Standing | None) -> str:
    found = finding.difference
    known = f" (known gap {found.exception})" if found.known else ""
    since = f"first seen {standing.told(at)}" if standing else ""
    what = "<br>".join(_text(text) for text in (f"{found.message}{known}", request(finding), since) if text)
    cells = (finding.severity.label, found.verdict.value, what, _text(remedy(finding)), _text(found.owner), _text(str(found.declared_at)))
    code = f'<th scope="row">{finding.control} {_text(title(finding))} <code>{finding.id}</code></th>'
    return f"<tr>{code}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    return escape(show(text))


@cache
def _style() -> str:
    return _page("page.css")


@cache
def _script() -> str:
    """All parts in one scope of their own."""
    parts = "\n".join(_page(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _page(name: str) -> str:
    return files("guardrails.reports").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a browser counts it."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
