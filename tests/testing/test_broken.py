"""The law about broken pages fails where it must: on silence, on a false violation, on what is made up, and on a count that shrank."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guardrails import workflow
from guardrails.declare import loads
from guardrails.errors import ConnectorError
from guardrails.model.facts import Account, Credential, Gap, Principal, Reading
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, GapReason, PrincipalForm
from guardrails.testing.broken import Page, Run, attempted, cases, items, problems
from guardrails.testing.faults import EMPTY, FAULTS, Repeat

AT = datetime(2026, 11, 25, tzinfo=UTC)
PAGE = Page(name="users", chosen=lambda _: True)
DECLARATION = loads(
    [
        (
            "f.yaml",
            b'guardrails: 1\nsystems: {n: {connector: netbox, export: "x.json"}}\nworkloads: {bot: {is: ["n:user/u1"], credentials: {static: none}}}\n',
        )
    ]
)


def ref(kind, name):
    return Ref(system="n", realm="netbox", kind=kind, id=name, name=name)


def user(name):
    return Principal(ref=ref("user", name), form=PrincipalForm.USER, resource=name)


TOKEN = Credential(ref=ref("token", "t"), holder=ref("user", "u1"), form=CredentialForm.TOKEN)
GAP = Gap(system="n", realm="netbox", what="identity", reason=GapReason.DENIED, message="no", remedy="do")


def reading(number):
    return Reading(system="n", realm="netbox", what="identity", items=number)


def run(*said):
    account = Account(ref=ref("account", "netbox"))
    seen = (fold([account, *said], system="n", connector="netbox", taken_at=AT),)
    return Run(seen, workflow.assess(DECLARATION, seen, AT))


WHOLE = run(user("u1"), user("u2"), TOKEN, reading(2))


def test_a_gap_in_place_of_what_was_read_is_lawful():
    assert problems(WHOLE, run(GAP), PAGE, EMPTY) == ()
    assert problems(WHOLE, run(user("u1"), TOKEN, GAP), PAGE, EMPTY) == ()
    assert items(WHOLE) == {("n", "netbox", "identity"): 2}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (run(user("u1"), TOKEN, reading(1)), "no gap tells"),
        (run(user("u1"), TOKEN, reading(1), GAP), "with 1 items in place of 2"),
        (run(user("u1"), user("u3"), TOKEN, GAP), "user/u3 is said, which was not there"),
        (run(user("u1"), user("u3"), TOKEN, GAP), "reads as a violation"),
        (run(user("u1"), user("u2"), reading(2)), "went without a gap"),
        (ConnectorError("no", remedy="do"), "only users was broken"),
    ],
)
def test_what_is_lost_without_a_word_or_made_up_is_told(broken, says):
    assert any(says in problem for problem in problems(WHOLE, broken, PAGE, EMPTY))


def test_a_run_may_end_for_want_of_what_is_vital_and_with_a_remedy():
    vital = Page(name="me", chosen=lambda _: True, is_vital=True)
    assert problems(WHOLE, ConnectorError("no", remedy="do"), vital, EMPTY) == ()
    assert problems(WHOLE, ConnectorError("no"), vital, EMPTY) == ("the error says no remedy: no",)
    assert problems(ConnectorError("no"), WHOLE, vital, EMPTY) == ("the run without a fault ended: no",)


def test_a_page_that_was_seen_through_changes_nothing():
    assert problems(WHOLE, WHOLE, PAGE, Repeat()) == ()
    assert problems(WHOLE, WHOLE, PAGE, EMPTY)


def test_only_what_names_a_next_page_is_given_again():
    assert {fault for _, fault in cases([PAGE], FAULTS)} == FAULTS.keys() - {"repeated"}


def test_an_attempt_is_the_run_or_the_error_that_ended_it():
    assert isinstance(attempted(DECLARATION, AT), ConnectorError)
