"""Somebody who may write the example's AWS accounts: a user that may become a role in each of them, and nothing else."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

__all__ = ["RIGHTS", "WRITER", "client", "make_writer", "unguarded"]

WRITER = "guardrails-writer"
"""The name of the user, of the role, and of the profile that holds the key."""
RIGHTS = (
    "iam:Get*", "iam:List*", "iam:PutUserPolicy", "iam:DeleteUserPolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
    "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:UpdateAssumeRolePolicy",
    "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion",
    "ec2:Describe*", "ec2:Get*", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupIngress",
    "ec2:EnableEbsEncryptionByDefault", "ec2:DisableEbsEncryptionByDefault",
    "s3:Get*", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "kms:Describe*", "kms:Get*", "kms:List*", "kms:EnableKeyRotation",
    "kms:DisableKeyRotation", "sts:GetCallerIdentity", "s3:ListBucket",
)  # fmt: skip
"""What the role may do. By the last one moto lets the encryption of a bucket be read; AWS has s3:GetEncryptionConfiguration for that."""
_SEED = {"aws_access_key_id": "seed", "aws_secret_access_key": "seed"}


def make_writer(url: str, home: str, accounts: Iterable[str], region: str, credentials: Path) -> None:
    """Make the user in one account and a role in each other one; the user's key is written to a file, under its profile."""
    roles = [f"arn:aws:iam::{account}:role/{WRITER}" for account in accounts]
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{home}:root"}, "Action": "sts:AssumeRole"}
    with unguarded(url):
        for role in roles:
            iam = client(url, role.split(":")[4], "iam", region)
            iam.create_role(RoleName=WRITER, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
            iam.put_role_policy(RoleName=WRITER, PolicyName="own", PolicyDocument=_allow(RIGHTS, ["*"]))
        iam = boto3.client("iam", endpoint_url=url, region_name=region, **_SEED)
        iam.create_user(UserName=WRITER)
        iam.put_user_policy(UserName=WRITER, PolicyName="own", PolicyDocument=_allow(["sts:AssumeRole"], roles))
        key = iam.create_access_key(UserName=WRITER)["AccessKey"]
    credentials.touch(mode=0o600)
    lines = (f"[{WRITER}]", f"aws_access_key_id={key['AccessKeyId']}", f"aws_secret_access_key={key['SecretAccessKey']}", "")
    credentials.write_text("\n".join(lines), encoding="utf-8")


@contextmanager
def unguarded(url: str) -> Iterator[None]:
    """The server asks nobody for rights meanwhile."""
    _guard_after(url, 1_000_000)
    try:
        yield
    finally:
        _guard_after(url, 0)


def client(url: str, account: str, service: str, region: str) -> Any:  # noqa: ANN401  # the SDK makes its classes when it runs
    """A client of one account, for whoever may do everything while the server asks nobody."""
    sts = boto3.client("sts", endpoint_url=url, region_name=region, **_SEED)
    given = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/seed", RoleSessionName="seed")["Credentials"]
    session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region)
    return session.client(service, endpoint_url=url)


def _guard_after(url: str, calls: int) -> None:
    told = urllib.request.Request(f"{url}/moto-api/reset-auth", str(calls).encode(), {"Content-Type": "text/plain"})  # noqa: S310  # loopback
    urllib.request.urlopen(told).close()  # noqa: S310  # likewise


def _allow(actions: Iterable[str], resources: Iterable[str]) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
