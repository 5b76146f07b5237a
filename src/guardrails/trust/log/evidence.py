"""Records taken out of an audit log, each with the proof that it stands there: one file that verifies without the log."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guardrails.errors import GuardrailsError
from guardrails.trust.canonical import JSON, parse
from guardrails.trust.errors import AuditError
from guardrails.trust.log.audit import newest, verify
from guardrails.trust.log.files import Segments
from guardrails.trust.log.merkle import Tree, is_included, leaf_hash
from guardrails.trust.log.note import Checkpoint, Verifier, read_note

__all__ = ["Taken", "exported", "taken"]

_REMEDY = "have it exported again, and ask how this file came about"


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that is proved to stand in the log."""

    index: int
    record: JSON


def exported(folder: Path, key: Verifier, first: int, last: int, event: str = "") -> str:
    """The records from one index to another, both counted, as JSON; only those that the newest checkpoint speaks of.

    Raises:
        AuditError: The log is not whole.
    """
    size = verify(folder, key).checkpoint.size
    contents = [line.content for line in Segments(folder / "log").lines()][:size]
    tree = Tree([leaf_hash(content) for content in contents])
    chosen = range(max(first, 0), min(last + 1, size))
    wanted = [index for index in chosen if not event or _event(contents[index]) == event]
    records = [{"index": index, "line": contents[index].decode(), "proof": _written(tree.inclusion(index))} for index in wanted]
    return json.dumps({"checkpoint": newest(folder).written(), "records": records}, indent=1, ensure_ascii=False) + "\n"


def _event(content: bytes) -> object:
    found = parse(content)
    return found.get("event") if isinstance(found, dict) else None


def _written(proof: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(step).decode() for step in proof]


def taken(text: str, key: Verifier) -> Iterator[Taken]:
    """The records of an export, each verified.

    Raises:
        AuditError: It is no export, its checkpoint is not signed by the key, or a record does not stand in that log.
    """
    try:
        found: Any = json.loads(text)
        note = read_note(found["checkpoint"])
        head = Checkpoint.read(note)
        entries = [
            (entry["index"], entry["line"].encode(), [base64.b64decode(step) for step in entry["proof"]]) for entry in found["records"]
        ]
    except (GuardrailsError, ValueError, KeyError, TypeError, AttributeError):
        raise AuditError("this is no export of an audit log", remedy="give the file that `guardrails audit export` wrote") from None
    if not key.has_signed(note) or head.origin != key.name:
        raise AuditError(f"the checkpoint is not signed by {key.name}", remedy=_REMEDY)
    for index, content, proof in entries:
        if type(index) is not int or not is_included(leaf_hash(content), index, head.size, head.root, proof):
            raise AuditError(f"record {index} does not stand in the log of {head.size} records", remedy=_REMEDY)
        yield Taken(index, parse(content))
