"""What a source says, as values with places; what is not written out is a value that is not known."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Call",
    "Entry",
    "Fields",
    "Items",
    "Node",
    "NotRead",
    "Opaque",
    "Plain",
    "Reference",
    "Text",
    "line_of",
    "value_of",
]


class NotRead(Exception):  # named in the words of the field
    """A text that is not understood as a whole; the message says in which line, and never repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that is written out.

    Attributes:
        value: What it is.
        start: Where it begins, as an offset in characters; of a here-document where its first line does.
        end: Behind it.
        form: `quoted`, `here` or `plain`.
    """

    value: str
    start: int
    end: int
    form: str = "quoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A number, `true`, `false` or nothing."""

    value: float | bool | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    start: int
    end: int
    form: str = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A name with its value; `start` is where the name begins."""

    name: str
    value: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A map, or the body of a block. What stands twice is kept twice."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    form: str = "flow"

    def get(self, name: str) -> Node | None:
        """The value of a name; the first where it stands twice."""
        return next((entry.value for entry in self.entries if entry.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function with arguments that are understood."""

    name: str
    arguments: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Names with dots between them, such as `aws_iam_role.app.name`."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """What is not written out.

    Attributes:
        why: What decides it; nothing of it that may be secret.
        start: Where it begins.
        end: Behind it.
        parts: The texts and references that a text is built of, where it is built of names alone.
        made: All that it is made of, as far as that is understood. What `form` is decides how.
        form: `quoted` or `here` for a text with something put into it: texts and what is put in, by turns, a text first and last.
            `indexed` for names with keys such as `a.b[0].c`: references, and numbers or texts between them or at the end.
            `keyed` for a map with a name that is not written out: names and values by turns. Empty for all else.
    """

    why: str
    start: int
    end: int
    parts: tuple[Text | Reference, ...] = ()
    made: tuple[Node, ...] = ()
    form: str = ""


Node = Text | Plain | Items | Fields | Call | Reference | Opaque


def line_of(text: str, at: int) -> int:
    """In which line a place is, from 1."""
    return text.count("\n", 0, at) + 1


def value_of(node: Node) -> object:
    """A value that is written out, as JSON has it.

    Raises:
        LookupError: A part of it is not, and what decides that.
    """
    match node:
        case Text() | Plain():
            return node.value
        case Items():
            return [value_of(item) for item in node.items]
        case Fields():
            found = {entry.name: value_of(entry.value) for entry in node.entries}
            if len(found) != len(node.entries):
                raise LookupError("a name that stands twice")
            return found
        case Call():
            raise LookupError(f"{node.name}()")
        case Reference():
            raise LookupError(".".join(node.path))
        case Opaque():
            raise LookupError(node.why)
