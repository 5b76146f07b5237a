"""The evaluator on an emulator that enforces policies: conditions, what a bucket gives, sessions; and where the two read otherwise."""

from __future__ import annotations

import itertools
import json

import pytest
from aws_enforced import NUMBERS, OWN, QUEUE, REGION, REQUESTS, calling, decided, document, lets_through, running, users
from aws_policies import allow, deny

from guardrails.testing.ministack import ACCOUNT

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
cloud, holding = pytest.fixture(running, scope="module"), pytest.fixture(users)
LACKED = "aws:PrincipalTag/team"
SHARED = "arn:aws:s3:::shared/a"

HOLDING = {
    "StringEquals": ("aws:RequestedRegion", REGION, "eu-west-1"),
    "StringEqualsIgnoreCase": ("aws:RequestedRegion", REGION.upper(), "EU-WEST-1"),
    "StringLike": ("aws:RequestedRegion", "eu-*-?", "us-*"),
    "ArnEquals": ("aws:PrincipalArn", "arn:aws:iam::*:user/user-*", "arn:aws:iam::*:role/*"),
    "ArnLike": ("aws:PrincipalArn", "arn:*:iam::1*:user/user-?*", "arn:aws:sts::*:user/*"),
    "Bool": ("aws:SecureTransport", "FALSE", "true"),
    "IpAddress": ("aws:SourceIp", "127.0.0.0/8", "10.0.0.0/8"),
    "DateLessThan": ("aws:CurrentTime", "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
    "DateLessThanEquals": ("aws:CurrentTime", "2999-01-01", "978307200"),
    "DateGreaterThan": ("aws:CurrentTime", "978307200", "2999-01-01"),
    "DateGreaterThanEquals": ("aws:CurrentTime", "2001-01-01T00:00:00+02:00", "2999-01-01T00:00:00Z"),
    "NumericEquals": ("aws:PrincipalAccount", f"{ACCOUNT}.0", "1"),
    "NumericLessThan": ("aws:PrincipalAccount", f"{ACCOUNT}.5", ACCOUNT),
    "NumericLessThanEquals": ("aws:PrincipalAccount", ACCOUNT, "1"),
    "NumericGreaterThan": ("aws:PrincipalAccount", "-1", ACCOUNT),
    "NumericGreaterThanEquals": ("aws:PrincipalAccount", ACCOUNT, f"{ACCOUNT}.5"),
    "DateEquals": ("aws:CurrentTime", None, "2001-01-01T00:00:00Z"),
}
"""For each operator a key that it sends, an operand that holds and one that does not."""

NEGATED = {
    **{name: name.replace("Equals", "NotEquals") for name in ("StringEquals", "StringEqualsIgnoreCase", "ArnEquals", "NumericEquals", "DateEquals")},
    "StringLike": "StringNotLike", "ArnLike": "ArnNotLike", "IpAddress": "NotIpAddress",
}  # fmt: skip


def _blocks():
    for operator, (key, *operands) in HOLDING.items():
        for operand in filter(None, operands):
            for name in {operator, NEGATED.get(operator, operator)}:
                for form in (name, f"{name}IfExists", f"ForAllValues:{name}", f"ForAnyValue:{name}"):
                    yield {form: {key.upper(): operand}}
        for name in {operator, NEGATED.get(operator, operator)}:
            for form in (name, f"{name}IfExists", f"ForAllValues:{name}", f"ForAnyValue:{name}"):
                yield {form: {LACKED: operands[1]}}
    for key, wanted in itertools.product(("aws:SourceIp", LACKED), ("true", "false")):
        yield {"Null": {key: wanted}}
    yield {"StringEquals": {"aws:RequestedRegion": ["x", REGION]}, "Bool": {"aws:SecureTransport": "false"}}
    yield {"StringEquals": {"aws:RequestedRegion": REGION, "aws:PrincipalType": "Role"}}
    yield {"StringNotEquals": {"aws:RequestedRegion": ["x", REGION]}}
    yield {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}


BLOCKS = list(_blocks())


@pytest.mark.parametrize("part", range(4))
def test_a_condition_allows_and_denies_what_the_evaluator_says(holding, part):
    seen = set()
    for block in BLOCKS[part::4]:
        statements = [allow("s3:GetObject", Condition=block), allow("s3:PutObject"), deny("s3:PutObject", Condition=block)]
        call = holding(statements, None)
        ours = tuple(decided(holding.arn, action, OWN, identity=document(*statements)) for action in ("s3:GetObject", "s3:PutObject"))

        assert tuple(lets_through(call, action, OWN) for action in ("s3:GetObject", "s3:PutObject")) == ours, block
        seen.add(ours)
    assert seen == {(True, False), (False, True)}


GIVEN = {
    "to the user": lambda by: [allow("s3:GetObject", SHARED, Principal={"AWS": by})],
    "to everyone": lambda _: [allow("s3:*", SHARED, Principal="*")],
    "to the account": lambda _: [allow("s3:*", SHARED, Principal={"AWS": ACCOUNT})],
    "to another": lambda _: [allow("s3:*", SHARED, Principal={"AWS": "arn:aws:iam::123456789012:user/other"})],
    "a deny for the user": lambda by: [deny("s3:Put*", SHARED, Principal={"AWS": [by]})],
    "a deny for the account": lambda _: [deny("s3:Put*", SHARED, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
    "a deny for a service": lambda _: [deny("s3:*", SHARED, Principal={"Service": "ec2.amazonaws.com"})],
    "a deny where it is not encrypted": lambda _: [
        deny("s3:Get*", SHARED, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    ],
}
OWNED = [([allow("s3:*")], None), ([allow("sqs:*")], None), ([allow("*")], [allow("sqs:*")]), ([deny("s3:Get*")], None)]


def given(cloud, holding, name, statements, boundary):
    """What we say and what it does with two actions on the shared bucket."""
    _, root = cloud
    call = holding(statements, boundary)
    policy = document(*GIVEN[name](holding.arn))
    root("s3").put_object(Bucket="shared", Key="a", Body=b"x")
    root("s3").put_bucket_policy(Bucket="shared", Policy=json.dumps(policy))
    held = {"identity": document(*statements), "boundary": boundary and document(*boundary), "resource": policy}
    actions = ("s3:GetObject", "s3:PutObject")
    return [decided(holding.arn, action, SHARED, **held) for action in actions], [lets_through(call, action, SHARED) for action in actions]


@pytest.mark.parametrize(
    ("name", "own"), [(name, own) for name, own in itertools.product(GIVEN, OWNED) if name != "to everyone" or own[1] is None]
)
def test_what_a_bucket_gives_and_denies_is_what_the_evaluator_says(cloud, holding, name, own):
    ours, theirs = given(cloud, holding, name, *own)

    assert ours == theirs


def test_a_boundary_does_not_limit_what_a_bucket_gives_to_everyone_though_the_emulator_lets_it(cloud, holding):
    # User Guide, "Permissions boundaries": an implicit deny of one does not limit what a resource gives to the user; `*` names the user too
    assert given(cloud, holding, "to everyone", [allow("*")], [allow("sqs:*")]) == ([True, True], [False, False])


@pytest.mark.parametrize(
    "session", [None, [allow("s3:Get*")], [allow("sqs:*")], [allow("*"), deny("s3:*")], [allow("s3:*", "arn:aws:s3:::cdr/secret/*")]]
)
def test_a_session_of_a_role_may_what_the_evaluator_says(cloud, session):
    url, root = cloud
    role, own = f"role-{next(NUMBERS)}", [allow("s3:*"), deny("s3:Delete*")]
    trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}})
    made = root("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    root("iam").put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(document(*own)))
    limited = {} if session is None else {"Policy": json.dumps(document(*session))}
    answer = root("sts").assume_role(RoleArn=made, RoleSessionName="run", **limited)
    keys = answer["Credentials"]
    call = calling(url, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    held = {"identity": document(*own), "session": session and document(*session)}
    ours = {request: decided(answer["AssumedRoleUser"]["Arn"], *request, **held) for request in REQUESTS}

    assert {request: lets_through(call, *request) for request in REQUESTS} == ours


UNLIKE = {
    # User Guide, "Set operators": ForAnyValue is false where the key is absent; it lets IfExists go before that
    "any value is none where the key is absent": (
        [allow("s3:*", Condition={"ForAnyValue:StringEqualsIfExists": {LACKED: "x"}})],
        OWN,
        False,
        True,
    ),
    # variables are text to it: User Guide, "IAM policy elements: Variables and tags"
    "a variable stands for a value": (
        [allow("s3:GetObject", "arn:aws:s3:::cdr/${aws:PrincipalAccount}/a")],
        f"arn:aws:s3:::cdr/{ACCOUNT}/a",
        True,
        False,
    ),
    "an escape stands for itself": ([allow("s3:GetObject", "arn:aws:s3:::cdr/${$}/a")], "arn:aws:s3:::cdr/$/a", True, False),
    # it matches a resource as one text: User Guide, "Resource", has no wildcard that crosses a colon of the first five parts
    "a star stays in its part": ([allow("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT[:3]}*obs")], QUEUE, False, True),
    # an unknown operator is a mistake; to it the condition is false, whichever way the statement turns
    "an unknown operator denies perhaps": (
        [allow("s3:*"), deny("s3:*", Condition={"StringMatches": {"aws:RequestedRegion": REGION}})],
        OWN,
        None,
        True,
    ),
    "a malformed operand denies perhaps": (
        [allow("s3:*"), deny("s3:*", Condition={"NumericNotEquals": {"aws:PrincipalAccount": "many"}})],
        OWN,
        None,
        True,
    ),
}
"""Statements, a resource, what we say and what it does: where its reading is another, and why ours is right."""


@pytest.mark.parametrize("name", UNLIKE)
def test_where_the_emulator_reads_otherwise_both_readings_are_known(cloud, holding, name):
    _, root = cloud
    statements, resource, ours, theirs = UNLIKE[name]
    for folder in (ACCOUNT, "$", "own"):
        root("s3").put_object(Bucket="cdr", Key=f"{folder}/a", Body=b"x")
    action = "sqs:SendMessage" if resource == QUEUE else "s3:GetObject"
    call = holding(statements, None)

    assert (decided(holding.arn, action, resource, identity=document(*statements)), lets_through(call, action, resource)) == (ours, theirs)
