"""One pattern over texts: literal characters, single wildcards and runs, each run with the characters that it cannot cross."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, permutations

from guardrails.sets.automaton import Machine, search
from guardrails.sets.budget import STATES
from guardrails.sets.tokens import ARN_PARTS, Token, tokens_of

__all__ = ["Pattern", "is_some", "shortest"]

_OPEN = (Token(run=True),)
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """The set of texts that one pattern matches. Build it with `glob`, `literal`, `arn` or `segments`."""

    text: str
    style: str = "glob"
    _known: _Shape | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def glob(cls, text: str) -> Pattern:
        """`*` is any text and `?` any one character; both cross every separator."""
        return _pattern(text, "glob")

    @classmethod
    def literal(cls, text: str) -> Pattern:
        """Exactly this text."""
        return _pattern(text, "literal")

    @classmethod
    def arn(cls, text: str) -> Pattern:
        """An ARN pattern: in its first five parts wildcards stop at `:`, in the sixth they cross everything.

        A pattern of fewer than six parts is read as a glob, so a `*` that ends it expands beyond colons
        (AWS, IAM User Guide, "Resource").
        """
        return _pattern(text, "arn")

    @classmethod
    def segments(cls, text: str) -> Pattern:
        """A Vault path: `+` alone in a segment is one segment, a final `*` any text, everything else literal."""
        return _pattern(text, "segments")

    @property
    def _shape(self) -> _Shape:
        found = self._known
        if found is None:
            found = _shape(self)
            object.__setattr__(self, "_known", found)
        return found

    @property
    def _machine(self) -> Machine:
        """That of what follows the head."""
        return _machine(self.tokens[len(self.head) :])

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The steps of the pattern, neighbouring equal runs merged."""
        return _tokens(self)

    @property
    def head(self) -> str:
        """The literal text that everything it matches begins with."""
        return self._shape.head

    @property
    def is_literal(self) -> bool:
        """Whether it matches exactly one text."""
        return self._shape.is_literal

    @property
    def is_prefix(self) -> bool:
        """Whether it matches all that begins with its head."""
        return self._shape.is_prefix

    @property
    def is_any(self) -> bool:
        """Whether it is the wildcard that matches every text."""
        return self.text == "*" and self.style != "literal"

    @property
    def shortest(self) -> str:
        """A text that it matches, as short as any."""
        return self._shape.shortest

    @property
    def parts(self) -> tuple[Pattern, ...]:
        """The six parts of an ARN pattern, which match independently of each other; any other pattern is one part."""
        return _parts(self)

    def matches(self, text: str) -> bool:
        """Whether the text is in the set; linear in its length whatever the pattern."""
        shape = self._shape
        if not text.startswith(shape.head) or shape.needle not in text:
            return False
        if shape.is_literal:
            return len(text) == len(shape.head)
        if shape.is_prefix:
            return True
        if len(self.parts) == ARN_PARTS:
            found = text.split(":", ARN_PARTS - 1)
            return len(found) == ARN_PARTS and all(part.matches(each) for part, each in zip(self.parts, found, strict=True))
        return self._machine.accepts(text[len(shape.head) :])

    def spans(self, other: Pattern) -> bool:
        """Whether it surely matches all that the other does; quick, and `False` proves nothing."""
        mine, theirs = self._shape, other._shape
        if theirs.is_literal:
            return self.matches(theirs.head)
        if mine.is_literal or not theirs.head.startswith(mine.head):
            return False
        if mine.is_prefix:
            return True
        if len(self.parts) == len(other.parts) == ARN_PARTS:
            return all(part.spans(each) for part, each in zip(self.parts, other.parts, strict=True))
        return self._machine.spans(other.tokens[len(mine.head) :])

    def is_apart(self, other: Pattern) -> bool:
        """Whether the two surely share no text; quick, and `False` proves nothing."""
        mine, theirs = self._shape, other._shape
        heads = mine.head.startswith(theirs.head) or theirs.head.startswith(mine.head)
        return not heads or not (mine.tail.endswith(theirs.tail) or theirs.tail.endswith(mine.tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    head: str
    tail: str
    needle: str
    """A literal text that everything it matches has in it, the longest."""
    shortest: str
    is_literal: bool
    is_prefix: bool


@lru_cache(maxsize=131072)
def _pattern(text: str, style: str) -> Pattern:
    """The same pattern for the same text, so that it is looked into once."""
    return Pattern(text, style)


def _shape(pattern: Pattern) -> _Shape:
    """Told by the text alone where that can be done: most patterns are never asked for more."""
    if pattern.style in {"glob", "arn"}:
        pieces, shortest = _WILD.split(pattern.text), pattern.text.replace("*", "").replace("?", "x")
        is_prefix = _is_open(pattern, pieces[0])
    else:
        tokens = pattern.tokens
        pieces, shortest = _pieces(tokens), "".join(token.char or "x" for token in tokens if not token.run)
        is_prefix = tokens[len(pieces[0]) :] == _OPEN
    return _Shape(
        head=pieces[0],
        tail=pieces[-1],
        needle=max(pieces, key=len),
        shortest=shortest,
        is_literal=len(pieces) == 1,
        is_prefix=is_prefix,
    )


def _pieces(tokens: Iterable[Token]) -> list[str]:
    """The literal texts between wildcards."""
    pieces = [""]
    for token in tokens:
        if token.char:
            pieces[-1] += token.char
        else:
            pieces.append("")
    return pieces


def _is_open(pattern: Pattern, head: str) -> bool:
    """Whether nothing but a run follows the head, one without bars."""
    text = pattern.text
    if len(text) == len(head) or text[len(head) :].strip("*"):
        return False
    return pattern.style == "glob" or head.count(":") >= ARN_PARTS - 1 or text.count(":") < ARN_PARTS - 1


@lru_cache(maxsize=65536)
def _tokens(pattern: Pattern) -> tuple[Token, ...]:
    return tokens_of(pattern.text, pattern.style)


@lru_cache(maxsize=65536)
def _parts(pattern: Pattern) -> tuple[Pattern, ...]:
    found = pattern.text.split(":", ARN_PARTS - 1) if pattern.style == "arn" else ()
    return tuple(map(Pattern.glob, found)) if len(found) == ARN_PARTS else (pattern,)


@lru_cache(maxsize=65536)
def _machine(row: tuple[Token, ...]) -> Machine:
    return Machine([row])


@lru_cache(maxsize=65536)
def is_some(included: tuple[Pattern, ...], excluded: tuple[Pattern, ...]) -> bool:
    """Whether there is a text that every included pattern matches and no excluded one.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    if any(one.is_apart(other) for one, other in combinations(included, 2)):
        return False
    if not excluded and _are_arns(included):
        return all(is_some(column, ()) for column in _columns(included))
    # most of what two patterns share is found by putting the one behind the beginning of the other
    for first, second in permutations(included, 2):
        for start in (first.head, first.shortest):
            if _fits(start + second.shortest, included, excluded):
                return True
    return shortest(included, excluded) is not None


@lru_cache(maxsize=65536)
def shortest(included: tuple[Pattern, ...], excluded: tuple[Pattern, ...], budget: int = STATES) -> str | None:
    """The shortest text that every included pattern matches and no excluded one; `None` proves that there is none.

    Raises:
        BudgetExceededError: More than `budget` states would have to be visited.
    """
    for pattern in included:
        if _fits(pattern.shortest, included, excluded):
            return pattern.shortest
    if (
        any(pattern.is_literal for pattern in included)
        or any(out.spans(pattern) for out in excluded for pattern in included)
        or any(one.is_apart(other) for one, other in combinations(included, 2))
    ):
        return None
    if _are_arns(included):
        found: list[str] = []
        for column in _columns(included):
            part = shortest(column, (), budget)
            if part is None:
                return None
            found.append(part)
        if _fits(text := ":".join(found), included, excluded):
            return text
    return search([pattern.tokens for pattern in included], [pattern.tokens for pattern in excluded], budget)


def _fits(text: str, included: tuple[Pattern, ...], excluded: tuple[Pattern, ...]) -> bool:
    return all(each.matches(text) for each in included) and not any(each.matches(text) for each in excluded)


def _are_arns(included: tuple[Pattern, ...]) -> bool:
    return len(included) > 1 and all(len(pattern.parts) == ARN_PARTS for pattern in included)


def _columns(included: tuple[Pattern, ...]) -> Iterator[tuple[Pattern, ...]]:
    """What each part of an ARN has to match."""
    return (tuple(sorted(set(column))) for column in zip(*(pattern.parts for pattern in included), strict=True))
