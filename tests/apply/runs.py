"""A system of many objects with a plan for all of them, and everything that is needed to apply it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from guardrails.apply.engine import Engine
from guardrails.apply.journal import Journal, opened_journal
from guardrails.model.changes import Change, DetachPolicy, Image, Plan, RemoveMember, edited
from guardrails.model.reference import Ref
from guardrails.testing.remedied import MemorySystem, MemoryWriter
from plan.plans import AT, change_of, plan_of

__all__ = ["Killed", "Run"]


class Killed(BaseException):
    """The process ends here; nothing that catches errors sees it."""


class Run:
    """A system, a plan for it, and what the audit log was told."""

    def __init__(self, folder: Path, number: int) -> None:
        self.path = folder / "journal"
        self.system = MemorySystem("app")
        self.noted: list[tuple[str, int]] = []
        self.now = AT
        self.before = self._filled(number)
        self.plan, self.after = self._planned()
        self.system.held = dict(self.before)

    def _filled(self, number: int) -> dict[Ref, Image]:
        names = tuple(f"person-{at}" for at in range(number // 2))
        for name in names:
            self.system.add("user", name, policies=("base", "extra"))
        for at in range(0, number // 2, 5):
            self.system.add("group", f"group-{at}", member=(*names[at : at + 5], "root"))
        self.system.add("user", "root")
        return dict(self.system.held)

    def _planned(self) -> tuple[Plan, dict[Ref, Image]]:
        writer, held, changes = MemoryWriter({}), dict(self.before), []
        for ref, image in self.before.items():
            actions = [RemoveMember(group=ref, member=self.system.ref("user", name)) for name in image.values("member") if name != "root"]
            if image.values("policies"):
                actions = [DetachPolicy(holder=ref, policy=self.system.ref("policy", "extra"))]
            for action in actions:
                before, edits = held[ref], writer.edits(action, held[ref], {})
                held[ref] = edited(before, edits)
                change = replace(change_of(ref.name), action=action, ref=ref, edits=edits)
                changes.append(replace(change, before=before.fingerprint, after=held[ref].fingerprint))
        return plan_of(*changes), held

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.plan.changes

    def note(self, event, values) -> None:
        self.noted.append((event, values.get("change", -1)))

    @contextmanager
    def engine(self):
        with opened_journal(self.path) as journal:
            yield Engine(plan=self.plan, journal=journal, remediators={"app": self.system}, note=self.note, clock=lambda: self.now)

    def applied(self, confirm_within: timedelta | None = None) -> None:
        with self.engine() as engine:
            engine.apply({"by": "test"}, confirm_within)

    def confirmed(self) -> None:
        with self.engine() as engine:
            engine.confirm({"by": "test"})

    def resumed(self) -> None:
        with self.engine() as engine:
            engine.resume()

    def rolled_back(self) -> None:
        with self.engine() as engine:
            engine.rollback()

    def journal(self) -> Journal:
        with opened_journal(self.path) as journal:
            return journal
