"""A snapshot is what was seen, whole, or it is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import SnapshotError
from guardrails.model.facts import Edge, Fact, Gap, NotSeen, Protection, Reading
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.snapshot import dump_observations, load_observations
from guardrails.model.words import AtRest, GapReason

NOW = datetime(2026, 11, 25, tzinfo=UTC)
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
facts = st.one_of(*(st.from_type(form) for form in (*get_args(Fact), Edge, Gap, Reading)))
observations = st.lists(facts, max_size=8).map(lambda said: fold(said, system="s", connector="aws", taken_at=NOW, identity="me"))


@given(observations)
def test_what_is_written_is_what_is_read(observation):
    text = dump_observations([observation])
    assert load_observations(text) == (observation,)
    assert dump_observations(load_observations(text)) == text


def test_an_integer_level_and_a_thing_not_seen_come_back_as_themselves():
    ref = Ref(system="s", realm="r", kind="bucket", id="i", name="n")
    for level in (AtRest.CUSTOMER_KEY, NotSeen(GapReason.DENIED, "no"), None):
        observation = fold([Protection(asset=ref, at_rest=level)], system="s", connector="aws", taken_at=NOW)
        (read,) = load_observations(dump_observations([observation]))
        assert read.facts[0].at_rest is level or read.facts[0].at_rest == level
        assert type(read.facts[0].at_rest) is type(level)


@given(observations, st.data())
def test_a_snapshot_with_any_byte_changed_is_refused_or_the_same(observation, data):
    text = dump_observations([observation])
    at = data.draw(st.integers(0, len(text) - 2))
    changed = text[:at] + data.draw(st.sampled_from('x0]}"')) + text[at + 1 :]
    with contextlib.suppress(SnapshotError):
        assert load_observations(changed) == (observation,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[]", "no schema"),
        ("{}", "no schema"),
        (json.dumps({"schema": "guardrails.observation/2"}), "guardrails.observation/2"),
        (json.dumps({"schema": "guardrails.observation/1", "seal": {"by": "kms"}}), "sealed"),
        (json.dumps({"schema": "guardrails.observation/1", "digest": "0", "observations": []}), "digest"),
    ],
)
def test_a_foreign_file_is_refused_with_the_reason(text, said):
    with pytest.raises(SnapshotError, match=said):
        load_observations(text)


def test_a_right_digest_over_something_else_is_refused():
    held = [{"is": "Observation", "system": 7}]
    text = json.dumps(held, sort_keys=True, separators=(",", ":"))
    forged = {"schema": "guardrails.observation/1", "digest": hashlib.sha256(text.encode()).hexdigest(), "observations": held}
    with pytest.raises(SnapshotError, match="does not hold"):
        load_observations(json.dumps(forged))


def test_two_different_statements_about_one_object_are_a_gap():
    ref = Ref(system="s", realm="r", kind="bucket", id="i", name="n")
    said = [Protection(asset=ref, at_rest=AtRest.NONE), Protection(asset=ref, at_rest=AtRest.SERVICE)]
    observation = fold([*said, said[0]], system="s", connector="aws", taken_at=NOW)
    assert [gap.reason for gap in observation.gaps] == [GapReason.MALFORMED]
    assert fold([said[0], said[0]], system="s", connector="aws", taken_at=NOW).gaps == ()
