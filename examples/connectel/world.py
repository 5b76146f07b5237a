"""The AWS world of the example company, differences planted and all. `PLANTED` says what must be found, and nothing else may be."""

from __future__ import annotations

import json
from typing import Any

import boto3

ACCOUNT = "123456789012"
REGION = "us-east-1"

PLANTED = {
    ("GR101", "role/sms-api"): "may delete call records, which no entitlement gives it",
    ("GR102", "role/cdr-etl"): "lost the key that it must decrypt with",
    ("GR103", "user/old-deploy"): "a user that nothing declares",
    ("GR104", "role/cdr-etl"): "may be assumed by Lambda, which is not declared",
    ("GR104", "role/forgotten"): "a foreign account may assume a role that nothing declares",
    ("GR103", "role/forgotten"): "and the role itself is undeclared",
    ("GR105", "role/Metrics"): "a vendor is trusted without an external id",
    ("GR101", "role/ci"): "outgrew its debt: writes where the debt covers reads",
    ("GR301", "security-group/sms-api"): "half of the internet (0.0.0.0/1) reaches 443",
    ("GR302", "security-group/sms-api"): "a carrier that must reach it does not",
    ("GR303", "security-group/bastion"): "SSH from anywhere without an allowlist",
    ("GR401", "bucket/cdr-archive"): "no customer key",
    ("GR402", "bucket/cdr-raw"): "its key is never rotated",
    ("GR403", "bucket/cdr-archive"): "requests in clear are let through",
    ("GR406", "ebs-default/us-east-1"): "new volumes are not encrypted",
    ("GR501", "bucket/scratch"): "a bucket that no asset matches",
    ("GR502", "asset:web-logs"): "the record covers another text of the entry",
    ("GR503", "exception:D-OLD"): "an exception past its date",
    ("GR504", "exception:D-UNSIGNED"): "an exception that nobody signed",
    ("GR505", "vendor:metrics"): "an assessment that lapsed",
    ("GR304", "network:partner-old"): "a network past its date",
}


def _trust(principal: dict[str, str], condition: dict[str, Any] | None = None) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def seed(url: str) -> None:
    """Build the world through the API of a server."""
    clients = {
        name: boto3.client(name, endpoint_url=url, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        for name in ("iam", "s3", "kms", "ec2")
    }
    key = _keys(clients["kms"])
    _buckets(clients["s3"], key)
    _identities(clients["iam"])
    _network(clients["ec2"])


def _keys(kms: Any) -> dict[str, str]:
    good = kms.create_key(Description="web")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=good)
    never = kms.create_key(Description="cdr")["KeyMetadata"]["Arn"]
    return {"good": good, "never-rotated": never}


def _buckets(s3: Any, keys: dict[str, str]) -> None:
    tls_only = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::{0}", "arn:aws:s3:::{0}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::{0}", "arn:aws:s3:::{0}/*"],
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        },
    ]
    for bucket, key, tls in (
        ("cdr-raw", keys["never-rotated"], True),
        ("cdr-archive", None, False),
        ("web-logs", keys["good"], True),
        ("scratch", None, False),
    ):
        s3.create_bucket(Bucket=bucket)
        rule: dict[str, Any] = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        s3.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
        )
        if tls:
            s3.put_bucket_policy(Bucket=bucket, Policy=_policy(*tls_only).replace("{0}", bucket))


def _identities(iam: Any) -> None:
    lambda_trust = {"Service": "lambda.amazonaws.com"}
    both = {"Service": ["glue.amazonaws.com", "lambda.amazonaws.com"]}
    roles = {
        "sms-api": (_trust(lambda_trust), _allow(["s3:GetObject", "s3:ListBucket", "s3:DeleteObject"], ["arn:aws:s3:::cdr-*"])),
        "cdr-etl": (_trust(both), _allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::cdr-*"])),  # type: ignore[arg-type]
        "ci": (_trust(lambda_trust), _allow(["s3:Get*", "s3:PutObject"], ["arn:aws:s3:::web-logs/*"])),
        "Metrics": (_trust({"AWS": "arn:aws:iam::444455556666:root"}), None),
        "forgotten": (_trust({"AWS": "arn:aws:iam::999988887777:root"}), None),
    }
    for name, (trust, statement) in roles.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        if statement:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy(statement))
    iam.create_user(UserName="old-deploy")
    iam.put_user_policy(UserName="old-deploy", PolicyName="deploy", PolicyDocument=_policy(_allow(["*"], ["*"])))


def _network(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    for name, port, sources in (
        ("sms-api", 443, ["198.51.100.0/24", "0.0.0.0/1"]),
        ("bastion", 22, ["0.0.0.0/0"]),
        ("internal", 5432, ["10.9.0.0/16"]),
    ):
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        permission = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": source} for source in sources],
        }
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
