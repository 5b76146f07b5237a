"""Too much by a permission set is put right in the set: one proposal, held to what is declared in every account that has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from connectors.aws_center import Center, provisioned
from guardrails import declare, workflow
from guardrails.connectors.aws.permission_sets import provisioning
from guardrails.model.actions import DetachPolicy, RewritePolicy
from guardrails.model.reference import Ref
from guardrails.remediation import Order, make_plan
from guardrails.reports.plan import plan_as_text
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, tzinfo=UTC)
ACCOUNTS = ("111122223333", "222233334444")
HOME = "123456789012"
BOTH = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::cdr/*"}],
}
TEXT = f"""guardrails: 1
systems:
  aws:
    connector: aws
    endpoint-url: "%s"
    organization: "{HOME}"
    sets: {{prod: {{accounts: ["{ACCOUNTS[0]}"]}}, dev: {{accounts: ["{ACCOUNTS[1]}"]}}}}
    regions: {{read: [us-east-1], others: closed-by-scp}}
    read: {{role: reader}}
entitlements:
  read: {{aws: {{allow: ["s3:GetObject"], resources: ["arn:aws:s3:::cdr/*"]}}}}
  drop: {{aws: {{allow: ["s3:DeleteObject"], resources: ["arn:aws:s3:::cdr/*"]}}}}
roles:
  oncall: {{through: {{aws@prod: {{permission-set: SmsOncall}}}}, may: [read]}}
  dev: {{through: {{aws@dev: {{permission-set: SmsOncall}}}}, may: [read%s]}}
"""


@pytest.fixture
def world():
    with moto() as url, aws_credentials():
        session = boto3.session.Session(region_name="us-east-1")
        session.client("organizations", endpoint_url=url).create_organization(FeatureSet="ALL")
        center = Center(session, url)
        center.user("bob")
        center.permission_set("SmsOncall")
        clients = {}
        for account in ACCOUNTS:
            key = session.client("sts", endpoint_url=url).assume_role(
                RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="seed"
            )["Credentials"]
            there = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], "us-east-1")
            clients[account] = there.client("iam", endpoint_url=url)
            provisioned(clients[account], "SmsOncall", json.dumps(BOTH))
            center.assign("SmsOncall", account, "bob")
        yield url, center, clients


def planned(url: str, more: str = ""):
    found = declare.loads([("f.yaml", (TEXT % (url, more)).encode())])
    seen = tuple(workflow.observe(found, AT))
    return make_plan(found, seen, workflow.unsigned, Order(id="0" * 32, now=AT))


def of_the_set(plan):
    return [one for one in plan.held if one.control == "GR101" and "SmsOncall" in one.subject and " rewritten: " in one.reason]


@pytest.mark.server
def test_the_set_is_changed_as_such_with_every_account_named(world):
    url, center, _ = world
    plan = planned(url)

    held = of_the_set(plan)
    assert plan.changes == ()
    assert {one.subject for one in held} == {f"aws@{account}:permission-set/SmsOncall" for account in ACCOUNTS}
    assert len({one.proposal for one in held}) == 1, "one set, one proposal"
    arn, instance = center.named["SmsOncall"], center.instance["InstanceArn"]
    lines = held[0].proposal.split("\n")
    assert lines[0] == f"the permission set SmsOncall: it has a role in {ACCOUNTS[0]} and {ACCOUNTS[1]}, and all of them change with it"
    assert json.loads(lines[1][2:]) == BOTH
    then = json.loads(lines[2][2:])
    assert then["Statement"][0]["Action"] in ("s3:GetObject", ["s3:GetObject"])
    assert lines[3].startswith(
        f"aws sso-admin put-inline-policy-to-permission-set --instance-arn {instance} --permission-set-arn {arn} --inline-policy '"
    )
    assert (
        lines[4]
        == f"aws sso-admin provision-permission-set --instance-arn {instance} --permission-set-arn {arn} --target-type ALL_PROVISIONED_ACCOUNTS"
    )
    assert any(line.startswith("aws sso-admin list-accounts-for-provisioned-permission-set") for line in lines)
    text = plan_as_text(plan, "d")
    assert f"       propose: {lines[0]}\n                - {{" in text
    assert f"                {lines[4]}\n" in text


@pytest.mark.server
def test_what_is_declared_in_one_account_keeps_the_set_as_it_is(world):
    """In the other account somebody may delete: taking it from the set would take it from them."""
    url, _, _ = world

    held = of_the_set(planned(url, ", drop"))

    assert [one.subject for one in held] == [f"aws@{ACCOUNTS[0]}:permission-set/SmsOncall"]
    assert held[0].proposal == ""
    assert f"the permission set SmsOncall is in {ACCOUNTS[1]} too" in held[0].reason
    assert "would lose drop, or a part of it, which is declared for it" in held[0].reason


@pytest.mark.server
@pytest.mark.parametrize("then", [{**BOTH, "Statement": [{**BOTH["Statement"][0], "Action": "s3:*"}]}, None])
def test_a_set_that_is_not_the_same_everywhere_is_provisioned_first(world, then):
    url, _, clients = world
    named = {"RoleName": "AWSReservedSSO_SmsOncall_0123456789abcdef", "PolicyName": "AwsSSOInlinePolicy"}
    if then is None:
        clients[ACCOUNTS[1]].delete_role_policy(**named)
    else:
        clients[ACCOUNTS[1]].put_role_policy(**named, PolicyDocument=json.dumps(then))

    held = next(one for one in of_the_set(planned(url)) if ACCOUNTS[0] in one.subject)

    assert held.proposal == ""
    assert "provision it first" in held.reason


SET = Ref(system="aws", realm="1", kind="permission-set", id="AROA1", name="Ops")


def policy(kind, identifier, name):
    return Ref(system="aws", realm="1", kind=kind, id=identifier, name=name)


@pytest.mark.parametrize(
    ("action", "call"),
    [
        (
            DetachPolicy(holder=SET, policy=policy("policy", "arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess")),
            "aws sso-admin detach-managed-policy-from-permission-set I --managed-policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        (
            DetachPolicy(holder=SET, policy=policy("policy", "arn:aws:iam::111122223333:policy/team/own", "own")),
            "aws sso-admin detach-customer-managed-policy-reference-from-permission-set I --customer-managed-policy-reference Name=own,Path=/team/",
        ),
        (
            DetachPolicy(holder=SET, policy=policy("inline-policy", "AROA1/AwsSSOInlinePolicy", "x"), seen="{}"),
            "aws sso-admin delete-inline-policy-from-permission-set I",
        ),
        (
            RewritePolicy(holder=SET, policy=policy("inline-policy", "AROA1/AwsSSOInlinePolicy", "x"), seen="{}", text='{"a":"it\'s"}'),
            """aws sso-admin put-inline-policy-to-permission-set I --inline-policy '{"a":"it'"'"'s"}'""",
        ),
    ],
)
def test_each_kind_of_change_has_its_call(action, call):
    arn = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef"
    which = f"--instance-arn arn:aws:sso:::instance/ssoins-0123456789abcdef --permission-set-arn {arn}"

    lines = provisioning(action, arn, ("1",), ()).split("\n")

    assert call.replace(" I", f" {which}", 1) in lines


def test_an_arn_that_nobody_saw_and_what_was_not_seen_are_told():
    action = DetachPolicy(holder=SET, policy=policy("policy", "arn:aws:iam::aws:policy/X", "X"))

    lines = provisioning(action, "", ("1", "2"), ("2: denied",)).split("\n")

    assert any("--permission-set-arn ARN-OF-Ops" in line for line in lines)
    assert lines[-1] == "not everything was seen of 2: denied"
