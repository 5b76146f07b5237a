"""Policies on an emulator that enforces them: what we say a policy allows is what the API lets through, call by call."""

from __future__ import annotations

import itertools
import json

import boto3
import pytest
from aws_policies import ROLE, allow, ceiling, deny, meaning
from botocore.config import Config
from botocore.exceptions import ClientError
from pytest_socket import enable_socket

from guardrails.model.findings import Witness
from guardrails.model.words import Verdict
from guardrails.testing.ministack import ACCOUNT, ministack
from staged import staged

MINISTACK = staged("ministack", "ministack")
pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
REGION = "eu-north-1"
QUEUE, TOPIC = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs", f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/calls"
NUMBERS = itertools.count()
OWN, SECRET = "arn:aws:s3:::cdr/own/a", "arn:aws:s3:::cdr/secret/a"


def _object(method):
    return lambda call, arn: getattr(call("s3"), method)(Bucket="cdr", Key=arn.partition("/")[2])


CALLS = {
    "s3:GetObject": _object("get_object"),
    "s3:PutObject": _object("put_object"),
    "s3:DeleteObject": _object("delete_object"),
    "s3:ListBucket": lambda call, _: call("s3").list_objects_v2(Bucket="cdr"),
    "sqs:GetQueueAttributes": lambda call, _: call("sqs").get_queue_attributes(QueueUrl=_url(call), AttributeNames=["QueueArn"]),
    "sqs:SendMessage": lambda call, _: call("sqs").send_message(QueueUrl=_url(call), MessageBody="m"),
    "sns:Publish": lambda call, _: call("sns").publish(TopicArn=TOPIC, Message="m"),
    "dynamodb:DescribeTable": lambda call, _: call("dynamodb").describe_table(TableName="calls"),
    "iam:ListUsers": lambda call, _: call("iam").list_users(),
    "iam:ListRoles": lambda call, _: call("iam").list_roles(),
}
REQUESTS = (
    *itertools.product(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (OWN, SECRET)),
    ("s3:ListBucket", "arn:aws:s3:::cdr"), ("sqs:GetQueueAttributes", QUEUE), ("sqs:SendMessage", QUEUE), ("sns:Publish", TOPIC),
    ("dynamodb:DescribeTable", TABLE), ("iam:ListUsers", "*"), ("iam:ListRoles", "*"),
)  # fmt: skip


def _url(call):
    return f"{call('sqs').meta.endpoint_url}/{ACCOUNT}/jobs"


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


def calling(url, key, secret):
    made = {}

    def call(service):
        if service not in made:
            settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False)
            made[service] = boto3.client(
                service, endpoint_url=url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret, config=settings
            )
        return made[service]

    return call


@pytest.fixture(scope="module")
def cloud():
    enable_socket()
    with ministack(MINISTACK) as url:
        root = calling(url, ACCOUNT, "root")
        root("s3").create_bucket(Bucket="cdr", CreateBucketConfiguration={"LocationConstraint": REGION})
        root("sqs").create_queue(QueueName="jobs")
        root("sns").create_topic(Name="news")
        key = {"AttributeName": "id"}
        root("dynamodb").create_table(
            TableName="calls",
            KeySchema=[{**key, "KeyType": "HASH"}],
            AttributeDefinitions=[{**key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield url, root


@pytest.fixture
def holding(cloud):
    """A client of a new user with a policy, and a boundary when one is given."""
    url, root = cloud

    def made(statements, boundary):
        iam, user = root("iam"), f"user-{next(NUMBERS)}"
        bound = {}
        if boundary is not None:
            document = json.dumps({"Version": "2012-10-17", "Statement": boundary})
            bound["PermissionsBoundary"] = iam.create_policy(PolicyName=user, PolicyDocument=document)["Policy"]["Arn"]
        iam.create_user(UserName=user, **bound)
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return calling(url, key["AccessKeyId"], key["SecretAccessKey"])

    for place in (OWN, SECRET):
        root("s3").put_object(Bucket="cdr", Key=place.partition("/")[2], Body=b"x")
    return made


def lets_through(call, action, resource):
    try:
        CALLS[action](call, resource)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException", "AuthorizationError"}:
            raise
        return False
    return True


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_policy_is_said_to_allow_is_what_is_let_through(holding, name):
    statements, boundary = POLICIES[name]
    call, means = holding(statements, boundary), meaning(*statements, boundary=boundary)
    ours = {(a, r): means.replay(ROLE, Witness(principal=str(ROLE), action=a, resource=r)) for a, r in REQUESTS}

    assert {request: lets_through(call, *request) for request in REQUESTS} == ours


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
