"""Takes nodes apart: each getter returns a value of its type, or notes a mistake with its place and goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from guardrails.errors import DeclarationError, Mistake, SecretError
from guardrails.model.reference import ANYBODY, NOWHERE, Place, Reference, Scope
from guardrails.notation.document import Items, Mapping, Node, Scalar, boolean, integer
from guardrails.secret import SecretRef

__all__ = ["Fields", "Notes", "hours"]

_T = TypeVar("_T")
_DURATION = re.compile(r"([1-9][0-9]*)([hd])")
_SCOPE = re.compile(r"([a-z][a-z0-9-]*)(?:@([a-z][a-z0-9-]*))?")
_LOCAL = frozenset({"person", "team", "workload", "role"})


@dataclass(slots=True)
class Notes:
    """The mistakes found so far."""

    mistakes: list[Mistake] = field(default_factory=list)
    unevaluated: list[tuple[str, Place]] = field(default_factory=list)

    def add(self, place: Place, message: str, remedy: str = "") -> None:
        """Note a mistake and go on."""
        self.mistakes.append(Mistake(file=place.file, line=place.line, column=place.column, message=message, remedy=remedy))

    def settle(self) -> None:
        """Raise what was noted, if anything was.

        Raises:
            DeclarationError: With every mistake.
        """
        if self.mistakes:
            raise DeclarationError(tuple(self.mistakes))


def hours(text: str) -> int | None:
    """Hours of a duration such as `365d` or `12h`."""
    form = _DURATION.fullmatch(text)
    if form is None:
        return None
    return int(form[1]) * (24 if form[2] == "d" else 1)


class Fields:
    """The fields of one map. Whatever is not asked for by the end is an unknown field."""

    def __init__(self, node: object, notes: Notes, where: str) -> None:
        self.notes = notes
        self.where = where
        self.place = node.place if isinstance(node, Node) else NOWHERE
        self.entries: dict[str, tuple[Scalar, Node]] = {}
        self.asked: set[str] = set()
        if isinstance(node, Mapping):
            self.entries = {key.text: (key, value) for key, value in node.entries}
        elif node is not None:
            notes.add(self.place, f"{where} must be a map", "write {key: value}, or one entry a line")

    def node(self, name: str, *, required: bool = False) -> Node | None:
        """The raw value of a field."""
        self.asked.add(name)
        if name in self.entries:
            return self.entries[name][1]
        if required:
            self.notes.add(self.place, f"{self.where} lacks {name}", f"add {name}:")
        return None

    def text(self, name: str, *, required: bool = False) -> str:
        """A text; numbers and booleans are not text."""
        node = self.node(name, required=required)
        return self._text(node, f"{self.where}.{name}") if node is not None else ""

    def secret(self, name: str, *, required: bool = False) -> SecretRef | None:
        """A reference to a secret. What stands in its place may be the secret itself, so no message repeats it."""
        node = self.node(name, required=required)
        if node is None:
            return None
        try:
            return SecretRef.parse(node.text if isinstance(node, Scalar) else "")
        except SecretError as error:
            self.notes.add(node.place, f"{self.where}.{name}: {error.message}", error.remedy)
            return None

    def _text(self, node: Node, where: str) -> str:
        if not isinstance(node, Scalar):
            self.notes.add(node.place, f"{where} must be a text", 'quote it: "..."; an unquoted [ or { makes a list or a map')
            return ""
        if boolean(node) is not None or integer(node) is not None:
            self.notes.add(node.place, f"{where} must be a text, and {node.text} is not one", f'quote it: "{node.text}"')
            return ""
        return node.text

    def choice(self, name: str, table: dict[str, _T], *, default: _T) -> _T:
        """One of several words."""
        text = self.text(name)
        if text and text not in table:
            self.notes.add(self.entries[name][1].place, f"{self.where}.{name}: {text} is none of {', '.join(table)}", _near(text, table))
        return table.get(text, default)

    def flag(self, name: str) -> bool:
        """`true` or `false`; absent is false."""
        node = self.node(name)
        if node is None:
            return False
        value = boolean(node) if isinstance(node, Scalar) else None
        if value is None:
            self.notes.add(node.place, f"{self.where}.{name} must be true or false", "write true or false, unquoted")
        return bool(value)

    def number(self, name: str, *, largest: int | None = None) -> int | None:
        """A whole number from 0; `None` when absent."""
        node = self.node(name)
        if node is None:
            return None
        value = integer(node) if isinstance(node, Scalar) else None
        if value is None or value < 0 or (largest is not None and value > largest):
            until = "" if largest is None else f" to {largest}"
            self.notes.add(node.place, f"{self.where}.{name} must be a number from 0{until}", "write a whole number, unquoted")
            return None
        return value

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts."""
        node = self.node(name, required=required)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.notes.add(node.place, f"{self.where}.{name} must be a list", f"write {name}: [...]")
            return ()
        return tuple(text for item in node.items if (text := self._text(item, f"{self.where}.{name}")))

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date such as 2027-03-31; every one means the end of that day."""
        text = self.text(name, required=required)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.notes.add(self.entries[name][1].place, f"{self.where}.{name}: {text} is not a date", "write it as 2027-03-31")
            return None

    def hours(self, name: str) -> int:
        """Hours of a duration such as 365d or 12h; 0 when absent."""
        text = self.text(name)
        value = hours(text)
        if text and value is None:
            self.notes.add(self.entries[name][1].place, f"{self.where}.{name}: {text} is not a duration", "write 30d or 24h")
        return value or 0

    def days(self, name: str) -> int:
        """Whole days of a duration, at least one; 0 when absent."""
        value = self.hours(name)
        return max(1, value // 24) if value else 0

    def parsed(self, name: str, reader: Callable[[str], _T | None], form: str, *, required: bool = False) -> tuple[_T, ...]:
        """A list of texts, each read by `reader`, which returns `None` for what is not of its form."""
        node = self.node(name, required=required)
        if node is None:
            return ()
        found = []
        for item in node.items if isinstance(node, Items) else (node,):
            text = self._text(item, f"{self.where}.{name}")
            value = reader(text) if text else None
            if text and value is None:
                self.notes.add(item.place, f"{self.where}.{name}: {text!r} is not {form}")
            elif value is not None:
                found.append(value)
        return tuple(found)

    def some(self, name: str, reader: Callable[[str], _T | None], form: str, *, required: bool = False) -> tuple[_T, ...]:
        """Likewise, where an empty list is a mistake: nothing named would be read as nothing said."""
        before = len(self.notes.mistakes)
        found = self.parsed(name, reader, form, required=required)
        if not found and name in self.entries and len(self.notes.mistakes) == before:
            self.notes.add(self.entries[name][1].place, f"{self.where}.{name} names nothing", f"name {form}, or leave it out")
        return found

    def reference(self, name: str) -> Reference:
        """One reference, required; after a mistake it names nobody."""
        found = self.parsed(name, reference, "a reference such as aws@prod:role/ci", required=True)
        return found[0] if found else Reference(scope=None, kind="", name="")

    def outsiders(self, name: str) -> tuple[Reference, ...]:
        """A list of references among which `anybody` may stand."""
        form = "anybody, or a reference such as aws:service/glue.amazonaws.com"
        return self.parsed(name, lambda text: ANYBODY if text == ANYBODY.kind else reference(text), form)

    def fields(self, name: str, *, required: bool = False) -> Fields:
        """A map inside this one; empty when absent."""
        return Fields(self.node(name, required=required), self.notes, f"{self.where}.{name}")

    def each(self) -> Iterator[tuple[str, Node, Place]]:
        """All entries of a map keyed by name."""
        for name, (key, value) in self.entries.items():
            self.asked.add(name)
            yield name, value, key.place

    def done(self) -> None:
        """Note every field that nobody asked for."""
        for name, (key, _) in self.entries.items():
            if name not in self.asked:
                self.notes.add(key.place, f"{self.where} has no field {name}", _near(name, self.asked))


def _near(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def scope(text: str) -> Scope | None:
    """`aws` or `aws@prod`."""
    form = _SCOPE.fullmatch(text)
    return Scope(form[1], form[2] or "") if form else None


def reference(text: str) -> Reference | None:
    """`person:bob`, `aws@prod:role/ci`, `aws:service/glue.amazonaws.com` or `aws:444455556666`."""
    head, colon, rest = text.partition(":")
    if not colon or not rest:
        return None
    if head in _LOCAL:
        return Reference(scope=None, kind=head, name=rest)
    found = scope(head)
    if found is None:
        return None
    kind, slash, name = rest.partition("/")
    return Reference(scope=found, kind=kind if slash else "", name=name if slash else rest)
