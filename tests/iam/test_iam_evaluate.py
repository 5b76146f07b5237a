"""How the layers of policies decide together."""

from __future__ import annotations

import pytest
from iam_small import ACCOUNT, BUCKET, KEY, OBJECT, OTHER, QUEUE, ROLE, SESSION, STRANGER, USER, allow, ask, deny, document, may, when

from guardrails.errors import AuthorError

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"
SERVICE = "ec2.amazonaws.com"
LAYERS = ["identity", "boundary", "session", "resource", "endpoint"]


def grant(*, to, effect=allow):
    return [effect(Principal=to)]


def test_nothing_is_allowed_that_nobody_allows():
    assert [may(), may(identity=[allow("ec2:*")]), may(identity=[])] == [False, False, False]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_deny_in_any_layer_wins(layer):
    policies = {"identity": [allow()], "resource": grant(to="*")} | {layer: [allow(Principal="*"), deny(Principal="*")]}
    if layer in {"identity", "boundary", "session"}:
        policies[layer] = [allow(), deny()]

    assert may(**policies) is False


def test_a_deny_in_an_scp_or_rcp_wins():
    assert may(identity=[allow()], scps=[[document(allow(), deny("s3:*"))]]) is False
    assert may(identity=[allow()], rcps=[[document(deny("s3:*", Principal="*"))]]) is False


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("s3:Get*", "s3:getobject", True),
        ("S3:GETOBJECT", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("*:GetObject", "s3:GetObject", True),
        ("s*:*", "sqs:SendMessage", True),
        ("**", "s3:GetObject", True),
        ("s3:*", "s3-object-lambda:GetObject", False),
    ],
)
def test_an_action_is_a_glob_over_service_and_name_without_case(pattern, action, expected):
    assert may(action, identity=[allow(pattern)]) is expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("arn:aws:s3:::box/*", OBJECT, True),
        ("arn:aws:s3:::Box/*", OBJECT, False),
        ("arn:aws:s3:::b?x/a", OBJECT, True),
        ("arn:aws:s3:::*", "arn:aws:s3:::box/a:b/c", True),
        ("arn:aws:sqs:*:*:jobs", QUEUE, True),
        ("arn:aws:sqs:*:jobs", QUEUE, False),
        ("arn:*:*:*:*:jobs", QUEUE, True),
        ("arn:aws:cloudformation:*:*:stack/a/*", "arn:aws:cloudformation:eu:1:stack/b:x:stack/a/1", False),
        ("arn:aws:s3:*", OBJECT, True),
        ("arn:aws:s*", QUEUE, True),
        ("arn:aws:sqs", QUEUE, True),
        ("arn:aws:sns", QUEUE, False),
        ("arn:aws:ec2:*:*:*/i-7", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-7", True),
        ("*", "*", True),
        ("**", "*", True),
        ("arn:*:*:*:*:*", "*", False),
    ],
)
def test_a_resource_is_matched_part_by_part(pattern, resource, expected):
    assert may("x:Y", resource, identity=[allow("*", pattern)]) is expected


def test_an_arn_that_stops_early_is_in_doubt_where_it_is_not_padded():
    assert may("sqs:SendMessage", QUEUE, resource=[allow(resource="arn:aws:sqs", Principal="*")]) is None
    assert may("sqs:SendMessage", QUEUE, identity=[allow()], scps=[[document(allow(resource="arn:aws:sqs"))]]) is None
    assert may("sqs:SendMessage", QUEUE, resource=[allow(resource="arn:aws:sqs:*", Principal="*")]) is True


def test_not_action_and_not_resource_are_complements():
    assert [may(identity=[allow(NotAction=action)]) for action in ("s3:Get*", "ec2:*")] == [False, True]
    assert [may(identity=[allow(NotResource=[OBJECT, f"{BUCKET}/b"])]), may(identity=[allow(NotResource=BUCKET)])] == [False, True]
    assert may("ec2:DescribeInstances", "*", identity=[allow(NotResource=BUCKET)]) is True


def test_an_old_document_has_no_variables():
    policy = document(allow(resource="arn:aws:s3:::box/${aws:username}"), version="2008-10-17")

    assert may(target="arn:aws:s3:::box/alice", identity=policy) is False


def test_in_one_account_identity_or_resource_policy_is_enough():
    assert [may(identity=[allow()]), may(resource=grant(to={"AWS": USER})), may(resource=grant(to="*"))] == [True, True, True]


def test_naming_the_account_leaves_it_to_identity_policies():
    assert [may(resource=grant(to={"AWS": whom})) for whom in (ACCOUNT, ROOT)] == [False, False]


@pytest.mark.parametrize("whom", [STRANGER, OTHER, f"arn:aws:iam::{OTHER}:root", "*"])
def test_across_accounts_both_sides_must_allow(whom):
    named = grant(to={"AWS": whom})

    def across(**policies):
        return may("sqs:SendMessage", QUEUE, by=STRANGER, **policies)

    assert [across(identity=[allow()], resource=named), across(resource=named), across(identity=[allow()])] == [True, False, False]


def test_the_account_of_a_bucket_is_told_by_the_context():
    def across(owner):
        return may(identity=[allow()], context={"aws:ResourceAccount": owner})

    assert [across(ACCOUNT), across(OTHER)] == [True, False]


def test_a_boundary_limits_identity_policies_and_grants_nothing():
    assert [
        may(identity=[allow()], boundary=[allow("s3:*")]),
        may(identity=[allow()], boundary=[allow("ec2:*")]),
        may(boundary=[allow()]),
    ] == [True, False, False]


@pytest.mark.parametrize(
    ("by", "whom", "expected"),
    [
        (USER, USER, True),
        (USER, "*", True),
        (SESSION, SESSION, True),
        (SESSION, "*", True),
        (SESSION, ROLE, False),
        (ROLE, ROLE, False),
        (ROLE, "*", True),
    ],
)
@pytest.mark.parametrize("limit", ["boundary", "session"])
def test_boundary_and_session_policy_do_not_limit_what_a_resource_gives_to_the_very_user_or_session(limit, by, whom, expected):
    assert may(by=by, resource=grant(to={"AWS": whom}), **{limit: [allow("ec2:*")]}) is expected


def test_across_accounts_a_boundary_limits_every_grant():
    assert (
        may("sqs:SendMessage", QUEUE, by=STRANGER, identity=[allow()], boundary=[allow("ec2:*")], resource=grant(to={"AWS": STRANGER}))
        is False
    )


def test_a_session_policy_limits_and_grants_nothing():
    assert [
        may(by=SESSION, identity=[allow()], session=[allow("s3:*")]),
        may(by=SESSION, identity=[allow()], session=[allow("ec2:*")]),
    ] == [True, False]
    assert may(by=SESSION, session=[allow()]) is False


def test_every_level_of_scps_must_allow():
    full, some_ = document(allow()), document(allow("ec2:*"))

    assert [may(identity=[allow()], scps=levels) for levels in ([[full], [full]], [[full], [some_]], [[full], []], [])] == [
        True,
        False,
        False,
        True,
    ]


def test_an_scp_limits_what_a_resource_gives_too():
    assert may(resource=grant(to={"AWS": USER}), scps=[[document(allow("ec2:*"))]]) is False


@pytest.mark.parametrize(("by", "whom"), [(SERVICE, {"Service": SERVICE}), (LINKED, {"AWS": "*"})])
def test_scps_do_not_bind_services_nor_service_linked_roles(by, whom):
    assert may(by=by, resource=grant(to=whom), scps=[[document(deny())]]) is True


def test_an_rcp_limits_by_deny_only():
    assert may(identity=[allow()], rcps=[[document(deny("ec2:*", Principal="*"))]]) is True


def test_which_services_an_rcp_binds_is_known_for_some_only():
    denied = [[document(deny(Principal="*"))]]

    assert [may(identity=[allow()], rcps=denied), may("ec2:RunInstances", "*", identity=[allow()], rcps=denied)] == [False, None]
    assert may(by=LINKED, identity=[allow()], rcps=denied) is True


def test_an_endpoint_policy_limits_everyone():
    narrow = [allow("ec2:*", Principal="*")]

    assert [may(identity=[allow()], endpoint=narrow), may(resource=grant(to="*"), endpoint=narrow)] == [False, False]
    assert may(identity=[allow()], endpoint=grant(to={"AWS": ROLE})) is False


def test_a_key_trusts_only_whom_its_policy_names():
    def decrypt(**policies):
        return may("kms:Decrypt", KEY, **policies)

    assert decrypt(identity=[allow()], resource=grant(to={"AWS": ROOT})) is True
    assert decrypt(resource=grant(to={"AWS": ROOT})) is False
    assert decrypt(resource=grant(to={"AWS": USER})) is True
    assert decrypt(identity=[allow()], resource=grant(to={"AWS": ROLE})) is False
    assert decrypt(identity=[allow()], resource=document()) is False


def test_actions_of_kms_that_have_no_key_need_no_key_policy():
    assert may("kms:ListKeys", "*", identity=[allow()]) is True


def test_a_role_is_assumed_by_those_that_its_trust_policy_names():
    def assume(**policies):
        return may("sts:AssumeRole", ROLE, **policies)

    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    assert assume(identity=[allow()], resource=[trust | {"Principal": {"AWS": ACCOUNT}}]) is True
    assert assume(resource=[trust | {"Principal": {"AWS": ACCOUNT}}]) is False
    assert assume(resource=[trust | {"Principal": {"AWS": USER}}]) is True
    assert assume(identity=[allow()], resource=[trust | {"Principal": {"Service": SERVICE}}]) is False
    assert assume(by=STRANGER, identity=[allow()], resource=[trust | {"Principal": {"AWS": OTHER}}]) is True
    assert assume(by=STRANGER, resource=[trust | {"Principal": {"AWS": STRANGER}}]) is False


@pytest.mark.parametrize(
    ("by", "whom"),
    [
        (SERVICE, {"Service": SERVICE}),
        (f"arn:aws:iam::{ACCOUNT}:saml-provider/corp", {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"}),
        ("Federated:cognito-identity.amazonaws.com", {"Federated": "cognito-identity.amazonaws.com"}),
        ("a" * 64, {"CanonicalUser": "a" * 64}),
        ("Anonymous", "*"),
    ],
)
def test_services_providers_and_canonical_users_are_named_by_their_kind(by, whom):
    assert may(by=by, resource=grant(to=whom)) is True
    assert may(by=by, resource=grant(to={"AWS": USER, "Service": "s3.amazonaws.com"})) is False
    assert may(by=by, identity=[allow()]) is False


def test_everyone_may_ask_who_they_are_even_when_denied():
    assert [may("sts:GetCallerIdentity", "*", identity=[deny()]), may("sts:GetCallerIdentity", "*", by="Anonymous")] == [True, False]


def test_the_root_user_may_do_everything_in_its_account_but_for_scps_and_denies():
    assert [may(by=ACCOUNT), may(by=ROOT, scps=[[document(allow("ec2:*"))]]), may(by=ROOT, resource=grant(to="*", effect=deny))] == [
        True,
        False,
        False,
    ]
    assert [str(reason) for reason in ask(by=ROOT).because] == ["identity: the root user may do everything in its account"]


@pytest.mark.parametrize(
    ("by", "whom", "expected"),
    [
        (USER, USER.upper(), False),
        (USER, f"arn:aws:iam::{ACCOUNT}:user/*", False),
        (SESSION, ROLE, True),
        (SESSION, f"arn:aws:iam::{ACCOUNT}:role/path/build", True),
        (SESSION, f"arn:aws:iam::{OTHER}:role/build", False),
        (SESSION, f"arn:aws:iam::{ACCOUNT}:role/run-7", False),
        (SESSION, f"arn:aws:iam::{ACCOUNT}:user/build", False),
        (SESSION, SESSION, True),
        (ROLE, SESSION, False),
        (FEDERATED, USER, True),
        (FEDERATED, FEDERATED, True),
        (USER, FEDERATED, False),
    ],
)
def test_arns_of_principals_are_exact_and_a_role_is_its_sessions(by, whom, expected):
    assert may(by=by, resource=grant(to={"AWS": whom})) is expected


def test_deny_with_not_principal_spares_those_it_names():
    spared = [deny(NotPrincipal={"AWS": [USER, ROOT]})]

    assert [may(identity=[allow()], resource=spared), may(by=STRANGER, identity=[allow()], resource=[*spared, *grant(to="*")])] == [
        True,
        False,
    ]


def test_deny_with_not_principal_hits_whoever_has_a_boundary():
    assert may(identity=[allow()], boundary=[allow()], resource=[deny(NotPrincipal={"AWS": USER})]) is False


def test_a_decision_names_the_statements_that_decide():
    policies = {"identity": [allow("s3:*", Sid="Store")], "scps": [[document(allow())]]}

    assert [str(reason) for reason in ask(**policies).because] == [
        "identity[0] Statement[0] Store: Allow",
        "scp level 0[0] Statement[0]: Allow",
    ]
    assert [str(reason) for reason in ask(**policies, boundary=[deny(Sid="No")]).because] == ["boundary[0] Statement[0] No: Deny"]


def test_a_decision_names_the_layers_that_lack_an_allow():
    def lacks(**policies):
        return [str(reason) for reason in ask(**policies).because]

    assert lacks() == ["identity: no statement allows it", "resource: no statement allows it"]
    assert lacks(identity=[allow()], scps=[[], [document(allow())]]) == ["scp level 0: no statement allows it"]
    assert lacks(resource=grant(to={"AWS": USER}), endpoint=[]) == ["endpoint: no statement allows it"]


@pytest.mark.parametrize("text", ["", "alice", "arn:aws:s3:::box", "arn:aws:iam::111122223333:group/all", "Service:"])
def test_a_principal_that_could_not_ask_is_a_mistake(text):
    with pytest.raises(AuthorError, match="no principal"):
        may(by=text)


def test_keys_that_the_context_gives_go_before_those_of_the_principal():
    policy = [allow(Condition=when("ArnEquals", "aws:PrincipalArn", ROLE))]

    assert may(identity=policy, context={"AWS:principalarn": ROLE}) is True
