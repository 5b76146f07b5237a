"""Keys and defaults: what was not seen is unknown, one key has several names, and a key that is going is told whatever the class asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.worlds import account, judge, kinds, ref
from guardrails.model.facts import Asset, DefaultEncryption, Key, NotSeen, Protection
from guardrails.model.words import AtRest, Custody, GapReason, State, Transit

ASSETS = """
teams: {t: {}}
classes: {open: {}, c: {%s}}
assets:
  a: {class: c, owner: "team:t", accepted: ISG-1, match: {app: ["arn:a"]}}
  b: {class: open, owner: "team:t", accepted: ISG-1, match: {app: ["arn:b"]}}
"""
ROTATED = ASSETS % "at-rest: customer-key, rotation: 365d"
A = Asset(ref=ref("bucket", "a"), resource="arn:a")
B = Asset(ref=ref("bucket", "b"), resource="arn:b")
ARN = "arn:aws:kms:r:1:key/k1"


def stored(asset, level=AtRest.CUSTOMER_KEY, key=ARN):
    return Protection(asset=asset.ref, at_rest=level, key=key)


def key(state=State.ACTIVE, rotation=365, aliases=("alias/cdr",)):
    own = ref("key", "k1")
    return Key(ref=own, resource=ARN, custody=Custody.CUSTOMER, state=state, rotation_days=rotation, aliases=aliases)


@pytest.mark.parametrize("name", [ARN, "id-key-k1", "alias/cdr", "arn:aws:kms:r:1:key/id-key-k1"])
def test_a_key_is_known_by_each_of_its_names(name):
    found = judge(ROTATED, A, B, stored(A, key=name), key(rotation=0))

    assert kinds(found) == [("key-not-rotated", "app@r:bucket/a", "violation")]


@pytest.mark.parametrize("name", ["id-key-k1", "alias/cdr", "arn:aws:kms:r:2:key/id-key-k1"])
def test_an_id_or_alias_names_no_key_of_another_realm(name):
    other = replace(key(), ref=ref("key", "k1", realm="other"))

    assert kinds(judge(ROTATED, A, B, stored(A, key=name), other)) == [("key-not-rotated", "app@r:bucket/a", "unknown")]


@pytest.mark.parametrize("level", [AtRest.CUSTOMER_KEY, AtRest.CUSTOMER_HSM])
def test_rotation_of_a_key_that_was_not_seen_is_unknown(level):
    assert kinds(judge(ROTATED, A, B, stored(A, level))) == [("key-not-rotated", "app@r:bucket/a", "unknown")]


@pytest.mark.parametrize("level", [AtRest.SERVICE_KEY, NotSeen(GapReason.DENIED, "no")])
def test_only_a_key_of_ours_must_be_seen_to_be_rotated(level):
    assert "key-not-rotated" not in {kind for kind, _, _ in kinds(judge(ROTATED, A, B, stored(A, level)))}


def test_a_class_that_asks_for_no_rotation_asks_for_no_key_to_be_seen():
    assert judge(ASSETS % "at-rest: customer-key", A, B, stored(A)) == []


@pytest.mark.parametrize(("state", "verdict"), [(State.DISABLED, "violation"), (State.UNKNOWN, "unknown")])
def test_a_key_that_cannot_be_used_is_told_whatever_the_class_asks(state, verdict):
    found = judge(ASSETS % "at-rest: service", A, B, stored(B), stored(A, AtRest.SERVICE, ""), key(state))

    assert kinds(found) == [("key-unusable", "app@r:bucket/b", verdict)]


def test_a_key_is_shared_under_whatever_names():
    own = ASSETS % "key: per-asset"

    assert kinds(judge(own, A, B, stored(A), stored(B, key="alias/cdr"), key())) == [("key-shared", "asset:a", "violation")]
    assert judge(own, A, B, stored(A), stored(B, AtRest.SERVICE, ""), key()) == []
    assert judge(own, A, B, stored(A), key()) == []


def test_the_way_to_an_asset_is_judged_also_when_its_encryption_was_not_seen():
    found = judge(ASSETS % "in-transit: tls", A, B, transit={A.ref: Transit.OPTIONAL})

    assert kinds(found) == [("transit-weak", "app@r:bucket/a", "violation")]
    assert judge(ASSETS % "in-transit: tls", A, B) == []


@pytest.mark.parametrize(
    ("said", "policy", "verdict"),
    [
        (Transit.OPTIONAL, None, "violation"),
        (Transit.TLS1_2, None, ""),
        (NotSeen(GapReason.DENIED, "no"), None, "unknown"),
        (Transit.OPTIONAL, Transit.TLS1_2, ""),
        (None, None, ""),
    ],
)
def test_the_way_is_what_the_policy_says_or_else_what_was_seen(said, policy, verdict):
    protection = replace(stored(A, AtRest.NONE, ""), in_transit=said)
    found = judge(ASSETS % "in-transit: tls1.2", A, B, protection, transit={A.ref: policy})

    assert kinds(found) == ([("transit-weak", "app@r:bucket/a", verdict)] if verdict else [])


def test_a_default_that_was_not_seen_is_unknown_where_a_class_asks_for_anything():
    unseen = DefaultEncryption(ref=ref("ebs-default", "x"), at_rest=NotSeen(GapReason.DENIED, "no"))

    assert kinds(judge("classes: {c: {at-rest: service}}\n", unseen, account("x")))[0] == ("default-weak", "app@r:ebs-default/x", "unknown")
    assert "default-weak" not in {kind for kind, _, _ in kinds(judge("classes: {c: {}}\n", unseen, account("x")))}


def test_one_asset_in_two_sets_is_one_match():
    text = ASSETS.replace('match: {app: ["arn:a"]}', 'match: {app: ["arn:a"], app@prod: ["arn:a"]}') % "at-rest: service"

    assert judge(text, A, B, stored(A, AtRest.SERVICE, "")) == []
