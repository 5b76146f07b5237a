"""Where others went wrong by widening without looking at the effect: what is not understood is a doubt, and counts only where it decides."""

from __future__ import annotations

import json

import pytest
from iam_small import OBJECT, OTHER, QUEUE, ROLE, STRANGER, USER, allow, ask, deny, document, may, when

from guardrails.iam import UNKNOWN, Kind, read
from guardrails.iam.truth import Doubt, Reason


def test_a_variable_in_a_deny_denies_its_own_value_only():
    policy = [allow(), deny("s3:*", "arn:aws:s3:::box/${aws:username}")]

    assert [may(target=f"arn:aws:s3:::box/{name}", identity=policy) for name in ("alice", "bob")] == [False, True]


def test_a_variable_in_a_denys_not_resource_spares_its_own_value_only():
    policy = [allow(), deny("s3:*", NotResource="arn:aws:s3:::box/${aws:username}")]

    assert [may(target=f"arn:aws:s3:::box/{name}", identity=policy) for name in ("alice", "bob")] == [True, False]


def test_a_variable_without_a_value_denies_nothing_and_what_it_spares_is_not_known():
    nameless = "arn:aws:s3:::box/${aws:PrincipalTag/team}"

    assert may(identity=[allow(), deny(resource=nameless)]) is True
    assert may(identity=[allow(), deny(NotResource=nameless)]) is None


def test_a_level_of_scps_allows_when_one_of_its_documents_does():
    assert may(identity=[allow()], scps=[[document(allow()), document(deny("ec2:*"))]]) is True


def test_a_level_of_scps_that_only_denies_allows_nothing():
    assert may(identity=[allow()], scps=[[document(allow())], [document(deny("ec2:*"))]]) is False


def test_an_allow_with_not_principal_is_a_grant_to_all_others():
    policy = [allow(NotPrincipal={"AWS": STRANGER})]

    assert [may(resource=policy), may("sqs:SendMessage", QUEUE, by=STRANGER, resource=policy, identity=[allow()])] == [True, False]


def test_what_an_absent_key_passes_may_stay_allowed_beside_a_deny_that_needs_the_key():
    policy = [allow(Condition=when("StringNotEquals", "aws:x", "y")), deny(Condition=when("StringLike", "aws:x", "*"))]

    assert [may(identity=policy), may(identity=policy, context={"aws:x": "z"})] == [True, False]


def test_a_deny_for_the_root_user_denies_the_account():
    policy = [deny(Principal={"AWS": USER.replace("user/alice", "root")})]

    assert may(identity=[allow()], resource=policy) is False


def test_the_keys_that_a_principal_decides_are_not_free():
    policy = [allow(Condition=when("ArnEquals", "aws:PrincipalArn", ROLE))]

    assert [may(identity=policy), may(by=ROLE, identity=policy)] == [False, True]


def test_any_condition_at_all_does_not_make_a_statement_harmless():
    assert may(identity=[allow("iam:*", Condition=when("StringLike", "aws:PrincipalArn", "*"))], action="iam:CreateUser") is True


def test_a_condition_of_two_tests_denies_only_where_both_hold():
    policy = [allow(), deny(Condition={"StringEquals": {"aws:x": "1", "aws:y": "2"}})]

    assert [may(identity=policy, context={"aws:x": "1", "aws:y": other}) for other in ("2", "3")] == [False, True]


def test_not_action_with_an_action_that_does_not_exist_allows_all_that_do():
    assert may(identity=[allow(NotAction="made:Up")]) is True


def test_an_empty_action_list_makes_its_statement_a_doubt_and_no_other():
    policy = [allow([], OBJECT), allow("s3:GetObject")]

    assert [may(identity=policy), may("s3:PutObject", identity=policy), may("s3:PutObject", "arn:aws:s3:::b/c", identity=policy)] == [
        True,
        None,
        False,
    ]


MALFORMED = {
    "unknown element": {"Effect": "Allow", "Action": "*", "Resource": "*", "Scope": "x"},
    "unknown effect": {"Effect": "Permit", "Action": "*", "Resource": "*"},
    "no effect": {"Action": "*", "Resource": "*"},
    "small letters": {"effect": "Allow", "Action": "*", "Resource": "*"},
    "no action": {"Effect": "Allow", "Resource": "*"},
    "both actions": {"Effect": "Allow", "Action": "*", "NotAction": "ec2:*", "Resource": "*"},
    "no resource": {"Effect": "Allow", "Action": "*"},
    "both resources": {"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "arn:aws:s3:::x"},
    "action no text": {"Effect": "Allow", "Action": ["s3:Get*", 7], "Resource": "*"},
    "action without service": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"},
    "action empty": {"Effect": "Allow", "Action": ["ec2:*", ""], "Resource": "*"},
    "resource empty": {"Effect": "Allow", "Action": "*", "Resource": ""},
    "resource no ARN": {"Effect": "Allow", "Action": "*", "Resource": "box/*"},
    "principal in an identity policy": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
    "condition no object": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": "x"},
    "operator no object": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": "x"}},
    "operand no text": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:x": [None]}}},
    "no operand": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:x": []}}},
    "unknown operator": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"aws:x": "y"}}},
    "no object": "Allow",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_an_allow_that_is_not_understood_is_perhaps_there(name):
    assert may(identity=[allow("ec2:*"), MALFORMED[name]]) is None


@pytest.mark.parametrize("name", MALFORMED)
def test_a_deny_that_is_not_understood_is_perhaps_there(name):
    entry = MALFORMED[name]
    entry = entry | {"Effect": "Deny"} if isinstance(entry, dict) and entry.get("Effect") == "Allow" else entry

    assert may(identity=[allow(), entry]) is None


def test_a_doubt_does_not_count_where_a_sure_deny_decides():
    assert may(identity=[*MALFORMED.values(), deny()]) is False


def test_a_doubt_does_not_count_where_an_understood_part_excludes_the_request():
    assert may(identity=[allow("ec2:*", Scope="x")]) is False
    assert may(identity=[allow(resource="arn:aws:s3:::other/*", Scope="x")]) is False
    assert may(identity=[allow(Scope="x", Condition=when("Bool", "aws:x", "true"))]) is False


def test_a_doubtful_allow_does_not_count_beside_a_sure_one():
    assert may(identity=[allow(), allow(Scope="x")]) is True


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", "{}", '{"Version": "2012-10-17"}', '{"Statement": [], "Grants": []}', '{"Statement": [], "Statement": []}']
)
def test_a_document_that_is_not_understood_perhaps_allows_and_denies(text):
    assert [may(identity=text), may(identity=[document(allow()), text])] == [None, None]


def test_a_version_that_is_not_known_makes_its_statements_doubtful():
    assert may(identity=document(allow(), version="2030-01-01")) is None


def test_a_name_that_stands_twice_hides_nothing():
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Action": "s3:*", "Resource": "*"}}'

    assert may(identity=text) is None


def test_a_document_that_allows_nothing_is_understood():
    assert may(identity=document()) is False


def test_a_document_is_the_same_as_text_and_as_an_object():
    policy = document(allow("s3:*", Condition={"Bool": {"aws:x": True}, "NumericEquals": {"aws:y": 5}}), deny(NotAction="s3:Get*"))

    assert read(json.dumps(policy), Kind.IDENTITY) == read(policy, Kind.IDENTITY)
    assert may(identity=read(policy, Kind.IDENTITY), context={"aws:x": "true", "aws:y": "5"}) is True


@pytest.mark.parametrize("layer", ["identity", "boundary", "session", "scps", "resource", "endpoint"])
def test_a_policy_that_was_not_seen_is_not_empty(layer):
    assert may(**{"identity": [allow()], layer: UNKNOWN}) is None


def test_a_level_or_one_document_of_many_may_be_what_was_not_seen():
    assert may(identity=[allow()], scps=[[document(allow())], UNKNOWN]) is None
    assert may(identity=[document(allow()), UNKNOWN]) is None
    assert may(identity=[allow()], rcps=UNKNOWN) is None


def test_what_was_not_seen_does_not_count_where_a_sure_deny_decides():
    assert may(identity=[deny()], boundary=UNKNOWN) is False


def test_a_key_or_role_always_has_a_policy_so_one_not_given_was_not_seen():
    assert may("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/k1", identity=[allow()]) is None
    assert may("sts:AssumeRole", ROLE, identity=[allow()]) is None


def test_a_principal_by_its_unique_id_is_perhaps_the_caller():
    assert may(resource=[allow(Principal={"AWS": "AIDACKCEVSQ6C2EXAMPLE"})]) is None


@pytest.mark.parametrize("principal", [{"AWS": []}, {"AWS": 7}, {}, "arn:aws:iam::111122223333:root", {"Service": "*"}, {"Person": "x"}, 7])
def test_a_malformed_principal_is_perhaps_the_caller(principal):
    assert may(resource=[allow(Principal=principal)]) is None


def test_a_resource_policy_without_a_principal_is_malformed():
    assert may(resource=[allow()]) is None


def test_a_doubt_says_which_statement_of_which_document_and_why():
    decision = ask(identity=[document(allow("ec2:*")), document(allow(Sid="Odd", Scope="x"))])

    assert [str(reason) for reason in decision.because] == ["identity[1] Statement[0] Odd: unknown element Scope"]


def test_a_doubt_can_be_taken_for_neither_answer():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Doubt.of("x"))


def test_another_account_is_never_reached_by_what_is_not_named():
    assert may(by=USER, identity=[allow()], context={"aws:ResourceAccount": OTHER}) is False


def test_a_reason_without_a_place_is_its_words():
    assert [str(reason) for reason in (Reason(says="x"), Reason(says="x", layer="a"), Reason(says="x", layer="a", statement="b"))] == [
        "x",
        "a: x",
        "a b: x",
    ]
