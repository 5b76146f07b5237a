"""The AWS world of the example company, differences planted and all; its other systems are what `exports/` says.

`PLANTED` names the differences of all of them: each must be found, and nothing else.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import boto3

REGION = "eu-north-1"
HOME = "123456789012"
PROD, DEV, NETWORK, LEGACY = "111122223333", "222233334444", "333344445555", "555566667777"
READER = "guardrails-reader"

PLANTED = {
    ("GR101", f"aws@{PROD}:role/sms-api"): "may delete call records, which no entitlement gives it",
    ("GR101", "vault:role/approle/cdr-etl"): "may read and write every team's database secret",
    ("GR301", "vault:role/approle/cdr-etl"): "its tokens may be used from anywhere",
    ("GR402", "vault:transit-key/transit/keys/sms-2026"): "a transit key that is never rotated",
    ("GR101", "directory@dc=connectel,dc=se:person/olle"): "is in the group sms-shell, which none of his roles gives",
    ("GR102", "directory@dc=connectel,dc=se:person/sixten"): "is not in the group vpn-admin, which his role must",
    ("GR201", "person:lars"): "left, and his user in dev and his entity in Vault are as they were",
    ("GR202", f"aws@{DEV}:user/kim"): "belongs to somebody who is in no directory",
    ("GR305", "network:lab"): "addresses of ours that the inventory does not know",
    ("GR306", "network:egress"): "three addresses, and at most two are expected",
    ("GR101", f"aws@{PROD}:role/ci"): "outgrew its debt: writes where the debt covers reads",
    ("GR102", f"aws@{PROD}:role/cdr-etl"): "lost the key that it must decrypt with",
    ("GR103", f"aws@{PROD}:user/old-deploy"): "a user that nothing declares",
    ("GR103", f"aws@{DEV}:role/forgotten"): "a role that nothing declares",
    ("GR104", f"aws@{DEV}:role/forgotten"): "and a foreign account may become it",
    ("GR104", f"aws@{PROD}:role/cdr-etl"): "may be assumed by Lambda, which is not declared",
    ("GR105", f"aws@{PROD}:role/Metrics"): "a vendor is trusted without an external id",
    ("GR106", f"aws@{PROD}:bucket/connectel-status"): "its policy lets in everybody, and its class is internal",
    ("GR203", f"aws@{PROD}:access-key/KEY"): "the backup user has an access key, and may have no static credential",
    ("GR301", f"aws@{PROD}:security-group/sms-api"): "half of the internet (0.0.0.0/1) reaches 443",
    ("GR302", f"aws@{PROD}:security-group/sms-api"): "a carrier that must reach it does not",
    ("GR303", f"aws@{DEV}:security-group/bastion"): "SSH from anywhere without an allowlist",
    ("GR304", "network:partner-old"): "a network past its date",
    ("GR401", f"aws@{PROD}:bucket/cdr-archive"): "no customer key",
    ("GR401", f"aws@{PROD}:db-instance/subscribers"): "a database that is not encrypted",
    ("GR402", f"aws@{PROD}:bucket/cdr-raw"): "its key is never rotated",
    ("GR403", f"aws@{PROD}:bucket/cdr-archive"): "requests in clear are let through",
    ("GR406", f"aws@{DEV}:ebs-default/{REGION}"): "new volumes are not encrypted",
    ("GR501", f"aws@{PROD}:bucket/scratch"): "a bucket that no asset matches",
    ("GR502", "asset:web-logs"): "the record covers another text of the entry",
    ("GR503", "exception:D-OLD"): "an exception past its date",
    ("GR504", "exception:D-UNSIGNED"): "an exception that nobody signed",
    ("GR505", "vendor:metrics"): "an assessment that lapsed",
    ("GR901", f"aws@{LEGACY}"): "an account that the reader may not enter",
}

_READS = [
    "iam:Get*",
    "iam:List*",
    "s3:Get*",
    "s3:List*",
    "kms:List*",
    "kms:Describe*",
    "kms:Get*",
    "ec2:Describe*",
    "ec2:Get*",
    "rds:Describe*",
    "wafv2:Get*",
    "wafv2:List*",
    "sts:GetCallerIdentity",
]


def seed(url: str) -> tuple[str, str]:
    """Build the world through the API of a server, close it, and return the reader's access key: id and secret."""
    for account in (PROD, DEV, NETWORK):
        world = _Account(url, account)
        world.reader()
        if account in (PROD, NETWORK):
            world.client("ec2").enable_ebs_encryption_by_default()
    _prod(_Account(url, PROD))
    _dev(_Account(url, DEV))
    _network(_Account(url, NETWORK))
    key = _reader(url)
    # from here on the server asks for every right: the account that the reader may not enter really refuses
    close = urllib.request.Request(f"{url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})  # noqa: S310  # loopback
    urllib.request.urlopen(close).close()  # noqa: S310  # likewise
    return key


class _Account:
    """Clients of one account."""

    def __init__(self, url: str, account: str) -> None:
        self.url = url
        self.account = account
        self.clients: dict[str, Any] = {}
        sts = boto3.client("sts", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")
        role = f"arn:aws:iam::{account}:role/seed"
        given = sts.assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        self.session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.session.client(service, endpoint_url=self.url)
        return self.clients[service]

    def reader(self) -> None:
        self.role(READER, _trust({"AWS": f"arn:aws:iam::{HOME}:root"}), _allow(_READS, ["*"]))

    def role(self, name: str, trust: str, *statements: dict[str, Any]) -> None:
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_policy(*statements))

    def user(self, name: str, *statements: dict[str, Any], uid: str = "") -> None:
        iam = self.client("iam")
        iam.create_user(UserName=name, Tags=[{"Key": "uid", "Value": uid}] if uid else [])
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_policy(*statements))

    def bucket(self, name: str, key: str = "", policy: str = "") -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
        if policy:
            s3.put_bucket_policy(Bucket=name, Policy=policy.replace("{0}", name))

    def group(self, name: str, port: int, sources: list[str], lists: tuple[str, ...] = ()) -> None:
        ec2 = self.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        permission = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": source} for source in sources],
            "PrefixListIds": [{"PrefixListId": identifier} for identifier in lists],
        }
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _trust(principal: dict[str, Any], condition: dict[str, Any] | None = None) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return _policy(statement)


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _deny(condition: dict[str, Any]) -> dict[str, Any]:
    resources = ["arn:aws:s3:::{0}", "arn:aws:s3:::{0}/*"]
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources, "Condition": condition}


_TLS_ONLY = (_deny({"Bool": {"aws:SecureTransport": "false"}}), _deny({"NumericLessThan": {"s3:TlsVersion": "1.2"}}))
_LAMBDA = _trust({"Service": "lambda.amazonaws.com"})


def _prod(world: _Account) -> None:
    kms = world.client("kms")
    good = kms.create_key(Description="web")["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=good)
    kms.create_alias(AliasName="alias/web", TargetKeyId=good)
    never = kms.create_key(Description="cdr")["KeyMetadata"]["Arn"]
    world.bucket("cdr-raw", never, _policy(*_TLS_ONLY))
    world.bucket("cdr-archive")
    world.bucket("web-logs", good, _policy(*_TLS_ONLY))
    world.bucket("invoices", f"arn:aws:kms:{REGION}:{PROD}:alias/web", _policy(*_TLS_ONLY))
    world.bucket("scratch")
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{0}/*"}
    world.bucket("connectel-status", policy=_policy(everybody))
    for name, encrypted in (("subscribers", False), ("billing", True)):
        world.client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            MasterUsername="root",
            MasterUserPassword="unused-by-anyone",
            AllocatedStorage=20,
            **({"StorageEncrypted": True, "KmsKeyId": good} if encrypted else {}),
        )
    world.role("sms-api", _LAMBDA, _allow(["s3:GetObject", "s3:ListBucket", "s3:DeleteObject"], ["arn:aws:s3:::cdr-*"]))
    both = _trust({"Service": ["glue.amazonaws.com", "lambda.amazonaws.com"]})
    world.role("cdr-etl", both, _allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::cdr-*"]))
    world.role("ci", _LAMBDA, _allow(["s3:Get*", "s3:PutObject"], ["arn:aws:s3:::web-logs/*"]))
    world.role(
        "billing", _trust({"Service": "ecs-tasks.amazonaws.com"}), _allow(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::invoices/*"])
    )
    world.role("Metrics", _trust({"AWS": "arn:aws:iam::444455556666:root"}))
    demanded = {"StringEquals": {"sts:ExternalId": "connectel-7f3a"}}
    world.role(
        "Support", _trust({"AWS": "arn:aws:iam::666677778888:root"}, demanded), _allow(["s3:GetObject"], ["arn:aws:s3:::web-logs/*"])
    )
    world.user("old-deploy", _allow(["*"], ["*"]))
    world.user("backup", _allow(["s3:GetObject"], ["arn:aws:s3:::invoices/*"]))
    world.client("iam").create_access_key(UserName="backup")
    world.user("vera", _allow(["s3:GetObject"], ["arn:aws:s3:::invoices/*"]), uid="vera")
    world.group("sms-api", 443, ["198.51.100.0/24", "0.0.0.0/1"])
    world.group("internal", 5432, ["10.9.0.0/16"])
    entries = [{"Cidr": "198.51.100.0/24", "Description": "office"}]
    found = world.client("ec2").create_managed_prefix_list(PrefixListName="office", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    world.group("admin", 22, [], (found["PrefixList"]["PrefixListId"],))


def _dev(world: _Account) -> None:
    world.bucket("cdr-dev-samples")
    world.role("dev-app", _LAMBDA, _allow(["s3:*"], ["arn:aws:s3:::cdr-dev-*"]))
    world.role("forgotten", _trust({"AWS": "arn:aws:iam::999988887777:root"}))
    world.group("bastion", 22, ["0.0.0.0/0"])
    samples = _allow(["s3:GetObject"], ["arn:aws:s3:::cdr-dev-samples/*"])
    world.user("lars", samples, uid="lars")
    world.user("kim", samples, uid="kim")


def _network(world: _Account) -> None:
    world.bucket("flow-logs")
    world.role("flow-logger", _trust({"Service": "vpc-flow-logs.amazonaws.com"}), _allow(["s3:PutObject"], ["arn:aws:s3:::flow-logs/*"]))


def _reader(url: str) -> tuple[str, str]:
    """The one identity that guardrails has: it may become the reader in three accounts, and not in the fourth."""
    iam = boto3.client("iam", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")
    iam.create_user(UserName="guardrails")
    roles = [f"arn:aws:iam::{account}:role/{READER}" for account in (PROD, DEV, NETWORK)]
    policy = _policy(_allow(["sts:AssumeRole"], roles), _allow(["sts:GetCallerIdentity"], ["*"]))
    iam.put_user_policy(UserName="guardrails", PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName="guardrails")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]
