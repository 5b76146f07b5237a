"""Which steps of a copy of a database were made, by what was observed of its parts.

Done is what was seen whole and right. What was not read, is there twice, or belongs to something else cannot be told; it is never done, and
nothing after it is to be made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guardrails.connectors.aws.copying.marks import CHECKED
from guardrails.connectors.aws.copying.parts import Instance, Parts, Snapshot
from guardrails.connectors.aws.copying.settings import differing
from guardrails.plan.steps import Told

__all__ = ["Evidence"]

_WORKING = frozenset({"available", "backing-up", "storage-optimization"})
_FAILED = frozenset({"failed", "error"})
_UNREAD = "the snapshots of {0} were not read: give the reader rds:DescribeDBSnapshots"
_PLAIN = ("snapshot", "last", "final")
"""The snapshots that are no better encrypted than the instance was."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the parts of a copy tell.

    Attributes:
        fits: Whether a key is one that the class demands, `None` for one that was not seen; an empty name is no key.
        keep_days: How long the old instance stays; `None` for good.
        at: When the parts were looked at.
    """

    parts: Parts
    fits: Callable[[str], bool | None]
    keep_days: int | None
    at: datetime

    def of(self, step: str) -> Told:
        """What is told of a step, by its id."""
        told: dict[str, Callable[[], Told]] = {
            "snapshot": self._snapshot,
            "encrypt": self._encrypt,
            "restore": self._restore,
            "settings": self._settings,
            "check": self._check,
            "retire": self._retire,
            "switch": self._switch,
            "last": self._last,
            "keep": self._keep,
            "delete": self._delete,
            "plain": self._plain,
        }
        return told[step]()

    def _snapshot(self) -> Told:
        told = self._taken("snapshot", "snapshot")
        if told.is_done is False and not self.parts.taken("snapshot") and (self._encrypt_alone().is_done or self._restore().is_done):
            return Told(is_done=True, found="it is not there any more, and what was made of it is")
        return told

    def _encrypt(self) -> Told:
        told = self._encrypt_alone()
        if told.is_done is False and not self.parts.taken("encrypted") and self._restore().is_done:
            return Told(is_done=True, found="it is not there any more, and what was made of it is")
        return told

    def _encrypt_alone(self) -> Told:
        told = self._taken("encrypted", "copy")
        if not told.is_done:
            return told
        one = self.parts.taken("encrypted")[0]
        if (wrong := self._misfit(one.name, one.key)) is None:
            return told
        return replace(wrong, found=f"{wrong.found}: take it back first") if wrong.is_done is False else wrong

    def _misfit(self, name: str, key: str) -> Told | None:
        """Why something is not encrypted as demanded; a key that was not seen may be a good one."""
        match self.fits(key):
            case True:
                return None
            case False:
                return Told(is_done=False, found=f"{name} {_by(key)}, which is not as demanded")
            case None:
                return Told(is_done=None, found=f"{name} {_by(key)}, and that key was not seen")

    def _taken(self, step: str, word: str) -> Told:
        """Whether the one snapshot of a step is there and whole."""
        if self.parts.snapshots is None:
            return Told(is_done=None, found=_UNREAD.format(self.parts.region))
        found = self.parts.taken(step)
        if len(found) > 1:
            return Told(is_done=None, found=f"several may be it: {', '.join(sorted(one.name for one in found))}")
        return self._whole(found[0], step) if found else Told(is_done=False, found=f"no {word} of it was seen")

    def _whole(self, one: Snapshot, step: str) -> Told:
        if one.of != self.parts.mark.id or (one.mark or self.parts.mark) != self.parts.mark or one.step not in {"", step}:
            return Told(is_done=None, found=f"{one.name} is of something else")
        if one.status in _FAILED:
            return Told(is_done=False, found=f"{one.name} is {one.status}: take it back first")
        if one.status != "available":
            return Told(is_done=False, found=f"{one.name} is {one.status or 'not ready'}: wait, and do not make it again")
        return Told(is_done=True, found=f"{one.name}, {_moment(one.made_at)}")

    def _restore(self) -> Told:
        copy = self.parts.copy
        if copy is None:
            return self._no_copy()
        if copy.status in _FAILED or copy.status.startswith("incompatible"):
            return self._wrong(copy, f"{copy.name} is {copy.status}")
        if copy.status not in _WORKING:
            return Told(is_done=False, found=f"{copy.name} is {copy.status or 'not ready'}: wait, and do not make it again")
        if (wrong := self._misfit(copy.name, copy.key)) is not None:
            return self._wrong(copy, wrong.found) if wrong.is_done is False else wrong
        return Told(is_done=True, found=f"{copy.name} {_by(copy.key)}")

    def _wrong(self, copy: Instance, found: str) -> Told:
        """A copy that nobody uses yet can be made again. One that has another name may be the only one that there is."""
        if copy.name == self.parts.mark.new:
            return Told(is_done=False, found=f"{found}: take it back first")
        return Told(is_done=None, found=f"{found}, and it is no copy that can be made again")

    def _no_copy(self) -> Told:
        if self.parts.copies:
            return Told(is_done=None, found=f"several say to be the copy: {', '.join(sorted(one.name for one in self.parts.copies))}")
        if self.parts.mark.new in self.parts.others:
            return Told(is_done=None, found=f"{self.parts.mark.new} is there, and does not say to be the copy")
        return Told(is_done=False, found="no copy of it was seen")

    def _settings(self) -> Told:
        copy, source = self.parts.copy, self.parts.source
        if copy is None:
            return Told(is_done=None if self.parts.copies else False, found="")
        if source is None:
            return self._no_source() if self.parts.sources else Told(is_done=True, found="what it was copied of is not there any more")
        found = ", ".join(differing(source, copy))
        if found and dict(copy.tags).get(CHECKED):
            return Told(is_done=True, found=f"it differs in {found}, and was checked")
        return Told(is_done=not found, found=f"it differs in {found}" if found else "it is set up alike, as far as it was read")

    def _no_source(self) -> Told:
        return Told(is_done=None, found=f"several may be the old one: {', '.join(sorted(one.name for one in self.parts.sources))}")

    def _check(self) -> Told:
        copy = self.parts.copy
        if copy is None:
            return Told(is_done=None if self.parts.copies else False, found="")
        is_checked = bool(dict(copy.tags).get(CHECKED))
        return Told(is_done=is_checked, found=f"{copy.name} says so" if is_checked else "nobody has said so")

    def _retire(self) -> Told:
        source, mark = self.parts.source, self.parts.mark
        if source is not None and source.name in {mark.name, mark.old}:
            return Told(is_done=source.name == mark.old, found=f"it is called {source.name}")
        if source is not None:
            return Told(is_done=None, found=f"it is called {source.name}, which no step of this copy does")
        if self.parts.sources:
            return self._no_source()
        is_used = self._switch().is_done
        return Told(is_done=True if is_used else None, found="the old one is not there any more")

    def _switch(self) -> Told:
        copy, mark = self.parts.copy, self.parts.mark
        if copy is None:
            return Told(is_done=None if self.parts.copies else False, found="")
        if copy.name in {mark.name, mark.new}:
            return Told(is_done=copy.name == mark.name, found=f"the copy is called {copy.name}")
        return Told(is_done=None, found=f"the copy is called {copy.name}, which no step of it does")

    def _last(self) -> Told:
        told = self._taken("last", "snapshot")
        if told.is_done is False and self._is_gone():
            return Told(is_done=True, found="there is nothing any more to be taken")
        if not told.is_done:
            return told
        one = self.parts.taken("last")[0]
        if one.called == self.parts.mark.old:
            return told
        return Told(is_done=None, found=f"{one.name} was taken while it was called {one.called}")

    def _is_gone(self) -> bool:
        return not self.parts.sources and self.parts.copy is not None

    def _keep(self) -> Told:
        if self._is_gone():
            return Told(is_done=True, found="there is nothing any more to be kept")
        if self.keep_days is None:
            return Told(is_done=False, found="it is kept for good, for no quarantine is declared (apply: {quarantine: 30d})")
        found = self.parts.taken("last") if self._last().is_done else ()
        since = found[0].made_at if found else None
        if since is None:
            return Told(is_done=None if self._last().is_done is None else False, found="")
        until = since + timedelta(days=self.keep_days)
        return Told(is_done=self.at >= until, found=f"until {until:%Y-%m-%d %H:%M} UTC, {self.keep_days} days after the last snapshot")

    def _delete(self) -> Told:
        if len(self.parts.sources) > 1:
            return self._no_source()
        source = self.parts.source
        return Told(is_done=source is None, found=f"{source.name} is there" if source else "it is not there any more")

    def _plain(self) -> Told:
        if self.parts.snapshots is None:
            return Told(is_done=None, found=_UNREAD.format(self.parts.region))
        strange = [one.name for step in _PLAIN for one in self.parts.taken(step) if self._whole(one, step).is_done is None]
        if strange:
            return Told(is_done=None, found=f"{', '.join(strange)} may be of something else")
        if self.parts.sources:
            return Told(is_done=False, found="the old one is there")
        left = self.left()
        return Told(is_done=not left, found=f"left: {', '.join(left)}" if left else "none of this copy is left")

    def left(self) -> tuple[str, ...]:
        """The snapshots that hold what was copied as it was encrypted before; none that may be of something else."""
        found = {one.name for step in _PLAIN for one in self.parts.taken(step) if self._whole(one, step).is_done is not None}
        return tuple(sorted(found))


def _by(key: str) -> str:
    return f"is encrypted by {key}" if key else "is not encrypted"


def _moment(at: datetime | None) -> str:
    return f"of {at:%Y-%m-%d %H:%M} UTC" if at else "of an unknown time"
