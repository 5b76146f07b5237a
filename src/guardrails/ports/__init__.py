"""What the core asks of a connector. Reading and writing are two ports with separate credentials.

Writing is asked of those connectors alone that offer it (`Writer`); what another one's findings ask for is held back, and said so.
"""

from __future__ import annotations

from guardrails.ports.answers import (
    AtLogin,
    BoundClause,
    Ceiling,
    DirectoryLogin,
    Grant,
    Issued,
    Onward,
    Permit,
    Remark,
    Step,
    TransitSeen,
    TrustSeen,
)
from guardrails.ports.connectors import Connector, Observer
from guardrails.ports.meanings import Explaining, Issuing, Limiting, Meaning, Narrowing, Predicting, Remarking
from guardrails.ports.writing import Objects, Remediator, Writer

__all__ = [
    "AtLogin",
    "BoundClause",
    "Ceiling",
    "Connector",
    "DirectoryLogin",
    "Explaining",
    "Grant",
    "Issued",
    "Issuing",
    "Limiting",
    "Meaning",
    "Narrowing",
    "Objects",
    "Observer",
    "Onward",
    "Permit",
    "Predicting",
    "Remark",
    "Remarking",
    "Remediator",
    "Step",
    "TransitSeen",
    "TrustSeen",
    "Writer",
]
