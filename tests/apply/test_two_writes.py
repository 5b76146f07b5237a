"""A change that takes two writes: killed around each, it is gone on with or taken back from where it was, and nobody else is taken for us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apply.runs import Killed, Run
from guardrails.errors import Refused, RolledBack, Unfinished
from guardrails.model.actions import ReplaceMembership, ReplacePolicy, RewritePolicy
from guardrails.model.changes import Disable, Edit, Image, edited
from guardrails.model.reference import Ref
from guardrails.model.steps import way
from plan.plans import change_of, plan_of

BEFORE = Image.of({"policies": ("wide",), "uid": ("carol",)})
BETWEEN = Image.of({"policies": ("wide",), "uid": ("carol",), "own": ("text",)})
AFTER = Image.of({"uid": ("carol",), "own": ("text",)})
EDITS = (Edit(field="own", adds=("text",)), Edit(field="policies", removes=("wide",)))


class Two(Run):
    """One object, and one change of it."""

    def _filled(self, number):  # noqa: ARG002  # one is enough
        self.carol = self.system.ref("user", "carol")
        self.calls, self.dies_before, self.dies_after = 0, 0, 0
        self.system.before_write, self.system.after_write = self._before, self._after
        return {self.carol: BEFORE}

    def _planned(self):
        policy, own = (self.system.ref("policy", name) for name in ("wide", "own"))
        action = ReplacePolicy(holder=self.carol, policy=policy, seen="", own=own, text="text")
        change = replace(change_of("carol"), action=action, ref=self.carol, edits=EDITS)
        return plan_of(replace(change, before=BEFORE.fingerprint, after=AFTER.fingerprint)), {self.carol: AFTER}

    def _before(self, _ref):
        self.calls += 1
        if self.calls == self.dies_before:
            raise Killed

    def _after(self, _ref):
        if self.calls == self.dies_after:
            raise Killed

    @property
    def now_held(self):
        return self.system.held[self.carol]

    def killed(self, step, *, before=0, after=0):
        self.calls, self.dies_before, self.dies_after = 0, before, after
        with pytest.raises(Killed):
            step()
        self.dies_before = self.dies_after = 0


@pytest.fixture
def run(tmp_path):
    return Two(tmp_path, 1)


def images(run):
    return [image for _, image in run.system.writes]


def test_what_comes_is_first_in_both_directions(run):
    run.applied()
    assert images(run) == [BETWEEN, AFTER]
    run.rolled_back()
    assert images(run) == [BETWEEN, AFTER, BETWEEN, BEFORE]


POINTS = [({"before": 1}, BEFORE), ({"after": 1}, BETWEEN), ({"before": 2}, BETWEEN), ({"after": 2}, AFTER)]


@pytest.mark.parametrize(("point", "held"), POINTS)
def test_killed_around_each_write_it_is_gone_on_with(run, point, held):
    run.killed(run.applied, **point)
    assert run.now_held == held
    run.resumed()
    assert (run.now_held, images(run), run.journal().ended) == (AFTER, [BETWEEN, AFTER], "applied")


@pytest.mark.parametrize(("point", "held"), POINTS)
def test_killed_around_each_write_it_is_taken_back(run, point, held):
    run.killed(run.applied, **point)
    assert run.now_held == held
    run.rolled_back()
    assert (run.now_held, run.journal().ended) == (BEFORE, "rolled-back")


@pytest.mark.parametrize(
    ("point", "held"), [({"before": 1}, AFTER), ({"after": 1}, BETWEEN), ({"before": 2}, BETWEEN), ({"after": 2}, BEFORE)]
)
def test_killed_on_the_way_back_it_goes_on_back(run, point, held):
    run.applied()
    run.killed(run.rolled_back, **point)
    assert run.now_held == held
    run.rolled_back()
    assert run.now_held == BEFORE


@pytest.mark.parametrize("step", ["resumed", "rolled_back"])
def test_what_is_none_of_the_images_is_somebody_elses(run, step):
    run.killed(run.applied, after=1)
    theirs = edited(BETWEEN, (Edit(field="uid", removes=("carol",), adds=("eve",)),))
    run.system.held[run.carol] = theirs
    with pytest.raises(Unfinished, match="neither as it was nor as we left it"):
        getattr(run, step)()
    assert run.now_held == theirs


def test_the_half_is_not_taken_for_ours_before_anything_was_intended(run):
    run.system.held[run.carol] = BETWEEN
    with pytest.raises(Refused, match="was changed since the plan was made"):
        run.applied()
    assert run.now_held == BETWEEN


def test_the_half_of_a_change_that_takes_one_write_is_somebody_elses(run):
    (change,) = run.plan.changes
    run.plan = plan_of(replace(change, action=Disable(ref=run.carol)))
    run.killed(run.applied, before=1)
    run.system.held[run.carol] = BETWEEN
    with pytest.raises(Unfinished, match="neither as it was nor as we left it"):
        run.resumed()


def test_what_is_lost_between_the_two_is_taken_back(run):
    """The second write says that it was made, and is not."""
    real_write = run.system.write

    def write(ref, before, after):
        if after == AFTER:
            return
        real_write(ref, before, after)

    run.system.write = write
    with pytest.raises(RolledBack, match="does not read as it was written"):
        run.applied()
    assert run.now_held == BEFORE


def test_the_lease_is_asked_for_before_each_write(run):
    asked = []
    with run.engine() as engine:
        replace(engine, hold=lambda: asked.append(len(run.system.writes))).apply({"by": "test"})
    assert asked == [0, 1]


def test_a_membership_that_is_replaced_takes_two_writes_too(run):
    (change,) = run.plan.changes
    action = ReplaceMembership(holder=run.carol, group=run.system.ref("group", "ops"), seen="", own=change.action.own, text="text")
    run.plan = plan_of(replace(change, action=action))
    run.applied()
    assert images(run) == [BETWEEN, AFTER]


def test_what_goes_whole_goes_edit_by_edit_as_well():
    """A policy without a text, and then its name; one that says something else is one write."""
    user = Ref(system="s", realm="", kind="user", id="carol", name="carol")
    gone = RewritePolicy(holder=user, policy=user, text="", seen="text")

    assert way(gone, EDITS, BEFORE, AFTER) == (BEFORE, BETWEEN, AFTER)
    assert way(replace(gone, text="less"), EDITS, BEFORE, AFTER) == (BEFORE, AFTER)
