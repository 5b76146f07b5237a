"""A lease that several hosts see: one entry of a KV engine, version 2, written only on the condition that nobody else has written since.

The entry says who holds it, until when, the how-manieth holder that is, and how many changes all hosts have counted for which day.
Whoever finds it over takes it; of several that try at once the server lets one through. Each renewal is such a write too, so a holder
that was late learns from it whether somebody else came between.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from guardrails.connectors.vault.answers import Absent, Failed, Found
from guardrails.connectors.vault.api import VaultWriterApi
from guardrails.connectors.vault.language import Settings, is_safe_address
from guardrails.errors import ConnectorError, Leased, Refused, Unfinished
from guardrails.notation.shape import Fields
from guardrails.secret import SecretRef

__all__ = ["KvLease", "LeasePlace", "read_place"]

TOLERANCE = timedelta(seconds=60)
"""By how much the clocks of two hosts may differ."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_SHORTEST, _LONGEST, _USUAL = 60, 3600, 120
_PATH = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasePlace:
    """Where the entry is: a server, the mount of a KV engine and a path below it; who writes it, and for how long it then holds."""

    address: str
    token: SecretRef
    mount: str
    path: str
    ttl: timedelta = timedelta(seconds=_USUAL)
    namespace: str = ""
    ca: str = ""

    @property
    def entry(self) -> str:
        """Where it is read and written."""
        return f"{self.mount}/data/{self.path}"

    @property
    def settings(self) -> Settings:
        """Of the server."""
        return Settings(address=self.address, token=self.token, namespace=self.namespace, ca=self.ca)


def read_place(fields: Fields) -> LeasePlace | None:
    """The section `lease` of the host file; `None` after a mistake, which is noted."""
    token = fields.secret("token", required=True)
    address, path = fields.text("address", required=True).rstrip("/"), fields.text("path", required=True)
    mount, seconds = fields.text("mount", required=True), fields.text("ttl-seconds") or str(_USUAL)
    namespace, ca = fields.text("namespace").strip("/"), fields.text("ca")
    fields.done()
    for wrong, message, remedy in (
        (
            not is_safe_address(address),
            "the address is not https",
            'write address: "https://vault.example:8200"',
        ),
        (not _PATH.fullmatch(path), f"path {path} is none", "write path: guardrails/lease"),
        (not _PATH.fullmatch(mount), f"mount {mount} is none", "write mount: kv"),
        (
            not _is_time(seconds),
            f"ttl-seconds {seconds} is not 60 to 3600",
            'write it quoted: "120"',
        ),
    ):
        if wrong:
            fields.notes.add(fields.place, f"{fields.where}: {message}", remedy)
            return None
    if token is None:
        return None
    ttl = timedelta(seconds=int(seconds))
    return LeasePlace(address=address, token=token, mount=mount, path=path, ttl=ttl, namespace=namespace, ca=ca)


def _is_time(text: str) -> bool:
    return text.isdecimal() and _SHORTEST <= int(text) <= _LONGEST


@dataclass(frozen=True, slots=True)
class _Entry:
    """What stands there; `run` is empty when nobody holds it."""

    version: int = 0
    number: int = 0
    run: str = ""
    holder: str = ""
    until: datetime = _NEVER
    day: date = date.min
    changes: int = 0

    def counted(self, day: date) -> int:
        """How many changes were counted for a day."""
        if self.day > day:
            message = f"it is {day}, and the lease says that changes were counted for {self.day}"
            raise Refused(message, remedy="correct the clock of the host that is wrong")
        return self.changes if self.day == day else 0


class KvLease:
    """The lease of one run."""

    def __init__(self, place: LeasePlace, holder: str, clock: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic) -> None:
        self._place, self._holder, self._clock, self._ticks = place, holder, clock, ticks
        self._api = VaultWriterApi(place.settings)
        self._run = secrets.token_hex(16)
        self._day, self._changes = date.min, 0
        self._version = self.number = 0
        self._good_until = self._renew_at = 0.0

    @contextmanager
    def held(self) -> Iterator[KvLease]:
        """Hold it for as long as the block runs; nobody waits for it.

        Raises:
            Leased: Somebody else holds it.
            ConnectorError: It cannot be told.
        """
        self._take()
        try:
            yield self
        finally:
            self._release()

    def require(self) -> None:
        """It is still ours; renewed when that is due.

        Raises:
            Unfinished: It is not, or nobody can tell any more: nothing may be written.
        """
        now = self._ticks()
        if now < self._renew_at:
            return
        try:
            found = self._write(self._version, self.number)
        except ConnectorError as error:
            if now < self._good_until:
                return  # it holds, and is tried again before the next write
            raise Unfinished(
                f"the lease cannot be renewed: {error.message}", remedy="when the server answers: guardrails resume"
            ) from error
        if found.run != self._run:
            whose = found.holder or "somebody else"
            raise Unfinished(f"the lease was lost to {whose}", remedy="wait for its end, then: guardrails resume, or guardrails rollback")

    def counted(self, day: date) -> int:
        """How many changes all hosts together have counted for a day, whoever holds it now.

        Raises:
            Refused: Some were counted for a later day, so a clock was set back.
            ConnectorError: It cannot be told.
        """
        return self._read().counted(day)

    def count(self, day: date, changes: int) -> None:
        """Count changes for a day, there when this returns. What could not be told may count all the same: rather too many than too few.

        Raises:
            Refused: As for `counted`.
            Unfinished: It is not held any more.
            ConnectorError: It cannot be written, or cannot be told.
        """
        self._changes, self._day = self.counted(day) + changes, day
        found = self._write(self._version, self.number)
        if found.run != self._run:
            raise Unfinished(f"the lease was lost to {found.holder or 'somebody else'}", remedy="wait for its end, then run again")

    def _take(self) -> None:
        found = self._read()
        if found.run and self._clock() <= found.until + TOLERANCE:
            raise Leased(_held_by(found), remedy="wait for its end")
        self.number, self._day, self._changes = found.number + 1, found.day, found.changes
        found = self._write(found.version, self.number)
        if found.run != self._run:
            raise Leased(_held_by(found), remedy="wait for its end")

    def _write(self, version: int, number: int) -> _Entry:
        """Write on the condition that nobody has since, and read what stands there now: an answer that was lost says nothing."""
        begun = self._ticks()
        until = self._clock() + self._place.ttl
        why = self._put(version, self._run, self._holder, number, until)
        found = self._read()
        if found.run == self._run and found.version > version:
            seconds = self._place.ttl.total_seconds()
            self._version, self._good_until, self._renew_at = found.version, begun + seconds, begun + seconds / 3
        elif found.version == version:
            remedy = f"give the token: create and update {self._place.entry}"
            raise ConnectorError(f"{self._place.entry} could not be written: {why}", remedy=remedy)
        return found

    def _release(self) -> None:
        """Let it go at once. Where that fails it ends by itself."""
        self._put(self._version, "", "", self.number, self._clock())

    def _put(self, version: int, run: str, holder: str, number: int, until: datetime) -> str:
        counted = {"day": self._day.isoformat(), "changes": self._changes}
        fields = {"run": run, "holder": holder, "number": number, "until": until.isoformat(), "counted": counted}
        return self._api.write(self._place.entry, {"options": {"cas": version}, "data": fields})

    def _read(self) -> _Entry:
        answer = self._api.read(self._place.entry)
        match answer:
            case Absent():
                return _Entry()
            case Failed():
                raise ConnectorError(f"the lease cannot be read: {answer.message}", remedy=f"give the token: read {self._place.entry}")
            case Found():
                return _entry(answer.data, self._place.entry)


def _entry(answer: Mapping[str, Any], path: str) -> _Entry:
    try:
        data, version = answer["data"], answer["metadata"]["version"]
        until = datetime.fromisoformat(data["until"])
        day, changes = _counted(data.get("counted"))
        found = _Entry(int(version), int(data["number"]), str(data["run"]), str(data["holder"]), until, day, changes)
        if until.tzinfo is None:
            raise ValueError("a time without a zone")  # noqa: TRY301  # told like every other form that is none of ours
    except (KeyError, TypeError, ValueError) as error:
        raise ConnectorError(f"{path} holds no lease: {error!r}", remedy="name a path that nothing else writes") from None
    return found


def _counted(found: Mapping[str, Any] | None) -> tuple[date, int]:
    if found is None:
        return date.min, 0  # of a version that did not count here
    day, changes = date.fromisoformat(found["day"]), int(found["changes"])
    if changes < 0:
        raise ValueError(f"{changes} changes")
    return day, changes


def _held_by(found: _Entry) -> str:
    return f"another run changes systems: {found.holder or 'it has not said who it is'}, until {found.until:%Y-%m-%d %H:%M:%S} UTC at least"
