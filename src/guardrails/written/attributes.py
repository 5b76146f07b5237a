"""Attributes of blocks of Terraform that become others, or come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guardrails.hcl.blocks import Block
from guardrails.hcl.tree import Plain, Text, value_of
from guardrails.written.cuts import Cut
from guardrails.written.dialects import HCL
from guardrails.written.listed import indent_at, line_end, line_start
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Resource

__all__ = ["attributes_set", "values"]


def values(block: Block, names: Mapping[str, object]) -> dict[str, object]:
    """What attributes are, `None` for one that is not there.

    Raises:
        LookupError: One is not written out.
    """
    return {name: value_of(node) if (node := block.body.get(name)) is not None else None for name in names}


def attributes_set(resource: Resource, block: Block, wanted: Mapping[str, object]) -> Iterator[Cut]:
    """The cuts that make attributes of a block something else; one that is `None` goes.

    Raises:
        NoPatch: One is decided elsewhere, or there is no line to put another one behind.
    """
    new = []
    for name, value in wanted.items():
        entry = block.body.entry(name)
        if entry is None:
            new += [f"{HCL.key(name)}{HCL.render(value)}"] if value is not None else []
        elif not isinstance(entry.value, Text | Plain) or getattr(entry.value, "form", "") == "here":
            raise NoPatch(f"{name} is not written out", resource.at(entry.start))
        elif value is None:
            yield _line(resource, entry.start, entry.end)
        elif entry.value.value != value:
            yield Cut(entry.value.start, entry.value.end, HCL.render(value))
    if new:
        yield _behind(resource, block, new)


def _line(resource: Resource, start: int, end: int) -> Cut:
    text = resource.text
    first, last = line_start(text, start), line_end(text, end)
    if text[first:start].strip() or text[end:last].strip():
        raise NoPatch("something else stands in its line", resource.at(start))
    return Cut(first, last)


def _behind(resource: Resource, block: Block, new: list[str]) -> Cut:
    """Behind the last attribute, or before the brace of a block that has none."""
    text = resource.text
    end = "\r\n" if "\r\n" in text else "\n"
    if not block.body.attributes:
        at = line_start(text, block.body.end)
        if text[at : block.body.end].strip():
            raise NoPatch("there is no line to put it in", resource.at(block.start))
        indent = f"{indent_at(text, block.body.end)}  "
        return Cut(at, at, "".join(f"{indent}{one}{end}" for one in new))
    last = block.body.attributes[-1]
    at = line_end(text, last.end)
    if text[line_start(text, last.start) : last.start].strip() or at > block.body.end:
        raise NoPatch("there is no line to put it in", resource.at(block.start))
    indent = indent_at(text, last.start)
    return Cut(at, at, "".join(f"{indent}{one}{end}" for one in new))
