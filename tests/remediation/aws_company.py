"""The example company on its servers, with somebody who may write its AWS accounts, and a security group whose keys are at hand."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from guardrails.testing.aws_writer import WRITER, client, make_writer, unguarded
from guardrails.testing.company import world
from guardrails.trust.roster import digest
from trust.group import member, roster, write

APPLY = "\napply: {environment: prod, limits: {percent: 100, changes: 40}}\n"


def allow(actions, resources):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]})


class Written:
    """The company in a folder, with all that a plan takes."""

    def __init__(self, folder: Path, keys: Path, rooms: Path) -> None:
        self.keys, self.state, self.plan = keys, rooms / "state", rooms / "plan.json"
        self.host, self.declaration = rooms / "host.yaml", folder / "declaration"
        self.settings = self.declaration / "guardrails.yaml"
        self.url = re.search(r'endpoint-url: "(http://[^"]+)"', self.settings.read_text())[1]
        self.state.mkdir()
        self.world = world()
        self.accounts = (self.world.PROD, self.world.DEV, self.world.NETWORK)

    def trusted(self) -> None:
        """A roster of members whose keys are here takes the place of the example's."""
        members = [member(self.keys, name) for name in ("dana", "erin", "femi")]
        content = write(self.declaration / "registers/isg/roster.json", roster(members, expires="2099-12-31")).read_bytes()
        self.host.write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\nstate: "{self.state}"\n')
        shutil.copy(self.declaration / "registers/isg/roster.json", self.plan.parent / "roster.json")

    def written(self, credentials: Path) -> None:
        """Make the one who writes: a user that may become a role in each account, and nothing else."""
        make_writer(self.url, self.world.HOME, self.accounts, self.world.REGION, credentials)
        text = self.settings.read_text().replace(
            "read: {role: guardrails-reader}", f"read: {{role: guardrails-reader}}\n    write: {{profile: {WRITER}, role: {WRITER}}}"
        )
        self.settings.write_text(text + APPLY)

    def opened(self):
        return unguarded(self.url)

    def client(self, account: str, service: str):
        return client(self.url, account, service, self.world.REGION)

    def held(self) -> dict[str, object]:
        """What the accounts hold of all that is written, account by account."""
        with self.opened():
            return {account: self._held(account) for account in self.accounts}

    def _held(self, account: str) -> object:
        iam, ec2, s3, kms = (self.client(account, service) for service in ("iam", "ec2", "s3", "kms"))
        details = iam.get_account_authorization_details()
        details.pop("ResponseMetadata")
        for role in details["RoleDetailList"]:
            role.pop("RoleLastUsed", None)
        keys = [
            key["Status"]
            for user in details["UserDetailList"]
            for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        ]
        rules = [
            {k: v for k, v in rule.items() if k != "SecurityGroupRuleId"}
            for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
        ]
        rotated = [kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] for key in kms.list_keys()["Keys"]]
        policies = {bucket["Name"]: _policy(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]}
        ebs = ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
        rules.sort(key=lambda rule: json.dumps(rule, sort_keys=True))
        return json.loads(json.dumps([details, keys, rules, rotated, policies, ebs], sort_keys=True, default=str))


def _policy(s3, bucket: str) -> str:
    try:
        return s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except s3.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
