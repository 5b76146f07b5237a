"""What a file of Terraform says, as far as it is read: blocks, and expressions of texts, lists, maps and references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Block", "Call", "Literal", "Many", "Node", "Reference", "Template", "Together"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, yes, no, or nothing."""

    value: bool | int | None


@dataclass(frozen=True, slots=True)
class Template:
    """A text; each part is one as it stands, or what is put there."""

    parts: tuple[str | Node, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A traversal such as `aws_s3_bucket.b[0].arn`, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """A map."""

    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    name: str
    arguments: tuple[Node, ...]


Node: TypeAlias = "Literal | Template | Reference | Many | Together | Call | None"
"""An expression; nothing for one that is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block with its attributes, and the blocks in it in their order."""

    kind: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Node]
    blocks: tuple[Block, ...]

    def inner(self, kind: str) -> tuple[Block, ...] | None:
        """The blocks of a kind in it; nothing where more of them are made by a loop."""
        if any(one.kind == "dynamic" and one.labels[:1] == (kind,) for one in self.blocks):
            return None
        return tuple(one for one in self.blocks if one.kind == kind)
