"""Every built-in connector holds to the contract, on the example's exports and on a live AWS."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from connectors.aws_uses import direct, used
from guardrails import declare
from guardrails.connectors.aws.iam import identities
from guardrails.connectors.discovery import find
from guardrails.model.facts import Edge, Gap, Principal
from guardrails.model.reference import Ref
from guardrails.model.rights import Right
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm
from guardrails.testing.conformance import problems
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
EXPORTS = Path(__file__).parent.parent.parent / "examples/connectel/exports"
SETTINGS = {
    "ldap": f'base: "ou=people,dc=connectel,dc=se", groups: "ou=groups,dc=connectel,dc=se", export: "{EXPORTS}/directory.ldif"',
    "netbox": f'export: "{EXPORTS}/inventory.json"',
    "vault": f'export: "{EXPORTS}/vault"',
}


def system(connector: str, settings: str):
    (found,) = declare.loads([("f.yaml", f"guardrails: 1\nsystems: {{s: {{connector: {connector}, {settings}}}}}\n".encode())]).systems
    return found


@pytest.mark.parametrize("connector", SETTINGS)
def test_an_export_is_read_as_the_contract_says(connector):
    assert problems(find(connector), system(connector, SETTINGS[connector]), AT) == ()


def test_an_export_of_aws_is_read_as_the_contract_says(tmp_path):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = {"RoleId": "AROA1", "RoleName": "ci", "Arn": "arn:aws:iam::111122223333:role/ci", "Path": "/", "AssumeRolePolicyDocument": trust}
    role["RolePolicyList"] = [{"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]
    (tmp_path / "a.json").write_text(json.dumps({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}))
    assert problems(find("aws"), system("aws", f'export: "{tmp_path}/a.json"'), AT) == ()


def test_a_role_of_the_identity_center_is_judged_by_its_permission_set_and_only_service_roles_are_the_providers():
    def role(name: str, path: str, trusted: dict, action: str) -> dict:
        arn = f"arn:aws:iam::111122223333:role{path}{name}"
        trust = {"Statement": [{"Effect": "Allow", "Principal": trusted, "Action": action}]}
        return {"RoleId": name, "RoleName": name, "Arn": arn, "Path": path, "AssumeRolePolicyDocument": trust}

    center = ({"Federated": "arn:aws:iam::111122223333:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"}, "sts:AssumeRoleWithSAML")
    support = ({"Service": "support.amazonaws.com"}, "sts:AssumeRole")
    stranger = ({"AWS": "999988887777"}, "sts:AssumeRole")
    listed = [
        role("AWSReservedSSO_SmsOncall_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/eu-north-1/", *center),
        role("AWSReservedSSO_Forged_0123456789abcdef", "/", *center),
        role("AWSReservedSSO_Opened_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", *stranger),
        role("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/", *support),
        role("AWSServiceRoleForOpened", "/aws-service-role/support.amazonaws.com/", *stranger),
    ]
    said = {fact.ref.name: fact for fact in identities("s", "111122223333", {"RoleDetailList": listed}) if isinstance(fact, Principal)}
    assert {(fact.ref.kind, name, fact.form) for name, fact in said.items()} == {
        ("permission-set", "SmsOncall", PrincipalForm.ROLE),
        ("role", "AWSReservedSSO_Forged_0123456789abcdef", PrincipalForm.ROLE),
        ("role", "AWSReservedSSO_Opened_0123456789abcdef", PrincipalForm.ROLE),
        ("role", "AWSServiceRoleForSupport", PrincipalForm.PROVIDER),
        ("role", "AWSServiceRoleForOpened", PrincipalForm.ROLE),
    }


@pytest.mark.server
def test_a_live_account_is_read_as_the_contract_says():
    with moto() as real, aws_credentials(), http_proxy(real, used(direct)) as proxy:
        iam, kms = (boto3.client(name, endpoint_url=real, region_name="us-east-1") for name in ("iam", "kms"))
        user = iam.create_user(UserName="u")["User"]["Arn"]
        constraints = {"EncryptionContextEquals": {"app": "cdr"}}
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_grant(KeyId=key, GranteePrincipal=user, Operations=["Decrypt"], Constraints=constraints)
        settings = f'endpoint-url: "{proxy.url}", regions: {{read: [us-east-1]}}, read: {{last-used: 1}}'
        assert problems(find("aws"), system("aws", settings), AT) == ()


class Broken:
    """A connector that says what no system can say."""

    name = "broken"
    calls, identity, source, rights = 0, "", "live", ()

    def __init__(self, *said):
        self.said = said

    def schema(self):
        return {"settings": {}}

    def observer(self, _system, _at):
        return self

    def observe(self):
        return iter(self.said)

    def reader_policy(self, rights, identity):
        return f"{identity} {rights}"

    def meaning(self, observation):
        return find("netbox").meaning(observation)


def test_a_connector_that_says_nothing_at_all_is_told():
    assert any("neither a reading nor a gap" in problem for problem in problems(Broken(), system("aws", "regions: {}"), AT))


def test_a_connector_that_does_not_hold_the_contract_is_told_why():
    mine = Ref(system="s", realm="r", kind="user", id="1", name="u")
    theirs = replace(mine, system="other", id="")
    said = (Principal(ref=mine, form=PrincipalForm.USER), Edge(kind=EdgeKind.MEMBER, source=mine, target=theirs))
    denied = Gap(system="s", realm="r", what="users", reason=GapReason.DENIED, message="m", remedy="do")
    other = replace(denied, what="groups", rights=("list groups",))
    Broken.rights = (Right(name="read users", made=1), Right(name="read tokens", made=1))
    found = "\n".join(problems(Broken(*said, denied, other), replace(system("aws", "regions: {}"), connector="aws"), AT))
    for part in (
        "is called broken",
        "of which no account",
        "of the system other",
        "has no id",
        "neither a fact",
        "the denied gap users does not name its right",
        "a gap names list groups",
        "the order of rights",
    ):
        assert part in found
