"""The sixteen checks of who writes, put to an IP set on moto's server, which refuses a lock token that is not the newest."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from aws_written import ACCOUNT, REGION, Account, system
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.editing import KINDS
from guardrails.errors import Conflict
from guardrails.model.changes import Image, SetAddresses, edited
from guardrails.testing.faults import Answer, Cut, Reset
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto
from guardrails.testing.write_conformance import Trial, write_problems

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]
HELD = ["0.0.0.0/1", "198.51.100.0/24"]
JSON = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "r"))


class Between:
    """In front of the server: somebody else may write just before a write of ours."""

    def __init__(self) -> None:
        self.before = None

    def __call__(self, request, ask):
        if self.before and is_write(request):
            self.before()
        return ask(request)

    @contextmanager
    def writing(self, before):
        self.before = before
        try:
            yield
        finally:
            self.before = None


def is_write(request):
    return request.headers.get("x-amz-target") == "AWSWAF_20190729.UpdateIPSet"


@pytest.fixture
def account():
    enable_socket()
    between = Between()
    with moto() as url, aws_credentials(), http_proxy(url, between) as proxy:
        made = Account(url)
        made.seed()
        made.proxy, made.between = proxy, between
        yield made


def put(account, addresses, note="of the office"):
    at = {"Name": "office", "Scope": "REGIONAL", "Id": account.set.rpartition("/")[2]}
    account.wafv2.update_ip_set(**at, Description=note, Addresses=addresses, LockToken=account.ip_set()["LockToken"])


def action(account, *addresses):
    office = account.ref("ip-set", "office", account.set)
    return SetAddresses(target=office, rule=office, addresses=addresses)


def trial(account) -> Trial:
    def breaking(fault):
        return lambda: account.proxy.breaking(is_write, fault)

    def foreign():
        put(account, HELD, "theirs")

    many = [f"10.{at // 256}.{at % 256}.0/24" for at in range(10_000)]
    large = {**{f"address {cidr}": ("",) for cidr in many}, "family": ("IPV4",), "used": ("main/office lets in",)}
    return Trial(
        connector=CONNECTOR,
        system=system(account.proxy.url),
        action=action(account, "198.51.100.0/24", "10.0.0.0/8"),
        everything=account.held,
        reset=lambda: put(account, HELD),
        foreign=foreign,
        respelled=(action(account, "10.0.0.0-10.255.255.255", "198.51.100.0/25", "198.51.100.128/25"),),
        cuts={"before": breaking(Reset()), "during": breaking(Cut(0)), "after": breaking(Cut(2))},
        dropped=breaking(Answer(200, b'{"NextLockToken":"x"}', JSON)),
        busy=breaking(Answer(400, b'{"__type":"WAFUnavailableEntityException","Message":"slow"}')),
        interleaved=lambda: account.between.writing(foreign),
        secrets=("canary",),
        large=(action(account, *many[:5_000]), Image.of(large)),
    )


def test_the_writer_of_ip_sets_holds_to_its_contract(account):
    """Not tried, for moto has nothing of it: pages, a refusal to read, and the rights that were used."""
    assert write_problems(trial(account)) == ()


def test_who_was_faster_is_told_and_stays(account):
    """Also when they took nothing away and put nothing to it: what they saw was not what we leave."""
    writer, ref = CONNECTOR.remediator(system(account.proxy.url)), account.ref("ip-set", "office", account.set)
    before = writer.current(ref)
    after = edited(before, CONNECTOR.edits(action(account, "198.51.100.0/24"), before, {}))

    with account.between.writing(lambda: put(account, HELD)), pytest.raises(Conflict, match="somebody was faster"):
        writer.write(ref, before, after)

    assert account.ip_set()["IPSet"]["Addresses"] == HELD


def test_a_call_of_ours_that_the_sdk_makes_again_is_not_somebody_else(account):
    """The first one is done and its answer lost; the second is refused, for the first was faster."""
    writer, ref = CONNECTOR.remediator(system(account.proxy.url)), account.ref("ip-set", "office", account.set)
    before = writer.current(ref)
    after = edited(before, CONNECTOR.edits(action(account, "198.51.100.0/24"), before, {}))

    with account.between.writing(lambda: put(account, ["198.51.100.0/24"])):
        writer.write(ref, before, after)

    assert account.ip_set()["IPSet"]["Addresses"] == ["198.51.100.0/24"]


def test_what_is_written_keeps_the_description_and_the_tags(account):
    account.wafv2.tag_resource(ResourceARN=account.set, Tags=[{"Key": "team", "Value": "t"}])
    writer, ref = CONNECTOR.remediator(system(account.proxy.url)), account.ref("ip-set", "office", account.set)
    before = writer.current(ref)
    asked = []

    with account.between.writing(lambda: asked.append(1)):
        writer.write(ref, before, edited(before, CONNECTOR.edits(action(account), before, {})))

    assert asked == [1], "one call writes the whole list"
    assert account.ip_set()["IPSet"] | {"Addresses": HELD} == {
        "Name": "office",
        "Id": account.set.rpartition("/")[2],
        "ARN": account.set,
        "Description": "of the office",
        "IPAddressVersion": "IPV4",
        "Addresses": HELD,
    }
    assert account.ip_set()["IPSet"]["Addresses"] == []
    assert writer.current(ref).values("tag team") == ("t",)


def test_a_set_before_cloudfront_is_written_in_the_one_region_that_knows_it(account):
    at = {"Name": "edge", "Scope": "CLOUDFRONT"}
    global_waf = account.session.client("wafv2", endpoint_url=account.url, region_name="us-east-1")
    made = global_waf.create_ip_set(**at, IPAddressVersion="IPV6", Addresses=["2001:db8::/32", "2001:db9::/32"])["Summary"]
    ref = account.ref("ip-set", "edge", made["ARN"])
    writer = CONNECTOR.remediator(system(account.proxy.url))
    before = writer.current(ref)
    wanted = SetAddresses(target=ref, rule=ref, addresses=("2001:db8::/32",))

    writer.write(ref, before, edited(before, CONNECTOR.edits(wanted, before, {})))
    assert global_waf.get_ip_set(**at, Id=made["Id"])["IPSet"]["Addresses"] == ["2001:db8::/32"]
    statements = KINDS["ip-set"].rights(ref, CONNECTOR.edits(wanted, before, {}))
    assert [one["Resource"] for one in statements][1:] == [
        [f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/*", f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/rulegroup/*"],
        [made["ARN"]],
    ]


def test_a_rule_that_comes_to_turn_away_by_the_set_after_the_plan_stops_the_write(account):
    writer, ref = CONNECTOR.remediator(system(account.proxy.url)), account.ref("ip-set", "office", account.set)
    before = writer.current(ref)
    after = edited(before, CONNECTOR.edits(action(account, "198.51.100.0/24"), before, {}))
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    turned = {"Name": "out", "Priority": 0, "Statement": {"IPSetReferenceStatement": {"ARN": account.set}}, "Action": {"Block": {}}}
    group = {"Name": "late", "Scope": "REGIONAL", "Capacity": 5, "VisibilityConfig": seen}
    account.wafv2.create_rule_group(**group, Rules=[{**turned, "VisibilityConfig": seen}])

    with pytest.raises(Conflict, match="is not as it was"):
        writer.write(ref, before, after)

    with pytest.raises(ValueError, match="late/out turns away its addresses, so that fewer may let in more"):
        CONNECTOR.edits(action(account, "198.51.100.0/24"), writer.current(ref), {})
    assert account.ip_set()["IPSet"]["Addresses"] == HELD
    assert REGION in account.set
