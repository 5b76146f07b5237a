"""How the lines of a journal stand in its file: in clear, or each sealed on its own under a key of the journal's.

Where sealing is asked for, a journal in clear is refused: whoever could put one in the place of a sealed one would decide what is put back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from guardrails.errors import OperatorError
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.head import DAMAGED, Head, Kind, is_sealed
from guardrails.trust.sealed.keys import Keys, no_key
from guardrails.trust.sealed.lines import SealedLines

__all__ = ["Form", "Seal", "Stored", "stored"]


@dataclass(frozen=True, slots=True)
class Seal:
    """With what the journal of one plan is sealed; `plan` is the digest of its file, which no other journal has."""

    keys: Keys
    plan: str


class Form(Protocol):
    """Lines as they are written, and back."""

    def sealed(self, number: int, content: bytes) -> bytes:
        """A line as it is written, with its end."""
        ...

    def unsealed(self, number: int, line: bytes) -> bytes:
        """What a line holds, without its end.

        Raises:
            SealError: It was changed.
        """
        ...

    def if_whole(self, number: int, line: bytes) -> bytes | None:
        """What a line holds; `None` when it is not whole."""
        ...


class _Clear:
    def sealed(self, number: int, content: bytes) -> bytes:  # noqa: ARG002  # the journal's own checksum has it
        return content + b"\n"

    def unsealed(self, number: int, line: bytes) -> bytes:  # noqa: ARG002  # likewise
        return line

    def if_whole(self, number: int, line: bytes) -> None:
        """In clear nothing tells a line whose end was changed from one that was torn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a file holds.

    Attributes:
        form: How its lines are written.
        head: What has to be written before the first line; empty when it is there, or not needed.
        lines: What the whole lines hold.
        size: How many bytes of the file are whole; what is behind them was torn.
    """

    form: Form
    head: bytes
    lines: tuple[bytes, ...]
    size: int


def stored(path: Path, content: bytes, seal: Seal | None) -> Stored:
    """What the bytes of a journal hold.

    Raises:
        SealError: It was changed, is that of another plan, or is not sealed as is asked for.
        OperatorError: The key cannot be used now.
    """
    size = content.rfind(b"\n") + 1
    written = content[:size].split(b"\n")[:-1]
    if seal is None:
        if written and is_sealed(written[0]):
            raise _of(path, no_key(Head.read(written[0] + b"\n")))
        return _read(path, _Clear(), written, content[size:], size)
    if not written:  # nothing was begun in it
        made = seal.keys.proven(Kind.JOURNAL, seal.plan)
        return Stored(form=SealedLines(made), head=made.head.written(), lines=(), size=0)
    if not is_sealed(written[0]):
        raise SealError(f"{path} is not sealed, and this host seals its journals", remedy=f"look at it, then: guardrails seal {path}")
    try:
        opened = seal.keys.opened(Head.read(written[0] + b"\n"), Kind.JOURNAL, seal.plan)
    except OperatorError as error:
        raise _of(path, error) from None
    return _read(path, SealedLines(opened), written[1:], content[size:], size)


def _read(path: Path, form: Form, written: list[bytes], torn: bytes, size: int) -> Stored:
    try:
        lines = tuple(form.unsealed(number, line) for number, line in enumerate(written))
    except SealError as error:
        raise _of(path, error) from None
    if torn and form.if_whole(len(lines), torn[:-1]) is not None:
        # a write that was torn leaves the beginning of a line: never all of it with another byte in the place of its end
        raise SealError(f"{path}: the end of line {len(lines) + 1} was changed", remedy=DAMAGED)
    return Stored(form=form, head=b"", lines=lines, size=size)


def _of(path: Path, error: OperatorError) -> OperatorError:
    return type(error)(f"{path}: {error.message}", remedy=error.remedy)
