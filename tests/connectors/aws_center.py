"""An IAM Identity Center with people on a real server, and the roles that it would have made, which moto does not make."""

from __future__ import annotations

import json
from typing import Any


def trust(account: str) -> str:
    """That of a role which Identity Center makes: its own SAML provider in the account, and nobody else."""
    provider = f"arn:aws:iam::{account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Center:
    """What is in it, by name."""

    def __init__(self, session: Any, url: str) -> None:
        self.admin, self.store = (
            session.client(name, endpoint_url=url, region_name="us-east-1") for name in ("sso-admin", "identitystore")
        )
        self.instance = self.admin.list_instances()["Instances"][0]
        self.named: dict[str, str] = {}

    def user(self, name: str, mail: str = "") -> None:
        more = {"Emails": [{"Value": mail, "Primary": True}]} if mail else {}
        made = self.store.create_user(
            IdentityStoreId=self.instance["IdentityStoreId"],
            UserName=name,
            DisplayName=name,
            Name={"GivenName": name, "FamilyName": name},
            **more,
        )
        self.named[name] = made["UserId"]

    def group(self, name: str, *members: str) -> None:
        store = self.instance["IdentityStoreId"]
        self.named[name] = self.store.create_group(IdentityStoreId=store, DisplayName=name)["GroupId"]
        for member in members:
            self.store.create_group_membership(IdentityStoreId=store, GroupId=self.named[name], MemberId={"UserId": self.named[member]})

    def permission_set(self, name: str) -> str:
        made = self.admin.create_permission_set(InstanceArn=self.instance["InstanceArn"], Name=name)["PermissionSet"]
        self.named[name] = made["PermissionSetArn"]
        return self.named[name]

    def assign(self, permission_set: str, account: str, holder: str, kind: str = "USER") -> None:
        self.admin.create_account_assignment(
            InstanceArn=self.instance["InstanceArn"],
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PermissionSetArn=self.named[permission_set],
            PrincipalType=kind,
            PrincipalId=self.named.get(holder, holder),
        )


def provisioned(iam: Any, permission_set: str, policy: str) -> None:
    """The role that Identity Center makes of a permission set in an account."""
    name = f"AWSReservedSSO_{permission_set}_0123456789abcdef"
    made = iam.create_role(RoleName=name, Path="/aws-reserved/sso.amazonaws.com/", AssumeRolePolicyDocument=trust("123456789012"))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(made["Role"]["Arn"].split(":")[4]))
    iam.put_role_policy(RoleName=name, PolicyName="AwsSSOInlinePolicy", PolicyDocument=policy)
