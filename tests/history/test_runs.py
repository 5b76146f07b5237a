"""What follows from runs: what is new, gone, back and worse, and what nobody can say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from guardrails.history.runs import EVERYWHERE, Change, Changes, changes, kept_after
from guardrails.history.taking import run_of
from guardrails.model.declaration import Declaration, PeopleSource, Role, System
from guardrails.model.reference import Ref, Reference, Scope
from guardrails.model.words import Severity, Verdict
from history.pasts import DEADLINES, at, pasts, ran, sighting
from reports.assessments import AT, GAP, SEEN, assessed, finding

HOLE = ("aws", "1")
COMPANY = Declaration()


def states(runs, deadlines=None):
    """What is kept before the first run and after each."""
    found = [()]
    for run in runs:
        found.append(kept_after(found[-1], run, deadlines))
    return found


def after(*runs, deadlines=None):
    return states(runs, deadlines)[-1]


def company(**more):
    """A finding as its control and places make it, and where it rests."""
    found = finding("s")
    difference = replace(found.difference, realm="1", **more.pop("difference", {}))
    (one,) = run_of(assessed(replace(found, difference=difference, **more)), DECLARED).sightings
    return set(one.rests_on)


DECLARED = Declaration(
    systems=(System(name="inventory", connector="netbox"), System(name="aws", connector="aws")),
    sources=(PeopleSource(system="directory", name="uid"),),
    roles=(Role(name="oncall", members=(Reference(scope=Scope("groups"), kind="group", name="oncall"),)),),
)


def test_what_no_run_had_is_new():
    assert changes((), ran(0, sighting())) == Changes(new=(sighting(),))


def test_what_is_still_so_is_no_change():
    assert changes(after(ran(0, sighting())), ran(1, sighting())) == Changes()


def test_a_gap_that_is_not_accepted_any_more_is_worse():
    assert changes(after(ran(0, sighting(known=True))), ran(1, sighting())) == Changes(worsened=(sighting(),))
    assert changes(after(ran(0, sighting())), ran(1, sighting(known=True))) == Changes()


def test_what_a_whole_run_does_not_tell_is_gone():
    assert changes(after(ran(0, sighting())), ran(1)) == Changes(gone=(sighting(),))


def test_what_a_gap_could_hide_is_not_gone():
    before = after(ran(0, sighting()))
    for hole in (HOLE, ("aws", ""), ("", "")):
        partial = ran(1, holes=(hole,))
        assert changes(before, partial) == Changes(untold=(sighting(),))
        assert kept_after(before, partial) == before


@pytest.mark.parametrize("hole", [("vault", ""), ("aws", "2")])
def test_a_gap_elsewhere_hides_nothing_here(hole):
    before = after(ran(0, sighting(), systems=("aws", "vault")))
    assert changes(before, ran(1, holes=(hole,), systems=("aws", "vault"))).gone == (sighting(),)


def test_a_finding_about_a_whole_system_is_hidden_by_a_gap_in_a_part_of_it():
    before = after(ran(0, sighting(rests_on=(("aws", ""),))))
    assert changes(before, ran(1, holes=(("aws", "2"),))).gone == ()


def test_what_rests_on_several_systems_is_hidden_by_a_gap_in_any():
    two = sighting(rests_on=(("aws", "1"), ("directory", "")))
    before = after(ran(0, two, systems=("aws", "directory")))
    assert changes(before, ran(1, holes=(("directory", "x"),), systems=("aws", "directory"))).untold == (two,)
    assert changes(before, ran(1, systems=("aws", "directory"))).gone == (two,)


def test_what_may_rest_on_anything_is_hidden_by_any_gap():
    before = after(ran(0, sighting(rests_on=(EVERYWHERE,))))
    assert changes(before, ran(1, holes=(("vault", "x"),))).gone == ()


def test_what_the_declaration_alone_says_no_gap_hides():
    before = after(ran(0, sighting(rests_on=())))
    assert changes(before, ran(1, holes=(("", ""),))).gone == (sighting(rests_on=()),)


def test_a_finding_rests_on_its_realm_its_places_and_what_says_who_is_who():
    place = Ref(system="vault", realm="r", kind="entity", id="e", name="e")
    assert company(control="GR401") == {("aws", "1")}
    assert company(control="GR401", difference={"places": (place,)}) == {("aws", "1"), ("vault", "r")}
    assert company(control="GR101") == {("aws", "1"), ("directory", ""), ("groups", "")}
    assert company(control="GR201") == {("aws", "1"), ("directory", ""), ("groups", "")}
    assert company(control="GR301") == {("aws", "1"), ("inventory", "")}
    assert company(control="GR107") == {("aws", ""), ("directory", ""), ("groups", "")}
    assert company(control="GR503", difference={"system": ""}) == set()
    assert company(control="GR507", difference={"system": ""}) == {EVERYWHERE}


def test_a_gap_and_an_empty_system_are_holes_and_only_an_accepted_gap_leaves_a_run_whole():
    told = finding("g", verdict=Verdict.UNKNOWN)
    open_gap = run_of(assessed(replace(told, control="GR901"), gaps=(GAP,)), COMPANY)
    assert (open_gap.holes, open_gap.whole) == ((("aws", "1"),), False)
    accepted = replace(told, control="GR901", difference=replace(told.difference, known=True))
    assert run_of(assessed(accepted, gaps=(GAP,)), COMPANY).whole
    empty = run_of(assessed(replace(told, control="GR904")), COMPANY)
    assert (empty.holes, empty.whole) == ((("aws", ""),), False)
    assert not run_of(assessed(seen=()), COMPANY).whole
    assert run_of(assessed(), COMPANY).whole


def test_what_was_found_in_a_system_that_was_not_read_is_not_gone():
    before = after(ran(0, sighting(system="vault"), systems=("aws", "vault")))
    assert changes(before, ran(1, systems=("aws",))) == Changes(untold=(sighting(system="vault"),))


def test_what_was_not_told_for_a_while_is_neither_new_nor_back():
    assert changes(after(ran(0, sighting()), ran(1, holes=(HOLE,))), ran(2, sighting())) == Changes()


def test_what_was_gone_comes_back_and_keeps_its_age():
    before = after(ran(0, sighting()), ran(1))
    assert [kept.gone_at for kept in before] == [at(1)]
    assert changes(before, ran(2, sighting())) == Changes(back=(sighting(),))
    (kept,) = kept_after(before, ran(2, sighting()))
    assert (kept.first_seen, kept.since, kept.last_seen, kept.gone_at, kept.reopened) == (at(0), at(2), at(2), None, 1)


def test_what_is_gone_is_gone_once():
    assert changes(after(ran(0, sighting()), ran(1)), ran(2)) == Changes()


def test_more_severe_is_worse_and_less_severe_is_not():
    low, high = sighting(severity=Severity.LOW), sighting(severity=Severity.HIGH)
    assert changes(after(ran(0, low)), ran(1, high)) == Changes(worsened=(high,))
    assert changes(after(ran(0, high)), ran(1, low)) == Changes()


def test_certain_where_it_was_undecided_is_worse():
    unsure = sighting(verdict=Verdict.UNDECIDED)
    assert changes(after(ran(0, unsure)), ran(1, sighting())) == Changes(worsened=(sighting(),))
    assert changes(after(ran(0, sighting())), ran(1, unsure)) == Changes()


def test_what_came_back_worse_is_told_once():
    before = after(ran(0, sighting(severity=Severity.LOW)), ran(1))
    assert changes(before, ran(2, sighting())).each() == ((Change.BACK, sighting()),)


def test_the_run_behind_an_assessment_holds_counts_and_no_words():
    run = run_of(assessed(finding("secret", number=2), finding("b", verdict=Verdict.UNKNOWN, number=1), gaps=(GAP,)), COMPANY)
    assert (run.at, run.evidence, run.exit_code, run.verdict, run.systems, run.gaps) == (AT, AT, 3, Verdict.UNKNOWN, ("aws",), 1)
    assert (run.severities, run.verdicts) == ((("high", 2),), (("unknown", 1), ("violation", 1)))
    assert [one.subject for one in run.sightings] == ["b", "secret"]
    assert "message" not in repr(run)


def test_a_name_that_is_no_unicode_is_spelled_out():
    (one,) = run_of(assessed(finding("\ud800 lone")), COMPANY).sightings
    assert one.subject == "\\ud800 lone"


def test_an_assessment_without_evidence_ends_nothing():
    assert changes(after(ran(0, sighting())), run_of(assessed(seen=()), COMPANY)).gone == ()


def test_the_evidence_of_a_run_is_as_old_as_the_oldest():
    older = replace(SEEN, system="vault", taken_at=at(0))
    assert run_of(assessed(seen=(SEEN, older)), COMPANY).evidence == at(0)


def test_a_deadline_passes_once_and_counts_from_when_it_came_back():
    runs = [ran(0, sighting()), ran(2, sighting()), ran(4, sighting()), ran(5, sighting())]
    kept = states(runs, DEADLINES)
    assert [changes(before, run, DEADLINES).overdue for before, run in zip(kept, runs, strict=False)] == [(), (), (sighting(),), ()]
    back = after(*runs, ran(6), ran(7, sighting()), deadlines=DEADLINES)
    assert back[0].due(DEADLINES) == at(10)
    assert changes(back, ran(11, sighting()), DEADLINES).overdue == (sighting(),)


def test_what_nobody_could_tell_is_overdue_all_the_same():
    before = after(ran(0, sighting()), deadlines=DEADLINES)
    found = changes(before, ran(4, holes=(HOLE,)), DEADLINES)
    assert (found.overdue, found.untold) == ((sighting(),), (sighting(),))


def test_more_severe_has_less_time_and_an_accepted_gap_has_no_deadline():
    worse = sighting(severity=Severity.CRITICAL)
    found = changes(after(ran(0, sighting()), deadlines=DEADLINES), ran(2, worse), DEADLINES)
    assert (found.worsened, found.overdue) == ((worse,), (worse,))
    accepted = sighting(known=True)
    assert changes(after(ran(0, accepted)), ran(9, accepted), DEADLINES).overdue == ()


@given(pasts())
def test_first_seen_never_moves(runs):
    for before, later in pairwise(states(runs)):
        seen = {kept.sighting.id: kept.first_seen for kept in later}
        assert all(seen[kept.sighting.id] == kept.first_seen for kept in before)


@given(pasts())
def test_every_finding_is_in_exactly_one_state_and_moments_are_in_order(runs):
    for kept in after(*runs):
        assert kept.first_seen <= kept.last_seen
        assert kept.gone_at is None or kept.gone_at > kept.last_seen


@given(pasts())
def test_a_run_ends_nothing_where_it_has_a_gap(runs):
    for before, run in zip(states(runs), runs, strict=False):
        for one in changes(before, run).gone:
            assert all(
                system in run.systems and (system, "") not in run.holes and (system, realm) not in run.holes
                for system, realm in one.rests_on
                if system
            )
            assert run.holes == () or all(system for system, _ in one.rests_on)


@given(pasts())
def test_what_is_overdue_is_told_when_it_becomes_so_and_not_again(runs):
    kept = ()
    for run in runs:
        found, late = changes(kept, run, DEADLINES), {held.sighting.id for held in kept if held.gone_at is None and held.overdue_at}
        kept = kept_after(kept, run, DEADLINES)
        there = {held.sighting.id: held for held in kept if held.gone_at is None}
        due = {name: held.due(DEADLINES) for name, held in there.items()}
        overdue = {name for name, moment in due.items() if moment is not None and moment < run.at}
        assert {one.id for one in found.overdue} == {name for name in overdue if name not in late or there[name].since == run.at}
        assert overdue <= {name for name, held in there.items() if held.overdue_at}
        assert not any(there[name].sighting.known for name in overdue)


def test_a_deadline_that_became_longer_and_shorter_again_passes_again():
    critical = sighting(severity=Severity.CRITICAL)
    runs = [ran(0, critical), ran(2, critical), ran(2.5, sighting()), ran(2.9, critical)]
    kept = states(runs, DEADLINES)
    assert [len(changes(before, run, DEADLINES).overdue) for before, run in zip(kept, runs, strict=False)] == [0, 1, 0, 1]


@given(pasts())
def test_the_same_run_again_changes_nothing(runs):
    kept = after(*runs)
    assert changes(kept, runs[-1]).each() == ()
    assert kept_after(kept, runs[-1]) == kept


@given(pasts())
def test_changes_account_for_all_that_differs(runs):
    for before, run in zip(states(runs), runs, strict=False):
        found = changes(before, run)
        there = {kept.sighting.id for kept in before if kept.gone_at is None}
        now = {kept.sighting.id for kept in kept_after(before, run) if kept.gone_at is None}
        assert now - there == {one.id for one in (*found.new, *found.back)}
        assert there - now == {one.id for one in found.gone}
        assert now - {one.id for one in run.sightings} == {one.id for one in found.untold}
