"""What AWS policies say: about one request, with the statements that decide it, and about all that a principal can come to."""

from __future__ import annotations

from guardrails.iam.account import Account
from guardrails.iam.documents import Document, Kind, read
from guardrails.iam.effective import Effective, effective
from guardrails.iam.evaluate import UNKNOWN, Decision, Policies, Reason, Request, Unknown, evaluate

__all__ = [
    "UNKNOWN",
    "Account",
    "Decision",
    "Document",
    "Effective",
    "Kind",
    "Policies",
    "Reason",
    "Request",
    "Unknown",
    "effective",
    "evaluate",
    "read",
]
