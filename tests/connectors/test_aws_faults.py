"""Every page of an account and of an organisation x every fault: never clean, nothing taken for gone, and the counts are told."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from pytest_socket import enable_socket

from connectors.aws_center import Center, provisioned
from connectors.aws_pages import PAGED, call, page, paged
from connectors.aws_uses import used
from guardrails import declare
from guardrails.connectors.aws import api
from guardrails.model.findings import ExitCode
from guardrails.testing.broken import Page, attempted, cases, items, problems
from guardrails.testing.faults import FAULTS, REFUSALS, redirect
from guardrails.testing.loopback import remembered
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

AT = datetime(2026, 11, 25, tzinfo=UTC)
ACCOUNT, MANAGEMENT = "111122223333", "123456789012"
SYSTEM = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", %s,
  regions: {read: [us-east-1], others: closed-by-scp}, read: {role: reader, last-used: 9}}}
"""
ONE = f'sets: {{all: {{accounts: ["{ACCOUNT}"]}}}}'
DECLARED = """teams: {t: {}}
classes: {secret: {at-rest: customer-key, rotation: 365d}}
assets:
  records: {class: secret, owner: "team:t", accepted: ISG-1, match: {aws: ["arn:aws:s3:::bucket-*", "tag:data=records"]}}
networks: {office: {cidrs: ["198.51.100.0/24"], owner: "team:t"}}
allowlists:
  web: {to: {aws: {security-group: {name: web1}}}, direction: in, ports: ["443/tcp"], may-from: [office], must-from: [office], owner: "team:t"}
  firewall: {to: {aws: {ip-set: {name: set1}}}, may-from: [office], must-from: [office], owner: "team:t"}
  ssh: {to: {aws: {security-group: {name: web0}}}, direction: in, ports: ["22/tcp"], may-from: [office], must-from: [office], owner: "team:t"}
entitlements: {read: {asset: records, aws: {allow: ["s3:GetObject"], resources: asset}}}
workloads:
  one: {is: ["aws:role/role0"], may: [read], must: [read], owner: "team:t"}
  two: {is: ["aws:user/user1"], may: [read], must: [read], credentials: {static: none}, owner: "team:t"}
"""
WHOLE = f'organization: "{MANAGEMENT}", sets: {{prod: {{ou: Workloads/Prod}}}}'
CALLS = (
    "AssumeRole", "GetAccountAuthorizationDetails", "ListAccessKeys", "GetAccessKeyLastUsed", "GetLoginProfile", "TrentService.ListKeys",
    "TrentService.ListAliases", "TrentService.DescribeKey", "TrentService.GetKeyRotationStatus", "TrentService.GetKeyPolicy", "GET /", "GET ?encryption",
    "GET ?policy", "GET ?tagging", "DescribeDBInstances", "GetEbsEncryptionByDefault", "DescribeSecurityGroups", "DescribeManagedPrefixLists",
    "GetManagedPrefixListEntries", "TrentService.ListGrants", "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails",
    "DescribeDBSnapshots", "GET ?acl", "GET ?ownershipControls", "GET ?publicAccessBlock", "GET /v20180820/configuration/publicAccessBlock",
    *(f"AWSWAF_20190729.{name}" for name in ("ListIPSets", "GetIPSet", "ListTagsForResource", "ListWebACLs", "GetWebACL",
    "ListRuleGroups", "GetRuleGroup")),
)  # fmt: skip
SECOND = frozenset(CALLS) & PAGED - {"DescribeManagedPrefixLists"}
ORGANIZATION = {
    "ListRoots": 1, "ListOrganizationalUnitsForParent": 2, "ListAccountsForParent": 2, "ListAccounts": 3, "ListParents": 1,
    "ListPoliciesForTarget": 2, "DescribePolicy": 1,
}  # fmt: skip
CENTER = {
    "SWBExternalService.ListInstances": 1, "SWBExternalService.ListPermissionSets": 2, "SWBExternalService.DescribePermissionSet": 1,
    "SWBExternalService.ListAccountAssignments": 2, "AWSIdentityStore.ListUsers": 2, "AWSIdentityStore.ListGroups": 2,
    "AWSIdentityStore.ListGroupMemberships": 2,
}  # fmt: skip


ONE_OF = {
    "ListAccessKeys": b"user1",
    "AWSOrganizationsV20161128.ListPoliciesForTarget": rb"[0-9]{12}.*SERVICE_CONTROL_POLICY",
    "AWSWAF_20190729.ListIPSets": b"REGIONAL",
}
"""What is listed for one thing after another, and of which one here: another's would be no page that was given again."""
ALONE = frozenset({"AWSOrganizationsV20161128.ListParents", "SWBExternalService.ListInstances"})
"""Lists of one item, which have no second page."""


def numbered(name: str, number: int) -> Page:
    """Page N of a call and those after it."""

    def chosen(request):
        return call(request) == name and page(request) >= number and re.search(ONE_OF.get(name, b""), request.body) is not None

    return Page(
        name=f"{name} page {number + 1}" if name in PAGED else name,
        chosen=chosen,
        is_vital=name == "GetCallerIdentity",
        repeats=name in PAGED and name not in ALONE,
    )


PAGES = [numbered(name, 0) for name in ("GetCallerIdentity", *CALLS)]
PAGES += [numbered(name, 1) for name in sorted(SECOND)]
ABOVE = [numbered(f"AWSOrganizationsV20161128.{name}", number) for name, pages in ORGANIZATION.items() for number in range(pages)]
ABOVE += [numbered(name, number) for name, pages in CENTER.items() for number in range(pages)]
OTHERS = {"redirected": redirect("http://127.0.0.1:1/"), **{f"status {refusal.status}": refusal for refusal in REFUSALS}}
FEW = {name: fault for name, fault in FAULTS.items() if "headers" not in name}
FIRST = [found for found in PAGES + ABOVE if not found.name.endswith(("page 2", "page 3"))]
LATER = [found for found in PAGES + ABOVE if found not in FIRST]
POLICY = [
    found for found in PAGES if found.name in {"GET ?policy", "GetAccountAuthorizationDetails page 1", "TrentService.ListKeys page 1"}
]
CASES = (
    cases([found for found in FIRST if found in PAGES], FAULTS)
    + cases([found for found in LATER if found in PAGES], FEW)
    + cases(POLICY, OTHERS)
)
CASES_ABOVE = cases(ABOVE, FEW)
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
READ = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*"}]}'


def seed(url: str) -> None:
    """Some objects of every kind that is read, and an organisation above them."""
    session = inside(url, ACCOUNT)
    iam, s3, kms, rds, ec2, waf = (session.client(name, endpoint_url=url) for name in ("iam", "s3", "kms", "rds", "ec2", "wafv2"))
    for number in range(3):
        policy = iam.create_policy(PolicyName=f"policy{number}", PolicyDocument=READ)["Policy"]["Arn"]
        iam.create_role(RoleName=f"role{number}", AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName=f"role{number}", PolicyArn=policy)
        iam.create_group(GroupName=f"group{number}")
        rds.create_db_instance(
            DBInstanceIdentifier=f"d{number}",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            MasterUsername="root",
            MasterUserPassword="unused-by-any",
        )
        rds.create_db_snapshot(DBInstanceIdentifier=f"d{number}", DBSnapshotIdentifier=f"d{number}-guardrails-0-snapshot")
        iam.create_user(UserName=f"user{number}")
    for number in range(2):
        iam.add_user_to_group(UserName=f"user{number}", GroupName=f"group{number}")
        iam.attach_user_policy(UserName=f"user{number}", PolicyArn=policy)
        iam.create_access_key(UserName="user1")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/own{number}", TargetKeyId=key)
        for user in ("user0", "user1") if number == 0 else ():  # of one key alone, so that a page given again is its own
            kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/{user}", Operations=["Decrypt"])
        s3.create_bucket(Bucket=f"bucket-{number}")
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = [{"ApplyServerSideEncryptionByDefault": default}]
        s3.put_bucket_encryption(Bucket=f"bucket-{number}", ServerSideEncryptionConfiguration={"Rules": rules})
    firewall(ec2)
    web_acls(waf)
    above(url)


def inside(url: str, account: str):
    role = f"arn:aws:iam::{account}:role/seed"
    given = boto3.client("sts", endpoint_url=url, region_name="us-east-1").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
    return boto3.session.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")


def firewall(ec2) -> None:
    entries = [{"Cidr": f"198.51.100.{number * 64}/26"} for number in range(4)]
    made = ec2.create_managed_prefix_list(PrefixListName="p", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    lists = [{"PrefixListId": made["PrefixList"]["PrefixListId"]}]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for number, sources in enumerate(({"PrefixListIds": lists}, {"IpRanges": [{"CidrIp": "198.51.100.0/24"}]})):
        group = ec2.create_security_group(GroupName=f"web{number}", Description="web", VpcId=vpc)["GroupId"]
        port = (22, 443)[number]
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **sources}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def web_acls(waf) -> None:
    """Two of each, of which the second lets in by the second set."""
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    for number in range(2):
        at = {"Name": f"set{number}", "Scope": "REGIONAL"}
        made = waf.create_ip_set(**at, IPAddressVersion="IPV4", Addresses=["198.51.100.0/24"])["Summary"]["ARN"]
        named = {"Name": "r", "Priority": 0, "Statement": {"IPSetReferenceStatement": {"ARN": made}}, "VisibilityConfig": seen}
        rule = {**named, "Action": {"Allow" if number else "Block": {}}}
        waf.create_web_acl(Name=f"acl{number}", Scope="REGIONAL", DefaultAction={"Block": {}}, Rules=[rule], VisibilityConfig=seen)
        waf.create_rule_group(Name=f"group{number}", Scope="REGIONAL", Capacity=5, Rules=[rule], VisibilityConfig=seen)


def above(url: str) -> None:
    organizations = boto3.client("organizations", endpoint_url=url, region_name="us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = [
        organizations.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"] for name in ("Other", "Workloads")
    ]
    prod = organizations.create_organizational_unit(ParentId=units[1], Name="Prod")["OrganizationalUnit"]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        organizations.enable_policy_type(RootId=root, PolicyType=kind)
    made = organizations.create_policy(Name="Own", Description="d", Content=READ, Type="SERVICE_CONTROL_POLICY")["Policy"]
    own = made["PolicySummary"]["Id"]
    center = Center(boto3.session.Session(region_name="us-east-1"), url)
    for name in ("ann", "bob", "eve"):
        center.user(name)
    for name in ("core", "guests"):
        center.group(name, "ann", "eve")
    for name in ("Oncall", "Other"):
        center.permission_set(name)
    for name in ("billing", "sms"):
        account = organizations.create_account(Email=f"{name}@example.se", AccountName=name)["CreateAccountStatus"]["AccountId"]
        organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=prod)
        organizations.attach_policy(PolicyId=own, TargetId=account)
        provisioned(inside(url, account).client("iam", endpoint_url=url), "Oncall", READ)
        for user in ("ann", "bob"):
            center.assign("Oncall", account, user)
        for group in ("core", "guests"):
            center.assign("Oncall", account, group, "GROUP")


def key(request):
    """What tells one question from another: the signature is new each time, and an account is told by its access key."""
    who = re.search(r"Credential=([^/]+)", request.headers.get("authorization", ""))
    return request.method, request.path, request.body, request.headers.get("x-amz-target"), who and who[1]


def kept(create):
    """The same clients from run to run, for the same credentials and patience: making them costs as much as the calls."""
    made = {}

    def client(reader, service, region):
        where = reader.settings.endpoint_url  # both worlds of this module may be there at once
        key = service, region, where, reader._session.get_credentials().access_key, api._READ_SECONDS
        if key not in made:
            made[key] = create(reader, service, region)
        return made[key]

    return client


@contextmanager
def served(text: str):
    """The proxy, the declaration that is read through it, and what it says without a fault."""
    enable_socket()  # a fixture outlives one test, so it opens loopback by itself
    with pytest.MonkeyPatch.context() as patch, moto() as url, aws_credentials():
        seed(url)
        patch.setattr(api.AwsApi, "_client", kept(api.AwsApi._client))
        with http_proxy(url, paged(used(remembered(key)))) as proxy:
            declaration = declare.loads([("guardrails.yaml", (text % proxy.url).encode())])
            yield proxy, declaration, attempted(declaration, AT)


@pytest.fixture(scope="module")
def account():
    with served(SYSTEM % ("%s", ONE) + DECLARED) as found:
        yield found


@pytest.fixture(scope="module")
def organization():
    with served(SYSTEM % ("%s", WHOLE)) as found:
        yield found


def judged(world, monkeypatch, page, fault):
    """What of the law does not hold when one page is broken."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the SDK's pauses between tries
    if fault == "slow":
        monkeypatch.setattr("guardrails.connectors.aws.api._READ_SECONDS", 0.8)
        monkeypatch.setattr("guardrails.connectors.aws.api._TRIES", 1)
    proxy, declaration, before = world
    with proxy.breaking(page.chosen, (FAULTS | OTHERS)[fault]) as rule:
        after = attempted(declaration, AT)
    assert rule.hits, "the fault was never met, so the case shows nothing"
    return problems(before, after, page, (FAULTS | OTHERS)[fault])


@pytest.mark.server
def test_without_a_fault_all_pages_of_an_account_are_read(account):
    _, _, run = account
    assert run.assessment.gaps == ()
    assert run.assessment.exit_code is ExitCode.FINDINGS
    assert items(run)["aws", ACCOUNT, "iam"] == 12


@pytest.mark.server
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("page", "fault"), CASES, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_is_never_clean(account, monkeypatch, page, fault):
    assert judged(account, monkeypatch, page, fault) == ()


@pytest.mark.server
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("page", "fault"), CASES_ABOVE, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_of_the_organisation_hides_no_account(organization, monkeypatch, page, fault):
    assert judged(organization, monkeypatch, page, fault) == ()
