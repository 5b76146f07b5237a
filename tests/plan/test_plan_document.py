"""A plan's file is the plan, in one spelling, or it is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import SnapshotError
from guardrails.model.changes import Plan
from guardrails.plan.document import parse_plan, plan_bytes, plan_digest
from guardrails.trust.canonical import dump, sha256_hex
from plan.plans import change_of, plan_of

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(int, st.integers(0, 2**53 - 1))
st.register_type_strategy(str, st.text(st.characters(codec="utf-8"), max_size=8))
plans = st.builds(Plan)


@given(plans)
def test_what_is_written_is_what_is_read(plan):
    content = plan_bytes(plan)

    assert parse_plan(content) == plan
    assert plan_bytes(parse_plan(content)) == content


def test_the_digest_is_that_of_the_file_as_everybody_can_count_it():
    content = plan_bytes(plan_of(change_of("carol")))

    assert plan_digest(content) == sha256_hex(content)


@given(st.data())
def test_no_byte_can_be_changed_unseen(data):
    content = plan_bytes(plan_of(change_of("carol")))
    at = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))

    with pytest.raises(SnapshotError):
        parse_plan(content[:at] + bytes([other]) + content[at + 1 :])


def _sealed(body):
    return dump({"schema": "guardrails.plan/1", "digest": sha256_hex(dump(body)), "plan": body})


def test_a_field_that_is_not_known_is_refused_although_the_digest_fits():
    body = json.loads(plan_bytes(plan_of()))["plan"]

    with pytest.raises(SnapshotError, match="does not hold a plan"):
        parse_plan(_sealed(body | {"extra": 1}))


def test_a_default_spelled_out_is_a_second_spelling():
    body = json.loads(plan_bytes(plan_of()))["plan"]

    with pytest.raises(SnapshotError, match="canonical"):
        parse_plan(_sealed(body | {"changes": []}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"[]", "no schema"),
        (b'{"schema":"guardrails.plan/2"}', "guardrails.plan/2"),
        (b'{"schema":"guardrails.plan/1"}', "does not match its digest"),
        (plan_bytes(plan_of()) + b"\n", "canonical"),
    ],
)
def test_what_is_no_plan_of_this_version_says_so(content, said):
    with pytest.raises(SnapshotError, match=said):
        parse_plan(content)
