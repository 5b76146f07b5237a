"""What a change of AWS policies gives and takes: what is said is what the evaluator says, request by request."""

from __future__ import annotations

import json
from itertools import product

import pytest
from aws_policies import ACCOUNT, BUCKET, KEY, ROLE, allow, ceiling, deny, meaning
from hypothesis import example, given
from hypothesis import strategies as st

from guardrails.connectors.aws.meaning import changed as comparing
from guardrails.connectors.aws.meaning.guarded import demanding_text, opens_nothing
from guardrails.model.facts import Asset, Gap
from guardrails.model.findings import Witness
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, Transit, Verdict
from guardrails.ports import Guarding, Narrowing
from guardrails.sets import BudgetExceededError

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "sqs:SendMessage")
RESOURCES = ("arn:aws:s3:::b", "arn:aws:s3:::b/own/x", "arn:aws:s3:::c/x", f"arn:aws:sqs:eu-north-1:{ACCOUNT}:q")
BUCKETS, OBJECTS, QUEUES = RESOURCES[:1], RESOURCES[1:3], RESOURCES[3:]
REQUESTS = (*product(ACTIONS[:3], OBJECTS), (ACTIONS[3], BUCKETS[0]), (ACTIONS[4], QUEUES[0]))
"""Those that can be made: each action has resources of its kind."""
HTTPS = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}


def statements():
    patterns = st.sampled_from(["*", "s3:*", "s3:Get*", *ACTIONS])
    places = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::*", *RESOURCES])
    made = st.builds(lambda effect, action, place, more: effect(action, place, **more), *_kinds(patterns, places))
    return st.lists(made, min_size=1, max_size=3)


def _kinds(patterns, places):
    return st.sampled_from([allow, allow, deny]), patterns, places, st.sampled_from([{}, {}, HTTPS])


def allowed(means):
    """Requests with a secure transport, the one condition that is drawn."""
    asked = (("aws:SecureTransport", "true"),)
    return {
        request for request in REQUESTS if means.replay(ROLE, Witness(principal="r", action=request[0], resource=request[1], context=asked))
    }


@given(statements(), statements())
@example([allow("*")], [allow("s3:*", "arn:aws:s3:::b/*")])
@example([allow("s3:*"), deny("s3:PutObject")], [allow("s3:*")])
def test_who_is_said_to_gain_nothing_gains_nothing(after, before):
    now, was = meaning(*after), meaning(*before)
    compared = now.gained(ROLE, was)

    gains = allowed(now) - allowed(was)
    assert compared.verdict is not Verdict.OK or not gains
    if compared.witness:
        assert now.replay(ROLE, compared.witness)
        assert not was.replay(ROLE, compared.witness)


@given(statements(), statements(), st.sampled_from(ACTIONS))
@example([allow("s3:PutObject")], [allow("s3:*")], "s3:GetObject")
def test_who_is_said_to_keep_what_is_declared_keeps_it(after, before, declared):
    now, was = meaning(*after), meaning(*before)

    compared = now.lost(ROLE, was, ceiling(declared, "*"))

    taken = {request for request in allowed(was) - allowed(now) if request[0] == declared}
    assert compared.verdict is not Verdict.OK or not taken
    if compared.witness:
        assert was.replay(ROLE, compared.witness)
        assert not now.replay(ROLE, compared.witness)


@given(statements())
def test_who_is_as_before_gains_and_loses_nothing(drawn):
    one, other = meaning(*drawn), meaning(*drawn)

    assert one.gained(ROLE, other).verdict is Verdict.OK
    assert one.lost(ROLE, other, ceiling(list(ACTIONS), "*")).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("after", "before", "more", "verdict"),
    [
        ([allow("s3:Get*")], [allow("s3:*")], {}, Verdict.OK),
        ([allow("s3:*")], [allow("s3:Get*")], {}, Verdict.VIOLATION),
        ([allow("s3:*")], [allow("s3:*"), deny("s3:Put*")], {}, Verdict.VIOLATION),
        ([allow("s3:*")], [allow("s3:*"), deny("s3:Put*")], {"boundary": [allow("s3:Get*")]}, Verdict.UNDECIDED),
        ([allow("s3:Get*", "${aws:PrincipalTag/x}")], [allow("s3:*", "${aws:PrincipalTag/x}")], {}, Verdict.OK),
        ([allow("s3:*", Condition={"Odd": {"aws:x": "y"}})], [allow("s3:*", Condition={"Odd": {"aws:x": "y"}})], {}, Verdict.OK),
        ([allow("s3:*")], [allow("s3:*", Condition={"Odd": {"aws:x": "y"}})], {}, Verdict.UNDECIDED),
    ],
)
def test_what_is_gained_is_told_only_where_it_is_certain(after, before, more, verdict):
    assert meaning(*after, **more).gained(ROLE, meaning(*before, **more)).verdict is verdict


def test_of_who_was_not_seen_whole_nothing_is_told():
    hole = Gap(system="aws", realm=ACCOUNT, what="iam", reason=GapReason.DENIED, message="not seen", subject=ROLE, remedy="see")
    now, was = meaning(allow("s3:*"), gaps=[hole]), meaning(allow("s3:*"))

    for compared in (now.gained(ROLE, was), was.gained(ROLE, now), now.lost(ROLE, was, ceiling("s3:*", "*"))):
        assert (compared.verdict, compared.reason) == (Verdict.UNKNOWN, "not seen")


def test_another_boundary_counts():
    wide, narrow = meaning(allow("s3:*"), boundary=[allow("s3:*")]), meaning(allow("s3:*"), boundary=[allow("s3:Get*")])

    assert narrow.gained(ROLE, wide).verdict is Verdict.OK
    assert wide.gained(ROLE, narrow).verdict is Verdict.VIOLATION


TEAM = "aws:PrincipalTag/team"


def test_what_hangs_on_a_tag_that_a_session_can_bring_is_gained_by_it():
    now, was = meaning(allow("s3:GetObject", f"arn:aws:s3:::${{{TEAM}}}/*")), meaning(allow("s3:GetObject", "arn:aws:s3:::other/*"))

    assert now.gained(ROLE, was).verdict is Verdict.UNDECIDED
    assert was.lost(ROLE, now, ceiling("s3:*", "*")).verdict is Verdict.UNDECIDED
    assert now.gained(ROLE, now).verdict is Verdict.OK


def test_what_only_a_session_with_another_tag_may_do_is_gained_too():
    of_data = allow("s3:GetObject", Condition={"StringEquals": {TEAM: "data"}})
    now, was = meaning(of_data, allow("s3:PutObject")), meaning(allow("s3:PutObject"))

    for compared in (now.gained(ROLE, was), was.lost(ROLE, now, ceiling("s3:*", "*"))):
        assert (compared.verdict, compared.witness.action) == (Verdict.VIOLATION, "s3:GetObject")
        assert compared.witness.context == ((TEAM.lower(), "data"),)


def test_another_tag_of_a_role_is_another_access():
    of_data = allow("s3:GetObject", Condition={"StringEquals": {TEAM: "data"}})
    now, was = (meaning(of_data, tags=(("team", team),)) for team in ("data", "web"))

    assert now.gained(ROLE, was).verdict is Verdict.VIOLATION
    assert now.lost(ROLE, was, ceiling("s3:*", "*")).verdict is not Verdict.VIOLATION


def test_what_is_too_intricate_to_compare_is_undecided(monkeypatch):
    def beyond(*_):
        raise BudgetExceededError

    monkeypatch.setattr(comparing, "beyond", beyond)
    compared = meaning(allow("s3:*")).gained(ROLE, meaning(allow("s3:Get*")))
    assert (compared.verdict, compared.reason) == (Verdict.UNDECIDED, "the policies are too intricate for the budget of one question")


@pytest.mark.parametrize("level", [Transit.TLS, Transit.TLS1_2, Transit.TLS1_3])
@pytest.mark.parametrize("before", [None, [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET.id}/*"}]])
def test_a_demand_of_the_way_is_what_the_bucket_demands_then(level, before):
    was = meaning(allow("s3:*"), resource=before)
    assert isinstance(was, Guarding)
    assert isinstance(was, Narrowing)
    assert was.in_transit(Asset(ref=BUCKET, resource=BUCKET.id)).level is Transit.OPTIONAL

    _, text = was.demanding(BUCKET, level)
    now = meaning(allow("s3:*"), resource=json.loads(text)["Statement"])

    assert now.in_transit(Asset(ref=BUCKET, resource=BUCKET.id)).level is level
    assert now.opened(BUCKET, was).verdict is Verdict.OK
    assert now.demanding(BUCKET, level)[1] == text, "what is demanded already is not demanded twice"
    assert was.opened(BUCKET, now).verdict is Verdict.UNDECIDED


def test_a_policy_that_is_another_is_not_said_to_open_nothing():
    one = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "a"}]})
    other = one.replace("GetObject", "PutObject")

    assert "was not there before" in opens_nothing(one, other)
    assert opens_nothing(one, one) == ""
    assert opens_nothing("", '{"Statement": "text"}') == "the policy is not understood"
    assert opens_nothing("[", "") == "the policy is not understood"


def test_what_is_opened_is_said_with_the_statement_if_that_has_a_name():
    def policy(*entries):
        return json.dumps({"Statement": list(entries)})

    open_, shut = allow("s3:GetObject", Principal="*"), deny("s3:PutObject", Principal="*")
    assert opens_nothing("", policy(open_)) == "a statement was not there before"
    assert opens_nothing("", policy({**open_, "Sid": "A"})) == "the statement A was not there before"
    assert opens_nothing(policy(open_, {**shut, "Sid": "B"}), policy(open_)) == "the statement B denied something"
    # what is neither an Allow nor a Deny may be either
    assert opens_nothing(policy(open_, {**shut, "Effect": "DENY"}), policy(open_)) == "a statement denied something"
    assert opens_nothing(policy(open_), policy(open_, {**shut, "Effect": "DENY"})) == "a statement was not there before"


def test_a_name_of_a_statement_that_is_taken_is_not_taken_again():
    text = demanding_text('{"Statement": {"Sid": "DenyPlainTransport", "Effect": "Allow"}}', "arn:aws:s3:::b", Transit.TLS)

    assert [entry.get("Sid") for entry in json.loads(text)["Statement"]] == ["DenyPlainTransport", None]


def test_a_bucket_whose_policy_was_not_seen_gets_no_other():
    gap = Gap(system="aws", realm=ACCOUNT, what="s3:policy", reason=GapReason.DENIED, message="no", subject=BUCKET, remedy="see")

    assert meaning(gaps=[gap]).demanding(BUCKET, Transit.TLS) is None
    assert meaning().demanding(ROLE, Transit.TLS) is None
    assert meaning(resource="odd").demanding(BUCKET, Transit.TLS) is None


@pytest.mark.parametrize(
    ("statement", "resource", "lacks"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::b/own/*")], None, ["aws@123456789012:role/r"]),
        ([allow("s3:PutObject", "*")], None, ["aws@123456789012:role/r"]),
        ([allow(["s3:GetObject", "kms:Decrypt"])], None, []),
        ([allow(["s3:GetObject", "s3:PutObject", "kms:Decrypt"])], None, ["aws@123456789012:role/r"]),
        ([allow("s3:GetObject", "arn:aws:s3:::other/*")], None, []),
        ([allow("s3:ListBucket")], None, []),
        (
            [],
            [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
            ["999988887777"],
        ),
    ],
)
def test_who_uses_a_bucket_and_not_the_key_would_be_shut_out(statement, resource, lacks):
    key = Ref(system="aws", realm=ACCOUNT, kind="key", id=KEY, name="k")

    assert [
        name.removeprefix("arn:aws:iam::").removesuffix(":root") for name in meaning(*statement, resource=resource).shut_out(BUCKET, key)
    ] == lacks
