"""From where a bucket is reached and a principal acts, as rules that an allowlist judges."""

from __future__ import annotations

import json
from itertools import product

import pytest
from aws_policies import ACCOUNT, BUCKET, ROLE, allow, deny, meaning
from hypothesis import given
from hypothesis import strategies as st

from connectors.test_aws_transit import EVERYBODY, MARIA, MAY_ALL, NILS, PLACES, STRANGER, WAYS, statements
from guardrails.connectors.aws import CONNECTOR
from guardrails.errors import DeclarationError
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.facts import Gap
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason
from guardrails.notation.document import read
from guardrails.sets import Addresses

IP, VPC, VPCE, VPC_IP, VIA = "aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:ViaAWSService"
OFFICE = "198.51.100.0/24"
ALL = ("0.0.0.0/0", "::/0")
BOTH = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]


def denied(*tests, **more):
    block = {}
    for operator, key, value in tests:
        block.setdefault(operator, {})[key] = value
    return {**deny("s3:*", BOTH), "Principal": "*", "Condition": block, **more}


def told(found, target="bucket/b"):
    """The addresses that surely come in, and the names of what is not known with what it lets in at most."""
    rules = found.rules(target)
    sure = Addresses.parse(cidr for rule in rules if rule.through is None for cidr in rule.addresses)
    return sure.cidrs(), {f"{rule.through.kind}/{rule.through.name}": rule.addresses for rule in rules if rule.through is not None}


def of_bucket(*policy, target="bucket/b"):
    return told(meaning(resource=list(policy)), target)


ELSEWHERE = ("NotIpAddress", IP, OFFICE)


def test_a_bucket_without_a_policy_is_reached_from_everywhere():
    assert told(meaning()) == (ALL, {})


def test_a_policy_that_only_allows_closes_nothing():
    """Whoever an identity policy lets in comes from anywhere, and so does the root user."""
    office = {**allow("s3:*", BOTH), "Principal": "*", "Condition": {"IpAddress": {IP: OFFICE}}}
    assert of_bucket(office) == (ALL, {})


@pytest.mark.parametrize(
    ("tests", "addresses"),
    [
        ([ELSEWHERE], (OFFICE,)),
        ([("NotIpAddress", IP, [OFFICE, "2001:db8::/32"])], (OFFICE, "2001:db8::/32")),
        # anybody can have an endpoint, and a request through it has no address that this operator would deny
        ([ELSEWHERE, ("Null", IP, "false")], ALL),
        ([ELSEWHERE, ("Bool", VIA, "false")], (OFFICE,)),
        # and anybody can have a VPC with such an address in it
        ([ELSEWHERE, ("NotIpAddress", VPC_IP, "10.0.0.0/8")], ALL),
        ([ELSEWHERE, ("StringNotLike", VPC, "vpc-*")], ALL),
        ([], ()),
    ],
)
def test_a_bucket_is_reached_from_where_nothing_is_denied(tests, addresses):
    assert of_bucket(denied(*tests)) == (addresses, {})


def test_several_denies_close_what_each_leaves():
    assert of_bucket(denied(ELSEWHERE), denied(("IpAddress", IP, "198.51.100.128/25")))[0] == ("198.51.100.0/25",)


def test_a_deny_for_one_closes_nothing_for_the_others():
    assert of_bucket(denied(ELSEWHERE, Principal={"AWS": MARIA})) == (ALL, {})


def test_an_endpoint_that_is_let_in_is_told_by_its_name():
    spared = denied(ELSEWHERE, ("StringNotEquals", VPCE, ["vpce-1", "vpce-2"]))
    assert of_bucket(spared) == ((OFFICE,), {"vpc-endpoint/vpce-1": ALL, "vpc-endpoint/vpce-2": ALL})


@pytest.mark.parametrize(
    ("target", "left"),
    [
        ("bucket/b through vpce-1,vpce-2", {}),
        ("bucket/b through vpce-1", {"vpc-endpoint/vpce-2": ALL}),
        ("bucket/b through vpc-9", {"vpc-endpoint/vpce-1": ALL, "vpc-endpoint/vpce-2": ALL}),
    ],
)
def test_who_reaches_an_endpoint_that_the_target_names_is_judged_there(target, left):
    spared = denied(ELSEWHERE, ("StringNotEquals", VPCE, ["vpce-1", "vpce-2"]))
    assert of_bucket(spared, target=target) == ((OFFICE,), left)


def test_addresses_inside_a_vpc_that_is_pinned_are_addresses():
    spared = denied(ELSEWHERE, ("StringNotEquals", VPC, "vpc-1")), denied(("NotIpAddress", VPC_IP, "10.1.0.0/16"), ("Null", IP, "true"))
    assert of_bucket(*spared) == (("10.1.0.0/16", OFFICE), {})
    assert of_bucket(*spared, target="bucket/b through vpc-1") == ((OFFICE,), {})


def test_an_organisation_pins_its_endpoints_as_well():
    spared = denied(ELSEWHERE, ("StringNotEquals", "aws:VpceOrgID", "o-1"))
    assert of_bucket(spared) == ((OFFICE,), {"vpc-endpoint/o-1": ALL})
    assert of_bucket(spared, target="bucket/b through o-1") == ((OFFICE,), {})


def test_an_organisation_that_need_not_be_told_pins_nothing():
    spared = denied(ELSEWHERE, ("Null", IP, "false")), denied(("ForAnyValue:StringNotEquals", "aws:VpceOrgID", "o-1"))
    assert of_bucket(*spared) == (ALL, {})


def test_of_an_endpoint_and_its_vpc_the_endpoint_is_told():
    spared = denied(ELSEWHERE, ("StringNotEquals", VPC, "vpc-1")), denied(("StringNotEquals", VPCE, "vpce-1"), ("Null", IP, "true"))
    assert of_bucket(*spared) == ((OFFICE,), {"vpc-endpoint/vpce-1": ALL})
    assert of_bucket(*spared, target="bucket/b through vpc-1") == ((OFFICE,), {})


def test_what_is_not_understood_is_let_in_at_most():
    sure, most = of_bucket(denied(ELSEWHERE), denied(("IpAddress", IP, "198.51.100.0/25"), ("StringMatches", "aws:Referer", "x")))
    assert (sure, most) == (("198.51.100.128/25",), {"condition/b": ("198.51.100.0/25",)})


def test_what_is_not_understood_about_endpoints_may_be_anything():
    sure, most = of_bucket(denied(ELSEWHERE), denied(("StringMatches", "aws:Referer", "x")))
    assert (sure, most) == ((), {"condition/b": (OFFICE,)})
    spared = denied(ELSEWHERE, ("StringNotEquals", VPCE, "vpce-1"))
    doubtful = denied(("StringEquals", VPCE, "vpce-1"), ("StringMatches", "aws:Referer", "x"))
    assert of_bucket(spared, doubtful) == ((OFFICE,), {"condition/b": ALL})
    assert of_bucket(spared, doubtful, target="bucket/b through vpce-1") == ((OFFICE,), {})


def gap(what, subject):
    return Gap(system="aws", realm=ACCOUNT, what=what, reason=GapReason.DENIED, subject=subject, message="AccessDenied")


def test_a_policy_that_was_not_read_says_nothing():
    assert told(meaning(gaps=(gap("s3:policy", BUCKET),))) == ((), {"condition/b": ALL})
    assert told(meaning(gaps=(gap("iam", ROLE),)), "role/r") == ((), {"condition/r": ALL})


def test_a_policy_beyond_the_budget_says_nothing():
    short = [f"arn:aws:s3:::b/{'?' * length}" for length in range(18)]
    hard = f"arn:aws:s3:::b/*a{'?' * 16}"  # to tell such texts one must keep the last seventeen letters in mind
    assert of_bucket(denied(Resource=["arn:aws:s3:::b", *short, hard])) == ((), {"condition/b": ALL})


@pytest.mark.parametrize(
    ("policy", "addresses"),
    [
        ([allow("s3:*")], ALL),
        ([allow("s3:*", Condition={"IpAddress": {IP: OFFICE}})], (OFFICE,)),
        ([allow("s3:*", Condition={"IpAddressIfExists": {IP: OFFICE}})], ALL),
        ([allow("s3:*"), deny("*", Condition={"NotIpAddress": {IP: OFFICE}, "Bool": {VIA: "false"}})], (OFFICE,)),
        ([allow("s3:*", Condition={"IpAddress": {IP: OFFICE}}), allow("sqs:SendMessage")], ALL),
        ([], ()),
    ],
)
def test_a_role_acts_from_where_anything_is_allowed_to_it(policy, addresses):
    assert told(meaning(*policy), "role/r") == (addresses, {})


def test_a_boundary_closes_what_it_does_not_let_through():
    bounded = meaning(allow("s3:*"), boundary=[allow("s3:*", Condition={"IpAddress": {IP: OFFICE}})])
    assert told(bounded, "role/r") == ((OFFICE,), {})


def test_a_target_means_the_object_of_its_kind_and_name_alone():
    assert meaning().rules("bucket/c") == meaning().rules("user/r") == meaning().rules("security-group/b") == ()
    assert {rule.target for rule in meaning().rules("role/r through vpce-1")} == {ROLE}
    assert meaning().guards("bucket/b through vpce-1", BUCKET)


def test_a_security_group_may_be_called_anything():
    group = Ref(system="aws", realm=ACCOUNT, kind="security-group", id="sg-1", name="web through vpn")
    assert meaning().guards("security-group/web through vpn", group)
    assert not meaning().guards("security-group/web", group)


def test_many_endpoints_are_told_in_one_order():
    ids = [f"vpce-{letter}" for letter in "hgfedcba"]
    rules = meaning(resource=[denied(ELSEWHERE, ("StringNotEquals", VPCE, ids))]).rules("bucket/b")
    assert [rule.ref.name for rule in rules if rule.through is not None] == sorted(ids)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("{security-group: {name: web through x}}", "security-group/web through x"),
        ("{bucket: {name: cdr}}", "bucket/cdr"),
        ("{role: {name: etl, through: [vpce-2, vpc-1]}}", "role/etl through vpc-1,vpce-2"),
        ("{user: {name: ann, through: ['111122223333', o-abc, 'arn:aws:ec2:eu-north-1:111122223333:vpc/vpc-1']}}",
         "user/ann through 111122223333,arn:aws:ec2:eu-north-1:111122223333:vpc/vpc-1,o-abc"),
    ],
)  # fmt: skip
def test_a_target_is_read_in_its_own_words(text, target):
    assert CONNECTOR.target(read(text.encode(), "f")[0]) == target


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{}", "lacks security-group"),
        ("{bucket: {}}", "lacks name"),
        ("{bucket: {name: a}, role: {name: b}}", "bucket and role are several targets"),
        ("{bucket: {name: a, through: [eni-1]}}", "eni-1 is no VPC"),
        ("{bucket: {name: a, trough: [vpc-1]}}", "no field trough"),
        ("{security-group: {name: a, through: [vpc-1]}}", "no field through"),
    ],
)
def test_a_target_that_is_none_is_a_mistake(text, mistake):
    with pytest.raises(DeclarationError, match=mistake):
        CONNECTOR.target(read(text.encode(), "f")[0])


@given(st.lists(statements(), min_size=1, max_size=3))
def test_whom_the_evaluator_lets_in_comes_from_an_address_of_a_rule(policy):
    rules = meaning(resource=policy).rules("bucket/b")
    most = Addresses.parse(cidr for rule in rules for cidr in rule.addresses)
    document = {"Version": "2012-10-17", "Statement": [*policy, EVERYBODY]}
    policies = Policies(identity={**document, "Statement": [MAY_ALL]}, resource=json.dumps(document))
    for address in {"10.1.1.1", "203.0.113.7", "2001:db8::1"} - {
        text for text in ("10.1.1.1", "203.0.113.7", "2001:db8::1") if text in most
    }:
        own = {IP: address, VIA: "false", "aws:PrincipalIsAWSService": "false"}
        for (_, way), (action, resource), who in product(WAYS, PLACES, (MARIA, NILS, STRANGER, "Anonymous")):
            asked = Request(principal=who, action=action, resource=resource, context=own | way)
            assert evaluate(asked, policies).allowed is not True, asked
