"""A plan as one page to read and to print: what it says at a glance, then every copy step by step, with all commands.

No script, nothing loaded: the policy of the page allows its own style and nothing else. What came from a system is escaped text.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape

from guardrails.model.changes import Plan
from guardrails.reports.copied import as_section
from guardrails.reports.plan import plan_as_text
from guardrails.reports.safe import show

__all__ = ["plan_as_html"]

_STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:75rem;margin:1rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:.5rem}"
    "li{margin:1rem 0}.next{border-left:.4rem solid;padding-left:.6rem}dt{font-weight:bold}"
)


def plan_as_html(plan: Plan, digest: str) -> str:
    """The whole page."""
    style = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    copies = "\n".join(map(as_section, plan.copies)) or "<p>Nothing is to be copied.</p>"
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


def _text(text: str) -> str:
    return escape(show(text))
