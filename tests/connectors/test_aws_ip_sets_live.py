"""IP sets of WAF on moto's server: all of them are read, judged where rules let in by them, cut down on their lock token, and put back."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pytest
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.connectors.aws.api import AwsApi
from guardrails.connectors.aws.language import Settings
from guardrails.model.facts import AddressList, Exposure
from guardrails.model.findings import ExitCode
from guardrails.testing.broken import attempted
from guardrails.testing.faults import Answer
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
ACCOUNT, REGION, OTHER = "123456789012", "eu-north-1", "eu-west-1"
SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
OFFICE, VPN = "198.51.100.0/24", "203.0.113.0/24"
TEXT = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [eu-north-1, eu-west-1], others: closed-by-scp}, owner: "team:t"}}
teams: {t: {}}
networks: {office: {cidrs: ["198.51.100.0/24"]}, six: {cidrs: ["2001:db8::/32"]}}
allowlists:
  office: {to: {aws: {ip-set: {name: office}}}, may-from: [office], must-from: [office], owner: "team:t"}
  world: {to: {aws: {ip-set: {name: world}}}, may-from: [six], must-from: [six], owner: "team:t"}
  unused: {to: {aws: {ip-set: {name: unused}}}, may-from: [office], must-from: [office], owner: "team:t"}
"""


class Cloud:
    """Web ACLs and their sets in two regions and before CloudFront."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, region=REGION):
        return boto3.client("wafv2", endpoint_url=self.url, region_name=region)

    def set(self, name, *addresses, scope="REGIONAL", region=REGION, **more):
        at = {"Name": name, "Scope": scope, "IPAddressVersion": "IPV6" if ":" in "".join(addresses) else "IPV4", **more}
        return self.client(region).create_ip_set(**at, Addresses=list(addresses))["Summary"]["ARN"]

    def acl(self, name, *rules, scope="REGIONAL", region=REGION, what="web_acl"):
        more = {"DefaultAction": {"Block": {}}} if what == "web_acl" else {"Capacity": 50}
        found = [{"Name": f"r{at}", "Priority": at, "VisibilityConfig": SEEN, **rule} for at, rule in enumerate(rules)]
        made = getattr(self.client(region), f"create_{what}")(Name=name, Scope=scope, Rules=found, VisibilityConfig=SEEN, **more)
        return made["Summary"]["ARN"]


def allow(arn):
    return {"Action": {"Allow": {}}, "Statement": {"IPSetReferenceStatement": {"ARN": arn}}}


def block(arn):
    return {"Action": {"Block": {}}, "Statement": {"IPSetReferenceStatement": {"ARN": arn}}}


def unless(arn):
    return {"Action": {"Block": {}}, "Statement": {"NotStatement": {"Statement": {"IPSetReferenceStatement": {"ARN": arn}}}}}


@pytest.fixture(scope="module")
def cloud():
    enable_socket()
    with moto() as url, aws_credentials():
        made = Cloud(url)
        made.office = made.set("office", OFFICE, VPN, Tags=[{"Key": "team", "Value": "t"}])
        made.bad = made.set("bad", "192.0.2.0/24")
        made.partner = made.set("partner", "192.0.2.7/32", region=OTHER)
        made.world = made.set("world", "2001:db8::/32", scope="CLOUDFRONT", region="us-east-1")
        made.unused = made.set("unused", "0.0.0.0/1")
        made.maybe = made.set("maybe", "192.0.2.8/32")
        made.acl("main", allow(made.office), block(made.bad))
        made.acl("partners", unless(made.partner), region=OTHER, what="rule_group")
        made.acl("edge", unless(made.world), scope="CLOUDFRONT", region="us-east-1")
        group = made.acl("shared", allow(made.maybe), what="rule_group")
        made.acl(
            "second",
            {"OverrideAction": {"Count": {}}, "Statement": {"RuleGroupReferenceStatement": {"ARN": group}}},
        )
        yield made


@pytest.fixture(autouse=True)
def _open():
    enable_socket()


@pytest.fixture
def seen(cloud):
    (system,) = declare.loads([("guardrails.yaml", (TEXT % cloud.url).encode())]).systems
    _, observation = workflow.read(system, datetime.now(UTC))
    return observation


def test_sets_of_each_region_and_of_cloudfront_are_read_once_each(cloud, seen):
    found = {fact.ref.name: fact for fact in seen.facts if isinstance(fact, AddressList)}

    assert {name: fact.ref.id for name, fact in found.items()} == {
        name: getattr(cloud, name) for name in ("office", "bad", "partner", "world", "unused", "maybe")
    }
    assert found["office"].addresses == (OFFICE, VPN)
    assert found["office"].tags == (("team", "t"),)
    assert found["world"].addresses == ("2001:db8::/32",)
    assert {reading.what: reading.items for reading in seen.readings if reading.what.startswith("ip-sets")} == {
        f"ip-sets/{REGION}": 4,
        f"ip-sets/{OTHER}": 1,
        "ip-sets/cloudfront": 1,
    }


def test_a_set_is_reached_by_the_rules_that_let_in_and_by_no_others(seen):
    rules = [fact for fact in seen.facts if isinstance(fact, Exposure) and fact.target.kind == "ip-set"]

    assert {(rule.target.name, rule.ref.name, rule.through.kind) for rule in rules} == {
        ("office", "main/r0", "ip-set"),
        ("partner", "partners/r0", "ip-set"),
        ("world", "edge/r0", "ip-set"),
        ("maybe", "shared/r0", "condition"),
    }


def test_sets_that_let_in_are_judged_and_those_that_turn_away_are_not(cloud):
    declaration = declare.loads([("guardrails.yaml", (TEXT % cloud.url).encode())])
    run = attempted(declaration, datetime.now(UTC))

    found = {(one.control, one.difference.subject.rpartition("/")[2]): one.difference for one in run.assessment.findings}
    exposed = {key: one for key, one in found.items() if key[0].startswith("GR30")}
    assert {key: one.verdict.value for key, one in exposed.items()} == {
        ("GR301", "office"): "violation",
        ("GR302", "unused"): "violation",
        ("GR303", "partner"): "violation",
        ("GR301", "maybe"): "unknown",
    }
    assert exposed["GR301", "office"].witness.principal == "203.0.113.0"
    assert exposed["GR303", "partner"].witness.principal == "192.0.2.7"


@pytest.mark.parametrize("limit", [1, 2])
def test_pages_are_read_until_none_is_named(cloud, limit):
    """moto gives pages where a number is asked for; WAF gives them by itself."""
    api = AwsApi(Settings(endpoint_url=cloud.url))
    answer = api.ask("wafv2", "list_ip_sets", REGION, Scope="REGIONAL", Limit=limit)

    assert sorted(one["Name"] for one in answer.answer["IPSets"]) == ["bad", "maybe", "office", "unused"]
    assert answer.calls >= 4 // limit


CALLS = ("ListIPSets", "GetIPSet", "ListTagsForResource", "ListWebACLs", "GetWebACL", "ListRuleGroups", "GetRuleGroup")


@pytest.mark.parametrize("call", CALLS)
def test_what_is_denied_is_a_gap_with_the_right_to_give(cloud, call):
    refusal = Answer(400, b'{"__type":"AccessDeniedException","Message":"no"}')
    with http_proxy(cloud.url) as proxy:
        declaration = declare.loads([("guardrails.yaml", (TEXT % proxy.url).encode())])
        with proxy.breaking(lambda request: request.headers.get("x-amz-target") == f"AWSWAF_20190729.{call}", refusal):
            run = attempted(declaration, datetime.now(UTC))

    gaps = {(gap.what, gap.reason.value, gap.rights, gap.remedy) for gap in run.assessment.gaps}
    assert gaps == {("waf", "denied", (f"wafv2:{call}",), f"give the reader wafv2:{call}")}
    assert {one.difference.verdict.value for one in run.assessment.findings if one.control == "GR302"} == {"unknown"}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("GetIPSet", b'{"IPSet":{"Name":"office"},"LockToken":"x"}'),
        ("GetIPSet", b'{"IPSet":{"Name":"office","Addresses":["not one"]},"LockToken":"x"}'),
        ("GetWebACL", b'{"WebACL":{"Name":"main"}}'),
        ("GetWebACL", b'{"WebACL":{"Name":"main","ARN":"a","Rules":[{"Action":{"Allow":{}},"Statement":{"IPSetReferenceStatement":{}}}]}}'),
    ],
)
def test_what_is_not_understood_is_a_gap(cloud, call, body):
    with http_proxy(cloud.url) as proxy:
        declaration = declare.loads([("guardrails.yaml", (TEXT % proxy.url).encode())])
        hollow = Answer(200, body, (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "r")))
        with proxy.breaking(lambda request: request.headers.get("x-amz-target") == f"AWSWAF_20190729.{call}", hollow):
            run = attempted(declaration, datetime.now(UTC))

    assert {gap.what for gap in run.assessment.gaps} == {"waf"}
    assert run.assessment.exit_code is not ExitCode.CLEAN
