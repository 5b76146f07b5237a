"""What a run was about to do and what it has done, on the disk before anything else happens.

One file for each plan, one canonical line for each step, each with its number and its own checksum. A last line that was torn is ignored:
what it would have said was not acted upon. Any other line that is damaged stops everything. Only its owner may read the file; where the
host names a key, every line is sealed besides (`lines`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from guardrails.apply.lines import Form, Seal, stored
from guardrails.errors import OperatorError
from guardrails.model.changes import Image
from guardrails.model.coding import decoded, encoded
from guardrails.trust.canonical import JSON, dump, parse, sha256_hex
from guardrails.trust.errors import MalformedJson
from guardrails.trust.files import check_private
from guardrails.trust.log.disk import sync_folder

__all__ = ["Journal", "Step", "opened_journal", "read_journal"]

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_NOTHING: Mapping[str, JSON] = MappingProxyType({})
_DAMAGED = "stop, and find out who wrote to it; what the systems hold tells what was done"


class Step(Enum):
    """What a line says."""

    BEGIN = "begin"
    """A plan is about to be applied; from here on it never is again."""
    INTENT = "intent"
    """A change is about to be written."""
    DONE = "done"
    """It was written, and read back."""
    UNDO = "undo"
    """A change is about to be taken back."""
    UNDONE = "undone"
    """It is taken back, or was never made."""
    KEPT = "kept"
    """It stays as it was made while all else is taken back, for nobody can take it back."""
    WAITING = "waiting"
    """Every change is made, and is taken back unless somebody confirms in time."""
    CONFIRMED = "confirmed"
    """Somebody did."""
    STOPPED = "stopped"
    """Somebody else changed the object: a person has to look."""
    END = "end"
    """Nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    step: Step
    change: int
    values: Mapping[str, JSON]


class Journal:
    """The steps of one plan. Not for several threads; the lease keeps other processes out."""

    def __init__(self, path: Path, descriptor: int, lines: Iterable[_Line], form: Form) -> None:
        self._path, self._descriptor, self._form = path, descriptor, form
        self._lines: list[_Line] = []
        self._steps: set[tuple[Step, int]] = set()
        self._intents: dict[int, _Line] = {}
        self._dones: dict[int, _Line] = {}
        for line in lines:
            self._keep(line)

    def _keep(self, line: _Line) -> None:
        self._lines.append(line)
        self._steps.add((line.step, line.change))
        if line.step is Step.INTENT:
            self._intents[line.change] = line
        elif line.step is Step.DONE:
            self._dones[line.change] = line

    def append(self, step: Step, change: int = -1, values: Mapping[str, JSON] = _NOTHING) -> None:
        """Add a line. When this returns, it is on the disk.

        Raises:
            OperatorError: It is not surely written, so nothing may be done.
        """
        line = _Line(step=step, change=change, values=values)
        content = self._form.sealed(len(self._lines), _line(len(self._lines), line))
        with _told(self._path, "make room or mend the disk, then: guardrails resume"):
            _write(self._descriptor, content)
        self._keep(line)

    def intend(self, change: int, before: Image, after: Image) -> None:
        """A change is about to be written, with what it finds and what it leaves."""
        self.append(Step.INTENT, change, {"before": encoded(before), "after": encoded(after)})

    @property
    def has_begun(self) -> bool:
        """Whether the plan was ever begun."""
        return bool(self._lines)

    @property
    def ended(self) -> str:
        """How it ended; empty when it has not, or when something was begun since."""
        last = self._lines[-1] if self._lines else None
        return str(last.values["outcome"]) if last is not None and last.step is Step.END else ""

    @property
    def stopped(self) -> str:
        """Why a person has to look; empty when nobody has to."""
        return next((str(line.values["reason"]) for line in reversed(self._lines) if line.step is Step.STOPPED), "")

    @property
    def is_stopped(self) -> bool:
        """Whether a person has to look before anything else is tried; not any more once something was."""
        return bool(self._lines) and self._lines[-1].step is Step.STOPPED

    @property
    def began(self) -> Mapping[str, JSON]:
        """What was told when the plan was begun: by whom, for whom, until when it must be confirmed."""
        return self._lines[0].values if self._lines else _NOTHING

    @property
    def confirm_by(self) -> datetime | None:
        """When everything is taken back; `None` when the plan needs no confirmation, or has it."""
        until = self.began.get("confirm_by")
        return None if until is None or self.has(Step.CONFIRMED, -1) else datetime.fromisoformat(str(until))

    @property
    def is_waiting(self) -> bool:
        """Whether every change is made and nobody has confirmed yet."""
        return self.has(Step.WAITING, -1) and self.confirm_by is not None and not self.ended and not self.is_going_back

    @property
    def is_going_back(self) -> bool:
        """Whether taking back was begun: then nothing goes forward any more."""
        return any(step in {Step.UNDO, Step.UNDONE, Step.KEPT} for step, _ in self._steps)

    def has(self, step: Step, change: int) -> bool:
        """Whether a step of a change stands in it."""
        return (step, change) in self._steps

    def images(self, change: int) -> tuple[Image, Image] | None:
        """What a change found and what it leaves; `None` when it was never intended."""
        line = self._intents.get(change)
        return (_image(line.values["before"]), _image(line.values["after"])) if line else None

    def done_at(self, change: int) -> datetime | None:
        """When a change was seen to be made; `None` when it was not, or when the journal is of a version that told no times."""
        line = self._dones.get(change)
        at = line.values.get("at") if line else None
        return None if at is None else datetime.fromisoformat(str(at))

    def why_kept(self, change: int) -> str:
        """Why a change stays as it was made; empty when it does not."""
        kept = (line for line in self._lines if (line.step, line.change) == (Step.KEPT, change))
        return next((str(line.values["reason"]) for line in kept), "")


def _image(value: JSON) -> Image:
    found = decoded(Image, value)
    assert isinstance(found, Image)  # noqa: S101  # what was asked for
    return found


def read_journal(path: Path, seal: Seal | None = None) -> Journal:
    """The journal in a file as it is now, for whoever only looks: others may write to it meanwhile, and a line in the making is left out.

    Raises:
        OperatorError: It cannot be read, is damaged, or is not sealed as is asked for.
    """
    with _told(path, "let guardrails read the state folder"):
        content = path.read_bytes()
    found = stored(path, content, seal)
    return Journal(path, -1, _lines(path, found.lines), found.form)


@contextmanager
def opened_journal(path: Path, seal: Seal | None = None) -> Iterator[Journal]:
    """The journal in a file, made when there is none; a torn last line is cut off.

    Raises:
        OperatorError: It cannot be written, is damaged, is not sealed as is asked for, or others could read or change it.
    """
    remedy = "let guardrails write the state folder"
    with _told(path, remedy):
        descriptor = os.open(path, _FLAGS, 0o600)
    try:
        check_private(descriptor, path)
        with _told(path, remedy):
            content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        found = stored(path, content, seal)
        lines = tuple(_lines(path, found.lines))
        with _told(path, remedy):
            if found.size != len(content):
                os.ftruncate(descriptor, found.size)
            if found.head:
                _write(descriptor, found.head)
            _sync(descriptor, path.parent)
        yield Journal(path, descriptor, lines, found.form)
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path, remedy: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy=remedy) from error


def _write(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(0, "the disk is full")  # told like every other error of the disk
    os.fsync(descriptor)


def _sync(descriptor: int, folder: Path) -> None:
    os.fsync(descriptor)
    sync_folder(folder)


def _line(number: int, line: _Line) -> bytes:
    body: dict[str, JSON] = {"n": number, "step": line.step.value, "change": line.change, "values": dict(line.values)}
    return dump({**body, "sum": sha256_hex(dump(body))})


def _lines(path: Path, held: Iterable[bytes]) -> Iterator[_Line]:
    for number, written in enumerate(held):
        try:
            line = _understood(parse(written))
            if _line(number, line) != written:
                raise ValueError("its checksum does not fit")  # noqa: TRY301  # told like every other damage
        except (MalformedJson, KeyError, TypeError, ValueError) as error:
            raise OperatorError(f"{path}: line {number + 1} is damaged: {error}", remedy=_DAMAGED) from None
        yield line


def _understood(found: JSON) -> _Line:
    values = found["values"] if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(values, dict) or not isinstance(found["change"], int):
        raise TypeError("it is no line of a journal")
    return _Line(step=Step(found["step"]), change=found["change"], values=values)
