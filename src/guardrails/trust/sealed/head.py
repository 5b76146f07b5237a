"""The first line of a sealed file: what it is and whose key opens it. Nothing in it is secret, and every byte of it is authenticated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from guardrails.ports import Context, Wrapped
from guardrails.trust.canonical import JSON, dump, parse
from guardrails.trust.errors import MalformedJson, SealError

__all__ = ["DAMAGED", "LONGEST_HEAD", "SCHEMA", "Head", "Kind", "context", "is_sealed"]

SCHEMA: Final = "guardrails.sealed/1"
DAMAGED: Final = "believe nothing of it, keep it, and find out who wrote to it"
LONGEST_HEAD: Final = 64 * 1024
_BEGINNING: Final = b'{"by":'
_NAMES: Final = frozenset({"schema", "kind", "id", "by", "key", "version", "wrapped"})


class Kind(Enum):
    """What a sealed file holds; one kind never passes for another."""

    SNAPSHOT = "snapshot"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the file is, wherever it lies.

    Attributes:
        kind: What it holds.
        id: Which one of its kind: of a journal the digest of its plan, of a snapshot what was drawn for it.
        wrapped: Its data key, as only the keeper of the key can open it.
    """

    kind: Kind
    id: str
    wrapped: Wrapped

    @property
    def context(self) -> Context:
        """What its data key is for."""
        return context(self.kind, self.id)

    def written(self) -> bytes:
        """The one spelling of it, with the end of its line."""
        key = {"by": self.wrapped.by, "key": self.wrapped.key, "version": self.wrapped.version, "wrapped": self.wrapped.content}
        return dump({"schema": SCHEMA, "kind": self.kind.value, "id": self.id, **key}) + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Head:
        """What `written` wrote.

        Raises:
            SealError: It is no such line, or was changed.
        """
        try:
            found = _texts(parse(line.removesuffix(b"\n")))
            wrapped = Wrapped(by=found["by"], key=found["key"], version=found["version"], content=found["wrapped"])
            head = cls(kind=Kind(found["kind"]), id=found["id"], wrapped=wrapped)
        except (MalformedJson, ValueError) as error:
            raise SealError(f"the head of the sealed file is damaged: {error}", remedy=DAMAGED) from None
        if head.written() != line:
            raise SealError("the head of the sealed file is not in its only spelling", remedy=DAMAGED)
        return head


def context(kind: Kind, name: str) -> Context:
    """What the data key of a file is for."""
    return {"schema": SCHEMA, "kind": kind.value, "id": name}


def is_sealed(content: bytes) -> bool:
    """Whether a file says that it is sealed, by how it begins; no file in clear begins so."""
    return content.startswith(_BEGINNING)


def _texts(found: JSON) -> dict[str, str]:
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        what = found.get("schema") if isinstance(found, dict) else None
        raise ValueError(f"it is of {str(what)[:60] or 'no schema'}, and this version reads {SCHEMA}")
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    if texts.keys() != found.keys() or texts.keys() != _NAMES:
        raise ValueError("it has not the fields of a head")
    return texts
