"""`aws_iam_policy_document` as the document that it makes, each part with the place of what makes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guardrails.hcl.blocks import Block
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import Entry, Fields, Items, Node, Text
from guardrails.written.dialects import Dialect
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Resource

__all__ = ["BLOCKS", "document", "plainly"]

_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_SINGLE = {"sid": "Sid", "effect": "Effect"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_WHOLE = {"version": "Version", "policy_id": "Id"}
_USUAL = "2012-10-17"
_NAMES = {value: key for key, value in (_LISTS | _SINGLE).items()}


def document(resource: Resource) -> Fields:
    """The document of a data source whose statements stand in blocks of its own.

    Raises:
        NoPatch: Other documents are put in, or statements are made by a loop.
    """
    body = resource.body
    strange = [entry for entry in body.attributes if entry.name not in _WHOLE]
    others = [block for block in body.blocks if block.type != "statement"]
    if strange or others:
        raise NoPatch(f"{strange[0].name if strange else others[0].type} decides what it says", resource.place)
    statements = Items(
        items=tuple(_statement(block, resource) for block in body.blocks), start=body.start - 1, end=body.end + 1, form="block"
    )
    entries = [Entry(name=_WHOLE[one.name], value=one.value, start=one.start, end=one.end) for one in body.attributes]
    if body.get("version") is None:
        entries.append(_usual("Version", _USUAL, body.start))
    entries.append(Entry(name="Statement", value=statements, start=body.start, end=body.end))
    return Fields(entries=tuple(entries), start=body.start - 1, end=body.end + 1, form="block")


def _usual(name: str, value: str, at: int) -> Entry:
    return Entry(name=name, value=Text(value=value, start=at, end=at, form="default"), start=at, end=at)


def _statement(block: Block, resource: Resource) -> Fields:
    entries = list(_attributes(block, resource))
    if block.body.get("effect") is None:
        entries.append(_usual("Effect", "Allow", block.body.start))
    for kind, name in _PRINCIPALS.items():
        if found := block.body.of(kind):
            entries.append(_principals(name, found, resource))
    if found := block.body.of("condition"):
        inner = tuple(_condition(one, resource) for one in found)
        entries.append(Entry(name="Condition", value=_around(inner), start=found[0].start, end=found[-1].end))
    for other in block.body.blocks:
        if other.type not in {*_PRINCIPALS, "condition"}:
            raise NoPatch(f"{other.type} decides what it says", resource.at(other.start))
    return Fields(entries=tuple(entries), start=block.start, end=block.end, form="block")


def _attributes(block: Block, resource: Resource) -> Iterator[Entry]:
    for entry in block.body.attributes:
        name = _LISTS.get(entry.name) or _SINGLE.get(entry.name)
        if name is None:
            raise NoPatch(f"{entry.name} decides what it says", resource.at(entry.start))
        yield Entry(name=name, value=plainly(entry.value), start=entry.start, end=entry.end)


def plainly(node: Node) -> Node:
    """`&{aws:username}` is how the provider has `${aws:username}` written."""
    match node:
        case Text() if "&{" in node.value:
            return Text(value=node.value.replace("&{", "${"), start=node.start, end=node.end, form=node.form)
        case Items():
            return Items(items=tuple(map(plainly, node.items)), start=node.start, end=node.end)
        case _:
            return node


def _around(entries: tuple[Entry, ...]) -> Fields:
    return Fields(entries=entries, start=entries[0].start - 1, end=entries[-1].end + 1, form="block")


def _needed(block: Block, name: str, resource: Resource) -> Node:
    node = block.body.get(name)
    if node is None:
        raise NoPatch(f"{block.type} has no {name}", resource.at(block.start))
    return plainly(node)


def _worded(block: Block, name: str, resource: Resource) -> str:
    node = _needed(block, name, resource)
    if not isinstance(node, Text):
        raise NoPatch(f"{name} of {block.type} is not written out", resource.at(block.start))
    return node.value


def _principals(name: str, found: tuple[Block, ...], resource: Resource) -> Entry:
    kinds = [_worded(block, "type", resource) for block in found]
    spans = [(block.start, block.end) for block in found]
    if kinds == ["*"]:
        return Entry(
            name=name, value=Text(value="*", start=spans[0][0], end=spans[0][1], form="default"), start=spans[0][0], end=spans[0][1]
        )
    inner = tuple(
        Entry(name=kind, value=_needed(block, "identifiers", resource), start=block.start, end=block.end)
        for kind, block in zip(kinds, found, strict=True)
    )
    return Entry(name=name, value=_around(inner), start=spans[0][0], end=spans[-1][1])


def _condition(block: Block, resource: Resource) -> Entry:
    variable, values = _worded(block, "variable", resource), _needed(block, "values", resource)
    one = Entry(name=variable, value=values, start=block.start, end=block.end)
    inner = Fields(entries=(one,), start=block.start - 1, end=block.end + 1, form="block")
    return Entry(name=_worded(block, "test", resource), value=inner, start=block.start, end=block.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocks(Dialect):
    """Statements as blocks, and their parts by the names that the provider has for them."""

    @property
    def between(self) -> str:
        """Nothing."""
        return ""

    def render(self, value: object, begin: str = "") -> str:
        """A statement, or a list of texts."""
        match value:
            case Mapping():
                return self._statement(value, begin)
            case list():
                return f"[{', '.join(quoted_text(_and(str(item))) for item in value)}]"
            case _:
                return quoted_text(_and(str(value)))

    def key(self, name: str) -> str:
        """An attribute of a statement."""
        if name not in _NAMES:
            raise NoPatch(f"{name} would have to be written")
        return f"{_NAMES[name]} = "

    def _statement(self, value: Mapping[str, object], begin: str) -> str:
        inner = f"{begin or chr(10)}  "
        told = []
        for name, held in value.items():
            listed = [held] if _NAMES.get(name) in _LISTS and not isinstance(held, list) else held
            told.append(f"{self.key(name)}{self.render(listed)}")
        return f"statement {{{inner}{inner.join(told)}{begin}}}"


def _and(text: str) -> str:
    return text.replace("${", "&{")


BLOCKS = _Blocks(name="blocks", may_trail=True)
