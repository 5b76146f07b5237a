"""What the core asks of a connector. Reading and writing are two ports with separate credentials.

Writing is asked of those connectors alone that offer it (`Writer`); what another one's findings ask for is held back, and said so.

`KeyWrapper` is another door: whoever keeps the key under which files are sealed.
"""

from __future__ import annotations

from guardrails.ports.answers import (
    AtLogin,
    BoundClause,
    Ceiling,
    ClaimSeen,
    DirectoryLogin,
    Grant,
    Issued,
    Onward,
    Permit,
    Provided,
    Realms,
    Remark,
    Step,
    TransitSeen,
    TrustSeen,
)
from guardrails.ports.connectors import Connector, Observer, Remembering
from guardrails.ports.copying import Copying, Demand, Demanded
from guardrails.ports.meanings import (
    Admitting,
    Enclosing,
    Explaining,
    Guarding,
    Issuing,
    Limiting,
    Meaning,
    Narrowing,
    Predicting,
    Providing,
    Remarking,
)
from guardrails.ports.wrapping import Context, DataKey, KeyWrapper, Wrapped
from guardrails.ports.writing import (
    Authoring,
    Confining,
    Deleting,
    Ending,
    Lasting,
    Lease,
    Objects,
    Provisioning,
    Remediator,
    Warrant,
    Writer,
    undo_of,
)

__all__ = [
    "Admitting",
    "AtLogin",
    "Authoring",
    "BoundClause",
    "Ceiling",
    "ClaimSeen",
    "Confining",
    "Connector",
    "Context",
    "Copying",
    "DataKey",
    "Deleting",
    "Demand",
    "Demanded",
    "DirectoryLogin",
    "Enclosing",
    "Ending",
    "Explaining",
    "Grant",
    "Guarding",
    "Issued",
    "Issuing",
    "KeyWrapper",
    "Lasting",
    "Lease",
    "Limiting",
    "Meaning",
    "Narrowing",
    "Objects",
    "Observer",
    "Onward",
    "Permit",
    "Predicting",
    "Provided",
    "Providing",
    "Provisioning",
    "Realms",
    "Remark",
    "Remarking",
    "Remediator",
    "Remembering",
    "Step",
    "TransitSeen",
    "TrustSeen",
    "Warrant",
    "Wrapped",
    "Writer",
    "undo_of",
]
