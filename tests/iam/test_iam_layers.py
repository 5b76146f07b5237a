"""Whose account a resource is in, which resources trust by themselves, and what a layer says for itself."""

from __future__ import annotations

import json

import pytest
from iam_small import ACCOUNT, KEY, OBJECT, OTHER, QUEUE, ROLE, SESSION, STRANGER, USER, allow, ask, deny, document, may, when

from guardrails.iam import UNKNOWN, Document, Kind, Request, read
from guardrails.iam.decisions import said_by
from guardrails.iam.layers import unread_policy

SERVICE = "ec2.amazonaws.com"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"
FULL = document(allow())


def reasons(*args, **more):
    return [str(reason) for reason in ask(*args, **more).because]


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("*", True),
        ("a:b:c:d", True),
        (f"arn:aws:x:eu:{ACCOUNT}", True),
        (f"arn:aws:x:eu:{OTHER}", False),
        (f"arn:aws:x:eu:{OTHER}:r", False),
        (f"arn:aws:x:eu::{OTHER}", True),
        ("arn:aws:x:eu:aws:r", True),
        ("arn:aws:x:eu:\u0661:r", True),
    ],
)
def test_a_resource_is_in_the_account_that_its_arn_tells_if_it_tells_one(resource, allowed):
    assert may("x:Y", resource, identity=[allow()]) is allowed


def test_the_context_tells_the_account_before_the_arn():
    assert may("sqs:SendMessage", QUEUE, identity=[allow()], context={"aws:ResourceAccount": OTHER}) is False
    assert may("sqs:SendMessage", QUEUE, by=STRANGER, identity=[allow()], context={"aws:ResourceAccount": OTHER}) is True
    assert may("sqs:SendMessage", QUEUE, identity=[allow()], context={"aws:ResourceAccount": (OTHER,)}) is True


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("kms:Decrypt", KEY, None),
        ("KMS:Decrypt", KEY + ":x", None),
        ("kms:Decrypt", KEY.replace("key/", "alias/"), True),
        ("payments:Decrypt", KEY, True),
        ("sts:AssumeRole", ROLE, None),
        ("sts:AssumeRole", USER, True),
        ("iam:GetRole", ROLE, True),
    ],
)
def test_keys_of_kms_and_roles_that_are_assumed_trust_by_themselves(action, resource, allowed):
    assert may(action, resource, identity=[allow()]) is allowed


def test_the_policy_of_a_role_is_its_trust_policy():
    assert reasons("sts:AssumeRole", ROLE, resource=[allow(Principal={"AWS": USER})]) == ["trust[0] Statement[0]: Allow"]
    assert reasons("s3:GetObject", resource=[allow(Principal={"AWS": USER})]) == ["resource[0] Statement[0]: Allow"]


def test_which_services_an_rcp_binds_is_told_by_what_stands_before_the_first_colon():
    denied = [[document(deny(Principal="*"))]]

    assert [may(action, identity=[allow()], rcps=denied) for action in ("S3:Get:Object", "s3x:Get", "x:s3:Get")] == [False, None, None]
    assert reasons("x:Get", identity=[allow()], rcps=denied) == ["rcp level 0[0] Statement[0]: it is not known whether RCPs bind x"]


def test_an_rcp_that_allows_some_only_takes_nothing_away():
    assert may(identity=[allow()], rcps=[[document(allow("ec2:*", Principal="*"))]]) is True


@pytest.mark.parametrize("by", [SERVICE, "Anonymous"])
def test_rcps_and_endpoints_bind_who_is_of_no_account(by):
    given = [allow(Principal="*" if by == "Anonymous" else {"Service": SERVICE})]

    assert may(by=by, resource=given, rcps=[[document(deny(Principal="*"))]]) is False
    assert may(by=by, resource=given, endpoint=[allow("ec2:*", Principal="*")]) is False
    assert may(by=by, resource=given, scps=[[document(deny())]], identity=[deny()], boundary=[], session=[]) is True


def test_a_service_linked_role_is_bound_by_identity_policies_and_by_no_scp_or_rcp():
    bound = {"scps": [[document(deny())]], "rcps": [[document(deny(Principal="*"))]]}

    assert [may(by=LINKED, identity=[effect()], **bound) for effect in (allow, deny)] == [True, False]
    assert [may(by=ROLE, identity=[allow()], **{name: levels}) for name, levels in bound.items()] == [False, False]


def test_a_policy_not_seen_is_named_with_its_place():
    assert reasons(identity=[document(allow("ec2:*")), UNKNOWN]) == ["identity[1]: there is a policy that was not seen"]
    assert reasons(identity=FULL, scps=[[FULL], [FULL, UNKNOWN]]) == ["scp level 1[1]: there is a policy that was not seen"]
    assert reasons(identity=FULL, scps=UNKNOWN) == ["scp[0]: there is a policy that was not seen"]


def test_one_document_and_a_list_of_one_are_the_same_and_a_read_one_too():
    made = read(FULL, Kind.IDENTITY)

    assert isinstance(made, Document)
    assert [ask(identity=source) for source in (FULL, [FULL], made, (made,))] == [ask(identity=FULL)] * 4


def test_documents_of_one_layer_are_alternatives():
    assert may(identity=[document(allow("ec2:*")), FULL]) is True
    assert may(identity=[FULL], boundary=[document(allow("ec2:*")), FULL]) is True
    assert may(identity=[FULL], boundary=[document(), document(allow("ec2:*"))]) is False


def test_a_level_without_documents_allows_nothing_and_no_level_limits_nothing():
    assert [may(identity=FULL, scps=levels) for levels in ([None], [[]], [], None, [[FULL]])] == [False, False, True, True, True]


def test_a_statement_of_an_unknown_effect_is_named_among_neither():
    policy = document(allow(), {"Effect": "Perhaps", "Action": "*", "Resource": "*"})

    assert may(identity=policy) is None
    assert reasons(identity=policy) == ["identity[0] Statement[1]: unknown Effect 'Perhaps'"]


def test_what_is_denied_names_the_denies_only_and_what_is_allowed_the_allows_only():
    policy = document(allow(Sid="Yes"), deny("s3:Get*", Sid="No"), deny("ec2:*", Sid="Other"))

    assert reasons(identity=policy) == ["identity[0] Statement[1] No: Deny"]
    assert reasons("s3:PutObject", identity=policy) == ["identity[0] Statement[0] Yes: Allow"]


def test_a_deny_that_is_conditional_on_what_is_absent_is_not_named():
    policy = document(allow(), deny(Condition=when("StringEquals", "aws:x", "y")), deny("s3:Get*"))

    assert reasons(identity=policy) == ["identity[0] Statement[2]: Deny"]


def test_deny_with_not_principal_hits_who_has_a_boundary_and_allow_with_it_does_not():
    bounded = {"identity": FULL, "boundary": FULL}

    assert may(resource=[deny(NotPrincipal={"AWS": USER})], **bounded) is False
    assert may(resource=[deny(NotPrincipal={"AWS": USER})], identity=FULL) is True
    assert may(by=SESSION, resource=[allow(NotPrincipal={"AWS": SESSION})], boundary=FULL) is False
    assert may(resource=[deny(Principal={"AWS": STRANGER})], **bounded) is True


def test_what_is_lacked_names_givers_only_where_nobody_gives():
    assert reasons(boundary=FULL) == ["identity: no statement allows it", "resource: no statement allows it"]
    assert reasons(identity=FULL, boundary=document(), session=document()) == [
        f"{layer}: no statement allows it" for layer in ("resource", "boundary", "session")
    ]
    assert reasons(identity=FULL, endpoint=document(), scps=[[FULL]]) == ["endpoint: no statement allows it"]
    assert reasons("sqs:SendMessage", QUEUE, by=STRANGER, identity=FULL) == ["resource: no statement allows it"]


def test_across_accounts_to_be_named_by_account_is_enough_beside_identity_policies():
    def across(**more):
        return may("sqs:SendMessage", QUEUE, by=STRANGER, resource=[allow(Principal={"AWS": OTHER})], **more)

    assert [across(identity=FULL), across(), across(identity=FULL, session=document())] == [True, False, False]


def test_root_of_one_account_is_nobody_in_another():
    assert may("sqs:SendMessage", QUEUE, by=OTHER) is False
    assert may("sqs:SendMessage", QUEUE, by=OTHER, resource=[allow(Principal={"AWS": OTHER})]) is True


def test_the_name_of_asking_who_one_is_has_no_case():
    assert reasons("STS:getcalleridentity", "*") == ["sts: everyone may ask who they are"]
    assert may("sts:GetSessionToken", "*") is False


def test_root_is_told_to_be_root_before_what_allows():
    assert reasons("s3:GetObject", by=ACCOUNT, scps=[[FULL]]) == [
        "identity: the root user may do everything in its account",
        "scp level 0[0] Statement[0]: Allow",
    ]


def test_a_boundary_beside_a_resource_that_names_the_role_limits_it_and_the_key_needs_its_own_word():
    named = [allow(Principal={"AWS": ROLE})]

    assert [may(by=ROLE, resource=named, boundary=limit) for limit in (FULL, document())] == [True, False]
    assert may("kms:Decrypt", KEY, by=ROLE, identity=FULL, resource=named) is True
    assert may("kms:Decrypt", KEY, by=ROLE, identity=FULL, resource=[allow(Principal={"AWS": STRANGER})]) is False
    assert may("s3:GetObject", OBJECT, by=ROLE, identity=FULL, resource=[allow(Principal={"AWS": STRANGER})]) is True


def test_a_deny_outside_of_rcps_denies_whatever_the_service():
    assert may("ec2:RunInstances", "*", identity=[allow(), deny()]) is False
    assert may("ec2:RunInstances", "*", identity=[allow()], resource=[deny(Principal="*")]) is False
    assert may("ec2:RunInstances", "*", identity=[allow()], scps=[[document(allow(), deny("ec2:*"))]]) is False


def test_an_allow_of_an_rcp_is_told_whatever_the_service():
    level = [[document(allow(Principal="*"))]]

    assert reasons("ec2:RunInstances", "*", identity=[allow()], rcps=level)[-1] == "rcp level 0[0] Statement[0]: Allow"


def said(kind, *documents, by=USER, action="s3:GetObject", **context):
    return said_by(Request(principal=by, action=action, resource=OBJECT, context=context), kind, documents)


def test_documents_of_one_kind_say_by_themselves_what_they_allow():
    assert said(Kind.IDENTITY, document(allow("s3:*", Sid="A")), document(deny("ec2:*"))).allowed is True
    assert [str(each) for each in said(Kind.IDENTITY, document(allow("s3:*", Sid="A"))).because] == ["identity[0] Statement[0] A: Allow"]
    assert said(Kind.RESOURCE, document(allow(Principal={"AWS": ACCOUNT}))).allowed is True
    assert said(Kind.SCP, document(allow("ec2:*"))).allowed is False


@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP])
def test_texts_that_do_not_speak_of_an_action_do_not_allow_it(kind):
    lacked = said(kind, *(json.dumps(document(each)) for each in (allow("ec2:*"), deny("ec2:*"))))

    assert (lacked.allowed, [str(each) for each in lacked.because]) == (False, [f"{kind.value}: no statement allows it"])


def test_of_several_texts_one_that_speaks_of_an_action_is_heard():
    texts = [json.dumps(document(each)) for each in (deny("ec2:*"), allow("s3:*"))]

    assert said(Kind.IDENTITY, *texts).allowed is said(Kind.IDENTITY, *reversed(texts)).allowed is True
    assert said(Kind.IDENTITY, texts[1], json.dumps(document(deny("s3:Get*")))).allowed is False


def test_only_statements_for_who_asks_are_told():
    mine, theirs = allow(Principal={"AWS": USER}, Sid="Mine"), allow(Principal={"AWS": STRANGER}, Sid="Theirs")

    assert reasons(resource=[theirs, mine]) == ["resource[0] Statement[1] Mine: Allow"]


@pytest.mark.parametrize(
    ("action", "resource", "is_left"),
    [
        ("s3:GetObject", OBJECT, False),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-north-1:{ACCOUNT}:q", False),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-north-1:{OTHER}:q", True),
        ("sqs:SendMessage", f"arn:aws:sqs:eu-north-1:{OTHER}", True),
        ("sqs:SendMessage", "arn:aws:sqs:eu-north-1", False),
        ("sqs:ListQueues", "*", False),
        ("kms:Decrypt", f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k", True),
        ("STS:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/r", True),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r", False),
    ],
)
def test_a_policy_that_nobody_has_read_leaves_it_to_the_account_where_one_is_needed(action, resource, is_left):
    found = unread_policy(action, resource, ACCOUNT)

    assert (found is not None) is is_left
    assert found is None or found["Statement"]["Principal"] == {"AWS": ACCOUNT}


def test_documents_of_one_kind_say_by_themselves_what_they_deny_and_what_they_lack():
    denied = said(Kind.IDENTITY, document(allow()), document(deny("s3:*", Sid="B")))

    assert (denied.allowed, [str(each) for each in denied.because]) == (False, ["identity[1] Statement[0] B: Deny"])
    lacked = said(Kind.BOUNDARY, document(allow("ec2:*")))
    assert (lacked.allowed, [str(each) for each in lacked.because]) == (False, ["boundary: no statement allows it"])
    doubted = said(Kind.IDENTITY, document(allow(Scope="x")))
    assert (doubted.allowed, [str(each) for each in doubted.because]) == (None, ["identity[0] Statement[0]: unknown element Scope"])


def test_what_documents_say_of_who_is_not_told_knows_no_keys_of_who_asks():
    asks = document(allow(Condition=when("StringEquals", "aws:username", "alice")))
    typed = document(allow(Condition=when("Null", "aws:PrincipalType", "true")))

    assert [said(Kind.IDENTITY, asks, by=by).allowed for by in (USER, "")] == [True, False]
    assert [said(Kind.IDENTITY, typed, by=by).allowed for by in ("", "Anonymous")] == [True, False]
    assert said(Kind.IDENTITY, asks, by="", **{"aws:username": "alice"}).allowed is True


@pytest.mark.parametrize(("by", "whom"), [(SERVICE, {"Service": SERVICE}), ("Anonymous", "*")])
def test_who_is_of_no_account_is_let_in_by_the_resource_alone_in_whatever_account(by, whom):
    theirs = {name: [deny()] for name in ("identity", "boundary", "session")}

    assert may("sqs:SendMessage", QUEUE, by=by, resource=[allow(Principal=whom)], **theirs) is True
    assert may("sqs:SendMessage", QUEUE, by=by, resource=[allow(Principal={"AWS": ACCOUNT})], identity=[allow()]) is False
