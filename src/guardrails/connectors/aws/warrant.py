"""What a session may do that writes what a plan says, and nothing else: one policy for each object. Pure."""

from __future__ import annotations

import json

from guardrails.connectors.aws.editing import KINDS
from guardrails.model.reference import Ref
from guardrails.ports import Warrant

__all__ = ["session_policy"]

_MOST_CHARACTERS = 2048
"""Of a session policy that is given as text (STS API Reference, AssumeRole)."""


def session_policy(ref: Ref, warrant: Warrant) -> str:
    """What reading and writing one object takes for the changes of a plan, and for taking them back.

    Raises:
        ValueError: It is longer than AWS takes.
    """
    edits = [edit for change in warrant.changes if change.ref == ref for edit in change.edits]
    statements = [dict(statement) for statement in KINDS[ref.kind].rights(ref, edits)]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"what {ref} takes is longer than a session policy may be: {len(text)} of {_MOST_CHARACTERS} characters")
    return text
