"""Names within a value, and values within a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guardrails.hcl.tree import Fields, Items, Node, Reference
from guardrails.written.documents import one_form

__all__ = ["forms_in", "names_in"]


def names_in(node: Node) -> Iterator[Reference]:
    """Every name that a list, a map or the node itself is made of; those within texts and functions are not."""
    match node:
        case Reference():
            yield node
        case Items():
            yield from (name for item in node.items for name in names_in(item))
        case Fields():
            yield from (name for entry in node.entries for name in names_in(entry.value))
        case _:
            return


def forms_in(value: object) -> Iterator[str]:
    """A value and all within it, each in the one form that it has however it is spelled."""
    yield one_form(value)
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for one in inner:
        yield from forms_in(one)
