"""What AWS policies mean, for people who only want the proof.

`contains` proves that everything some policies allow is allowed by others, or shows one request that is not. `evaluate` decides one request
against everything that is attached. Nothing is contacted.
"""

from __future__ import annotations

from guardrails.iam.containment import Containment, contains
from guardrails.iam.documents import Document, Kind, read
from guardrails.iam.evaluate import UNKNOWN, Decision, Policies, Reason, Request, Unknown, evaluate

__all__ = [
    "UNKNOWN",
    "Containment",
    "Decision",
    "Document",
    "Kind",
    "Policies",
    "Reason",
    "Request",
    "Unknown",
    "contains",
    "evaluate",
    "read",
]
