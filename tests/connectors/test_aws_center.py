"""Who holds the permission sets of IAM Identity Center, on a real server: by themselves and through groups, in each account."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest

from connectors.aws_center import Center, provisioned
from guardrails import declare, workflow
from guardrails.connectors.aws.center import assignments
from guardrails.connectors.discovery import find
from guardrails.model.facts import Edge, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm, State
from guardrails.testing.conformance import problems
from guardrails.testing.faults import Answer
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, tzinfo=UTC)
READ = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cdr/*"}]}'
ACCOUNTS = ("111122223333", "222233334444")
HOME = "123456789012"
TEXT = f"""guardrails: 1
systems:
  aws:
    connector: aws
    endpoint-url: "%s"
    organization: "{HOME}"
    sets: {{prod: {{accounts: {list(ACCOUNTS)}}}}}
    regions: {{read: [us-east-1], others: closed-by-scp}}
    read: {{role: reader}}
"""
CALLS = (
    "SWBExternalService.ListInstances", "SWBExternalService.ListPermissionSets", "SWBExternalService.DescribePermissionSet",
    "SWBExternalService.ListAccountAssignments", "AWSIdentityStore.ListUsers", "AWSIdentityStore.ListGroups",
    "AWSIdentityStore.ListGroupMemberships",
)  # fmt: skip


@pytest.fixture
def world():
    with moto() as url, aws_credentials():
        session = boto3.session.Session(region_name="us-east-1")
        session.client("organizations", endpoint_url=url).create_organization(FeatureSet="ALL")
        center = Center(session, url)
        center.user("bob", "bob@connectel.se")
        center.user("eve")
        center.user("ann", "ann@connectel.se")
        center.group("oncall", "bob")
        center.group("unused", "ann")
        center.permission_set("SmsOncall")
        center.permission_set("Unused")
        sts = session.client("sts", endpoint_url=url)
        for account in ACCOUNTS:
            key = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/reader", RoleSessionName="seed")["Credentials"]
            there = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], "us-east-1")
            provisioned(there.client("iam", endpoint_url=url), "SmsOncall", READ)
            center.assign("SmsOncall", account, "oncall", "GROUP")
        center.assign("SmsOncall", ACCOUNTS[0], "eve")
        center.assign("SmsOncall", "999988887777", "ann")
        yield url, center


def observed(url: str):
    (seen,) = workflow.observe(declare.loads([("f.yaml", (TEXT % url).encode())]), AT)
    return seen


@pytest.mark.server
def test_a_permission_set_is_one_thing_and_who_holds_it_is_told_in_each_account(world):
    url, center = world
    seen = observed(url)
    assert {gap.what for gap in seen.gaps} == {"account"}  # the management account is in no set
    held = {
        (edge.source.name, edge.target.name, edge.target.realm, edge.provenance) for edge in seen.edges if edge.kind is EdgeKind.ASSIGNED
    }
    arn = center.named["SmsOncall"]
    assert held == {
        ("oncall", "SmsOncall", ACCOUNTS[0], arn),
        ("oncall", "SmsOncall", ACCOUNTS[1], arn),
        ("eve", "SmsOncall", ACCOUNTS[0], arn),
    }
    members = {(e.source.name, e.target.name) for e in seen.edges if e.kind is EdgeKind.MEMBER and e.target.kind == "identity-center-group"}
    assert members == {("bob", "oncall")}
    facts = {fact.ref.name: fact for fact in seen.facts if isinstance(fact, Principal) and fact.ref.kind.startswith("identity-center")}
    # whoever holds nothing is nobody's business here
    assert {(name, fact.form) for name, fact in facts.items()} == {
        ("bob", PrincipalForm.USER), ("eve", PrincipalForm.USER), ("oncall", PrincipalForm.GROUP),
    }  # fmt: skip
    assert facts["bob"].names == (("identity-center", "bob"), ("identity-center", "bob@connectel.se"))
    assert next(reading.items for reading in seen.readings if reading.what == "assignments") == 3


@pytest.mark.server
def test_an_organisation_with_an_identity_center_is_read_as_the_contract_says(world):
    url, _ = world
    (system,) = declare.loads([("f.yaml", (TEXT % url).encode())]).systems
    assert problems(find("aws"), system, AT) == ()


@pytest.mark.server
def test_what_was_not_read_of_it_is_told_with_the_right_to_give(world):
    url, _ = world
    denied = Answer(400, b'{"__type": "AccessDeniedException", "message": "no"}', (("content-type", "application/x-amz-json-1.1"),))
    with http_proxy(url) as proxy:
        for call in CALLS:
            with proxy.breaking(lambda request, call=call: request.headers.get("x-amz-target") == call, denied):
                seen = observed(proxy.url)
            service, _, operation = call.partition(".")
            right = f"{'sso' if service == 'SWBExternalService' else 'identitystore'}:{operation}"
            assert {name for gap in seen.gaps if gap.what == "assignments" for name in gap.rights} == {right}
            assert not [reading for reading in seen.readings if reading.what == "assignments"]


@pytest.mark.server
def test_an_assignment_that_outlived_its_holder_is_of_somebody_disabled_without_a_name(world):
    url, center = world
    center.assign("SmsOncall", ACCOUNTS[1], "94482488-3041-7005-8d8c-2a8e1c0e0001")
    (gone,) = (fact for fact in observed(url).facts if isinstance(fact, Principal) and fact.ref.id.startswith("94482488"))
    assert (gone.state, gone.names) == (State.DISABLED, ())


class Recorded:
    """Answers by call, where moto has none; what was asked is kept."""

    def __init__(self, **answers):
        self.answers, self.regions = answers, []
        self.asked = type("Asked", (), {"calls": 0})()

    def ask(self, _service, operation, region, **_parameters):
        self.regions.append(region)
        return self.answers[operation]


def test_it_is_asked_in_the_region_that_the_path_of_the_role_names():
    def role(path):
        ref = Ref(system="aws", realm="1", kind="permission-set", id=f"AROA{path}", name="X")
        return Principal(
            ref=ref, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/{path}AWSReservedSSO_X_1"
        )

    for path, region in (("", "us-east-1"), ("eu-north-1/", "eu-north-1")):
        api = Recorded(list_instances=None)
        gaps = list(assignments("aws", "9", api, [role(path)]))
        assert api.regions == [region]
        # a role that Identity Center made, and no Identity Center that made it
        assert [(gap.what, gap.realm, gap.subject.name) for gap in gaps] == [("assignments", "9", "X")]
    assert not [said for said in assignments("aws", "9", Recorded(), []) if isinstance(said, Edge)]
