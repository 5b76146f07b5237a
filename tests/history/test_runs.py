"""What follows from runs: what is new, gone, back and worse, and what nobody can say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given

from guardrails.history.runs import Change, Changes, changes, kept_after, run_of
from guardrails.model.words import Severity, Verdict
from history.pasts import at, pasts, ran, sighting
from reports.assessments import AT, GAP, SEEN, assessed, finding


def states(runs):
    """What is kept before the first run and after each."""
    found = [()]
    for run in runs:
        found.append(kept_after(found[-1], run))
    return found


def after(*runs):
    return states(runs)[-1]


def test_what_no_run_had_is_new():
    assert changes((), ran(0, sighting())) == Changes(new=(sighting(),))


def test_what_is_still_so_is_no_change():
    assert changes(after(ran(0, sighting())), ran(1, sighting())) == Changes()


def test_what_a_whole_run_does_not_tell_is_gone():
    assert changes(after(ran(0, sighting())), ran(1)) == Changes(gone=(sighting(),))


def test_what_a_gap_could_hide_is_not_gone():
    before = after(ran(0, sighting()))
    partial = ran(1, gaps=1)
    assert changes(before, partial) == Changes(untold=(sighting(),))
    assert kept_after(before, partial) == before


def test_a_gap_in_one_system_can_hide_what_is_found_in_another():
    before = after(ran(0, sighting(system="vault"), systems=("aws", "vault")))
    assert changes(before, ran(1, gaps=1, systems=("aws", "vault"))).gone == ()


def test_what_was_found_in_a_system_that_was_not_read_is_not_gone():
    before = after(ran(0, sighting(system="vault"), systems=("aws", "vault")))
    assert changes(before, ran(1, systems=("aws",))) == Changes(untold=(sighting(system="vault"),))


def test_what_was_not_told_for_a_while_is_neither_new_nor_back():
    assert changes(after(ran(0, sighting()), ran(1, gaps=1)), ran(2, sighting())) == Changes()


def test_what_was_gone_comes_back_and_keeps_its_age():
    before = after(ran(0, sighting()), ran(1))
    assert [kept.gone_at for kept in before] == [at(1)]
    assert changes(before, ran(2, sighting())) == Changes(back=(sighting(),))
    (kept,) = kept_after(before, ran(2, sighting()))
    assert (kept.first_seen, kept.last_seen, kept.gone_at) == (at(0), at(2), None)


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
    run = run_of(assessed(finding("secret", number=2), finding("b", verdict=Verdict.UNKNOWN, number=1), gaps=(GAP,)))
    assert (run.at, run.evidence, run.exit_code, run.verdict, run.systems, run.gaps) == (AT, AT, 3, Verdict.UNKNOWN, ("aws",), 1)
    assert (run.severities, run.verdicts) == ((("high", 2),), (("unknown", 1), ("violation", 1)))
    assert [one.subject for one in run.sightings] == ["b", "secret"]
    assert "message" not in repr(run)


def test_a_name_that_is_no_unicode_is_spelled_out():
    (one,) = run_of(assessed(finding("\ud800 lone"))).sightings
    assert one.subject == "\\ud800 lone"


def test_an_assessment_without_evidence_ends_nothing():
    assert changes(after(ran(0, sighting())), run_of(assessed(seen=()))).gone == ()


def test_the_evidence_of_a_run_is_as_old_as_the_oldest():
    older = replace(SEEN, system="vault", taken_at=at(0))
    assert run_of(assessed(seen=(SEEN, older))).evidence == at(0)


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
def test_a_run_with_a_gap_ends_nothing(runs):
    for before, run in zip(states(runs), runs, strict=False):
        if run.gaps:
            assert changes(before, run).gone == ()


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
