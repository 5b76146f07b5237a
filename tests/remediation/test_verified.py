"""What was planned, signed and good once is verified anew before anything is written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from guardrails import declare
from guardrails.apply.journal import Step, opened_journal
from guardrails.apply.opened import journal_of, keep
from guardrails.errors import GuardrailsError, Refused
from guardrails.model.changes import Hazard
from guardrails.plan.document import plan_bytes, plan_digest
from guardrails.remediation import Ground, apply_plan, confirm_plan, resume_plan, roll_back_plan, take_back_overdue, verified
from guardrails.trust.approval import plan_namespace
from guardrails.trust.roster import parse_roster
from plan.plans import AT, change_of, plan_of, ref
from trust.group import made, make_keys, member, roster

TEXT = "guardrails: 1\nsystems: {vault: {connector: vault}}\napply: {environment: prod%s}\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def ground(keys):
    def of(more: str = "", **changed: object) -> Ground:
        trusted = parse_roster(json.dumps(roster([member(keys, name) for name in ("dana", "erin", "femi")])).encode())
        declaration = declare.loads([("file.yaml", (TEXT % more).encode())])
        given = {
            "declaration": declaration,
            "roster": trusted,
            "state": Path("/nowhere"),
            "now": AT,
            "clock": lambda: AT,
            "who": "me",
            "note": lambda *_: None,
        }
        return Ground(**given | changed)

    return of


def plan_for(standing: Ground, **more: object):
    bound = {"declaration": standing.declaration.digest, "roster": standing.roster.digest, "author": ""}
    return plan_of(**{"changes": (change_of("carol"),), **bound, **more})


def judged(keys, standing: Ground, plan):
    content = plan_bytes(plan)
    signatures = {name: made(content, keys / name, plan_namespace(plan.environment)) for name in ("dana", "erin")}
    return verified(content, signatures, standing)


def test_a_plan_for_here_and_now_may_be_applied(keys, ground):
    plan, signers = judged(keys, ground(), plan_for(ground()))

    assert plan == plan_for(ground())
    assert signers.signers == ("dana", "erin")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"environment": "test"}, "the plan was made for the environment test, and this is prod"),
        ({"declaration": "a" * 64}, "the plan was made for the declaration aaaaaaaaaaaa"),
        ({"roster": ""}, "the plan was made for the roster of nobody"),
        ({"expires_at": AT - timedelta(seconds=1)}, "the plan expired at 2026-11-25 11:59 UTC"),
        ({"expires_at": AT + timedelta(days=30)}, "the plan expired"),
        ({"observed_at": AT + timedelta(seconds=61)}, "which is yet to come"),
        ({"changes": ()}, "the plan changes nothing"),
        ({"hazards": (Hazard(rule="changes-in-all", message="30 changes", allow="fewer"),)}, "changes-in-all: 30 changes"),
        ({"author": "dana"}, "needs 2 members, has 1"),
    ],
)
def test_a_plan_that_is_not_is_refused(keys, ground, more, said):
    with pytest.raises(Refused, match=said):
        judged(keys, ground(), plan_for(ground(), **more))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (', freeze: "moving house"', "freeze: everything is frozen: moving house"),
        (", limits: {changes: 0}", "changes-in-all: 1 changes, and one plan may make 0"),
        (', never: {"vault:entity/carol": any}', "protected: vault:entity/carol is protected"),
        (', windows: ["Mon 08:00-15:00"]', "Wed 12:00 is in none of the windows"),
    ],
)
def test_what_is_declared_by_now_counts(keys, ground, declared, said):
    with pytest.raises(Refused, match=said):
        judged(keys, ground(declared), plan_for(ground(declared)))


def test_the_declaration_raises_the_quorum_and_never_lowers_it(keys, ground):
    for low in (0, 1, 2):
        standing = ground(f", approvals: {{quorum: {low}}}")
        assert len(judged(keys, standing, plan_for(standing))[1].signers) == 2
        with pytest.raises(Refused, match="needs 2 members, has 1"):
            judged(keys, standing, plan_for(standing, author="dana"))
    with pytest.raises(Refused, match="needs 3 members, has 2"):
        judged(keys, ground(", approvals: {quorum: 3}"), plan_for(ground(", approvals: {quorum: 3}")))


def test_what_was_raised_counts_for_the_way_back_too(keys, ground, tmp_path):
    standing = ground(", approvals: {quorum: 3}", state=tmp_path)
    content = plan_bytes(plan_for(standing))
    signatures = {name: made(content, keys / name, plan_namespace("prod")) for name in ("dana", "erin")}
    for step in (apply_plan, resume_plan, roll_back_plan):
        with pytest.raises(Refused, match="needs 3 members, has 2"):
            step(content, signatures, standing)


def test_bytes_that_were_changed_after_signing_are_signed_by_nobody(keys, ground):
    """An operation that was changed, a key that stands twice, a blank more: none of it is what was signed."""
    content = plan_bytes(plan_for(ground()))
    signatures = {name: made(content, keys / name, plan_namespace("prod")) for name in ("dana", "erin")}
    other = plan_bytes(plan_for(ground(), changes=(change_of("bob"),)))
    twice = content.replace(b'"environment":"prod"', b'"environment":"prod","environment":"prod"')
    for changed in (other, twice, content + b" ", content.replace(b":", b": ", 1), content[:-1]):
        assert changed != content
        with pytest.raises(GuardrailsError):
            verified(changed, signatures, ground())


def test_a_window_is_in_the_time_zone_of_the_declaration(keys, ground):
    standing = ground(', windows: ["Wed 13:00-14:00"]}\nstate: {timezone: Europe/Stockholm')

    assert judged(keys, standing, plan_for(standing))


def test_a_clock_that_is_a_minute_off_is_borne(keys, ground):
    assert judged(keys, ground(), plan_for(ground(), observed_at=AT + timedelta(seconds=59)))


BACK = {"latest": AT + timedelta(seconds=61)}


def test_on_a_clock_that_was_set_back_nothing_is_applied(keys, ground):
    """Else a plan that is over could be applied again."""
    assert judged(keys, ground(latest=AT + timedelta(seconds=60)), plan_for(ground()))

    with pytest.raises(Refused, match="it is 2026-11-25 12:00 UTC, and the audit log was written to at 2026-11-25 12:01 UTC"):
        judged(keys, ground(**BACK), plan_for(ground()))


def test_on_a_clock_that_was_set_back_nothing_is_confirmed(keys, ground, tmp_path):
    content = plan_bytes(plan_for(ground()))
    signatures = {name: made(content, keys / name, plan_namespace("prod")) for name in ("dana", "erin")}

    with pytest.raises(Refused, match="the audit log was written to"):
        confirm_plan(content, signatures, ground(state=tmp_path, **BACK))


@pytest.mark.parametrize("until", [timedelta(minutes=-1), timedelta(minutes=1)])
def test_on_a_clock_that_was_set_back_it_is_told_that_a_plan_waits(ground, tmp_path, until):
    """Whether it is overdue nobody knows: that it is not would be believed by whoever reads the exit code."""
    content = plan_bytes(plan_for(ground()))
    path = journal_of(tmp_path, plan_digest(content))
    keep(path, content)
    with opened_journal(path) as journal:
        journal.append(Step.BEGIN, values={"confirm_by": (AT + until).isoformat()})

    with pytest.raises(Refused, match="the audit log was written to"):
        take_back_overdue(ground(state=tmp_path, **BACK))
    assert until < timedelta() or take_back_overdue(ground(state=tmp_path)) == ()


def test_on_a_clock_that_was_set_back_nothing_is_told_where_nothing_waits(ground, tmp_path):
    assert take_back_overdue(ground(state=tmp_path, **BACK)) == ()


class OnlyReads:
    """A connector of somebody else, which changes nothing."""

    name = "vault"


def test_a_plan_for_a_system_that_cannot_be_changed_is_refused_before_anything_is_written(keys, ground, tmp_path, monkeypatch):
    noted = []
    standing = ground(state=tmp_path, note=lambda *told: noted.append(told))
    monkeypatch.setattr("guardrails.remediation.carrying.find", lambda _name: OnlyReads())
    content = plan_bytes(plan_for(standing))
    signatures = {name: made(content, keys / name, plan_namespace("prod")) for name in ("dana", "erin")}

    with pytest.raises(Refused, match="guardrails cannot change vault"):
        apply_plan(content, signatures, standing)
    assert noted == []


def test_the_expiry_of_a_plan_cannot_be_stretched_by_an_old_observation(keys, ground):
    old = replace(plan_for(ground()), observed_at=AT - timedelta(days=3))

    with pytest.raises(Refused, match="expired"):
        judged(keys, ground(), old)


def test_a_plan_that_writes_another_object_than_it_speaks_of_is_refused(keys, ground, tmp_path):
    standing = ground(state=tmp_path)
    other = replace(change_of("carol"), ref=ref("bob"))
    content = plan_bytes(plan_for(standing, changes=(other,)))
    signatures = {name: made(content, keys / name, plan_namespace("prod")) for name in ("dana", "erin")}

    with pytest.raises(Refused, match="the plan writes vault:entity/bob, and its action is about vault:entity/carol"):
        apply_plan(content, signatures, standing)


def test_what_is_written_is_protected_whatever_the_action_says(keys, ground):
    standing = ground(', never: {"vault:entity/bob": any}')

    with pytest.raises(Refused, match="protected: vault:entity/bob"):
        judged(keys, standing, plan_for(standing, changes=(replace(change_of("carol"), ref=ref("bob")),)))
