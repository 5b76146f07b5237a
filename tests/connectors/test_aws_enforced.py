"""Policies on an emulator that enforces them: what we say a policy allows is what the API lets through, call by call."""

from __future__ import annotations

import pytest
from aws_enforced import CALLS, OWN, QUEUE, REQUESTS, SECRET, TABLE, TOPIC, calling, decided, document, lets_through, running, users
from aws_policies import ROLE, allow, ceiling, deny, meaning
from botocore.exceptions import ClientError

from guardrails.model.findings import Witness
from guardrails.model.words import Verdict
from guardrails.testing.ministack import ACCOUNT

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
cloud, holding = pytest.fixture(running, scope="module"), pytest.fixture(users)

POLICIES = {
    "one action on one prefix": ([allow("s3:GetObject", "arn:aws:s3:::cdr/own/*")], None),
    "every action of a service": ([allow("s3:*")], None),
    "part of a name": ([allow("s3:*Object", "arn:aws:s3:::cdr/*")], None),
    "one character of a name": ([allow("s3:?etObject", "arn:aws:s3:::cdr/???/a")], None),
    "names in any case": ([allow("S3:getobject"), allow("SQS:*", QUEUE)], None),
    "a deny on a prefix": ([allow("s3:*"), deny("s3:*", "arn:aws:s3:::cdr/secret/*")], None),
    "a deny of what changes": ([allow("*"), deny(["s3:Put*", "s3:Delete*", "sqs:Send*"])], None),
    "a deny that speaks of nothing": ([allow("s3:GetObject"), deny("s3:GetObject", "arn:aws:s3:::other/*")], None),
    "all but one service": ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], None),
    "all but some actions are denied": ([allow("*"), {"Effect": "Deny", "NotAction": ["s3:Get*", "iam:*"], "Resource": "*"}], None),
    "all but one place": ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::cdr/secret/*"}], None),
    "a place of another service": ([allow("*", QUEUE)], None),
    "a region that is another": (
        [allow("sqs:*", f"arn:aws:sqs:us-east-1:{ACCOUNT}:*"), allow("dynamodb:*", "arn:aws:dynamodb:*:*:*")],
        None,
    ),
    "several statements": ([allow("sns:Publish", TOPIC), allow(["sqs:SendMessage", "iam:ListUsers"])], None),
    "nothing": ([deny("s3:*")], None),
    "a boundary that is narrower": ([allow("*")], [allow(["s3:Get*", "sqs:*"])]),
    "a boundary that is elsewhere": ([allow("s3:*")], [allow("sqs:*")]),
    "a boundary that denies": ([allow(["s3:*", "sqs:*"])], [allow("*"), deny("s3:*", "arn:aws:s3:::cdr/own/*")]),
    "a boundary alone gives nothing": ([allow("iam:ListUsers")], [allow("*")]),
}


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_policy_is_said_to_allow_is_what_is_let_through(holding, name):
    statements, boundary = POLICIES[name]
    call, means = holding(statements, boundary), meaning(*statements, boundary=boundary)
    ours = {(a, r): means.replay(ROLE, Witness(principal=str(ROLE), action=a, resource=r)) for a, r in REQUESTS}

    assert {request: lets_through(call, *request) for request in REQUESTS} == ours
    assert ours == {
        (a, r): decided(holding.arn, a, r, identity=document(*statements), boundary=boundary and document(*boundary)) for a, r in REQUESTS
    }


@pytest.mark.parametrize(
    ("statements", "boundary", "declared"),
    [
        ([allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::cdr/own/a")], None, ceiling("s3:GetObject", "arn:aws:s3:::cdr/*")),
        ([allow("s3:GetObject", ["arn:aws:s3:::cdr/own/a", SECRET])], None, ceiling("s3:*", "arn:aws:s3:::cdr/own/*")),
        ([allow(["sqs:SendMessage", "sns:Publish"], [QUEUE, TOPIC])], None, ceiling("sqs:*", QUEUE)),
        ([allow("*", TABLE)], [allow("dynamodb:DescribeTable")], ()),
        ([allow(list(CALLS), [OWN, QUEUE]), deny("sqs:*")], None, ceiling(["s3:GetObject", "s3:PutObject"], OWN)),
        ([allow(["iam:ListUsers", "iam:ListRoles"])], None, ceiling("iam:ListUsers", "*")),
    ],
)
def test_the_witness_of_an_excess_is_let_through(holding, statements, boundary, declared):
    compared = meaning(*statements, boundary=boundary).excess(ROLE, declared)

    assert compared.verdict is Verdict.VIOLATION
    call = holding(statements, boundary)
    assert lets_through(call, compared.witness.action, compared.witness.resource)


def test_who_does_not_know_the_secret_is_refused(cloud, holding):
    url, _ = cloud
    credentials = holding([allow("*")], None)("iam")._request_signer._credentials
    with pytest.raises(ClientError):
        calling(url, credentials.access_key, "wrong")("iam").list_users()
