"""A broken answer is never an empty one: every call of the reader x every fault, through a proxy before a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import boto3
import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.errors import ConnectorError
from guardrails.model.findings import ExitCode
from guardrails.testing.faults import BRACES, EMPTY, HTML, REFUSALS, Cut, Reset, redirect
from guardrails.testing.proxy import Request, http_proxy
from guardrails.testing.servers import aws_credentials, moto

ACCOUNT = "111122223333"
DECLARATION = f"""guardrails: 1
systems: {{aws: {{connector: aws, endpoint-url: "%s", sets: {{all: {{accounts: ["{ACCOUNT}"]}}}},
  regions: {{read: [us-east-1], others: closed-by-scp}}, read: {{role: reader}}}}}}
"""
CALLS = [
    "GetCallerIdentity", "AssumeRole", "GetAccountAuthorizationDetails", "ListAccessKeys", "GetAccessKeyLastUsed", "GetLoginProfile",
    "TrentService.ListKeys", "TrentService.ListAliases", "TrentService.DescribeKey", "TrentService.GetKeyRotationStatus", "GET /", "GET ?encryption", "GET ?policy",
    "GET ?tagging", "DescribeDBInstances", "GetEbsEncryptionByDefault", "DescribeSecurityGroups", "DescribeManagedPrefixLists",
    "GetManagedPrefixListEntries",
]  # fmt: skip
REFUSED = {str(refusal.status): refusal for refusal in REFUSALS}
FAULTS = {
    "empty": EMPTY, "braces": BRACES, "html": HTML, "redirect": redirect("http://127.0.0.1:1/"), "cut": Cut(5), "reset": Reset(),
    "403": REFUSED["403"],
}  # fmt: skip
CASES = [(target, fault) for target in CALLS for fault in FAULTS] + [("GET ?policy", status) for status in REFUSED if status != "403"]


def call(request: Request) -> str:
    if header := request.headers.get("x-amz-target"):
        return header
    if form := parse_qs(request.body.decode("latin-1")).get("Action"):
        return form[0]
    path, _, query = request.path.partition("?")
    return "GET /" if path == "/" else f"GET ?{query.split('&')[0].rstrip('=')}"


@pytest.fixture(scope="module")
def proxied():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with moto() as url, aws_credentials():
        seed(url)
        with http_proxy(url) as proxy:
            yield proxy


def seed(url: str) -> None:
    """One object of every kind that is read."""
    role = f"arn:aws:iam::{ACCOUNT}:role/seed"
    given = boto3.client("sts", endpoint_url=url, region_name="us-east-1").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
    session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")
    iam, s3, kms, rds, ec2 = (session.client(name, endpoint_url=url) for name in ("iam", "s3", "kms", "rds", "ec2"))
    iam.create_user(UserName="u")
    iam.create_access_key(UserName="u")
    kms.create_key()
    s3.create_bucket(Bucket="bucket")
    rds.create_db_instance(
        DBInstanceIdentifier="d",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        MasterUsername="root",
        MasterUserPassword="unused-by-anyone",
    )
    entries = [{"Cidr": "198.51.100.0/24"}]
    found = ec2.create_managed_prefix_list(PrefixListName="p", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    lists = [{"PrefixListId": found["PrefixList"]["PrefixListId"]}]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": lists}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def assessed(url: str):
    declaration = declare.loads([("guardrails.yaml", (DECLARATION % url).encode())])
    at = datetime(2026, 11, 25, tzinfo=UTC)
    observations = workflow.observe(declaration, at)
    return observations, workflow.assess(declaration, observations, at)


@pytest.mark.server
def test_without_a_fault_there_is_no_gap(proxied):
    observations, assessment = assessed(proxied.url)
    assert not observations[0].gaps
    assert assessment.exit_code is ExitCode.FINDINGS


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("target", "fault"), CASES)
def test_a_broken_answer_is_never_an_empty_one(proxied, monkeypatch, target, fault):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the SDK's pauses between tries
    with proxied.breaking(lambda request: call(request) == target, (FAULTS | REFUSED)[fault]) as rule:
        try:
            _, assessment = assessed(proxied.url)
        except ConnectorError as error:
            # the only call without which nothing at all can be said
            assert (target, bool(error.remedy)) == ("GetCallerIdentity", True)  # noqa: PT017  # either outcome is right
        else:
            assert assessment.exit_code is ExitCode.CANNOT_TELL
            assert any(finding.difference.verdict.value == "unknown" for finding in assessment.findings)
    assert rule.hits, "the fault was never met, so the case shows nothing"
