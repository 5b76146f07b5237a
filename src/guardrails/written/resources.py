"""Blocks of Terraform in their files."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from guardrails.hcl.blocks import Block, Body
from guardrails.hcl.tree import line_of

__all__ = ["MANY", "Called", "Resource"]

MANY = ("count", "for_each")
"""What makes several of one block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One block in its file: `resource` or `data`, or another one that says what a value is."""

    path: str
    text: str
    block: Block

    @property
    def folder(self) -> str:
        """The folder of its file, which is its module."""
        return posixpath.dirname(self.path)

    @property
    def address(self) -> str:
        """By which other blocks of its folder name it."""
        return ".".join((*(["data"] if self.block.type == "data" else []), *self.block.labels))

    @property
    def type(self) -> str:
        """Such as `aws_iam_role`."""
        return self.block.labels[0]

    @property
    def body(self) -> Body:
        """What stands in it."""
        return self.block.body

    @property
    def place(self) -> str:
        """Its file and line."""
        return self.at(self.block.start)

    def at(self, offset: int) -> str:
        """A place in its file."""
        return f"{self.path}:{line_of(self.text, offset)}"


@dataclass(frozen=True, slots=True)
class Called:
    """A module that is called: where, and where it is itself."""

    at: Resource
    source: str

    @property
    def name(self) -> str:
        """By which name."""
        return "".join(self.at.block.labels)

    @property
    def is_many(self) -> bool:
        """Whether perhaps several times."""
        return any(self.at.body.get(name) is not None for name in MANY)
