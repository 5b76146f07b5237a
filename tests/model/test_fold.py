"""An observation is sorted, also where one object was spoken of twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from guardrails.model.facts import Asset, Gap, Protection, Reading
from guardrails.model.observation import fold
from guardrails.model.reference import NOWHERE, Place, Ref, Reference, Scope
from guardrails.model.words import AtRest, GapReason, Severity, Transit

REF = Ref(system="s", realm="r", kind="bucket", id="i", name="n")


def folded(said):
    return fold(said, system="s", connector="aws", taken_at=datetime(2026, 11, 25, tzinfo=UTC))


def test_statements_that_differ_about_one_object_come_in_one_order():
    said = [Asset(ref=REF, resource=f"arn:{letter}") for letter in "ecadb"]

    assert [fact.resource for fact in folded(said).facts] == ["arn:a", "arn:b", "arn:c", "arn:d", "arn:e"]
    levels = [Protection(asset=REF, at_rest=level) for level in AtRest]
    assert folded(reversed(levels)).facts == folded(levels).facts


@pytest.mark.parametrize(
    "changed", [{"remedy": "b"}, {"subject": REF}, {"subject": Ref(system="s", realm="r", kind="bucket", id="j", name="n")}]
)
def test_gaps_that_differ_in_anything_come_in_one_order(changed):
    gap = {"system": "s", "realm": "r", "what": "w", "reason": GapReason.DENIED, "message": "m", "remedy": "a", "subject": None}
    gaps = [Gap(**gap), Gap(**(gap | changed)), Gap(**(gap | {"subject": REF, "remedy": "c"}))]

    assert len({folded(order).gaps for order in permutations(gaps)}) == 1


def test_what_was_read_is_kept_as_often_as_it_was_said():
    readings = [Reading(system="s", realm="r", what="w", items=1, counted=number) for number in (3, None, 3)]

    assert folded(readings).readings == folded(reversed(readings)).readings
    assert len(folded(readings).readings) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOWHERE, ""),
        (Place("a.yaml", 3), "a.yaml:3"),
        (Scope("aws"), "aws"),
        (Scope("aws", "prod"), "aws@prod"),
        (REF, "s@r:bucket/n"),
        (Ref(system="s", realm="", kind="bucket", id="i", name="n"), "s:bucket/n"),
        (Reference(scope=None, kind="person", name="bob"), "person:bob"),
        (Reference(scope=Scope("aws", "prod"), kind="role", name="ci"), "aws@prod:role/ci"),
        (Reference(scope=Scope("aws"), kind="", name="444455556666"), "aws:444455556666"),
    ],
)
def test_what_is_referred_to_reads_as_it_is_written_in_a_declaration(value, text):
    assert str(value) == text


def test_a_renamed_object_is_the_same_object():
    assert Ref(system="s", realm="r", kind="bucket", id="i", name="other") == REF


def test_levels_are_told_in_the_words_of_the_declaration():
    assert [level.label for level in (AtRest.CUSTOMER_KEY, Transit.TLS1_2, Severity.CRITICAL)] == ["customer-key", "tls1.2", "critical"]
