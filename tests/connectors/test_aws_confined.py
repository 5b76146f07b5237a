"""Where IAM is enforced, the one who writes can write what the plan says and nothing else, whatever its role may do."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest
from aws_enforced import calling
from aws_written import NARROW, WIDE, canonical, listed_for_everybody, profile
from botocore.exceptions import ClientError
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.editing import KINDS
from guardrails.connectors.aws.warrant import session_policy
from guardrails.errors import ConnectorError
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.actions import (
    AddDenial,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    RewritePolicy,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import edited
from guardrails.model.declaration import System
from guardrails.model.reference import Ref
from guardrails.model.words import AtRest
from guardrails.notation.document import read
from guardrails.ports import Warrant
from guardrails.testing.ministack import ACCOUNT, ministack
from plan.plans import change_of
from staged import staged

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
REGION = "eu-north-1"
DENIED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:Put*"],"Resource":["*"]}]}'
DIGEST = "0123456789abcdef" * 4
ADMIN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUSTED = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTED]})

SERVICE = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
BOTH = json.dumps({"Version": "2012-10-17", "Statement": [SERVICE, TRUSTED]})
SERVED = json.dumps({"Version": "2012-10-17", "Statement": [SERVICE]})


class Cloud:
    """An account whose writer has a role that may do everything."""

    def __init__(self, url: str) -> None:
        self.url, self.root, self.ids = url, calling(url, ACCOUNT, "root"), {}
        iam = self.root("iam")
        iam.create_role(RoleName="guardrails-writer", AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName="guardrails-writer", PolicyName="all", PolicyDocument=ADMIN)
        iam.create_user(UserName="guardrails-writer")
        iam.put_user_policy(UserName="guardrails-writer", PolicyName="all", PolicyDocument=ADMIN)
        self.key = iam.create_access_key(UserName="guardrails-writer")["AccessKey"]
        for name in ("carol", "bob"):
            self.ids[name] = iam.create_user(UserName=name)["User"]["UserId"]
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=WIDE)
        self.ids["ops"] = iam.create_group(GroupName="ops")["Group"]["GroupId"]
        iam.add_user_to_group(GroupName="ops", UserName="carol")
        self.ids["app"] = iam.create_role(RoleName="app", AssumeRolePolicyDocument=BOTH)["Role"]["RoleId"]
        self.policy = iam.create_policy(PolicyName="wide", PolicyDocument=WIDE)["Policy"]["Arn"]
        iam.attach_user_policy(UserName="carol", PolicyArn=self.policy)
        self.used = iam.create_access_key(UserName="carol")["AccessKey"]
        self.kms = self.root("kms").create_key()["KeyMetadata"]["Arn"]
        self.root("s3").create_bucket(Bucket="cdr", CreateBucketConfiguration={"LocationConstraint": REGION})
        # as AWS does, it makes new buckets so that no list can open them
        self.root("s3").delete_public_access_block(Bucket="cdr")
        self.root("s3").delete_bucket_ownership_controls(Bucket="cdr")
        self.list_cut, self.list_seen = listed_for_everybody(self.root("s3"))

    @property
    def system(self) -> System:
        where = f'connector: aws, endpoint-url: "{self.url}", regions: {{read: [{REGION}], others: closed-by-scp}}'
        text = f"{{{where}, write: {{profile: w, role: guardrails-writer}}}}"
        return System(name="aws", connector="aws", settings=read(text.encode(), "x")[0])

    def ref(self, kind: str, name: str, identifier: str = "") -> Ref:
        return Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or self.ids[name], name=name)

    def warrant(self, action) -> tuple[Ref, Warrant, object, object]:
        """What a plan with one action gives, with the object before and after it."""
        ref = CONNECTOR.touched(action)
        before = CONNECTOR.remediator(self.system).current(ref)
        edits = CONNECTOR.edits(action, before, {})
        change = replace(change_of("x"), action=action, ref=ref, edits=edits)
        return ref, Warrant(digest=DIGEST, changes=(change,)), before, edited(before, edits)


@pytest.fixture(scope="module")
def cloud():
    program = staged("ministack", "ministack")
    enable_socket()
    with ministack(program) as url:
        yield Cloud(url)


@pytest.fixture(autouse=True)
def _login(cloud, tmp_path, monkeypatch):
    enable_socket()
    for name, value in profile(tmp_path, "w", cloud.key["AccessKeyId"], cloud.key["SecretAccessKey"]).items():
        monkeypatch.setenv(name, value)


def actions(cloud):
    carol, ops = cloud.ref("user", "carol"), cloud.ref("group", "ops")
    own = cloud.ref("inline-policy", "carol/own", f"{carol.id}/own")
    new = cloud.ref("inline-policy", "carol/guardrails-x", f"{carol.id}/guardrails-x")
    app = cloud.ref("role", "app")
    trust = cloud.ref("trust-policy", "app/trust", f"{app.id}/trust")
    wide, bucket = cloud.ref("policy", "wide", cloud.policy), cloud.ref("bucket", "cdr", "arn:aws:s3:::cdr")
    return {
        "group": RemoveMember(group=ops, member=carol),
        "attached": DetachPolicy(holder=carol, policy=wide),
        "inline": RewritePolicy(holder=carol, policy=own, text=NARROW, seen=canonical(WIDE)),
        "trust": RewritePolicy(holder=app, policy=trust, text=SERVED, seen=canonical(BOTH)),
        "managed": RewritePolicy(holder=carol, policy=wide, text=NARROW, seen=canonical(WIDE)),
        "replaced": ReplacePolicy(holder=carol, policy=wide, seen=canonical(WIDE), own=new, text=NARROW),
        "membership": ReplaceMembership(holder=carol, group=ops, seen=canonical(WIDE), own=new, text=NARROW),
        "denied": AddDenial(holder=carol, policy=new, text=DENIED),
        "disabled": Disable(ref=carol),
        "key": Disable(ref=cloud.ref("access-key", "k", cloud.used["AccessKeyId"]), holder=carol),
        "rotated": SetRotation(key=cloud.ref("key", "k", cloud.kms), days=180),
        "encrypted": SetEncryption(target=bucket, at_rest=AtRest.SERVICE_KEY),
        "listed": RewritePolicy(
            holder=bucket, policy=cloud.ref("bucket-acl", "cdr/acl", f"{bucket.id}/acl"), text=cloud.list_cut, seen=cloud.list_seen
        ),
    }


@pytest.mark.parametrize("name", ["inline", "trust", "denied", "disabled", "key", "rotated", "encrypted", "listed"])
def test_what_the_plan_says_is_written_and_taken_back_with_the_rights_of_the_plan_alone(cloud, name):
    ref, warrant, before, after = cloud.warrant(actions(cloud)[name])
    writer = CONNECTOR.confined(cloud.system, warrant)

    writer.write(ref, before, after)
    assert CONNECTOR.remediator(cloud.system).current(ref) == after
    writer.write(ref, after, before)
    assert CONNECTOR.remediator(cloud.system).current(ref) == before


def test_the_session_of_one_plan_writes_nothing_else(cloud):
    ref, warrant, *_ = cloud.warrant(actions(cloud)["attached"])
    session = CONNECTOR.confined(cloud.system, warrant)._sessions.of(ref)

    def denied(operation, **parameters):
        return session.ask("iam", operation, **parameters).message.endswith("AccessDenied")

    assert session.whole("iam", "get_user", UserName="carol")
    assert denied("attach_user_policy", UserName="bob", PolicyArn=cloud.policy)
    assert denied("put_user_policy", UserName="carol", PolicyName="own", PolicyDocument=ADMIN)
    assert denied("attach_user_policy", UserName="carol", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert denied("create_access_key", UserName="carol")
    assert denied("get_user", UserName="bob")


USER, GROUP = f"arn:aws:iam::{ACCOUNT}:user/carol", f"arn:aws:iam::{ACCOUNT}:group/ops"
PUT = ("iam:PutUserPolicy", "iam:DeleteUserPolicy")
ATTACH = ("iam:DetachUserPolicy", "iam:AttachUserPolicy")


@pytest.mark.parametrize(
    ("name", "asked", "context", "allowed"),
    [
        ("group", ("iam:RemoveUserFromGroup", "iam:AddUserToGroup"), [GROUP, f"arn:aws:iam::{ACCOUNT}:group/of/teams/ops"], True),
        ("group", ("iam:AddUserToGroup",), [f"arn:aws:iam::{ACCOUNT}:group/admins"], False),
        ("group", ("iam:PutUserPolicy", *ATTACH), [USER], False),
        ("attached", ATTACH, [USER], True),
        ("attached", ATTACH, [f"arn:aws:iam::{ACCOUNT}:user/carol2", f"arn:aws:iam::{ACCOUNT}:user/xcarol"], False),
        ("replaced", ATTACH, [USER], True),
        ("replaced", PUT, [USER], True),
        ("replaced", (*ATTACH, *PUT), [f"arn:aws:iam::{ACCOUNT}:user/bob"], False),
        ("replaced", ("iam:CreateAccessKey", "iam:AddUserToGroup"), [USER, GROUP], False),
        ("membership", ("iam:RemoveUserFromGroup", "iam:AddUserToGroup"), [GROUP], True),
        ("membership", PUT, [USER], True),
        ("membership", ATTACH, [USER], False),
        ("denied", PUT, [USER], True),
        ("denied", (*ATTACH, "iam:AddUserToGroup"), [USER, GROUP], False),
        ("managed", ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion"), ["policy"], True),
        ("managed", ("iam:CreatePolicyVersion",), [f"arn:aws:iam::{ACCOUNT}:policy/other"], False),
        ("managed", ("iam:AttachUserPolicy", "iam:CreatePolicy"), ["policy", USER], False),
    ],
)
def test_what_the_emulator_decides_otherwise_than_aws_is_asked_of_the_evaluator(cloud, name, asked, context, allowed):
    """It takes the user for the resource of a membership, knows no iam:PolicyARN, and puts no version in force."""
    policy = session_policy(*cloud.warrant(actions(cloud)[name])[:2])
    for action, place in product(asked, context):
        resource = cloud.policy if place == "policy" else place
        assert _decided(policy, action, resource, cloud.policy) is allowed


@pytest.mark.parametrize("name", ["attached", "replaced"])
def test_no_other_policy_is_attached_by_the_session_that_takes_one_off(cloud, name):
    policy = session_policy(*cloud.warrant(actions(cloud)[name])[:2])

    assert _decided(policy, "iam:AttachUserPolicy", USER, "arn:aws:iam::aws:policy/AdministratorAccess") is False


def _decided(policy, action, resource, attached):
    asked = Request(principal=USER, action=action, resource=resource, context={"iam:PolicyARN": attached})
    return evaluate(asked, Policies(identity=[policy])).allowed


def test_an_object_that_is_in_no_change_is_read_and_not_written(cloud):
    _, warrant, *_ = cloud.warrant(actions(cloud)["group"])
    bob = cloud.ref("user", "bob")
    writer = CONNECTOR.confined(cloud.system, warrant)
    before = writer.current(bob)
    after = edited(before, CONNECTOR.edits(Disable(ref=bob), before, {}))

    with pytest.raises(ConnectorError, match="AccessDenied") as refused:
        writer.write(bob, before, after)

    assert refused.value.remedy == "give the one who writes iam:PutUserPolicy"
    assert CONNECTOR.remediator(cloud.system).current(bob) == before


def test_who_is_disabled_is_refused_everything_and_then_nothing_any_more(cloud):
    carol = calling(cloud.url, cloud.used["AccessKeyId"], cloud.used["SecretAccessKey"])
    assert carol("s3").get_bucket_location(Bucket="cdr")
    ref, warrant, before, after = cloud.warrant(actions(cloud)["disabled"])
    writer = CONNECTOR.confined(cloud.system, warrant)

    writer.write(ref, before, after)
    with pytest.raises(ClientError, match="AccessDenied"):
        carol("s3").get_bucket_location(Bucket="cdr")
    writer.write(ref, after, before)
    assert carol("s3").get_bucket_location(Bucket="cdr")


def test_the_one_who_writes_knows_itself(cloud):
    _, warrant, *_ = cloud.warrant(actions(cloud)["group"])

    found = {ref.kind: ref.name for ref in CONNECTOR.confined(cloud.system, warrant).itself()}

    assert found == {"user": "guardrails-writer", "role": "guardrails-writer"}


def test_every_kind_fits_into_a_session_policy(cloud):
    for action in actions(cloud).values():
        ref, warrant, *_ = cloud.warrant(action)
        assert len(session_policy(ref, warrant)) < 2048
    for kind in KINDS:
        assert "Statement" in session_policy(
            cloud.ref(kind, "n" * 64, "arn:aws:kms:eu-north-1:111122223333:key/x"), Warrant(digest=DIGEST, changes=())
        )
