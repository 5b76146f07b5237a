"""A strict reader for YAML 1.2 core: maps, lists and scalars with their places, and every mistake at once.

Anchors, aliases, tags, directives, merge keys, several documents, duplicate keys and deep or huge files are refused. A plain scalar that
YAML 1.1 and 1.2 read differently, or that only looks like text, is refused with what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from guardrails.errors import Mistake
from guardrails.model.reference import Place

__all__ = ["Items", "Mapping", "Node", "Scalar", "read"]

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 32
_MAX_NODES = 200_000
_BOOLEAN = re.compile(r"true|false|True|False|TRUE|FALSE")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_AMBIGUOUS = re.compile(
    r"[0-9]+:[0-9:]+|0[0-9]+|0[xob][0-9a-fA-F]+|[+-]?[0-9]+_[0-9_]*|[+-]?\.?[0-9]+\.?[0-9]*[eE][+-]?[0-9]+|[+-]?\.(?:inf|nan)|~|null|Null|NULL"
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `quoted` text is always text."""

    place: Place
    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map from text to nodes, in order, keys unique."""

    place: Place
    entries: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Items | Mapping


class _BadError(Exception):
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


def read(content: bytes, file: str) -> tuple[Node | None, tuple[Mistake, ...]]:
    """The document of a file and everything that is wrong with its form.

    A syntax error ends the reading of its file; other mistakes are gathered.
    """
    if len(content) > _MAX_BYTES:
        return None, (_mistake(file, 0, 0, "the file is larger than 1 MiB", "split it: all files are united"),)
    reader = _Reader(content, file)
    try:
        node = reader.document()
    except _BadError as error:
        return None, (*reader.mistakes, error.mistake)
    return node, tuple(reader.mistakes)


def _mistake(file: str, line: int, column: int, message: str, remedy: str = "") -> Mistake:
    return Mistake(file=file, line=line, column=column, message=message, remedy=remedy)


class _Reader:
    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self.nodes = 0
        self.events = yaml.parse(content, Loader=yaml.CLoader)

    def next(self) -> yaml.Event:
        try:
            event = next(self.events)
        except StopIteration:
            return yaml.StreamEndEvent()
        except yaml.YAMLError as error:
            raise _BadError(self._syntax(error)) from None
        except UnicodeDecodeError:
            raise _BadError(_mistake(self.file, 0, 0, "the file is not UTF-8 text", "save it as UTF-8")) from None
        self.nodes += 1
        if self.nodes > _MAX_NODES:
            raise _BadError(self.at(event, "the file holds more than 200,000 nodes", "split it: all files are united"))
        return event

    def _syntax(self, error: yaml.YAMLError) -> Mistake:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = getattr(error, "problem", None) or "is not readable as YAML"
        hint = "quote addresses and texts with a colon or a star" if mark else "save it as UTF-8 text"
        return _mistake(self.file, line, column, f"broken YAML: {problem}", hint)

    def at(self, event: yaml.Event, message: str, remedy: str = "") -> Mistake:
        place = self.place(event)
        return _mistake(self.file, place.line, place.column, message, remedy)

    def place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 0, 0)

    def document(self) -> Node | None:
        self.next()
        start = self.next()
        if isinstance(start, yaml.StreamEndEvent):
            raise _BadError(_mistake(self.file, 1, 1, "the file is empty", "delete it, or write a section"))
        if getattr(start, "version", None) or getattr(start, "tags", None):
            raise _BadError(self.at(start, "directives are not allowed", "remove the line that begins with %"))
        node = self.node(self.next(), 0)
        self.next()
        after = self.next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise _BadError(self.at(after, "a second document begins here", "put it into a file of its own"))
        return node

    def node(self, event: yaml.Event, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise _BadError(self.at(event, f"nested more than {_MAX_DEPTH} deep", "flatten it"))
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _BadError(self.at(event, "anchors and aliases are not allowed", "write the value out"))
        if getattr(event, "tag", None):
            raise _BadError(self.at(event, "tags are not allowed", "remove it; quote the value if it is text"))
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.items(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        quoted = event.style not in {None, ""}
        if not quoted and _AMBIGUOUS.fullmatch(event.value):
            self.mistakes.append(self.at(event, "this is read in more than one way", "quote it"))
        if not quoted and not event.value:
            self.mistakes.append(self.at(event, "there is no value here", "write one, or remove the key"))
        return Scalar(self.place(event), event.value, quoted)

    def items(self, start: yaml.Event, depth: int) -> Items:
        found = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            found.append(self.node(event, depth + 1))
        return Items(self.place(start), tuple(found))

    def mapping(self, start: yaml.Event, depth: int) -> Mapping:
        found: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(self.next(), depth + 1)
            if not isinstance(key, Scalar):
                self.mistakes.append(self.at(event, "a key must be text", "quote the address: brackets and braces make lists and maps"))
            elif key.text == "<<" and not key.quoted:
                self.mistakes.append(self.at(event, "merge keys are not allowed", "write the entries out"))
            elif key.text in found:
                first = found[key.text][0].place.line
                self.mistakes.append(self.at(event, f"the key {key.text} stands here twice, first in line {first}", "remove one"))
            else:
                found[key.text] = (key, value)
        return Mapping(self.place(start), tuple(found.values()))


def boolean(scalar: Scalar) -> bool | None:
    """`true` and `false`, or `None` for anything else."""
    return scalar.text.lower() == "true" if not scalar.quoted and _BOOLEAN.fullmatch(scalar.text) else None


def integer(scalar: Scalar) -> int | None:
    """A plain decimal number, or `None`."""
    return int(scalar.text) if not scalar.quoted and _INTEGER.fullmatch(scalar.text) else None
