"""Lists, sets and maps of Terraform with what stands in them, behind the names that lead there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from guardrails.hcl.tree import Call, Fields, Items, Node, Reference, Text
from guardrails.written.listed import Span
from guardrails.written.resources import Resource
from guardrails.written.terraform import Configuration

__all__ = ["Listed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Members that are written out in the block `at`, and what is supposed of the way there; `named` is how they are said at `by`."""

    at: Resource
    node: Items | Fields
    by: Resource
    named: Node
    note: str = ""

    @classmethod
    def of(cls, sources: Configuration, resource: Resource, named: Node | None) -> Self | None:
        """What an attribute is; `None` where its members are not written out."""
        if named is None:
            return None
        found = sources.behind(resource, named)
        if isinstance(found.node, Call) and found.node.name == "toset" and len(found.node.arguments) == 1:
            found = sources.behind(found.at, found.node.arguments[0])
        if not isinstance(found.node, Items | Fields):
            return None
        return cls(at=found.at, node=found.node, by=resource, named=named)

    def alone(self, sources: Configuration) -> Self:
        """Likewise.

        Raises:
            NoPatch: Something else is made of the same.
        """
        found = sources.alone(self.by, self.named)
        notes = [found.note]
        if isinstance(found.node, Call):
            found = sources.alone(found.at, found.node.arguments[0])
            notes.append(found.note)
        return replace(self, note="; ".join(filter(None, notes)))

    @property
    def spans(self) -> list[Span]:
        """Where each member stands."""
        members = self.node.items if isinstance(self.node, Items) else self.node.entries
        return [Span(one.start, one.end) for one in members]

    @property
    def values(self) -> list[Node]:
        """What each is."""
        return list(self.node.items) if isinstance(self.node, Items) else [entry.value for entry in self.node.entries]

    def bound(self, at: int, resource: Resource, node: Node | None) -> tuple[Resource, Node | None]:
        """What an attribute is in what is made for one member."""
        match node:
            case Reference(path=("each", "value", *names)):
                value: Node | None = self.values[at]
                for name in names:
                    value = value.get(name) if isinstance(value, Fields) else None
                return self.at, value
            case Reference(path=("each", "key")) if isinstance(self.node, Fields):
                entry = self.node.entries[at]
                return self.at, Text(value=entry.name, start=entry.start, end=entry.start)
            case Reference(path=("each", "key")):
                return self.at, self.values[at]
            case _:
                return resource, node
