"""What the core asks of a connector. Reading and writing are two ports with separate credentials.

Writing is asked of those connectors alone that offer it (`Writer`); what another one's findings ask for is held back, and said so.
"""

from __future__ import annotations

from guardrails.ports.answers import BoundClause, Ceiling, Grant, Onward, Permit, Remark, Step, TransitSeen, TrustSeen
from guardrails.ports.connectors import Connector, Observer
from guardrails.ports.meanings import Explaining, Meaning, Narrowing, Remarking
from guardrails.ports.writing import Lease, Objects, Remediator, Writer

__all__ = [
    "BoundClause",
    "Ceiling",
    "Connector",
    "Explaining",
    "Grant",
    "Lease",
    "Meaning",
    "Narrowing",
    "Objects",
    "Observer",
    "Onward",
    "Permit",
    "Remark",
    "Remarking",
    "Remediator",
    "Step",
    "TransitSeen",
    "TrustSeen",
    "Writer",
]
