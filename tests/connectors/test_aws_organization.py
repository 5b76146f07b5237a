"""An organisation's accounts by its units, on a real server: what no set names is told, and one that refuses hides no other."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest

from guardrails import declare, errors, workflow
from guardrails.connectors.aws.levels import CONTROLS
from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.connectors.aws.meaning.tree import Tree
from guardrails.model.facts import Account, Policy, Principal, Unit
from guardrails.model.words import EdgeKind, Verdict
from guardrails.testing.faults import Answer
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, tzinfo=UTC)
TEXT = """guardrails: 1
systems:
  aws:
    connector: aws
    endpoint-url: "%s"
    organization: "123456789012"
    sets: {prod: {ou: Workloads/Prod}%s}
    regions: {read: [us-east-1], others: closed-by-scp}
    read: {role: reader}
"""


@pytest.fixture
def world():
    with moto() as url, aws_credentials():
        api = boto3.client("organizations", endpoint_url=url, region_name="us-east-1")
        api.create_organization(FeatureSet="ALL")
        root = api.list_roots()["Roots"][0]["Id"]
        workloads = api.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
        prod = api.create_organizational_unit(ParentId=workloads, Name="Prod")["OrganizationalUnit"]["Id"]
        inner = api.create_organizational_unit(ParentId=prod, Name="Sms")["OrganizationalUnit"]["Id"]
        made = {}
        for name, parent in (("billing", prod), ("sms", inner), ("sandbox", root)):
            made[name] = api.create_account(Email=f"{name}@example.se", AccountName=name)["CreateAccountStatus"]["AccountId"]
            if parent != root:
                api.move_account(AccountId=made[name], SourceParentId=root, DestinationParentId=parent)
        yield url, made


def observed(url: str, more: str = ""):
    (seen,) = workflow.observe(declare.loads([("f.yaml", (TEXT % (url, more)).encode())]), AT)
    return seen, {fact.ref.realm: fact.sets for fact in seen.facts if isinstance(fact, Account)}


@pytest.mark.server
def test_the_accounts_below_a_unit_are_its_set_and_the_others_are_told(world):
    url, made = world
    seen, sets = observed(url)
    assert {sets[made["billing"]], sets[made["sms"]]} == {("prod",)}
    assert sets[made["sandbox"]] == ()
    unread = {(gap.realm, gap.what, gap.reason.value) for gap in seen.gaps if gap.what == "account"}
    # the management account is one of the organisation's as well
    assert unread == {(made["sandbox"], "account", "not-read"), ("123456789012", "account", "not-read")}


@pytest.mark.server
def test_a_unit_that_is_not_there_is_a_gap_and_not_an_empty_set(world):
    url, _ = world
    seen, _ = observed(url, ", dev: {ou: Workloads/Dev}")
    assert any(gap.what == "organization" and "no organisational unit Dev" in gap.message for gap in seen.gaps)


DENY = '{"Version": "2012-10-17", "Statement": [{"Sid": "NoStorage", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'
READ = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cdr/*"}]}'
ONLY_EC2 = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'


def organizations(url: str):
    return boto3.client("organizations", endpoint_url=url, region_name="us-east-1")


def enabled(url: str) -> str:
    """Both kinds of policies are; returns the root."""
    root = organizations(url).list_roots()["Roots"][0]["Id"]
    for control in CONTROLS:
        organizations(url).enable_policy_type(RootId=root, PolicyType=control.type)
    return root


def forbidding(url: str, target: str) -> str:
    made = organizations(url).create_policy(Name="NoStorage", Description="d", Content=DENY, Type="SERVICE_CONTROL_POLICY")["Policy"]
    organizations(url).attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=target)
    return made["PolicySummary"]["Id"]


def with_a_role(url: str, account: str) -> None:
    """One that may read, in an account."""
    arn = f"arn:aws:iam::{account}:role/reader"
    sts = boto3.client("sts", endpoint_url=url, region_name="us-east-1")
    key = sts.assume_role(RoleArn=arn, RoleSessionName="seed")["Credentials"]
    iam = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], "us-east-1").client(
        "iam", endpoint_url=url
    )
    iam.create_role(RoleName="etl", AssumeRolePolicyDocument=ONLY_EC2)
    iam.put_role_policy(RoleName="etl", PolicyName="own", PolicyDocument=READ)


def judged(seen, account: str):
    role = next(fact.ref for fact in seen.facts if isinstance(fact, Principal) and (fact.ref.realm, fact.ref.name) == (account, "etl"))
    return AwsMeaning(seen).excess(role, ())


@pytest.mark.server
def test_the_levels_above_an_account_are_read_root_first_and_each_document_once(world):
    url, made = world
    root = enabled(url)
    forbidding(url, root)
    seen, _ = observed(url)
    assert {gap.what for gap in seen.gaps} == {"account"}
    tree = Tree(seen)
    for control in CONTROLS:
        levels = tree.levels(control.edge, made["sms"])
        kinds = [level.name.partition(":")[2].partition("/")[0] for level in levels]
        assert kinds == ["root", *["organizational-unit"] * 3, "account"]
        assert [len(level.documents) for level in levels] == ([2, 1, 1, 1, 1] if control.what == "scp" else [1] * 5)
    assert sorted(fact.ref.name for fact in seen.facts if isinstance(fact, Policy) and "control" in fact.ref.kind) == [
        "FullAWSAccess",
        "NoStorage",
        "RCPFullAWSAccess",
    ]
    made_calls = {right.name: right.made for right in seen.rights}
    assert made_calls["organizations:DescribePolicy"] == 3
    # two accounts, and the three units above them
    assert made_calls["organizations:ListParents"] == 5


@pytest.mark.server
def test_a_policy_at_the_root_binds_every_account_but_the_management_account(world):
    url, made = world
    forbidding(url, enabled(url))
    for account in (made["sms"], "123456789012"):
        with_a_role(url, account)
    seen, _ = observed(url, ', home: {accounts: ["123456789012"]}')
    assert judged(seen, made["sms"]).verdict is Verdict.OK
    assert judged(seen, "123456789012").verdict is Verdict.VIOLATION


@pytest.mark.server
def test_policies_of_a_kind_that_is_not_enabled_do_not_apply(world):
    url, made = world
    # moto, as AWS, keeps what was attached while the kind is switched off
    forbidding(url, organizations(url).list_roots()["Roots"][0]["Id"])
    with_a_role(url, made["sms"])
    seen, _ = observed(url)
    assert sum(isinstance(fact, Unit) for fact in seen.facts) == 2  # the organisation and its root
    assert not any(edge.kind in {EdgeKind.SERVICE_CONTROL, EdgeKind.RESOURCE_CONTROL} for edge in seen.edges)
    assert judged(seen, made["sms"]).verdict is Verdict.VIOLATION


@pytest.mark.server
def test_what_was_not_read_of_an_organisation_is_told_and_decides_nothing(world):
    url, made = world
    forbidding(url, enabled(url))
    with_a_role(url, made["sms"])
    # by number, so that the account is known whatever is refused
    text = TEXT.replace("prod: {ou: Workloads/Prod}", f'prod: {{accounts: ["{made["sms"]}"]}}')
    denied = Answer(400, b'{"__type": "AccessDeniedException", "message": "no"}', (("content-type", "application/x-amz-json-1.1"),))
    with http_proxy(url) as proxy:
        for call in ("ListRoots", "ListParents", "ListPoliciesForTarget", "DescribePolicy"):
            with proxy.breaking(lambda request, call=call: request.headers.get("x-amz-target", "").endswith(f".{call}"), denied):
                (seen,) = workflow.observe(declare.loads([("f.yaml", (text % (proxy.url, "")).encode())]), AT)
            told = {(gap.what, right) for gap in seen.gaps if gap.what in {"scp", "rcp"} for right in gap.rights}
            assert told == {("scp", f"organizations:{call}"), ("rcp", f"organizations:{call}")}
            assert {reading.what for reading in seen.readings} & {"scp", "rcp"} == set()
            compared = judged(seen, made["sms"])
            assert compared.verdict is Verdict.UNDECIDED
            assert "service control policy" in compared.reason


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ("{prod: {ou: A, accounts: ['111122223333']}}", "must name accounts or an organisational unit"),
        ("{prod: {}}", "must name accounts or an organisational unit"),
        ("{prod: {accounts: ['1']}}", "is not an account id"),
        ("{prod: {ou: A}}", "none is named"),
    ],
)
def test_a_set_that_names_nothing_readable_is_a_mistake(sets, said):
    text = f"guardrails: 1\nsystems: {{aws: {{connector: aws, sets: {sets}, read: {{role: r}}}}}}\n"
    with pytest.raises(errors.DeclarationError, match=said):
        workflow.checked(declare.loads([("f.yaml", text.encode())]))
