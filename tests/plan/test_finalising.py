"""What guardrails put out of use is deleted after its quarantine, by the journals that say so; and never anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.applying import Standing
from guardrails.model.changes import GONE, Delete, Disable, Effect, Image, Irreversible, edited
from guardrails.model.facts import Fact
from guardrails.model.words import Kind
from guardrails.plan.finalising import Left, deletion, deletions, disabled_by, is_gone, quarantined, undated
from guardrails.plan.hazards import hazards
from guardrails.plan.planning import Planning
from guardrails.plan.proposal import Proposal
from guardrails.plan.protection import NOBODY
from guardrails.plan.stage import Stage
from guardrails.plan.standing import beyond
from guardrails.testing.remedied import memory_meaning
from plan.companies import DECLARED, Company
from plan.plans import AT

DAY = timedelta(days=1)
MORE = "apply: {quarantine: 7d, limits: {percent: 100}%s}\n"


class Past(Company):
    """Carol left, and her account and key were put out of use by a plan."""

    def __init__(self, more: str = "", keys: tuple[str, ...] = ("k1",)) -> None:
        super().__init__(DECLARED + MORE % more)
        self.person("carol", left=True)
        for key in keys:
            self.app.add("key", key, holder=("carol",))
        self.lefts = [self.made(change) for change in self.planned().changes]

    def made(self, change, at=AT) -> Left:
        system = self.systems[change.ref.system]
        before = system.held[change.ref]
        system.write(change.ref, before, edited(before, change.edits))
        return Left(change=change, before=before, since=at, plan="a" * 64)

    def final(self, now=AT + 8 * DAY, protected=NOBODY) -> Planning:
        world, due = self.world(), deletions(self.lefts, self.writers)
        images = {one.action.ref: self.app.current(one.action.ref) or GONE for one in due}
        planning = Planning(world, images, self.writers, memory_meaning, protected)
        tried = []
        for one in due:
            if not is_gone(one, images[one.action.ref]):
                found = quarantined(one, 7, now) or deletion(one, Stage.of(world, memory_meaning), disabled_by(self.lefts))
                (tried if isinstance(found, Proposal) else planning.held).append(found)
        planning.delete(tried)
        return planning

    def key(self, name="k1"):
        return self.app.ref("key", name)


def reasons(planning):
    return [one.reason for one in planning.held]


def test_a_key_that_was_disabled_long_enough_ago_and_not_used_since_is_deleted():
    company = Past()
    (change,) = company.final().changes

    assert change.action == Delete(
        ref=company.key(), holder=company.app.ref("user", "carol"), left=change.action.left, since=AT, plan="a" * 64
    )
    assert (change.effect, change.after, change.control, change.subject) == (
        Effect.NARROWS,
        GONE.fingerprint,
        "GR201",
        "person:carol",
    )
    assert isinstance(change.undo, Irreversible)
    assert change.why.startswith("out of use since 2026-11-25 12:00 UTC by plan sha256:aaaaaaaaaaaa: person carol has left")
    assert change.breaks == ("app:key/k1 can never be put in use again",)


@pytest.mark.parametrize(("seconds", "early"), [(-1, True), (0, False), (1, False)])
def test_until_the_last_second_of_its_quarantine_it_stays(seconds, early):
    planning = Past().final(AT + 7 * DAY + timedelta(seconds=seconds))

    assert bool(planning.changes) is not early
    assert [reason.partition(":")[0] for reason in reasons(planning)] == ["it is in quarantine until 2026-12-02 12"] * early


def test_the_account_itself_is_never_deleted():
    company = Past()
    assert {left.change.ref.kind for left in company.lefts} == {"user", "key"}
    assert [change.ref.kind for change in company.final().changes] == ["key"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("disabled", (), "it is not as it was left"),
        ("used", ((AT + DAY).isoformat(),), "it was used since"),
        ("used", ((AT + timedelta(seconds=1)).isoformat(),), "it was used since"),
    ],
)
def test_what_is_not_as_it_was_left_or_was_used_since_stays_and_is_told(field, value, said):
    company = Past()
    fields = {**dict(company.app.held[company.key()].fields), field: value}
    company.app.held[company.key()] = Image.of(fields)
    planning = company.final()

    assert planning.changes == []
    assert [(one.subject, said in one.reason) for one in planning.held] == [("app:key/k1", True)]


def test_a_use_before_it_was_disabled_is_no_use_since():
    company = Past()
    company.app.held[company.key()] = Image.of({**dict(company.app.held[company.key()].fields), "used": (AT.isoformat(),)})
    assert len(company.final().changes) == 1


def test_what_it_was_put_out_of_use_for_must_still_be_so():
    """Carol is back: her key is hers to have switched on again. That bob has left too is another finding."""
    company = Past()
    company.person("bob", left=True)
    company.dir.held[company.dir.ref("user", "carol")] = Image.of({"uid": ("carol",)})
    planning = company.final()

    assert planning.changes == []
    assert reasons(planning) == ["what it was put out of use for is no longer so: person carol has left and still holds app:user/carol"]


def test_an_account_that_somebody_else_disabled_is_no_reason_to_delete_its_key():
    company = Past()
    company.lefts = [left for left in company.lefts if left.change.ref == company.key()]
    planning = company.final()

    assert planning.changes == []
    assert reasons(planning) == ["what it was put out of use for is no longer so: person carol has left and still holds app:user/carol"]


def test_a_key_that_was_not_seen_is_held():
    company = Past()
    (due,) = deletions(company.lefts, company.writers)
    world = company.world()
    seen = replace(
        world.observations["app"], facts=tuple(one for one in world.facts(Fact, "app") if getattr(one, "ref", None) != company.key())
    )
    stage = replace(Stage.of(world, memory_meaning), observations={**world.observations, "app": seen})

    assert deletion(due, stage, disabled_by(company.lefts)).reason.startswith("it was not seen")


def test_what_is_gone_already_is_nothing_to_do():
    company = Past()
    del company.app.held[company.key()]
    planning = company.final()
    assert (planning.changes, planning.held) == ([], [])


def test_what_is_protected_is_not_deleted():
    company = Past()
    applying = replace(
        company.declaration.applying, never=Company(DECLARED + 'apply: {never: {"app:user/carol": any}}\n').declaration.applying.never
    )
    company.declaration = replace(company.declaration, applying=applying)
    assert reasons(company.final()) == [f"app:key/k1: app:user/carol is protected: nothing is taken from it ({applying.never[0].place})"]


def test_what_was_put_out_of_use_twice_counts_from_the_second_time():
    company = Past()
    (key,) = [left for left in company.lefts if left.change.ref.kind == "key"]
    company.lefts += [replace(key, since=AT + 5 * DAY, plan="b" * 64), replace(key, since=AT + 2 * DAY, plan="c" * 64)]

    (due,) = deletions(company.lefts, company.writers)
    assert (due.action.since, due.action.plan) == (AT + 5 * DAY, "b" * 64)
    assert company.final(AT + 8 * DAY).changes == []
    assert len(company.final(AT + 12 * DAY).changes) == 1


def test_a_journal_that_tells_no_time_is_told():
    company = Past()
    company.lefts = [replace(left, since=None) for left in company.lefts]

    assert deletions(company.lefts, company.writers) == ()
    assert [one.subject for one in undated(company.lefts, company.writers)] == ["app:key/k1"]


def test_limits_hold_for_deletions_too():
    company = Past(keys=tuple(f"k{number}" for number in range(12)))
    planning = company.final()
    assert "changes-of-one-person" in {one.rule for one in hazards(planning.changes, company.world(), {})}


def test_no_standing_approval_deletes():
    company = Past()
    (change,) = company.final().changes
    standing = Standing(approved="R", kinds=(Kind.LEAVER,), changes=("delete",), systems=("app",), per_day=9, until=AT.date())
    assert "cannot be taken back" in beyond(standing, change)


def test_the_usual_plan_keeps_away_from_what_is_in_quarantine():
    company = Past()
    assert [change for change in company.planned().changes if isinstance(change.action, Delete)] == []


keys = st.dictionaries(st.sampled_from([f"k{number}" for number in range(5)]), st.integers(-1, 14), min_size=1)


@given(keys, st.integers(0, 14), st.sets(st.sampled_from([f"k{number}" for number in range(5)])), st.booleans())
def test_nothing_that_no_journal_disabled_and_nothing_younger_is_ever_deleted(ages, now, used, back):
    """Some keys were disabled by a journal some days ago, others by hand (-1); some were used since, and perhaps she is back."""
    company = Past(keys=tuple(ages))
    of = {left.change.ref.name: left for left in company.lefts if left.change.ref.kind == "key"}
    account = [left for left in company.lefts if left.change.ref.kind == "user"]
    company.lefts = account + [replace(of[name], since=AT + age * DAY) for name, age in ages.items() if age >= 0]
    for name in used & ages.keys():
        company.app.held[company.key(name)] = Image.of(
            {**dict(company.app.held[company.key(name)].fields), "used": ((AT + 20 * DAY).isoformat(),)}
        )
    if back:
        company.dir.held[company.dir.ref("user", "carol")] = Image.of({"uid": ("carol",)})

    planning = company.final(AT + now * DAY)

    wanted = {name for name, age in ages.items() if 0 <= age <= now - 7 and name not in used and not back}
    assert {change.action.ref.name for change in planning.changes} == wanted
    assert {one.subject for one in planning.held} == {f"app:key/{name}" for name, age in ages.items() if age >= 0} - {
        f"app:key/{name}" for name in wanted
    }


def test_only_what_the_writer_says_is_deleted():
    company = Past()
    assert company.writers["app"].deletes(Disable(ref=company.app.ref("user", "carol")), Image.of({})) is None
