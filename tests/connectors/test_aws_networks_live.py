"""Conditions of policies about the network and about encryption on the way, read from a real server and judged against a declaration."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.testing.servers import aws_credentials, moto

ACCOUNT, OFFICE = "123456789012", "198.51.100.0/24"
TEXT = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}, owner: "team:t"}}
teams: {t: {}}
networks: {office: {cidrs: ["198.51.100.0/24"]}, vpc: {cidrs: ["10.0.0.0/16"]}}
classes: {secret: {in-transit: tls1.2}}
assets: {all: {class: secret, owner: "team:t", match: {aws: ["arn:aws:s3:::*"]}}}
allowlists:
  closed: {to: {aws: {bucket: {name: closed, through: [vpce-1]}}}, may-from: [office], must-from: [office], owner: "team:t"}
  half: {to: {aws: {bucket: {name: half}}}, may-from: [office], owner: "team:t"}
  etl: {to: {aws: {role: {name: etl}}}, may-from: [office, vpc], must-from: [office], owner: "team:t"}
"""
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}


def denied(bucket: str, condition: dict) -> dict:
    both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": condition}


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def report(tmp_path: Path):
    with moto() as url, aws_credentials():
        storage, access = (boto3.client(name, endpoint_url=url, region_name="us-east-1") for name in ("s3", "iam"))
        elsewhere = {"NotIpAddress": {"aws:SourceIp": OFFICE}, "StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
        policies = {
            "closed": [
                denied("closed", elsewhere),
                denied("closed", {"StringNotEquals": {"aws:SecureTransport": "true"}}),
                denied("closed", {"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}}),
            ],
            "half": [
                denied("half", {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/23"}}),
                denied("half", {"Null": {"s3:TlsVersion": "true"}}),
            ],
        }
        for name, policy in policies.items():
            storage.create_bucket(Bucket=name)
            storage.put_bucket_policy(Bucket=name, Policy=document(*policy))
        access.create_role(RoleName="etl", AssumeRolePolicyDocument=json.dumps(TRUST))
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/25"}}}
        access.put_role_policy(RoleName="etl", PolicyName="p", PolicyDocument=document(allowed))
        (tmp_path / "guardrails.yaml").write_text(TEXT % url)
        ended = CliRunner().invoke(cli, ["reconcile", str(tmp_path / "guardrails.yaml"), "--output", "json"], standalone_mode=False)
        assert ended.exception is None, ended.exception
        return json.loads(ended.stdout)


@pytest.mark.server
def test_policies_about_the_network_and_the_way_are_judged_from_a_live_account(report):
    found = {(f["control"], f["subject"]): f for f in report["findings"] if f["control"] in {"GR301", "GR302", "GR303", "GR403"}}
    assert set(found) == {
        ("GR301", f"aws@{ACCOUNT}:bucket/half"),
        ("GR302", f"aws@{ACCOUNT}:role/etl"),
        ("GR403", f"aws@{ACCOUNT}:bucket/half"),
    }
    assert all(one["verdict"] == "violation" for one in found.values())
    assert found["GR301", f"aws@{ACCOUNT}:bucket/half"]["witness"]["principal"] == "198.51.101.0"
    assert found["GR302", f"aws@{ACCOUNT}:role/etl"]["witness"]["principal"] == "198.51.100.128"
    weak = found["GR403", f"aws@{ACCOUNT}:bucket/half"]["witness"]
    assert (weak["action"], weak["resource"]) == ("s3:GetObject", "arn:aws:s3:::half/x")
    assert weak["context"] == {"aws:securetransport": "true", "aws:sourceip": "198.51.100.0", "s3:tlsversion": "1"}
