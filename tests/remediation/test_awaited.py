"""Whoever waits for a confirmation is told what has come of the plan, and not that all is as it was while it is not."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from guardrails import declare
from guardrails.apply.journal import Step, opened_journal
from guardrails.apply.opened import journal_of
from guardrails.errors import ConnectorError, Leased, Refused, RolledBack, Unfinished
from guardrails.model.changes import Disable, edited
from guardrails.plan.document import plan_bytes, plan_digest
from guardrails.remediation import Ground, await_confirmation, take_back_overdue
from guardrails.remediation.carrying import engine_of
from guardrails.remediation.overdue import require_no_waiting
from guardrails.remediation.running import begun
from guardrails.testing.remedied import MemorySystem, MemoryWriter
from guardrails.trust.roster import parse_roster
from plan.plans import AT, change_of, plan_of
from trust.group import make_keys, member, roster

TEXT = b"guardrails: 1\nsystems: {vault: {connector: vault}}\n"


class Waiting:
    """A plan that disabled somebody and waits to be confirmed."""

    def __init__(self, folder, keys, text=TEXT):
        self.system = MemorySystem("vault")
        carol = self.system.add("user", "carol")
        self.before = dict(self.system.held)
        trusted = parse_roster(json.dumps(roster([member(keys, name) for name in ("dana", "erin")])).encode())
        given = {"state": folder, "now": AT, "clock": lambda: AT, "who": "me", "note": lambda *_: None}
        self.ground = Ground(declaration=declare.loads([("f.yaml", text)]), roster=trusted, **given)
        image = self.system.held[carol]
        edits = MemoryWriter({}).edits(Disable(ref=carol), image, {})
        change = replace(change_of("carol"), action=Disable(ref=carol), ref=carol, edits=edits)
        bound = {"declaration": self.ground.declaration.digest, "roster": trusted.digest}
        plan = plan_of(replace(change, before=image.fingerprint, after=edited(image, edits).fingerprint), **bound)
        self.content = plan_bytes(plan)
        self.path = journal_of(folder, plan_digest(self.content))
        self.plan = plan

    def begin(self):
        assert begun(self.plan, self.content, self.ground, {}, timedelta(minutes=10)).waits_until
        assert self.system.held != self.before

    def rolled_back_in_vain(self):
        """By another run, whose system did not answer."""
        self.system.before_write = self._fails
        with engine_of(self.plan, self.content, self.ground) as engine, suppress(Unfinished):
            engine.rollback()

    def _fails(self, _ref):
        raise ConnectorError("status 503", remedy="wait")

    def stops(self, _ref):
        """The process ends here."""
        raise KeyboardInterrupt

    def wait(self):
        await_confirmation(self.content, self.ground, pause=lambda _seconds: pytest.fail("nobody would end this"))


@pytest.fixture
def waiting(tmp_path, tmp_path_factory, monkeypatch):
    found = Waiting(tmp_path, make_keys(tmp_path_factory.mktemp("keys")))
    monkeypatch.setattr("guardrails.remediation.carrying.find", lambda _name: MemoryWriter({"vault": found.system}))
    found.begin()
    return found


def test_what_another_run_could_not_take_back_is_not_told_as_taken_back(waiting):
    waiting.rolled_back_in_vain()

    with pytest.raises(Unfinished, match="status 503"):
        waiting.wait()
    assert waiting.system.held != waiting.before


def test_what_another_run_began_to_take_back_is_taken_back(waiting):
    waiting.rolled_back_in_vain()
    waiting.system.before_write = lambda _ref: None

    with pytest.raises(RolledBack, match="taken back"):
        waiting.wait()
    assert waiting.system.held == waiting.before


def test_what_a_person_has_to_look_at_is_told(waiting):
    with opened_journal(waiting.path) as journal:
        journal.append(Step.STOPPED, 0, {"reason": "somebody else writes to it"})

    with pytest.raises(Unfinished, match="somebody else writes to it"):
        waiting.wait()


def test_what_a_person_has_to_look_at_is_left_to_that_person(waiting):
    """Not tried each minute by cron, and no reason to change nothing else."""
    late = replace(waiting.ground, clock=lambda: AT + timedelta(hours=1))
    with opened_journal(waiting.path) as journal:
        journal.append(Step.STOPPED, 0, {"reason": "somebody else writes to it"})

    assert take_back_overdue(late) == ()
    assert waiting.system.held != waiting.before
    require_no_waiting(late, "of another plan")


def test_what_is_overdue_is_taken_back_and_told(waiting):
    (told,) = take_back_overdue(replace(waiting.ground, clock=lambda: AT + timedelta(hours=1)))

    assert "nobody confirmed the plan until" in told
    assert waiting.system.held == waiting.before


def test_while_a_plan_waits_no_other_is_begun(waiting):
    other = replace(waiting.plan, id="1" * 32)

    with pytest.raises(Leased, match="is to be confirmed until 2026-11-25 12:10:00 UTC"):
        begun(other, plan_bytes(other), waiting.ground, {})


def test_who_writes_takes_nothing_from_itself_and_what_is_open_is_not_marked_as_ended(waiting):
    assert not waiting.path.with_suffix(".ended").exists()
    waiting.system.own = tuple(waiting.system.held)

    with pytest.raises(Refused, match="is guardrails itself"), engine_of(waiting.plan, waiting.content, waiting.ground):
        pytest.fail("nothing may be written")
