"""From differences to findings: one finding for one cause, under an id that outlives names and words."""

from __future__ import annotations

from dataclasses import replace

from guardrails.controls import judged
from guardrails.model.findings import Difference
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Verdict

PLACE = Ref(system="app", realm="r", kind="role", id="1", name="etl")
BASE = Difference(kind=Kind.ACCESS_MISSING, system="app", realm="r", cause="1", facet="read", subject="etl", message="m", places=(PLACE,))


def test_differences_of_one_cause_and_facet_are_one_finding_with_every_sentence_and_place():
    other = replace(BASE, message="also role b", places=(replace(PLACE, id="2"),))
    (found,) = judged([BASE, other, BASE])

    assert found.difference.message == "also role b; m"
    assert [place.id for place in found.difference.places] == ["1", "2"]


def test_the_places_of_one_difference_keep_their_order():
    places = (replace(PLACE, id="2"), PLACE)

    assert judged([replace(BASE, places=places)])[0].difference.places == places


def test_what_is_certain_is_not_taken_back_by_what_is_not():
    unsure = [replace(BASE, verdict=verdict, message="a") for verdict in (Verdict.UNKNOWN, Verdict.UNDECIDED)]

    assert judged([*unsure, BASE])[0].difference.verdict is Verdict.VIOLATION
    assert judged(unsure)[0].difference.verdict is Verdict.UNDECIDED
    assert judged([*unsure, BASE])[0].difference.message == "m; a"


def test_a_known_gap_beside_one_that_is_not_known_counts():
    gap = replace(BASE, kind=Kind.EVIDENCE_GAP, verdict=Verdict.UNKNOWN)

    assert not judged([gap, replace(gap, known=True)])[0].difference.known
    assert judged([replace(gap, known=True)])[0].difference.known


def test_each_part_of_a_cause_makes_another_id_and_nothing_else_does():
    others = [replace(BASE, **{part: "x"}) for part in ("system", "realm", "cause", "facet")] + [replace(BASE, kind=Kind.ACCESS_EXCESS)]
    same = [replace(BASE, **{part: "x"}) for part in ("subject", "message", "owner", "managed_by", "actual", "remedy", "exception")]

    assert len({finding.id for finding in judged([BASE, *others])}) == 6
    assert len({finding.id for finding in judged([BASE, *same])}) == 1


def test_parts_of_an_id_do_not_run_into_each_other():
    assert len(judged([replace(BASE, cause="1", facet="23"), replace(BASE, cause="12", facet="3")])) == 2


def test_the_most_severe_comes_first_then_the_code_then_the_subject():
    found = judged(
        [
            replace(BASE, subject="b", cause="2"),
            replace(BASE, subject="a", cause="3"),
            replace(BASE, kind=Kind.CREDENTIAL_OLD),
            replace(BASE, kind=Kind.LEAVER),
        ]
    )

    assert [(f.control, f.difference.subject) for f in found] == [("GR201", "etl"), ("GR102", "a"), ("GR102", "b"), ("GR204", "etl")]
