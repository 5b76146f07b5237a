"""Only what changed is told, to those who asked for it, the worst first, and the rest is counted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.history.runs import Change, Changes
from guardrails.model.declaration import Declaration, Team
from guardrails.model.notifying import Event, Ping, Recipient
from guardrails.model.words import Severity, Verdict
from guardrails.notify.letters import MOST, as_text, compose, title
from guardrails.notify.notices import Notice, for_recipient, missed, of_changes, read, written
from guardrails.reports import show
from guardrails.secret import SecretRef
from history.pasts import START, at, sighting
from reports.assessments import HOSTILE

ISG = Recipient(name="isg", way=Ping(url=SecretRef.parse("env:U")))
OWNERS = Declaration(teams=(Team(name="platform", notify="platform"), Team(name="messaging")), notify=(ISG,))
NOTICES = st.builds(
    Notice,
    event=st.sampled_from(Event),
    change=st.sampled_from([*(change.value for change in Change), "missed"]),
    severity=st.sampled_from(Severity),
    subject=st.one_of(st.sampled_from(HOSTILE), st.text()),
    id=st.text(max_size=16),
    owner=st.sampled_from(("", "team:platform", "team:messaging")),
)


def test_each_change_is_an_event_and_what_cannot_be_seen_is_a_gap():
    gap = replace(sighting(9, verdict=Verdict.UNKNOWN), control="GR901")
    told = Changes(
        new=(sighting(1), gap), gone=(sighting(2), gap), back=(sighting(3),), worsened=(sighting(4),), overdue=(sighting(5), gap)
    )
    assert [(one.event.value, one.change, one.id[-1]) for one in of_changes(told)] == [
        ("new", "new", "1"),
        ("gap", "new", "9"),
        ("resolved", "gone", "2"),
        ("gap", "gone", "9"),
        ("new", "back", "3"),
        ("worsened", "worsened", "4"),
        ("overdue", "overdue", "5"),
        ("overdue", "overdue", "9"),
    ]


def test_what_is_still_so_or_not_told_any_more_or_accepted_is_no_news():
    assert list(of_changes(Changes(untold=(sighting(1),), new=(sighting(2, known=True),)))) == []


def test_a_recipient_is_told_of_events_and_severities_that_it_asked_for():
    new = next(of_changes(Changes(new=(sighting(1),))))
    assert for_recipient(ISG, OWNERS, [new]) == (new,)
    assert for_recipient(replace(ISG, events=frozenset({Event.GAP})), OWNERS, [new]) == ()
    assert for_recipient(replace(ISG, severity=Severity.CRITICAL), OWNERS, [new]) == ()
    assert for_recipient(replace(ISG, severity=Severity.HIGH), OWNERS, [new]) == (new,)


def test_whom_a_team_names_is_told_of_what_the_team_owns_alone():
    mine, others = (next(of_changes(Changes(new=(sighting(1, owner=owner),)))) for owner in ("team:platform", "team:messaging"))
    assert for_recipient(replace(ISG, name="platform"), OWNERS, [mine, others]) == (mine,)
    assert for_recipient(ISG, OWNERS, [mine, others]) == (mine, others)


@given(NOTICES)
def test_a_notice_is_kept_as_it_is(notice):
    assert read(written(notice)) == notice


@given(st.lists(NOTICES, min_size=1, max_size=80))
def test_a_letter_is_small_tells_the_worst_first_and_counts_the_rest(notices):
    letter = compose("company/prod", "isg", START, list(enumerate(notices)))
    said = json.loads(letter.body)
    severities = [Severity[one["severity"].upper()] for one in said["notices"]]
    assert severities == sorted(severities, reverse=True)
    assert len(severities) == min(MOST, len(notices))
    assert len(severities) + said["left_out"] == len(notices) == sum(said["counts"].values())
    assert severities[0] == max(notice.severity for notice in notices)
    assert len(letter.body.encode()) < 100_000
    assert all(show(one[field]) == one[field] for one in said["notices"] for field in ("subject", "owner", "system"))
    assert said["key"] == letter.key


@given(st.lists(NOTICES, min_size=1, max_size=60))
def test_no_name_makes_a_line_or_steers_a_terminal(notices):
    letter = compose("company/prod", "isg", START, list(enumerate(notices)))
    assert all(show(line) == line for line in as_text(letter).split("\n"))
    assert show(title(letter)) == title(letter)
    shown = min(MOST, len(notices))
    assert len(as_text(letter).splitlines()) == 2 + shown + (2 if len(notices) > MOST else 0) + 3


@pytest.mark.parametrize("letter", ["x", "\u202e", "\U0001d538", "\ud800", '"'])
def test_a_name_as_long_as_somebody_likes_is_cut(letter):
    long = replace(next(of_changes(Changes(new=(sighting(1),)))), subject=letter * 9_000, owner=letter * 9_000, system=letter * 9_000)
    assert len(compose("d", "isg", START, list(enumerate([long] * 60))).body.encode()) < 100_000


def test_a_key_is_of_what_is_told_and_to_whom():
    new = [(1, next(of_changes(Changes(new=(sighting(1),)))))]
    same = compose("d", "isg", START, new)
    assert compose("d", "isg", START, new) == same
    others = [
        compose("e", "isg", START, new),
        compose("d", "dpo", START, new),
        compose("d", "isg", at(1), new),
        compose("d", "isg", START, [(2, new[0][1])]),
    ]
    assert len({letter.key for letter in (same, *others)}) == 5


def test_a_missed_run_says_since_when():
    assert "no run saw everything since 2026-11-01 03:00 UTC" in missed(START, at(5)).subject
    assert "no run saw everything yet" in missed(None, START).subject
    assert missed(START, at(5)).event is Event.HEARTBEAT
