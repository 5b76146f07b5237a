"""Assets against their class."""

from __future__ import annotations

import pytest

from drift.worlds import account, judge, kinds, ref
from guardrails.model.facts import Asset, DefaultEncryption, Gap, Key, NotSeen, Protection
from guardrails.model.findings import Witness
from guardrails.model.words import AtRest, Custody, GapReason, Kind, State, Transit, Verdict
from guardrails.ports import TransitSeen

CLASSES = """
teams: {t: {}}
classes: {internal: {at-rest: service}, secret: {extends: internal, at-rest: customer-key, rotation: 365d, in-transit: tls1.2, key: per-asset}}
"""
ASSETS = """
assets:
  a: {class: secret, owner: "team:t", accepted: ISG-1, match: {app: ["arn:a"]}}
"""


def asset(name: str) -> Asset:
    return Asset(ref=ref("bucket", name), resource=f"arn:{name}")


def protection(name: str, level=AtRest.CUSTOMER_KEY, key: str = "k1") -> Protection:
    return Protection(asset=ref("bucket", name), at_rest=level, key=key)


def a_key(rotation=365, state: State = State.ACTIVE, name: str = "k1") -> Key:
    return Key(ref=ref("key", name), resource=name, custody=Custody.CUSTOMER, state=state, rotation_days=rotation)


TLS = {ref("bucket", "a"): Transit.TLS1_2}


def test_an_asset_as_its_class_demands_is_no_difference():
    assert judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), transit=TLS) == []


@pytest.mark.parametrize("level", list(AtRest))
def test_at_rest_is_weak_exactly_below_the_class(level):
    found = judge(CLASSES + ASSETS, asset("a"), protection("a", level, ""), transit=TLS)
    assert kinds(found) == ([("at-rest-weak", "app@r:bucket/a", "violation")] if level < AtRest.CUSTOMER_KEY else [])


def test_what_was_not_seen_is_unknown_in_every_way():
    unseen = NotSeen(GapReason.DENIED, "AccessDenied")
    assert kinds(judge(CLASSES + ASSETS, asset("a"), protection("a", unseen, ""), transit=TLS)) == [
        ("at-rest-weak", "app@r:bucket/a", "unknown")
    ]
    assert kinds(judge(CLASSES + ASSETS, asset("a"), transit=TLS)) == [("at-rest-weak", "app@r:bucket/a", "unknown")]
    assert kinds(judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(unseen), transit=TLS)) == [
        ("key-not-rotated", "app@r:bucket/a", "unknown")
    ]


@pytest.mark.parametrize(("days", "wrong"), [(0, True), (1, False), (365, False), (366, True)])
def test_rotation_is_at_least_as_often_as_declared(days, wrong):
    found = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(days), transit=TLS)
    assert kinds(found) == ([("key-not-rotated", "app@r:bucket/a", "violation")] if wrong else [])


def test_a_key_that_is_going_is_unusable():
    found = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(state=State.DISABLED), transit=TLS)
    assert kinds(found) == [("key-unusable", "app@r:bucket/a", "violation")]


@pytest.mark.parametrize("level", list(Transit))
def test_transit_is_weak_exactly_below_the_class(level):
    found = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), transit={ref("bucket", "a"): level})
    assert kinds(found) == ([("transit-weak", "app@r:bucket/a", "violation")] if level < Transit.TLS1_2 else [])


PLAINLY = Witness(principal="anybody", action="get", resource="arn:a", context=(("tls", "no"),))


def test_a_weak_way_is_shown_by_a_request_that_comes_by_it():
    (found,) = judge(
        CLASSES + ASSETS, asset("a"), protection("a"), a_key(),
        transit={ref("bucket", "a"): TransitSeen(level=Transit.OPTIONAL, witness=PLAINLY)},
    )  # fmt: skip
    assert (found.verdict, found.witness) == (Verdict.VIOLATION, PLAINLY)


@pytest.mark.parametrize(
    ("level", "verdict"), [(Transit.TLS1_3, Verdict.UNDECIDED), (Transit.TLS1_2, Verdict.UNDECIDED), (Transit.TLS, Verdict.VIOLATION)]
)
def test_a_way_that_may_be_weak_is_undecided_unless_another_is_weak_for_certain(level, verdict):
    seen = TransitSeen(level=level, at_worst=Transit.OPTIONAL, doubt="a key is unheard of")
    (found,) = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), transit={ref("bucket", "a"): seen})
    assert (found.kind, found.verdict) == (Kind.TRANSIT_WEAK, verdict)
    assert (verdict is Verdict.UNDECIDED) == found.message.endswith(": a key is unheard of")


def test_a_doubt_about_what_is_stronger_than_the_class_is_none():
    seen = TransitSeen(level=Transit.TLS1_3, at_worst=Transit.TLS1_2, doubt="a key is unheard of")
    assert judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), transit={ref("bucket", "a"): seen}) == []


def test_a_policy_that_was_not_read_makes_transit_unknown():
    gap = Gap(system="app", realm="r", what="s3:policy", reason=GapReason.DENIED, message="AccessDenied", subject=ref("bucket", "a"))
    found = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), gap, transit={ref("bucket", "a"): Transit.OPTIONAL})
    assert ("transit-weak", "app@r:bucket/a", "unknown") in kinds(found)


def test_two_assets_with_one_key_where_each_must_have_its_own():
    two = ASSETS + '  b: {class: internal, owner: "team:t", accepted: ISG-1, match: {app: ["arn:b"]}}\n'
    found = judge(CLASSES + two, asset("a"), asset("b"), protection("a"), protection("b"), a_key(), transit=TLS)
    assert kinds(found) == [("key-shared", "asset:a", "violation")]
    own = judge(CLASSES + two, asset("a"), asset("b"), protection("a"), protection("b", key="k2"), a_key(), transit=TLS)
    assert own == []


def test_of_overlapping_entries_the_highest_class_counts_and_the_overlap_is_told():
    two = ASSETS + '  b: {class: internal, owner: "team:t", accepted: ISG-1, match: {app: ["arn:a"]}}\n'
    found = judge(CLASSES + two, asset("a"), protection("a", AtRest.SERVICE, ""), transit=TLS)
    assert kinds(found) == [("at-rest-weak", "app@r:bucket/a", "violation"), ("class-overlap", "asset:a asset:b", "violation")]


def test_defaults_below_the_weakest_class_that_asks_for_anything():
    weak = DefaultEncryption(ref=ref("ebs-default", "x"), at_rest=AtRest.NONE)
    found = judge(CLASSES, weak, account("x"))
    assert ("default-weak", "app@r:ebs-default/x", "violation") in kinds(found)
    fine = DefaultEncryption(ref=ref("ebs-default", "x"), at_rest=AtRest.SERVICE_KEY)
    assert "default-weak" not in {kind for kind, _, _ in kinds(judge(CLASSES, fine, account("x")))}


def test_an_asset_of_nobody_and_an_entry_of_nothing():
    found = judge(CLASSES + ASSETS, asset("z"))
    assert kinds(found) == [("asset-undeclared", "app@r:bucket/z", "violation"), ("declared-absent", "asset:a", "violation")]


def test_an_asset_without_a_record_is_not_accepted():
    found = judge(CLASSES + ASSETS, asset("a"), protection("a"), a_key(), transit=TLS, approval=lambda *_: "no record")
    assert kinds(found) == [("asset-not-accepted", "asset:a", "violation")]


def test_a_declared_asset_that_a_gap_could_hide_is_unknown_and_not_absent():
    gap = Gap(system="app", realm="r", what="s3", reason=GapReason.DENIED, message="AccessDenied")
    assert ("declared-absent", "asset:a", "unknown") in kinds(judge(CLASSES + ASSETS, account("x"), gap))
    assert ("declared-absent", "asset:a", "violation") in kinds(judge(CLASSES + ASSETS, account("x")))
