"""What an access finding says, from a live account to the report: the excess, its use, the policy that would do, and why a floor fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import jsonschema
import pytest

from guardrails import declare, reports, workflow
from guardrails.reports.schema import report_schema
from guardrails.testing.servers import aws_credentials, moto

pytestmark = pytest.mark.server
ACCOUNT = "123456789012"
DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}}}
teams: {data: {}}
entitlements:
  read: {aws: {allow: ["s3:Get*"], resources: ["arn:aws:s3:::cdr/*"], conditions: {Bool: {"aws:MultiFactorAuthPresent": true}}}}
  send: {aws: {allow: ["sqs:SendMessage"], resources: ["*"]}}
workloads:
  etl: {is: ["aws:role/etl"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read, send], must: [read, send], owner: "team:data"}
  ops: {is: ["aws:user/ops"], may: [read], owner: "team:data"}
"""
ETL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Objects", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::cdr/*"},
        {
            "Sid": "Queue",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        },
    ],
}
OPS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def report():
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        iam.create_role(RoleName="etl", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))
        iam.put_role_policy(RoleName="etl", PolicyName="own", PolicyDocument=json.dumps(ETL))
        iam.create_user(UserName="ops")
        iam.put_user_policy(UserName="ops", PolicyName="own", PolicyDocument=json.dumps(OPS))
        key = iam.create_access_key(UserName="ops")["AccessKey"]
        boto3.client(
            "sts",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        ).get_caller_identity()
        now = datetime.now(UTC)
        declared = declare.loads([("f.yaml", (DECLARED % url).encode())])
        assessment = workflow.assess(declared, workflow.observe(declared, now), now)
    return assessment, json.loads(reports.as_json(assessment)), now


def test_a_finding_says_the_smallest_true_thing(report):
    assessment, document, now = report
    jsonschema.validate(document, report_schema())
    found = {(one["control"], one["subject"].rpartition("/")[2]): one for one in document["findings"]}
    excess, floor, ops = found["GR101", "etl"], found["GR102", "etl"], found["GR101", "ops"]

    assert [(part["actions"], part["but_actions"], part["resources"], part["conditions"]) for part in excess["excess"]] == [
        (["s3:*"], ["s3:Get*"], ["arn:aws:s3:::cdr/*"], ""),
        (["s3:Get*"], [], ["arn:aws:s3:::cdr/*"], "MFA was not used"),
    ]
    (narrowed,) = excess["narrowed"]
    assert (narrowed["policy"], narrowed["note"]) == (f"aws@{ACCOUNT}:inline-policy/etl/own", "")
    objects, queue = json.loads(narrowed["document"])["Statement"]
    assert objects == {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": ["s3:Get*"],
        "Resource": "arn:aws:s3:::cdr/*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}},
    }
    assert queue == ETL["Statement"][1]
    assert excess["used"] == "no use of the role is on record; AWS remembers 400 days of it"
    assert ops["used"] == f"last on {now:%Y-%m-%d}: the user, which need not have been this permission"
    assert ops["narrowed"][0]["note"] == "nothing that it allows is declared: take it away"

    # the floor under MFA holds; the other only from one network, which the declaration does not name
    assert floor["verdict"] == "undecided"
    assert "is allowed only when aws:SourceIp is in 10.0.0.0/8, by aws@123456789012:inline-policy/etl/own Queue" in floor["message"]
    assert sum(one["control"] == "GR102" for one in document["findings"]) == 1

    text = reports.as_text(assessment)
    assert "      excess    s3:* but not s3:Get* on arn:aws:s3:::cdr/*\n" in text
    assert "      excess    s3:Get* on arn:aws:s3:::cdr/* when MFA was not used\n" in text


def test_the_policy_that_would_do_leaves_no_excess(report):
    _, document, _ = report
    policies = {one["subject"]: json.loads(one["narrowed"][0]["document"] or "null") for one in document["findings"] if one["narrowed"]}
    with moto() as url, aws_credentials():
        iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
        iam.create_role(RoleName="etl", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))
        iam.put_role_policy(RoleName="etl", PolicyName="own", PolicyDocument=json.dumps(policies[f"aws@{ACCOUNT}:role/etl"]))
        now = datetime.now(UTC)
        declared = declare.loads([("f.yaml", (DECLARED % url).encode())])
        again = workflow.assess(declared, workflow.observe(declared, now), now)

    assert [one.control for one in again.findings if one.difference.subject.endswith("role/etl")] == ["GR102"]
