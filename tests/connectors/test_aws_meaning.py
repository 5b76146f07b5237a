"""What AWS policies mean: containment with a witness, and never a silent doubt."""

from __future__ import annotations

import json
import re

import pytest
from aws_policies import ACCOUNT, BUCKET, ROLE, allow, ceiling, deny, meaning
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare
from guardrails.connectors.aws.language import read_clauses
from guardrails.errors import DeclarationError
from guardrails.model.facts import Asset, Gap
from guardrails.model.reference import Scope
from guardrails.model.words import GapReason, Verdict
from guardrails.notation.document import read
from guardrails.ports import BoundClause

ODDLY = {"Condition": {"StringMatches": {"aws:Referer": "x"}}}
UNHEARD = {"Condition": {"StringEquals": {"unheard:Of": "x"}}}
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}}
IF_MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


@pytest.mark.parametrize(
    ("statements", "declared", "verdict"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::a/*")], ceiling("s3:Get*", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("S3:getobject", "arn:aws:s3:::a/*")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("s3:*", "arn:aws:s3:::a/*")], ceiling("s3:Get*", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("s3:GetObject")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("s3:*", "arn:aws:s3:::a/*"), deny("s3:Put*")], ceiling("s3:*", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("s3:Get*"), deny("s3:*", "arn:aws:s3:::*")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("*", "*")], ceiling("*", "*"), Verdict.OK),
        ([allow("*", "*")], (), Verdict.VIOLATION),
        ([], (), Verdict.OK),
        # what is allowed in some context is allowed; what decides must be understood
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **IF_MFA)], (), Verdict.VIOLATION),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*"), deny("s3:*", **IF_MFA)], (), Verdict.VIOLATION),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **IF_MFA), deny("s3:*", **IF_MFA)], (), Verdict.OK),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **UNHEARD)], (), Verdict.VIOLATION),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*"), deny("s3:*", **UNHEARD)], (), Verdict.VIOLATION),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **IF_MFA)], ceiling("s3:*", "*"), Verdict.OK),
        # a Deny with a variable in its resource denies less than everything: the polarity decides how to read it
        ([allow("s3:GetObject", "arn:aws:s3:::a/*"), deny("s3:*", "arn:aws:s3:::a/${aws:username}/*")], (), Verdict.VIOLATION),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], ceiling("s3:*", "*"), Verdict.VIOLATION),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a/*"}], ceiling("s3:*", "*"), Verdict.OK),
        # an action that no catalogue has is judged all the same
        ([allow("newservice:DoIt")], ceiling("s3:*", "*"), Verdict.VIOLATION),
        ([{"Effect": "Alow", "Action": "s3:*"}], (), Verdict.UNDECIDED),
        ([allow("s3:Get*", Unheard="of")], (), Verdict.UNDECIDED),
    ],
)
def test_excess(statements, declared, verdict):
    found = meaning(*statements)
    compared = found.excess(ROLE, declared)
    assert compared.verdict is verdict
    if verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert compared.granted_by


def witnessed(statements, *clauses):
    witness = meaning(*statements).excess(ROLE, tuple(clause for part in clauses for clause in part)).witness
    return witness and (witness.action, witness.resource)


@pytest.mark.parametrize(
    ("statements", "asked"),
    [
        ([allow("*")], ("s3:GetObject", "arn:aws:s3:::x/x")),
        ([allow("s3:*", "arn:aws:s3:::b/*")], ("s3:GetObject", "arn:aws:s3:::b/x")),
        ([allow("s3:List*", "arn:aws:s3:::b*")], ("s3:ListBucket", "arn:aws:s3:::b")),
        ([allow("kms:*", "*"), deny("kms:Decrypt")], ("kms:CancelKeyDeletion", "arn:aws:kms::123456789012:key/x")),
        # an action that has no resource is asked for `*`, which no ARN pattern matches
        ([allow("iam:GetAccountSummary")], ("iam:GetAccountSummary", "*")),
        ([allow("iam:GetAccountSummary", "arn:aws:iam::*:*")], None),
        # a bucket is no object and a key is no bucket: nobody can ask for these pairs
        ([allow("s3:ListBucket", "arn:aws:s3:::b/*")], None),
        ([allow("s3:Get*", "arn:aws:kms:*:*:key/*"), allow("kms:*", "arn:aws:s3:::*")], ("s3:get", "arn:aws:kms:::key/")),
        # the resources of another account or partition are asked for as well
        ([allow("sts:AssumeRole", "arn:aws:iam::999988887777:role/a")], ("sts:AssumeRole", "arn:aws:iam::999988887777:role/a")),
        ([allow("s3:GetObject", "arn:aws-cn:s3:::b/*")], ("s3:GetObject", "arn:aws-cn:s3:::b/x")),
        # what AWS may publish tomorrow is allowed today
        ([allow("s3:Brand*", "arn:aws:s3:::b")], ("s3:brand", "arn:aws:s3:::b")),
        ([allow("brandnew:DoIt", "arn:aws:brandnew:::it")], ("brandnew:doit", "arn:aws:brandnew:::it")),
        ([allow("nocolon", "*")], None),
    ],
)
def test_a_witness_is_a_request_that_aws_could_be_asked(statements, asked):
    assert witnessed(statements) == asked


def test_the_last_of_many_actions_is_judged_by_its_own_forms():
    declared = [ceiling("a*:*", "*"), ceiling("s*:*", "*"), ceiling("w*:*", "*")]
    assert witnessed([allow(["a*:*", "s*:*", "w*:*", "xray:PutTraceSegments"])], *declared) == ("xray:PutTraceSegments", "*")


def test_an_action_beyond_the_declared_ones_of_a_wildcard_is_found():
    declared = [ceiling("s3:Get*", "arn:aws:s3:::b/*"), ceiling("s3:Put*", "arn:aws:s3:::b/*")]
    action, resource = witnessed([allow("s3:*", "arn:aws:s3:::b/*")], *declared)
    assert (action, resource) == ("s3:DeleteObject", "arn:aws:s3:::b/x")


def test_a_boundary_without_statements_leaves_nothing():
    assert meaning(allow("*"), boundary=[]).excess(ROLE, ()).verdict is Verdict.OK


def test_a_boundary_cuts_what_is_held():
    assert meaning(allow("*"), boundary=[allow("s3:Get*")]).excess(ROLE, ceiling("s3:*", "*")).verdict is Verdict.OK
    assert meaning(allow("*"), boundary=[allow("ec2:*")]).excess(ROLE, ceiling("s3:*", "*")).verdict is Verdict.VIOLATION


def test_a_missing_policy_body_is_unknown_and_never_empty():
    gap = Gap(system="aws", realm="1", what="iam", reason=GapReason.INCOMPLETE, subject=ROLE, message="the body is missing")
    assert meaning(gaps=(gap,)).excess(ROLE, ()).verdict is Verdict.UNKNOWN


def test_a_floor_that_a_deny_takes_away_is_shown():
    compared = meaning(allow("s3:GetObject", "*"), deny("s3:GetObject", "arn:aws:s3:::a/*")).shortfall(
        ROLE, ceiling("s3:GetObject", "arn:aws:s3:::a/*")
    )
    assert compared.verdict is Verdict.VIOLATION
    assert compared.witness.action == "s3:GetObject"


def test_a_floor_on_a_condition_is_undecided():
    compared = meaning(allow("s3:GetObject", **IF_MFA)).shortfall(ROLE, ceiling("s3:GetObject", "arn:aws:s3:::a/*"))
    assert compared.verdict is Verdict.UNDECIDED


OWN = f"aws@{ACCOUNT}:policy/identity-policy"
BOUNDARY = f"aws@{ACCOUNT}:policy/boundary"
NORTH = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-north-1"}}}
ASKED = "s3:GetObject on arn:aws:s3:::a/x"


@pytest.mark.parametrize(
    ("statements", "more", "verdict", "reason"),
    [
        ([], {}, Verdict.VIOLATION, "no statement allows it"),
        ([allow("s3:Put*")], {}, Verdict.VIOLATION, "no statement allows it"),
        ([allow("s3:*")], {"boundary": [allow("kms:*")]}, Verdict.VIOLATION, "the boundary does not allow it"),
        ([allow("s3:*"), deny("s3:Get*", Sid="No")], {}, Verdict.VIOLATION, f"{OWN} No denies it"),
        (
            [allow("s3:*")],
            {"boundary": [allow("*"), deny("s3:*")]},
            Verdict.VIOLATION,
            f"{BOUNDARY} statement 1 denies it",
        ),
        ([allow("s3:*", **IF_MFA)], {}, Verdict.UNDECIDED, f"{ASKED} is allowed only when MFA was used, by {OWN} statement 0"),
        (
            [allow("s3:*"), deny("*", Sid="Home", **NORTH)],
            {},
            Verdict.UNDECIDED,
            f"{ASKED} is allowed only when aws:RequestedRegion is eu-north-1, by {OWN} Home",
        ),
        (
            [allow("s3:*", **IF_MFA)],
            {"boundary": [allow("s3:*", **OFFICE)]},
            Verdict.UNDECIDED,
            f"{ASKED} is allowed only when MFA was used and aws:SourceIp is in 10.1.0.0/16, by {OWN} statement 0 and {BOUNDARY} statement 0",
        ),
        (
            [allow("s3:*", **ODDLY)],
            {},
            Verdict.UNDECIDED,
            f"what is not understood of {OWN} statement 0 decides whether {ASKED} is allowed",
        ),
        ([allow("s3:*", **ODDLY), allow("s3:Get*")], {}, Verdict.OK, ""),
    ],
)
def test_why_a_floor_does_not_hold(statements, more, verdict, reason):
    compared = meaning(*statements, **more).shortfall(ROLE, ceiling("s3:GetObject", "arn:aws:s3:::a/*"))

    assert (compared.verdict, compared.reason) == (verdict, reason)


SERVICES = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "*", "kms:Decrypt"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::a/b*", "arn:aws:kms:*:*:key/*"])
STATEMENTS = st.lists(st.one_of(st.builds(allow, SERVICES, RESOURCES), st.builds(deny, SERVICES, RESOURCES)), max_size=4)


@given(STATEMENTS, st.lists(st.tuples(SERVICES, RESOURCES), max_size=3))
def test_every_witness_replays_and_no_contained_request_is_missed(statements, declared):
    found = meaning(*statements)
    clauses = tuple(clause for action, resource in declared for clause in ceiling(action, resource))
    compared = found.excess(ROLE, clauses)
    allowed = meaning(*(allow(action, resource) for action, resource in declared))
    if compared.verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert not allowed.replay(ROLE, compared.witness)
    else:
        assert compared.verdict is Verdict.OK
        for action, resource in [
            ("s3:GetObject", "arn:aws:s3:::a/b"),
            ("s3:PutObject", "arn:aws:s3:::z/b"),
            ("kms:Decrypt", "arn:aws:kms:r:1:key/k"),
        ]:
            request = type("W", (), {"action": action, "resource": resource, "context": ()})
            assert not found.replay(ROLE, request) or allowed.replay(ROLE, request)


def test_an_external_id_that_may_be_absent_is_not_demanded():
    def external(operator, value="secret"):
        statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
        statement["Condition"] = {operator: {"sts:ExternalId": value}}
        return meaning(trust=[statement]).trusts(ROLE)[0].external_id

    assert external("StringEquals")
    assert external("StringLike")
    assert not external("StringEqualsIfExists")
    assert not external("StringLike", "secret*")
    assert external("StringEquals", "${aws:userid}") is None


MINE = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}}
OTHERS = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}}
GET = allow("s3:GetObject", "arn:aws:s3:::b/*")


@pytest.mark.parametrize(
    ("resource", "more", "verdict"),
    [
        ([GET | MINE], {}, Verdict.VIOLATION),
        ([GET | OTHERS], {}, Verdict.OK),
        ([GET | MINE | IF_MFA], {}, Verdict.VIOLATION),
        ([GET | MINE | UNHEARD], {}, Verdict.VIOLATION),
        # what a bucket gives to a role is limited by the role's boundary
        ([GET | MINE], {"boundary": [allow("ec2:*")]}, Verdict.OK),
        ([GET | MINE], {"boundary": [allow("s3:*")]}, Verdict.VIOLATION),
        # and an explicit Deny of the role's own wins
        ([GET | MINE], {"own": [deny("s3:*")]}, Verdict.OK),
        ([GET | MINE], {"group": [deny("s3:*")]}, Verdict.OK),
    ],
)
def test_what_a_bucket_gives_to_a_role_of_its_account_by_name_is_held(resource, more, verdict):
    own = more.pop("own", [])
    found = meaning(*own, resource=resource, **more)
    compared = found.excess(ROLE, ())
    assert compared.verdict is verdict
    if verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert compared.granted_by
        always = Verdict.UNDECIDED if compared.witness.context else Verdict.OK
        assert found.shortfall(ROLE, ceiling("s3:GetObject", "arn:aws:s3:::b/*")).verdict is always


def test_what_is_let_in_tells_whether_it_only_reads():
    reads, writes = GET | {"Principal": "*"}, allow("s3:*", "arn:aws:s3:::b/*") | {"Principal": "*"}
    asset = Asset(ref=BUCKET, resource="arn:aws:s3:::b")
    assert [seen.reads_only for seen in meaning(resource=[reads]).shares(asset)] == [True]
    assert [seen.reads_only for seen in meaning(resource=[writes]).shares(asset)] == [False]


PROVIDER = "arn:aws:iam::123456789012:oidc-provider/gitlab.example"


def test_the_audiences_of_a_federation_are_told_with_its_subjects():
    asked = {"StringEquals": {"gitlab.example:sub": "p:main", "gitlab.example:aud": ["sts.amazonaws.com", "vault"]}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": PROVIDER}}
    assert [seen.audiences for seen in meaning(trust=[statement | {"Condition": asked}]).trusts(ROLE)] == [("sts.amazonaws.com", "vault")]
    assert [seen.audiences for seen in meaning(trust=[statement]).trusts(ROLE)] == [None]


@pytest.mark.parametrize(
    ("condition", "subjects"),
    [
        ({"StringEquals": {"gitlab.example:sub": "p:main"}}, ("p:main",)),
        ({"StringLike": {"gitlab.example:sub": ["p:*", "q"]}}, ("p:*", "q")),
        ({"StringEqualsIfExists": {"gitlab.example:sub": "p:main"}}, None),
        ({"StringEquals": {"gitlab.example:aud": "sts"}}, None),
        ({"StringEquals": {"other.example:sub": "p:main"}}, None),
        ({}, None),
    ],
)
def test_the_subjects_of_a_federation_are_those_that_a_condition_demands(condition, subjects):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": PROVIDER}, "Condition": condition}
    (seen,) = meaning(trust=[statement]).trusts(ROLE)
    assert (seen.kind, seen.name, seen.subjects) == ("federated", PROVIDER, subjects)


@pytest.mark.parametrize(
    ("statement", "says", "verdict"),
    [
        ({"NotAction": "iam:*", "Resource": "*"}, {"allow": ["*"], "except": ["iam:*"], "resources": ["*"]}, Verdict.OK),
        ({"NotAction": "iam:Get*", "Resource": "*"}, {"allow": ["*"], "except": ["iam:*"], "resources": ["*"]}, Verdict.VIOLATION),
        (
            {"Action": "s3:*", "NotResource": "arn:aws:s3:::a/*"},
            {"allow": ["s3:*"], "resources": ["*"], "except-resources": ["arn:aws:s3:::a/*"]},
            Verdict.OK,
        ),
        (
            {"Action": "s3:*", "Resource": "arn:aws:s3:::*"},
            {"allow": ["s3:*"], "resources": ["*"], "except-resources": ["arn:aws:s3:::a/*"]},
            Verdict.VIOLATION,
        ),
    ],
)
def test_what_an_entitlement_leaves_out_is_not_declared(statement, says, verdict):
    clauses = read_clauses(read(json.dumps(says).encode(), "f.yaml")[0], Scope("aws"), "")
    compared = meaning({"Effect": "Allow", **statement}).excess(ROLE, [BoundClause(clause=clause, entitlement="e") for clause in clauses])

    assert compared.verdict is verdict


WHEN_MFA = {"conditions": {"Bool": {"aws:MultiFactorAuthPresent": True}}}
WHEN_OFFICE = {"conditions": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}}}
WITHOUT_MFA = {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}


def entitled(**says):
    clauses = read_clauses(read(json.dumps(says).encode(), "f.yaml")[0], Scope("aws"), "")
    return tuple(BoundClause(clause=clause, entitlement="e") for clause in clauses)


@pytest.mark.parametrize(
    ("statements", "condition", "beyond", "below"),
    [
        ([allow("s3:*", **IF_MFA)], WHEN_MFA, Verdict.OK, Verdict.OK),
        ([allow("s3:*")], WHEN_MFA, Verdict.VIOLATION, Verdict.OK),
        ([allow("s3:*"), deny("*", **WITHOUT_MFA)], WHEN_MFA, Verdict.OK, Verdict.OK),
        ([allow("s3:*", **OFFICE)], WHEN_OFFICE, Verdict.OK, Verdict.VIOLATION),
        ([allow("s3:*", **OFFICE)], WHEN_MFA, Verdict.VIOLATION, Verdict.UNDECIDED),
        ([allow("s3:*", **WITHOUT_MFA)], WHEN_MFA, Verdict.VIOLATION, Verdict.VIOLATION),
        # two entitlements that meet at the edges cover what neither does
        ([allow("s3:*", **IF_MFA), allow("s3:*", **WITHOUT_MFA)], {}, Verdict.OK, Verdict.OK),
        (
            [allow("s3:*")],
            {"conditions": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/r"}}},
            Verdict.OK,
            Verdict.OK,
        ),
    ],
)
def test_an_entitlement_may_hold_under_conditions(statements, condition, beyond, below):
    found, clauses = meaning(*statements), entitled(allow=["s3:*"], resources=["*"], **condition)

    assert found.excess(ROLE, clauses).verdict is beyond
    assert found.shortfall(ROLE, clauses).verdict is below


def test_several_entitlements_cover_together_what_none_does():
    without = {"conditions": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
    both = entitled(allow=["s3:*"], resources=["*"], **WHEN_MFA) + entitled(allow=["s3:*"], resources=["*"], **without)

    assert meaning(allow("s3:*")).excess(ROLE, both[:1]).verdict is Verdict.VIOLATION
    assert meaning(allow("s3:*")).excess(ROLE, both).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"StringEqual": {"aws:SourceIp": "10.0.0.0/8"}}, "StringEqual: aws:SourceIp: 10.0.0.0/8 is not understood exactly"),
        ({"IpAddress": {"aws:SourceIp": "ten"}}, "aws:SourceIp: ten is not understood exactly"),
        ({"StringEquals": {"unheard:Of": "x"}}, "unheard:Of: x is not understood exactly"),
        ({"StringEquals": {"aws:userid": "${aws:username}"}}, "is not understood exactly"),
        ({"Bool": {"aws:SecureTransport": []}}, "aws:SecureTransport: no value is not understood exactly"),
        ({"Bool": {"aws:SecureTransport": {"a": "b"}}}, "no value is not understood exactly"),
        ({"Bool": "true"}, "must be a map"),
    ],
)
def test_a_condition_that_is_not_understood_declares_nothing(condition, said):
    with pytest.raises(DeclarationError, match=re.escape(said)):
        entitled(allow=["s3:*"], resources=["*"], conditions=condition)


def test_conditions_are_granted_as_they_are_where_they_are_understood():
    conditions = {"Bool": {"aws:MultiFactorAuthPresent": True}, "StringEquals": {"unheard:Of": "x"}}
    (grant,) = meaning(allow("s3:*", Condition=conditions)).grants(ROLE)

    says = {"allow": ["s3:*"], "resources": ["*"], "conditions": {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}}}
    assert json.loads(grant.says) == says


def test_statements_by_name_are_one_entitlement():
    text = 'aws: {statements: {read: {allow: ["s3:GetObject"], resources: ["*"]}, run: {allow: [no], resources: asset}}}'
    with pytest.raises(DeclarationError) as caught:
        declare.loads([("f.yaml", f"guardrails: 1\nsystems: {{aws: {{connector: aws}}}}\nentitlements: {{e: {{{text}}}}}\n".encode())])

    assert "aws.statements.run: no is not an action" in str(caught.value)
    assert "aws.statements.run: resources: asset, and no asset is named" in str(caught.value)


def as_clauses(grants):
    return tuple(
        BoundClause(clause=clause, entitlement=grant.name)
        for grant in grants
        for clause in read_clauses(read(grant.says.encode(), grant.name)[0], Scope("aws"), "")
    )


ODD = st.sampled_from(
    [
        {"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}"]},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"},
        {"Effect": "Allow", "Action": ["nocolon", "s3*"], "Resource": "*", "Sid": "A"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Sid": "A", **IF_MFA},
        {"Effect": "Allow", "NotAction": [], "Resource": []},
        {"Effect": "Allow"},
        {"Effect": "Alow", "Action": "s3:*"},
        "text",
    ]
)
WHOLE = st.builds(lambda plain, odd: [*plain, *odd], STATEMENTS, st.lists(ODD, max_size=2))


@given(WHOLE, WHOLE, st.none() | STATEMENTS)
def test_what_is_granted_leaves_nothing_out_in_the_words_of_an_entitlement(own, group, boundary):
    found = meaning(*own, group=group, boundary=boundary)

    assert found.excess(ROLE, as_clauses(found.grants(ROLE))).verdict is Verdict.OK


UNDER = st.sampled_from([{}, IF_MFA, OFFICE, WITHOUT_MFA])
WHENEVER = st.builds(lambda action, resource, more: allow(action, resource, **more), SERVICES, RESOURCES, UNDER)


@given(st.lists(WHENEVER | ODD.filter(lambda s: isinstance(s, dict) and s.get("NotAction")), max_size=4))
def test_what_is_granted_is_no_more_where_nothing_is_left_out(statements):
    found = meaning(*statements)

    assert found.shortfall(ROLE, as_clauses(found.grants(ROLE))).verdict is Verdict.OK


def test_what_a_bucket_gives_by_name_is_granted_too():
    resource = [allow("s3:GetObject", "arn:aws:s3:::b/*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"})]
    found = meaning(resource=resource)

    assert json.loads(found.grants(ROLE)[0].says) == {"allow": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"]}
    assert found.excess(ROLE, as_clauses(found.grants(ROLE))).verdict is Verdict.OK
