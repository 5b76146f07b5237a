"""A policy without one of its principals: the smallest cut, never more than before, and what cannot be cut so is told."""

from __future__ import annotations

import json

import pytest
from aws_policies import ACCOUNT, BUCKET, ROLE, allow, meaning
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.aws.editing.trust import settled
from guardrails.connectors.aws.meaning.guarded import opens_nothing
from guardrails.connectors.aws.meaning.refused import refusing_text
from guardrails.iam import contains
from guardrails.model.facts import Asset, Gap
from guardrails.model.words import GapReason
from guardrails.ports import Admitting, TrustSeen

STRANGE, OURS = "arn:aws:iam::999988887777:root", f"arn:aws:iam::{ACCOUNT}:role/caller"


def entry(names, effect="Allow", **more):
    return {"Effect": effect, "Principal": names, "Action": "sts:AssumeRole", **more}


def text(*entries, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(entries)})


@pytest.mark.parametrize(
    ("entries", "kind", "name", "left"),
    [
        ([entry("*"), entry({"AWS": OURS})], "any", "*", [entry({"AWS": OURS})]),
        ([entry({"AWS": ["*", OURS]})], "any", "*", [entry({"AWS": [OURS]})]),
        ([entry({"AWS": STRANGE, "Service": "x"})], "aws", STRANGE, [entry({"Service": "x"})]),
        ([entry({"Service": ["x", "y"]})], "service", "y", [entry({"Service": ["x"]})]),
        ([entry({"AWS": STRANGE}, Condition={"Odd": {"k": "v"}}), entry({"AWS": OURS})], "aws", STRANGE, [entry({"AWS": OURS})]),
    ],
)
def test_one_principal_goes_and_all_else_stays(entries, kind, name, left):
    assert json.loads(refusing_text(text(*entries), "statement 0", kind, name))["Statement"] == left


@pytest.mark.parametrize(
    ("entries", "pointer", "name", "why"),
    [
        ([entry({"AWS": STRANGE})], "statement 0", STRANGE, "no statement left"),
        ([entry({"AWS": OURS})], "statement 0", STRANGE, "does not name"),
        ([entry("*"), entry("*")], "statement 0", STRANGE, "lets it in by its conditions"),
        ([entry({"AWS": STRANGE}, "Deny")], "statement 0", STRANGE, "all but those whom it names"),
        ([{"Effect": "Allow", "NotPrincipal": {"AWS": OURS}, "Action": "*"}], "statement 0", "*", "all but those whom it names"),
        ([entry({"AWS": OURS})], "statement 1", OURS, "no single statement"),
        ([entry({"AWS": OURS}, Sid="a"), entry({"AWS": STRANGE}, Sid="a")], "a", STRANGE, "no single statement"),
        (["odd"], "statement 0", STRANGE, "not understood"),
    ],
)
def test_what_cannot_be_cut_says_why(entries, pointer, name, why):
    with pytest.raises(ValueError, match=why):
        refusing_text(text(*entries), pointer, "aws", name)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (text(entry({"AWS": OURS})), text(entry({"AWS": [OURS, STRANGE]}))),
        (text(entry({"AWS": OURS})), text(entry({"Service": OURS}))),
        (text(entry({"AWS": OURS})), text(entry("*"))),
        (text(entry({"AWS": [OURS, STRANGE]})), text(entry({"AWS": []}))),
        (text(entry({"AWS": [OURS, STRANGE]})), text(entry({}))),
        (text(entry({"AWS": [OURS, STRANGE]}, Condition={"Bool": {"a": "b"}})), text(entry({"AWS": OURS}))),
        (text(entry({"AWS": OURS}), entry({"AWS": [OURS, STRANGE]}, "Deny")), text(entry({"AWS": OURS}), entry({"AWS": OURS}, "Deny"))),
        (text(entry({"AWS": OURS}), version="2008-10-17"), text(entry({"AWS": OURS}))),
    ],
)
def test_what_could_let_in_more_is_not_proven(before, after):
    assert opens_nothing(before, after)


def test_fewer_principals_are_proven_to_be_fewer():
    assert opens_nothing(text(entry({"AWS": [OURS, STRANGE]})), text(entry({"AWS": OURS}))) == ""
    assert opens_nothing(text(entry({"AWS": [OURS], "Service": "x"})), text(entry({"Service": ["x"]}))) == ""


NAMES = st.sampled_from([STRANGE, OURS, f"arn:aws:iam::{ACCOUNT}:root", "*"])
LISTED = st.one_of(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True))
SOME = st.one_of(st.just("*"), st.fixed_dictionaries({"AWS": LISTED}), st.fixed_dictionaries({"AWS": LISTED, "Service": st.just("x")}))
ENTRIES = st.builds(entry, SOME, st.sampled_from(["Allow", "Allow", "Deny"]))


@given(st.lists(ENTRIES, min_size=1, max_size=3), st.integers(0, 2), NAMES)
def test_what_is_cut_is_proven_by_words_and_by_the_prover(entries, place, name):
    before = text(*entries)
    try:
        after = refusing_text(before, f"statement {place}", "any" if name == "*" else "aws", name)
    except ValueError:
        return

    assert opens_nothing(before, after) == ""
    assert contains(after, before, kind="trust").verdict == "covered"
    assert settled(settled(after)) == settled(after)


def test_an_account_is_its_root_and_the_order_of_principals_is_nothing():
    assert settled(text(entry({"AWS": ["999988887777", OURS]}))) == settled(text(entry({"AWS": [OURS, STRANGE]})))
    assert settled(text(entry({"AWS": [OURS]}))) == settled(text(entry({"AWS": OURS})))
    assert settled(text(entry({"AWS": OURS}))) != settled(text(entry({"AWS": STRANGE})))
    assert settled("not JSON") == "not JSON"
    assert settled("[]") == "[]"
    assert json.loads(settled(text(entry("*"), "odd", entry({"AWS": {"a": 1}}))))["Statement"] == [
        entry("*"),
        "odd",
        entry({"AWS": {"a": 1}}),
    ]


def seen(kind, name, account=""):
    return TrustSeen(kind=kind, name=name, account=account, external_id=False, pointer="")


def test_of_a_whole_account_those_come_who_may_ask():
    root = seen("aws", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    asking = meaning(allow("sts:AssumeRole"), trust=[entry("*")])
    idle = meaning(allow("s3:GetObject"), trust=[entry("*")])

    assert isinstance(asking, Admitting)
    assert asking.coming(ROLE, root) == (ROLE,)
    assert idle.coming(ROLE, root) == ()
    assert idle.coming(ROLE, seen("any", "*")) == (ROLE,)
    assert idle.coming(ROLE, seen("aws", f"arn:aws:iam::{ACCOUNT}:role/r", ACCOUNT)) == (ROLE,)
    assert idle.coming(ROLE, seen("aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", ACCOUNT)) == (ROLE,)
    assert asking.coming(ROLE, seen("aws", STRANGE, "999988887777")) == ()
    assert idle.coming(BUCKET, root) == (ROLE,), "whom the policy of a bucket lets in is not looked at more closely"
    unread = Gap(system="aws", realm=ACCOUNT, what="iam", reason=GapReason.INCOMPLETE, subject=ROLE, message="not seen")
    assert meaning(allow("s3:GetObject"), gaps=(unread,)).coming(ROLE, root) == (ROLE,), "what was not seen may let it ask"
    assert asking.coming(ROLE, seen("service", "x")) == ()


def test_only_a_bucket_can_be_without_a_policy():
    role, bucket = meaning(trust=[entry("*")]), meaning(resource=[entry("*", Resource="arn:aws:s3:::b")])
    assert bucket.refusing(BUCKET, bucket.shares(Asset(ref=BUCKET, resource=BUCKET.id)))[1] == ""
    with pytest.raises(ValueError, match="no statement left"):
        role.refusing(ROLE, role.trusts(ROLE))
    assert opens_nothing(text(entry("*")), "") == ""
    assert opens_nothing(text(entry("*"), entry("*", "Deny")), ""), "what was denied is not denied any more"


def test_without_a_policy_nobody_can_be_left_out():
    with pytest.raises(ValueError, match="was not seen"):
        meaning(allow("*")).refusing(ROLE, [seen("any", "*")])
