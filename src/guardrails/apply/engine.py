"""Applies a plan: each change is read, intended, written on condition, read back and done, one after the other.

What goes wrong stops the run before the next change. Then what was done is taken back, as far as nobody else has written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from guardrails.apply.journal import Journal, Step
from guardrails.apply.walking import lasts, read, walk
from guardrails.errors import Conflict, ConnectorError, Refused, RolledBack, Unfinished
from guardrails.model.changes import Change, Image, Irreversible, Plan, edited
from guardrails.model.reference import Ref
from guardrails.model.steps import way
from guardrails.ports import Remediator
from guardrails.trust.canonical import JSON

__all__ = ["Clock", "Engine", "Note", "nothing"]

APPLIED, ROLLED_BACK, IN_PART = "applied", "rolled-back", "rolled-back-in-part"

Clock = Callable[[], datetime]
"""Tells the time, aware of its zone."""

Note = Callable[[str, Mapping[str, JSON]], None]
"""Writes an event into the audit log, on the disk when it returns. What it raises stops the run before anything is written."""


def nothing() -> None:
    """Where the lease of the host is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One plan with all that is needed to apply it.

    Attributes:
        plan: Whose signatures were verified.
        journal: Its own.
        remediators: By system.
        note: The audit log.
        clock: For the time within which a plan must be confirmed.
        hold: Called before each write; raises `Unfinished` where another run may write by now.
    """

    plan: Plan
    journal: Journal
    remediators: Mapping[str, Remediator]
    note: Note
    clock: Clock
    hold: Callable[[], None] = nothing

    def apply(self, about: Mapping[str, JSON], confirm_within: timedelta | None = None) -> None:
        """Make every change, from the first one on. With a time to confirm within, until when is on the disk before the first write.

        Raises:
            Refused: An object is not as it was planned for, or the plan was begun before. Nothing was changed.
            RolledBack: A change could not be made, and those before it were taken back.
            Unfinished: A person has to look; the journal says at what.
        """
        if self.journal.has_begun:
            raise Refused("this plan was begun before, and no plan is applied twice", remedy="plan again; or: guardrails resume, rollback")
        if confirm_within is not None:
            self._require_way_back()
            about = {**about, "confirm_by": (self.clock() + confirm_within).isoformat()}
        self._unmoved()
        self.note("plan.apply", {"plan": self.plan.id, **about})
        self.journal.append(Step.BEGIN, values=about)
        self.forward()

    def confirm(self, about: Mapping[str, JSON]) -> None:
        """What was made stays.

        Raises:
            Refused: There is nothing to confirm.
            RolledBack: It is too late, and everything was taken back.
            Unfinished: As for `back`.
        """
        if not self.journal.is_waiting:
            how = self.journal.ended or ("it was interrupted" if self.journal.has_begun else "it was never begun")
            raise Refused(f"there is nothing to confirm: {how}", remedy="guardrails apply --confirm begins a plan that waits")
        if self.is_overdue:
            self._expire()
        self.note("plan.confirm", {"plan": self.plan.id, **about})
        self.journal.append(Step.CONFIRMED, values=about)
        self._end(APPLIED)

    @property
    def is_overdue(self) -> bool:
        """Whether the plan should have been confirmed by now."""
        until = self.journal.confirm_by
        return until is not None and self.clock() > until

    def resume(self) -> None:
        """Go on where a run was interrupted, in the direction that it had.

        Raises:
            Refused: There is nothing to go on with.
            RolledBack: As for `apply`.
            Unfinished: Likewise.
        """
        if not self.journal.has_begun or self.journal.ended:
            how = self.journal.ended or "it was never begun"
            raise Refused(f"there is nothing to resume: {how}", remedy="guardrails apply begins a plan, guardrails rollback takes one back")
        if self.journal.is_going_back:
            self.back()
            return
        if self.journal.is_waiting and not self.is_overdue:
            raise Refused(f"the plan waits to be confirmed until {_at(self.journal)}", remedy="guardrails confirm, or guardrails rollback")
        self.forward()

    def rollback(self) -> None:
        """Take a plan back, whether it ended or not.

        Raises:
            Refused: It was never begun, or is taken back already.
            Unfinished: As for `back`.
        """
        if not self.journal.has_begun or self.journal.ended in {ROLLED_BACK, IN_PART}:
            raise Refused(f"there is nothing to take back: {self.journal.ended or 'it was never begun'}", remedy="name another plan")
        self.back()

    def _require_way_back(self) -> None:
        for change in self.plan.changes:
            if isinstance(change.undo, Irreversible):
                message = f"{change.ref} could not be taken back when nobody confirms: {change.undo.reason}"
                raise Refused(message, remedy="apply the plan without --confirm, or plan without this change")

    def _unmoved(self) -> None:
        """Every object is as the first change of it expects."""
        seen: set[Ref] = set()
        for change in self.plan.changes:
            if change.ref not in seen:
                seen.add(change.ref)
                image = self._read(change.ref)
                if image.fingerprint != change.before:
                    raise Refused(f"{change.ref} was changed since the plan was made; nothing was changed", remedy="plan again")

    def forward(self) -> None:
        """Make every change that is not done yet; `apply` says what comes of it."""
        for at, change in enumerate(self.plan.changes):
            if self.is_overdue:
                self._expire()
            if self.journal.has(Step.DONE, at):
                continue
            try:
                self._make(at, change)
            except (Conflict, ConnectorError) as error:
                self._fail(at, error)
        self._made()

    def _made(self) -> None:
        """The end, or the wait for a confirmation."""
        if self.journal.confirm_by is None:
            self._end(APPLIED)
        elif self.is_overdue:
            self._expire()
        else:
            self.note("plan.wait", {"plan": self.plan.id, "confirm_by": _at(self.journal)})
            self.journal.append(Step.WAITING)

    def _expire(self) -> NoReturn:
        """Take everything back, for nobody has confirmed.

        Raises:
            RolledBack: All is as it was.
            Unfinished: It is not.
        """
        until = _at(self.journal)
        self.note("plan.overdue", {"plan": self.plan.id, "confirm_by": until})
        self.back()
        raise RolledBack(f"nobody confirmed the plan until {until}; every change of it was taken back", remedy="plan again")

    def _make(self, at: int, change: Change) -> None:
        image, intended = self._read(change.ref), self.journal.images(at)
        if intended is None:
            self._begin(at, change, image)
        elif image != intended[1]:  # else it was written before the interruption
            passed = _way(change, intended[0], self._after(change, intended[0]))
            if intended[0].fingerprint != change.before or image not in passed:
                self._stop(at, change)
            self.hold()
            self._walk(change, passed[passed.index(image) :])
        self._done(at, change)

    def _begin(self, at: int, change: Change, image: Image) -> None:
        if image.fingerprint != change.before:
            raise Conflict(f"{change.ref} was changed since the plan was made", remedy="plan again")
        after = self._after(change, image)
        self.hold()
        self.note("op.intent", self._told(at, change))
        self.journal.intend(at, image, after)
        self._walk(change, _way(change, image, after))

    def _after(self, change: Change, image: Image) -> Image:
        after = edited(image, change.edits)
        if after.fingerprint != change.after:
            raise Conflict(f"{change.ref} would not become what was signed", remedy="plan again")
        return after

    def _done(self, at: int, change: Change) -> None:
        self.journal.append(Step.DONE, at, {"at": self.clock().isoformat()})
        self.note("op.done", self._told(at, change))

    def _fail(self, at: int, error: Conflict | ConnectorError) -> None:
        """Take everything back, and say so.

        Raises:
            RolledBack: All is as it was.
            Unfinished: It is not.
        """
        self.note("op.failed", {**self._told(at, self.plan.changes[at]), "reason": error.message})
        try:
            self.back()
        except Unfinished as more:
            raise Unfinished(f"{error.message}; {more.message}", remedy=more.remedy) from more
        raise RolledBack(f"{error.message}; every change of the plan was taken back", remedy=error.remedy or "plan again")

    def back(self) -> None:
        """Take back every change that was made or begun, the last one first, on the condition that each object is as we left it.

        What nobody can take back stays, and is told when all else is taken back.

        Raises:
            Unfinished: Somebody else has written meanwhile, a change stays, or a system does not answer.
        """
        for at, change in reversed(tuple(enumerate(self.plan.changes))):
            images = self.journal.images(at)
            if images is not None and not self.journal.has(Step.UNDONE, at) and not self.journal.has(Step.KEPT, at):
                try:
                    self._take_back(at, change, *images)
                except (Conflict, ConnectorError) as error:
                    message = f"{change.ref} could not be taken back: {error.message}"
                    raise Unfinished(message, remedy="look at it, then: guardrails rollback") from error
        self._end_of_back()

    def _end_of_back(self) -> None:
        kept = [(change, why) for at, change in enumerate(self.plan.changes) if (why := self.journal.why_kept(at))]
        self._end(IN_PART if kept else ROLLED_BACK)
        if kept:
            told = "; ".join(f"{change.ref} ({change.ref.id}): {why}" for change, why in kept)
            message = f"all was taken back but what cannot be: {told}"
            raise Unfinished(message, remedy="nothing is left to do for guardrails; make anew by hand what is missed")

    def _take_back(self, at: int, change: Change, before: Image, after: Image) -> None:
        image = self._read(change.ref)
        if why := lasts(change, image, before, after):
            self.journal.append(Step.KEPT, at, {"reason": why})
            self.note("op.kept", self._told(at, change))
            return
        passed = _way(change, before, after)
        if image not in passed:
            self._stop(at, change)
        if image != before:
            self.hold()
            self.note("op.undo", self._told(at, change))
            self.journal.append(Step.UNDO, at)
            self._walk(change, passed[passed.index(image) :: -1])
        self.journal.append(Step.UNDONE, at)
        self.note("op.undone", self._told(at, change))

    def _stop(self, at: int, change: Change) -> NoReturn:
        reason = f"{change.ref} is neither as it was nor as we left it: somebody else writes to it"
        self.journal.append(Step.STOPPED, at, {"reason": reason})
        self.note("op.conflict", self._told(at, change))
        raise Unfinished(reason, remedy="find out who, put it right, then: guardrails resume, or guardrails rollback")

    def _end(self, outcome: str) -> None:
        self.journal.append(Step.END, values={"outcome": outcome})
        self.note("plan.end", {"plan": self.plan.id, "outcome": outcome})

    def _read(self, ref: Ref) -> Image:
        return read(self.remediators[ref.system], ref)

    def _walk(self, change: Change, images: Sequence[Image]) -> None:
        walk(self.remediators[change.ref.system], change.ref, images, self.hold)

    def _told(self, at: int, change: Change) -> dict[str, JSON]:
        return {
            "plan": self.plan.id,
            "change": at,
            "action": type(change.action).__name__,
            "object": str(change.ref),
            "id": change.ref.id,
            "finding": change.finding,
            "before": change.before,
            "after": change.after,
        }


def _way(change: Change, before: Image, after: Image) -> tuple[Image, ...]:
    return way(change.action, change.edits, before, after)


def _at(journal: Journal) -> str:
    return f"{journal.confirm_by:%Y-%m-%d %H:%M:%S} UTC"
