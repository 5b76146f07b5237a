"""What was not seen: one finding for one hole, under an id without words in it."""

from __future__ import annotations

from dataclasses import replace

from drift.worlds import account, judge, kinds, person, ref
from guardrails.controls import judged
from guardrails.model.facts import Asset, Gap, Protection
from guardrails.model.words import AtRest, GapReason

DENIED = Gap(system="app", realm="r", what="s3", reason=GapReason.DENIED, message="AccessDenied", remedy="give it s3:ListAllMyBuckets")
KNOWN = """
exceptions: {G-1: {gap: {of: "app@prod:r", what: s3}, approved: ISG-1, risk-owner: "team:t", until: %s}}
teams: {t: {}}
"""


def holes(text, *said, **options):
    return [d for d in judge(text, *said, **options) if d.kind.value == "evidence-gap"]


def ids(found):
    return [finding.id for finding in judged(found)]


def test_a_gap_in_other_words_is_the_same_finding():
    first, second = holes("teams: {}\n", DENIED), holes("teams: {}\n", replace(DENIED, message="access denied (request 7)"))

    assert ids(first) == ids(second)


def test_a_gap_of_another_reason_kind_realm_or_subject_is_another_finding():
    others = [
        replace(DENIED, reason=GapReason.THROTTLED),
        replace(DENIED, what="kms"),
        replace(DENIED, realm="q"),
        replace(DENIED, subject=ref("bucket", "a")),
    ]

    assert len(set(ids(holes("teams: {}\n", DENIED, *others)))) == 5


def test_one_hole_that_was_told_often_is_one_finding_with_the_first_three():
    (found,) = holes("teams: {}\n", *(replace(DENIED, message=f"region {n}", remedy="wait" if n else "") for n in range(5)))

    assert found.message == "s3 not seen (denied): region 0; region 1; region 2; and 2 more"
    assert found.remedy == "wait"


def test_a_contradiction_keeps_its_id_when_the_object_is_renamed():
    def contradicted(name):
        own = replace(ref("bucket", "a"), name=name)
        return holes("teams: {}\n", *(Protection(asset=own, at_rest=level) for level in (AtRest.NONE, AtRest.SERVICE)))

    assert ids(contradicted("a")) == ids(contradicted("b"))


def test_a_known_gap_is_told_and_counts_only_while_it_is_accepted():
    assert [(d.exception, d.known) for d in holes(KNOWN % "2026-11-25", DENIED)] == [("G-1", True)]
    assert [(d.exception, d.known) for d in holes(KNOWN % "2026-11-24", DENIED)] == [("", False)]
    assert [(d.exception, d.known) for d in holes(KNOWN % "2026-11-25", DENIED, approval=lambda *_: "no record")] == [("", False)]


def test_a_known_gap_accepts_its_own_kind_and_realm_only():
    assert [d.known for d in holes(KNOWN % "2026-11-25", replace(DENIED, what="kms"))] == [False]
    assert [d.known for d in holes(KNOWN.replace("prod:r", "prod:q") % "2026-11-25", DENIED)] == [False]
    assert [d.known for d in holes(KNOWN % "2026-11-25", replace(DENIED, realm="q"))] == [False]


def test_a_system_that_answered_nothing_is_empty_unless_a_gap_says_that_it_failed():
    failed = Gap(system="app", realm="", what="system", reason=GapReason.UNREACHABLE, message="refused")

    assert kinds(judge("teams: {}\n")) == [("system-empty", "app", "unknown")]
    assert [d.kind.value for d in judge("teams: {}\n", failed)] == ["evidence-gap"]


def test_an_asset_that_was_not_seen_is_unknown_while_a_gap_could_hide_it():
    text = 'teams: {t: {}}\nclasses: {c: {}}\nassets: {a: {class: c, owner: "team:t", accepted: I, match: {app: ["arn:a"]}}}\n'
    other = Asset(ref=ref("bucket", "b"), resource="arn:b")

    assert ("declared-absent", "asset:a", "violation") in kinds(judge(text, other))
    assert ("declared-absent", "asset:a", "unknown") in kinds(judge(text, other, DENIED))


PEOPLE = "people: {sources: {dir: {key: entryUUID, name: uid}}, join: {app: {iam-user: tag/uid}}}\n"
ROLE = 'roles: {r: {members: ["dir:group/core", "person:bob"]}}\n'


def test_nobody_is_certain_to_be_nobody_while_a_directory_is_empty():
    found = judge(PEOPLE, account("b", "bob"))

    assert ("account-of-nobody", "app@r:user/b", "unknown") in kinds(found)
    assert ("system-empty", "dir", "unknown") in kinds(found)


def test_members_of_a_role_that_are_not_there_are_told():
    found = kinds(judge(PEOPLE + ROLE, person("eve"), account("e", "eve")))

    assert found == [("declared-absent", "dir:group/core", "violation"), ("declared-absent", "person:bob", "violation")]


def test_members_of_a_role_may_be_there_while_the_directory_is_partial():
    gap = Gap(system="dir", realm="r", what="people", reason=GapReason.INCOMPLETE, message="size limit")
    found = kinds(judge(PEOPLE + ROLE, person("eve"), account("e", "eve"), gap))

    assert [one for one in found if one[0] == "declared-absent"] == [
        ("declared-absent", "dir:group/core", "unknown"),
        ("declared-absent", "person:bob", "unknown"),
    ]
