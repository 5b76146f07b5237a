"""An account of AWS on moto's server with one object of each kind that is written, and everything that it holds, byte for byte."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.handlers import json_decode_policies

from guardrails.connectors.aws.acl import listing
from guardrails.model.declaration import System
from guardrails.model.reference import Ref
from guardrails.notation.document import read

ACCOUNT, REGION, HOME = "111122223333", "eu-north-1", "123456789012"
AT = datetime(2026, 11, 26, tzinfo=UTC)
WIDE = '{ "Version": "2012-10-17",\n  "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"}] }'
NARROW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::cdr/*"}]}'
TRUST = json.dumps(
    {
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}},
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}},
        ],
        "Version": "2012-10-17",
    },
    separators=(",", ":"),
)
"""In the one spelling in which trust policies are written back."""
OURS = {"Action": "kms:*", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": "*"}
STRANGE = OURS | {"Action": ["kms:Decrypt", "kms:DescribeKey"], "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Sid": "theirs"}
KEY_POLICY, KEY_CUT = (
    json.dumps({"Id": "k", "Statement": found, "Version": "2012-10-17"}, separators=(",", ":"), sort_keys=True)
    for found in ([OURS, STRANGE], [OURS])
)
"""Likewise those of keys."""
SERVED = json.dumps({"Version": "2012-10-17", "Statement": json.loads(TRUST)["Statement"][1:]})


def canonical(text):
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def listed_for_everybody(s3) -> tuple[str, str]:
    """Everybody may list the bucket: what its access control list said before, and what it says now."""
    given = s3.get_bucket_acl(Bucket="cdr")
    anybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    both = [*given["Grants"], {"Grantee": anybody, "Permission": "READ"}]
    s3.put_bucket_acl(Bucket="cdr", AccessControlPolicy={"Owner": given["Owner"], "Grants": both})
    return listing(given), listing(s3.get_bucket_acl(Bucket="cdr"))


class Account:
    """Its clients and its objects."""

    def __init__(self, url: str) -> None:
        self.url = url
        sts = boto3.client("sts", endpoint_url=url, region_name=REGION, aws_access_key_id="seed", aws_secret_access_key="seed")
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/seed", RoleSessionName="seed")["Credentials"]
        self.session = boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
        self.made: dict[str, object] = {}

    def __getattr__(self, service: str):
        if service not in self.made:
            self.made[service] = client = self.session.client(service, endpoint_url=self.url)
            client.meta.events.unregister("after-call.iam", json_decode_policies)
        return self.made[service]

    def ref(self, kind: str, name: str, identifier: str = "") -> Ref:
        return Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or self.ids[name], name=name)

    def seed(self) -> None:
        iam, self.ids = self.iam, {}
        for name in ("guardrails-reader", "guardrails-writer"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        self.ids["app"] = iam.create_role(RoleName="app", Path="/of/teams/", AssumeRolePolicyDocument=TRUST)["Role"]["RoleId"]
        self.ids["ops"] = iam.create_group(GroupName="ops")["Group"]["GroupId"]
        self.ids["carol"] = iam.create_user(UserName="carol", Tags=[{"Key": "uid", "Value": "carol"}])["User"]["UserId"]
        self.ids["dev"] = iam.create_group(GroupName="dev")["Group"]["GroupId"]
        for name in ("ops", "dev"):
            iam.add_user_to_group(GroupName=name, UserName="carol")
        self.policy = iam.create_policy(PolicyName="wide", PolicyDocument=WIDE)["Policy"]["Arn"]
        self.other = iam.create_policy(PolicyName="other", PolicyDocument=NARROW)["Policy"]["Arn"]
        for kind, name in (("user", "carol"), ("role", "app"), ("group", "ops")):
            named = {f"{kind.capitalize()}Name": name}
            getattr(iam, f"put_{kind}_policy")(**named, PolicyName="own", PolicyDocument=WIDE)
            getattr(iam, f"put_{kind}_policy")(**named, PolicyName="kept", PolicyDocument=NARROW)
            getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=self.policy)
            getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=self.other)
        self.key = iam.create_access_key(UserName="carol")["AccessKey"]["AccessKeyId"]
        self._network()
        self._storage()

    def _network(self) -> None:
        ec2 = self.ec2
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        self.group = ec2.create_security_group(GroupName="api", Description="api", VpcId=vpc)["GroupId"]
        made = ec2.create_managed_prefix_list(
            PrefixListName="office",
            Entries=[{"Cidr": "198.51.100.0/24", "Description": "office"}, {"Cidr": "0.0.0.0/1", "Description": "too much"}],
            MaxEntries=5,
            AddressFamily="IPv4",
        )
        self.list = made["PrefixList"]["PrefixListId"]
        self._web_acl()
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        v4 = [{"CidrIp": "198.51.100.0/24", "Description": "office"}, {"CidrIp": "0.0.0.0/0", "Description": "everybody"}]
        permission = {**rule, "IpRanges": v4, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}], "PrefixListIds": [{"PrefixListId": self.list}]}
        ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[permission, {**permission, "IpProtocol": "udp"}])

    def _web_acl(self) -> None:
        at = {"Name": "office", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Description": "of the office"}
        self.set = self.wafv2.create_ip_set(**at, Addresses=["0.0.0.0/1", "198.51.100.0/24"])["Summary"]["ARN"]
        seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
        statement = {"IPSetReferenceStatement": {"ARN": self.set}}
        rules = [{"Name": "office", "Priority": 0, "Statement": statement, "Action": {"Allow": {}}, "VisibilityConfig": seen}]
        self.wafv2.create_web_acl(Name="main", Scope="REGIONAL", DefaultAction={"Block": {}}, Rules=rules, VisibilityConfig=seen)

    def ip_set(self):
        """The set with the token that WAF compares."""
        return self.wafv2.get_ip_set(Name="office", Scope="REGIONAL", Id=self.set.rpartition("/")[2])

    def _storage(self) -> None:
        self.kms_key = self.kms.create_key(Description="cdr", Policy=KEY_POLICY)["KeyMetadata"]["Arn"]
        self.s3.create_bucket(Bucket="cdr", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_policy(Bucket="cdr", Policy=self.bucket_policy)
        self.list_cut, self.list_seen = listed_for_everybody(self.s3)
        self.s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": REGION})

    bucket_policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect":"Allow","Principal":{"AWS":"111122223333"},'
        '"Action":"s3:GetObject","Resource":"arn:aws:s3:::cdr/*"}]}'
    )

    def held(self) -> str:
        """Everything that a change could touch, as the server gives it."""
        iam, found = self.iam, {}
        for kind, name in (("user", "carol"), ("role", "app"), ("group", "ops")):
            named = {f"{kind.capitalize()}Name": name}
            names = getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]
            found[name] = {
                "inline": {one: getattr(iam, f"get_{kind}_policy")(**named, PolicyName=one)["PolicyDocument"] for one in sorted(names)},
                "attached": sorted(p["PolicyArn"] for p in getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]),
            }
        found["trust"] = iam.get_role(RoleName="app")["Role"]["AssumeRolePolicyDocument"]
        found["groups"] = [group["GroupName"] for group in iam.list_groups_for_user(UserName="carol")["Groups"]]
        found["keys"] = [(key["AccessKeyId"], key["Status"]) for key in iam.list_access_keys(UserName="carol")["AccessKeyMetadata"]]
        versions = iam.list_policy_versions(PolicyArn=self.policy)["Versions"]
        found["versions"] = [(v["VersionId"], v["IsDefaultVersion"]) for v in versions]
        default = next(v["VersionId"] for v in versions if v["IsDefaultVersion"])
        found["policy"] = iam.get_policy_version(PolicyArn=self.policy, VersionId=default)["PolicyVersion"]["Document"]
        rules = self.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [self.group]}])["SecurityGroupRules"]
        kept = [json.dumps({k: v for k, v in rule.items() if k != "SecurityGroupRuleId" and v}, sort_keys=True) for rule in rules]
        found["rules"] = sorted(kept)
        entries = self.ec2.get_managed_prefix_list_entries(PrefixListId=self.list)["Entries"]
        found["list"] = sorted((entry["Cidr"], entry.get("Description", "")) for entry in entries)
        found["set"] = self.ip_set()["IPSet"]
        found["rotation"] = self.kms.get_key_rotation_status(KeyId=self.kms_key)["KeyRotationEnabled"]
        found["key"] = self.kms.get_key_policy(KeyId=self.kms_key, PolicyName="default")["Policy"]
        found["ebs"] = self.ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        found["buckets"] = {name: (self._of(name, "policy", "Policy"), self._of(name, "encryption", "Rules")) for name in ("cdr", "plain")}
        found["lists"] = [self.s3.get_bucket_acl(Bucket=name)["Grants"] for name in ("cdr", "plain")]
        return json.dumps(found, sort_keys=True, default=str)

    def _of(self, bucket: str, what: str, key: str):
        try:
            answer = getattr(self.s3, f"get_bucket_{what}")(Bucket=bucket)
        except self.s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return answer.get(key, answer.get("ServerSideEncryptionConfiguration"))


def system(url: str, more: str = "write: {role: guardrails-writer}") -> System:
    text = (
        f'{{connector: aws, endpoint-url: "{url}", sets: {{prod: {{accounts: ["{ACCOUNT}"]}}}}, regions: {{read: [{REGION}], '
        f"others: closed-by-scp}}, read: {{role: guardrails-reader}}, {more}}}"
    )
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="aws", connector="aws", settings=node)


def profile(folder: Path, name: str, key: str, secret: str) -> dict[str, str]:
    """The environment in which the SDK finds a profile."""
    path = folder / "credentials"
    path.write_text(f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    return {"AWS_SHARED_CREDENTIALS_FILE": os.fspath(path)}
