"""The history, in a file and in PostgreSQL: what is kept, in which order, and what happens when it cannot be used."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from guardrails.errors import OperatorError
from guardrails.history.outbox import Outbox
from guardrails.history.runs import Change, Changes, kept_after
from guardrails.history.schema import STEPS
from guardrails.history.store import Archive, OutOfOrder, opened
from guardrails.history.taking import run_of
from guardrails.model.declaration import Declaration
from guardrails.model.facts import Gap
from guardrails.model.findings import Details, Narrowed, Witness
from guardrails.model.notifying import Apprise, Recipient
from guardrails.model.words import GapReason, Severity, Verdict
from guardrails.notify.delivery import keep
from guardrails.notify.notices import of_changes
from guardrails.secret import SecretRef
from history.pasts import DEADLINES, at, pasts, ran, sighting
from history.places import Place
from reports.assessments import SEEN, assessed, finding

TELLING = Declaration(notify=(Recipient(name="isg", way=Apprise(url=SecretRef.parse("env:U"))),))


def test_what_is_added_is_there_for_the_next_process(place):
    hole = ("aws", "1")
    place.keep(ran(0, sighting(1, owner="team:a"), sighting(2, verdict=Verdict.UNDECIDED)), ran(1, sighting(1), holes=(hole,)))
    (first, last), findings = place.kept()
    assert (first.at, first.findings, first.not_told, first.gaps, first.systems, first.whole) == (at(0), 2, 1, 0, ("aws",), True)
    assert (last.exit_code, last.verdict, last.gaps, last.holes, last.whole) == (3, Verdict.UNKNOWN, 1, (hole,), False)
    assert [one.first_seen for one in findings] == [at(0), at(0)]
    assert [one.last_seen for one in findings] == [at(1), at(0)]
    assert [one.gone_at for one in findings] == [None, None]


def test_add_says_what_the_run_changed(place):
    with opened(place.archive, "d") as history:
        assert history.add(ran(0, sighting(1))) == Changes(new=(sighting(1),))
        assert history.add(ran(1, sighting(2))) == Changes(new=(sighting(2),), gone=(sighting(1),))
        assert history.add(ran(1, sighting(2))) == Changes()


def test_what_each_run_changed_is_told_since_a_moment(place):
    place.keep(ran(0, sighting(1)), ran(1, sighting(2)), ran(2, sighting(1)))
    with opened(place.archive, "d") as history:
        told = history.changed(at(0))
    one, two = sighting(1).id, sighting(2).id
    assert told == ((at(1), Change.GONE, one), (at(1), Change.NEW, two), (at(2), Change.BACK, one), (at(2), Change.GONE, two))


def test_one_finding_may_change_in_two_ways_in_one_run(place):
    place.keep(ran(0, sighting()), ran(5, sighting(severity=Severity.CRITICAL)), deadlines=DEADLINES)
    with opened(place.archive, "d") as history:
        assert {change for _, change, _ in history.changed(at(0))} == {Change.WORSENED, Change.OVERDUE}
    (kept,) = place.kept()[1]
    assert kept.overdue_at == at(5)


def test_declarations_do_not_end_the_findings_of_each_other(place):
    place.keep(ran(0, sighting(1)), declaration="one")
    place.keep(ran(1), declaration="two")
    assert [one.gone_at for one in place.kept("one")[1]] == [None]
    assert place.kept("two")[1] == ()
    with opened(place.archive, "") as history:
        assert history.declarations() == ("one", "two")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\U0001d538", "'; DROP TABLE run; --", "\u202e", "%s ? {0}", ""])
def test_a_name_of_any_text_is_kept(place, text):
    run = run_of(assessed(finding(text)), Declaration())
    place.keep(run)
    (kept,) = place.kept()[1]
    assert kept.sighting == run.sightings[0]
    assert text.isprintable() is (kept.sighting.subject == text) or text == "\u202e"


def test_nothing_of_a_finding_but_its_names_is_kept(place):
    canary = "canary-3b8d"
    told = finding("role/ci")
    witness = Witness(principal=canary, action=canary, resource=canary, context=((canary, canary),))
    details = Details(narrowed=(Narrowed(policy=canary, document=canary, note=canary, before=canary),), used=canary)
    secret = replace(told.difference, message=canary, actual=canary, remedy=canary, witness=witness, details=details, managed_by=canary)
    gap = Gap(system="aws", realm="1", what=canary, reason=GapReason.DENIED, message=canary, remedy=canary, rights=(canary,))
    run = run_of(
        assessed(replace(told, difference=secret), gaps=(gap,), seen=(replace(SEEN, identity=canary, source=canary),)), Declaration()
    )
    with opened(place.archive, "d") as history:
        keep(Outbox(history.backend, "d"), TELLING, run.at, of_changes(history.add(run)))
    kept = repr(place.raw(*(f"SELECT * FROM {table}" for table in ("run", "finding", "changed", "notice", "letter"))))  # noqa: S608  # ours
    assert "role/ci" in kept
    assert canary not in kept


def test_the_same_run_twice_is_one(place):
    place.keep(ran(0, sighting(1)), ran(0, sighting(1)))
    runs, findings = place.kept()
    assert (len(runs), len(findings)) == (1, 1)


@pytest.mark.parametrize("late", [ran(0), ran(1, sighting(2)), replace(ran(2), evidence=at(0))])
def test_a_run_that_does_not_follow_the_last_one_is_refused_and_changes_nothing(place, late):
    place.keep(ran(1, sighting(1)))
    before = place.kept()
    with pytest.raises(OutOfOrder, match="does not follow the last one"):
        place.keep(late)
    assert place.kept() == before


@pytest.mark.parametrize(
    ("systems", "read", "others"),
    [
        (("vault",), (), True),
        (("aws",), (("aws", "2"),), True),
        (("aws", "vault"), (("aws", "2"), ("vault", "r")), True),
        (("aws",), (("aws", "1"), ("aws", "2")), False),
        (("aws", "vault"), (("vault", "r"),), False),
        ((), (), False),
    ],
)
def test_a_run_that_is_surely_of_another_declaration_is_refused_and_ends_nothing(place, systems, read, others):
    place.keep(ran(0, sighting(1), read=(("aws", "1"),)))
    before = place.kept()
    if not others:
        place.keep(ran(1, systems=systems, read=read))
        return
    with pytest.raises(OperatorError, match="is of other accounts or systems"):
        place.keep(ran(1, systems=systems, read=read))
    assert place.kept() == before


def test_a_block_that_raises_leaves_nothing(place):
    def broken():
        with opened(place.archive, "d") as history:
            history.add(ran(0, sighting(1)))
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert place.kept() == ((), ())


def test_the_last_whole_run_is_the_one_with_the_newest_evidence_that_saw_everything(place):
    place.keep(ran(0), ran(1), ran(2, holes=(("aws", "1"),)))
    with opened(place.archive, "d") as history:
        assert history.last_whole().at == at(1)
    place.keep(ran(0, holes=(("aws", "1"),)), declaration="blind")
    with opened(place.archive, "blind") as history:
        assert history.last_whole() is None


def test_old_runs_and_what_was_gone_by_then_are_forgotten_and_the_rest_stays(place):
    place.keep(ran(0, sighting(1), sighting(2)), ran(1, sighting(2)), ran(24, sighting(2)), ran(48, sighting(2), holes=(("aws", "2"),)))
    place.keep(ran(0, sighting(1)), declaration="other")
    with opened(place.archive, "d") as history:
        assert history.forget(at(48) + timedelta(minutes=1), keep_days=1) == 2
        assert [past.at for past in history.runs()] == [at(24), at(48)]
        assert [(one.sighting.id, one.first_seen) for one in history.findings()] == [(sighting(2).id, at(0))]
        assert history.changed(at(-1)) == ()
        assert history.forget(at(900), keep_days=1) == 0  # the last, and the last whole one
    assert len(place.kept("other")[0]) == 1


def test_a_newer_history_is_refused_and_left_as_it_is(place):
    place.keep(ran(0, sighting(1)))
    newer = len(STEPS) + 1
    stamp = "INSERT INTO version VALUES ({})" if place.archive.is_database else "PRAGMA user_version = {}"
    place.raw(stamp.format(newer))
    with pytest.raises(OperatorError, match="a newer guardrails wrote it"):
        place.kept()
    assert place.raw("SELECT count(*) FROM run") == [[(1,)]]


@pytest.mark.parametrize("change", ["finding SET verdict = 'fine'", "finding SET first_seen = 'once'", "run SET systems = '7'"])
def test_a_row_that_says_what_nobody_writes_is_damage(place, change):
    place.keep(ran(0, sighting(1)))
    place.raw(f"UPDATE {change}")
    with pytest.raises(OperatorError, match="damaged"):
        place.kept()


def test_who_waits_too_long_is_told_so(place):
    place.keep(ran(0))  # so that nothing but the turn is waited for
    with opened(place.archive, "d"), pytest.raises(OperatorError, match="lock") as told, opened(place.archive, "d", wait_seconds=0.05):
        pass
    assert told.value.remedy


def _several(archive, number):
    for hour in range(3):
        with opened(archive, f"d{number % 2}") as history:
            try:
                history.add(ran(hour * 8 + number, sighting(hour)))
            except OutOfOrder:
                continue


def test_eight_processes_at_once_wait_for_each_other_and_keep_the_order(place):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_several, args=(place.archive, number)) for number in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    for name in ("d0", "d1"):
        runs, findings = place.kept(name)
        assert [run.at for run in runs] == sorted({run.at for run in runs})
        assert runs[-1].at == at(22 if name == "d0" else 23)
        assert {one.last_seen for one in findings if one.gone_at is None} == {runs[-1].at}


def _killed(archive):
    with opened(archive, "d") as history:
        history.add(ran(1, sighting(2)))
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_that_is_killed_while_it_writes_leaves_the_history_as_it_was(place):
    place.keep(ran(0, sighting(1)))
    before = place.kept()
    process = multiprocessing.get_context("spawn").Process(target=_killed, args=(place.archive,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert place.kept() == before
    place.keep(ran(1, sighting(2)))
    assert len(place.kept()[0]) == 2


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(pasts())
def test_the_file_keeps_what_the_pure_part_says(runs):
    with TemporaryDirectory() as folder:
        _agrees(Place(Archive(at=str(Path(folder) / "h"))), runs, "d")


@pytest.mark.server
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(runs=pasts())
def test_postgres_keeps_what_the_pure_part_says(live_database, runs):
    live_database.named_once += 1
    _agrees(live_database.place, runs, f"d{live_database.named_once}")


def _agrees(place, runs, declaration):
    expected = ()
    for run in runs:
        expected = kept_after(expected, run, DEADLINES)
        place.keep(run, run, declaration=declaration, deadlines=DEADLINES)
    assert place.kept(declaration)[1] == expected


class _Database:
    def __init__(self, place):
        self.place, self.named_once = place, 0


@pytest.fixture
def live_database(live_postgres):
    live_postgres.make("laws")
    return _Database(Place(Archive(at=live_postgres.url("laws"))))
