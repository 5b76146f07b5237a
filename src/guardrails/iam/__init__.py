"""What AWS policies say about one request: documents read whole, one verdict, and the statements that decide it."""

from __future__ import annotations

from guardrails.iam.documents import Document, Kind, read
from guardrails.iam.evaluate import UNKNOWN, Decision, Policies, Reason, Request, Unknown, evaluate

__all__ = ["UNKNOWN", "Decision", "Document", "Kind", "Policies", "Reason", "Request", "Unknown", "evaluate", "read"]
