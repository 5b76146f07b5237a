"""MiniStack with policies enforced: users, sessions and the calls that they make, for tests that compare what is let through."""

from __future__ import annotations

import itertools
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from pytest_socket import enable_socket

from guardrails.iam import Policies, Request, evaluate
from guardrails.testing.ministack import ACCOUNT, ministack
from staged import staged

REGION = "eu-north-1"
QUEUE, TOPIC = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs", f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/calls"
NUMBERS = itertools.count()
SENT = {
    "aws:SourceIp": "127.0.0.1",
    "aws:SecureTransport": "false",
    "aws:RequestedRegion": REGION,
    "aws:CurrentTime": "2026-11-25T00:00:00Z",
    "aws:PrincipalType": "User",
}
"""What it knows of every request from here, beside who asks; no operand below is near to the time."""

OWN, SECRET = "arn:aws:s3:::cdr/own/a", "arn:aws:s3:::cdr/secret/a"


def _object(method):
    return lambda call, arn: getattr(call("s3"), method)(Bucket=arn.partition("/")[0].rpartition(":")[2], Key=arn.partition("/")[2])


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


def calling(url, key, secret, token=None):
    made = {}

    def call(service):
        if service not in made:
            settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False)
            made[service] = boto3.client(
                service,
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=settings,
            )
        return made[service]

    return call


def running():
    """A fixture: its URL and the client of its root; a module names it `cloud`."""
    program = staged("ministack", "ministack")
    enable_socket()
    with ministack(program) as url:
        root = calling(url, ACCOUNT, "root")
        for bucket in ("cdr", "shared"):
            root("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        root("s3").delete_public_access_block(Bucket="shared")
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


def users(cloud):
    """A fixture: makes a client of a new user with a policy, and a boundary when one is given."""
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
        made.arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        return calling(url, key["AccessKeyId"], key["SecretAccessKey"])

    for place in (OWN, SECRET):
        root("s3").put_object(Bucket="cdr", Key=place.partition("/")[2], Body=b"x")
    return made


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def decided(by, action, target, context=SENT, **policies):
    """What the evaluator says of a request as this emulator sees it."""
    return evaluate(Request(principal=by, action=action, resource=target, context=context), Policies(**policies)).allowed


def lets_through(call, action, resource):
    try:
        CALLS[action](call, resource)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey":
            return True  # who may not ask is not told: an earlier request was let through to delete it
        if code not in {"AccessDenied", "AccessDeniedException", "AuthorizationError"}:
            raise
        return False
    return True
