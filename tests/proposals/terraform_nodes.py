"""What the gate takes of the tree of a file of Terraform, in short: texts with what is put in, names as they are written, and nothing for all else."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.hcl.blocks import read_hcl
from guardrails.hcl.tree import Call as Called
from guardrails.hcl.tree import Fields, Items, NotRead, Opaque, Plain, Text
from guardrails.hcl.tree import Reference as Referred
from guardrails.proposals.terraform.sources import spelling

__all__ = ["Block", "Call", "Literal", "Many", "NotReadError", "Reference", "Template", "Together", "read_blocks", "shape"]

NotReadError = NotRead


@dataclass(frozen=True)
class Literal:
    value: bool | int | None


@dataclass(frozen=True)
class Template:
    """Texts beside each other are one."""

    parts: tuple

    def __post_init__(self):
        merged = []
        for part in filter(lambda part: part != "", self.parts):
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        object.__setattr__(self, "parts", tuple(merged))


@dataclass(frozen=True)
class Reference:
    text: str


@dataclass(frozen=True)
class Many:
    items: tuple


@dataclass(frozen=True)
class Together:
    entries: tuple


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple


class Block:
    def __init__(self, block):
        self.kind, self.labels, self._block = block.type, block.labels, block
        self.attributes = {entry.name: shape(entry.value) for entry in block.body.attributes}

    def inner(self, kind):
        found = spelling._inner(self._block, kind)
        return None if found is None else tuple(map(Block, found))


def read_blocks(text):
    return tuple(map(Block, read_hcl(text).blocks))


def shape(node):  # noqa: PLR0911  # one for each kind
    match node:
        case Text(value=value):
            return Template((value,))
        case Opaque(form="quoted" | "here", made=made) if made:
            return Template(tuple(one.value if not at % 2 else shape(one) for at, one in enumerate(made)))
        case Plain(value=value) if not isinstance(value, float):
            return Literal(value)
        case Referred() | Opaque(form="indexed"):
            return Reference(spelling._traversal(node))
        case Items(items=items):
            return Many(tuple(map(shape, items)))
        case Fields() | Opaque(form="keyed"):
            return Together(tuple((shape(key), shape(value)) for key, value in spelling._pairs(node)))
        case Called(name=name, arguments=arguments):
            return Call(name, tuple(map(shape, arguments)))
        case _:
            return None
