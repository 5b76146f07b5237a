"""A plan is applied whole, or it is taken back, or a person is told to look; never half in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apply.runs import Killed, Run
from guardrails.apply.journal import Step
from guardrails.errors import Conflict, ConnectorError, OperatorError, Refused, RolledBack, Unfinished
from guardrails.model.changes import GONE as DELETED
from guardrails.model.changes import Image, Irreversible, difference
from guardrails.trust.errors import AuditError


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, 10)


def fails(run, at: int, error: Exception, *, before: bool) -> None:
    """The write of that number goes wrong, once."""

    def hook(_ref) -> None:
        if len(run.system.writes) == at + (not before):
            run.system.before_write = run.system.after_write = lambda _ref: None
            raise error

    setattr(run.system, "before_write" if before else "after_write", hook)


def test_every_change_is_made_once_in_order(run):
    run.applied()

    assert run.system.held == run.after
    assert [ref for ref, _ in run.system.writes] == [change.ref for change in run.changes]
    assert run.journal().ended == "applied"


def test_the_audit_log_hears_of_each_change_before_and_after(run):
    run.applied()

    assert run.noted[0] == ("plan.apply", -1)
    assert run.noted[1:-1] == [(event, at) for at in range(len(run.changes)) for event in ("op.intent", "op.done")]
    assert run.noted[-1] == ("plan.end", -1)


def test_no_audit_no_change(run):
    def full(event, values):
        if event == "op.intent":
            raise AuditError("the disk is full")

    run.note = full
    with pytest.raises(AuditError):
        run.applied()

    assert run.system.held == run.before
    assert run.system.writes == []


def test_a_plan_is_never_applied_twice(run):
    run.applied()
    run.system.held = dict(run.before)

    with pytest.raises(Refused, match="begun before"):
        run.applied()
    assert run.system.held == run.before


def test_nothing_is_changed_when_any_object_has_changed(run):
    last = run.changes[-1].ref
    run.system.held[last] = Image.of({"policies": ("other",)})

    with pytest.raises(Refused, match="was changed since the plan was made; nothing was changed"):
        run.applied()
    assert run.system.writes == []
    assert not run.journal().has_begun


def test_an_object_that_is_gone_has_changed(run):
    del run.system.held[run.changes[0].ref]

    with pytest.raises(Refused):
        run.applied()


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("error", [Conflict("somebody wrote"), ConnectorError("cut")])
@pytest.mark.parametrize("at", [0, 4])
def test_what_was_done_is_taken_back_when_a_change_fails(run, at, error, before):
    fails(run, at, error, before=before)

    with pytest.raises(RolledBack, match="taken back"):
        run.applied()

    assert run.system.held == run.before
    assert run.journal().ended == "rolled-back"


def test_a_write_that_the_system_drops_is_not_done(run):
    first = run.changes[0].ref

    def dropped(ref) -> None:
        if ref == first and len(run.system.writes) == 1:
            run.system.held[ref] = run.before[ref]

    run.system.after_write = dropped
    with pytest.raises(RolledBack, match="does not read as it was written"):
        run.applied()
    assert run.system.held == run.before


def test_what_somebody_else_wrote_meanwhile_is_left_alone(run):
    third, foreign = run.changes[2].ref, Image.of({"policies": ("theirs",)})

    def meddles(ref) -> None:
        if ref == third:
            run.system.held[ref] = foreign

    run.system.after_write = meddles
    with pytest.raises(Unfinished, match="neither as it was"):
        run.applied()

    assert run.system.held[third] == foreign
    assert "somebody else writes to it" in run.journal().stopped
    assert run.journal().ended == ""


def test_what_was_put_right_can_be_taken_back_afterwards(run):
    test_what_somebody_else_wrote_meanwhile_is_left_alone(run)
    run.system.after_write = lambda _ref: None
    third = run.changes[2].ref
    run.system.held[third] = run.after[third]

    run.rolled_back()

    assert run.system.held == run.before


def test_an_applied_plan_can_be_taken_back_once(run):
    run.applied()
    run.rolled_back()

    assert run.system.held == run.before
    with pytest.raises(Refused, match="nothing to take back: rolled-back"):
        run.rolled_back()
    with pytest.raises(Refused, match="begun before"):
        run.applied()


GONE = Irreversible(reason="a deleted key does not come again")


def lasting(run, number):
    """The plan with so many changes at its end that nobody can take back."""
    gone = tuple(replace(one, undo=GONE) for one in run.changes[:number])
    run.plan = replace(run.plan, changes=(*run.changes[number:], *gone))
    return {one.ref for one in gone}


def changed(run):
    return {ref for ref, image in run.system.held.items() if image != run.before[ref]}


def test_all_that_can_be_is_taken_back_and_what_cannot_be_is_told(run):
    kept = lasting(run, 2)
    run.applied()

    with pytest.raises(Unfinished, match=r"all was taken back but what cannot be: .*a deleted key does not come again") as told:
        run.rolled_back()

    assert all(f"{ref} ({ref.id})" in told.value.message for ref in kept)
    assert changed(run) == kept
    assert run.journal().ended == "rolled-back-in-part"
    assert [event for event, _ in run.noted].count("op.kept") == len(kept)
    for step in (run.rolled_back, run.resumed):
        with pytest.raises(Refused, match="rolled-back-in-part"):
            step()


def test_what_cannot_be_taken_back_and_was_never_made_is_nothing_to_tell(run):
    lasting(run, 1)
    fails(run, len(run.changes) - 1, ConnectorError("cut"), before=True)

    with pytest.raises(RolledBack):
        run.applied()

    assert changed(run) == set()
    assert run.journal().ended == "rolled-back"


def test_a_run_that_fails_behind_what_cannot_be_taken_back_tells_both(run):
    lasting(run, 2)
    fails(run, len(run.changes) - 1, ConnectorError("cut"), before=True)

    with pytest.raises(Unfinished, match="cut; all was taken back but what cannot be"):
        run.applied()

    assert changed(run) == {run.changes[-2].ref}


def test_going_back_that_was_interrupted_behind_what_stays_goes_on_back(run):
    kept = lasting(run, 1)
    run.applied()

    def killed(event, _values):
        if event == "op.kept":
            raise Killed

    noting, run.note = run.note, killed
    with pytest.raises(Killed):
        run.rolled_back()
    run.note = noting
    with pytest.raises(Unfinished, match="what cannot be"):
        run.resumed()

    assert changed(run) == kept
    assert run.journal().ended == "rolled-back-in-part"


def test_there_is_nothing_to_resume_or_take_back_of_a_plan_that_was_not_begun(run):
    for step in (run.resumed, run.rolled_back):
        with pytest.raises(Refused, match="never begun"):
            step()


def test_a_plan_that_does_not_lead_to_what_was_signed_is_not_made(run):
    run.plan = replace(run.plan, changes=(replace(run.changes[0], after="0" * 64), *run.changes[1:]))

    with pytest.raises(RolledBack, match="would not become what was signed"):
        run.applied()
    assert run.system.writes == []


def test_a_line_of_the_journal_that_was_changed_stops_everything(run):
    run.applied()
    content = run.path.read_bytes()
    run.path.write_bytes(content.replace(b'"change":3', b'"change":4', 1))

    with pytest.raises(OperatorError, match="line 8 is damaged: its checksum does not fit"):
        run.rolled_back()


def test_a_line_that_was_taken_out_of_the_journal_stops_everything(run):
    run.applied()
    lines = run.path.read_bytes().splitlines(keepends=True)
    run.path.write_bytes(b"".join(lines[:3] + lines[4:]))

    with pytest.raises(OperatorError, match="line 4 is damaged"):
        run.rolled_back()


def deleting(run, number):
    """The plan with some users deleted at its end, in the place of what it does to them."""
    users = [one for one in run.changes if one.ref.kind == "user"][:number]
    others = [one for one in run.changes if one not in users]
    deleted = [replace(one, after=DELETED.fingerprint, edits=difference(run.before[one.ref], DELETED), undo=GONE) for one in users]
    run.plan = replace(run.plan, changes=(*others, *deleted))
    return {one.ref for one in users}


def test_what_is_deleted_is_done_when_it_is_not_there_any_more(run):
    gone = deleting(run, 2)

    run.applied()

    assert not gone & run.system.held.keys()
    assert run.journal().ended == "applied"


def test_the_journal_tells_when_a_change_was_made(run):
    run.applied()
    assert run.journal().done_at(0) == run.now
    assert run.journal().done_at(99) is None


@pytest.mark.parametrize("written", [True, False])
def test_a_deletion_that_was_interrupted_is_done_where_it_was_intended(run, written):
    gone = deleting(run, 2)

    def killed(ref) -> None:
        if ref in gone:
            raise Killed

    setattr(run.system, "after_write" if written else "before_write", killed)
    with pytest.raises(Killed):
        run.applied()
    run.system.before_write = run.system.after_write = lambda _ref: None
    assert len(gone - run.system.held.keys()) == written

    run.resumed()

    assert not gone & run.system.held.keys()
    assert len(run.system.writes) == len(run.changes)


def test_what_somebody_else_deleted_before_it_was_intended_is_not_done(run):
    gone = deleting(run, 2)
    last = run.changes[-1].ref
    run.system.after_write = lambda ref: ref in gone and run.system.held.pop(last, None)

    with pytest.raises(Unfinished, match=r"was changed since the plan was made; all was taken back but what cannot be"):
        run.applied()

    assert not run.journal().has(Step.INTENT, len(run.changes) - 1)
    assert {ref for ref in run.before if run.system.held.get(ref) != run.before[ref]} == gone


def test_what_is_not_there_any_more_is_told_and_all_else_is_taken_back(run):
    run.applied()
    lost = run.changes[2].ref
    del run.system.held[lost]

    with pytest.raises(Unfinished, match=f"{lost} .*: it is not there any more"):
        run.rolled_back()

    assert run.system.held == {ref: image for ref, image in run.before.items() if ref != lost}
    assert run.journal().ended == "rolled-back-in-part"
