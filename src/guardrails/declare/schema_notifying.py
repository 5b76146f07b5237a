"""The JSON Schema of the section `notify`."""

from __future__ import annotations

from guardrails.declare.shapes import SECRET, TEXT, TEXTS, Schema, mapped, named, said
from guardrails.model.notifying import Event
from guardrails.model.words import Severity

__all__ = ["notifying"]


def notifying() -> Schema:
    """It."""
    mail = mapped(
        "By mail over TLS.",
        ["server", "to", "from"],
        server=said(TEXT, "The server that takes it, such as `smtp.example:587`."),
        to=said(TEXTS, "Addresses."),
        from_=said(TEXT, "The address that it comes from."),
        tls=said({"enum": ["starttls", "implicit"]}, "How TLS begins; `starttls` when absent."),
        user=said(TEXT, "Who logs in there; nobody when absent."),
        password=said(SECRET, "Of the user."),
    )
    events = {"type": "array", "items": {"enum": [event.value for event in Event]}}
    return named(
        "Who is told what changed, in one of four ways. The host file names the hosts that may be reached.",
        mapped(
            "One recipient.",
            webhook=said(SECRET, "The URL of a receiver of signed JSON."),
            key=said(SECRET, "With a webhook: the key of its signature."),
            mail=mail,
            apprise=said(SECRET, "A URL of Apprise; needs `guardrails[notify]`."),
            ping=said(SECRET, "A URL that is asked for after each run that saw everything."),
            events=said(events, "Of what; of everything when absent. Nothing sees an `incident` yet."),
            severity=said({"enum": [severity.label for severity in Severity]}, "Of findings at least so severe; `low` when absent."),
            per_hour=said({"type": "integer", "minimum": 1, "maximum": 60}, "Letters an hour at most; 6 when absent."),
        ),
    )
