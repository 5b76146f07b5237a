"""Whom a policy lets in that names everybody, or a stranger, under conditions: decided where what strangers can bring decides it."""

from __future__ import annotations

import pytest
from aws_policies import ACCOUNT, BUCKET, KEY, allow, deny, meaning
from aws_policies import ROLE as ROLE_REF
from test_aws_keys import key

from guardrails.model.facts import Asset, Unit
from guardrails.model.reference import Ref

ORGANISATION = Unit(ref=Ref(system="aws", realm="1", kind="organization", id="1", name="1"), resource="o-ours")
ASSET = Asset(ref=BUCKET, resource="arn:aws:s3:::b")
OTHER, ROLE = "999988887777", "arn:aws:iam::999988887777:role/x"
OBJECTS = "arn:aws:s3:::b/*"
SERVICES = [("service", "*", False), ("service", "s3.amazonaws.com", False)]


def when(**condition):
    return {"Condition": {operator: dict([pair]) for operator, pair in condition.items()}}


def where(*tests):
    block = {}
    for operator, name, value in tests:
        block.setdefault(operator, {})[name] = value
    return got(Condition=block)


def got(principal="*", **more):
    return allow("s3:GetObject", OBJECTS, Principal=principal, **more)


def seen(*resource, thing=ASSET, gaps=(ORGANISATION,)):
    return [(each.kind, each.name, each.conditional) for each in meaning(resource=list(resource), gaps=gaps).shares(thing)]


@pytest.mark.parametrize(
    ("statements", "whom"),
    [
        ([got()], [("any", "*", False)]),
        # anybody brings these
        ([got(**when(Bool=("aws:SecureTransport", "true")))], [("any", "*", False)]),
        ([got(**when(StringLike=("aws:PrincipalOrgID", "*")))], [("any", "*", False)]),
        ([got(**when(IpAddress=("aws:SourceIp", "0.0.0.0/1")))], [("any", "*", False)]),
        ([got(**when(StringNotEquals=("aws:PrincipalAccount", ACCOUNT)))], [("any", "*", False)]),
        # a request without credentials lacks them; the statement counted as one for nobody before
        ([got(**when(Null=("aws:PrincipalArn", "true")))], [("any", "*", False)]),
        ([got(**when(Null=("aws:PrincipalIsAWSService", "true")))], [("any", "*", False)]),
        # a service acts for strangers as well; one that is named is told as if it were a principal of the statement
        ([got(**when(Bool=("aws:PrincipalIsAWSService", "true")))], [("service", "*", False)]),
        ([got({"AWS": "*", "Service": "s3.amazonaws.com"}, **when(Bool=("aws:PrincipalIsAWSService", "true")))], SERVICES),
        ([got(**when(StringEquals=("aws:PrincipalServiceName", "s3.amazonaws.com")))], [("service", "s3.amazonaws.com", False)]),
        (
            [got(), deny("s3:*", OBJECTS, Principal="*", **when(BoolIfExists=("aws:PrincipalIsAWSService", "false")))],
            [("service", "*", False)],
        ),
        ([got({"Service": "s3.amazonaws.com"})], [("service", "s3.amazonaws.com", False)]),
        # nobody but these
        ([got(**when(StringEquals=("aws:PrincipalAccount", [ACCOUNT, OTHER])))], [("aws", ACCOUNT, False), ("aws", OTHER, False)]),
        ([got(**when(ArnLike=("aws:PrincipalArn", f"arn:aws:iam::{OTHER}:role/*")))], [("aws", OTHER, False)]),
        ([got(**when(StringEquals=("aws:SourceAccount", OTHER)))], [("aws", OTHER, False)]),
        ([got(**when(StringEquals=("aws:PrincipalOrgID", "o-ours")))], []),
        # whose these are, nothing that was seen tells
        ([got(**when(StringEquals=("aws:PrincipalOrgID", "o-theirs")))], [("any", "*", True)]),
        ([got(**when(StringEquals=("aws:SourceVpce", "vpce-1")))], [("any", "*", True)]),
        ([got(**when(IpAddress=("aws:SourceIp", "203.0.113.0/28")))], [("any", "*", True)]),
        ([got(**when(IpAddress=("aws:SourceIp", "somewhere")))], [("any", "*", True)]),
        # AWS takes addresses for somebody's from these lengths on
        ([got(**when(IpAddress=("aws:SourceIp", "12.0.0.0/8")))], [("any", "*", True)]),
        ([got(**when(IpAddress=("aws:SourceIp", "12.0.0.0/7")))], [("any", "*", False)]),
        ([got(**when(IpAddress=("aws:SourceIp", "2400::/32")))], [("any", "*", True)]),
        ([got(**when(IpAddress=("aws:SourceIp", "2400::/31")))], [("any", "*", False)]),
        ([got(**when(StringOdd=("aws:SourceVpce", "vpce-1")))], [("any", "*", True)]),
        ([got(**when(ArnLike=("aws:SourceArn", "arn:aws:s3:::theirs")))], [("any", "*", True)]),
        # a Deny takes away as a condition does
        ([got(), deny("s3:*", OBJECTS, Principal="*", **when(StringNotEquals=("aws:PrincipalOrgID", "o-ours")))], []),
        ([got(), deny("s3:*", OBJECTS, Principal="*", **when(StringNotEquals=("aws:PrincipalAccount", OTHER)))], [("aws", OTHER, False)]),
        # a stranger that is named, and brings what is asked or not
        ([got({"AWS": OTHER}, **when(Bool=("aws:SecureTransport", "true")))], [("aws", OTHER, False)]),
        ([got({"AWS": ROLE}, **when(IpAddress=("aws:SourceIp", "203.0.113.0/28")))], [("aws", ROLE, False)]),
        ([got({"AWS": OTHER}, **when(StringEquals=("aws:PrincipalOrgID", "o-ours")))], [("aws", OTHER, True)]),
        ([got({"AWS": OTHER}, **when(StringEquals=("aws:SourceVpce", "vpce-1")))], [("aws", OTHER, True)]),
        # a role that was deleted stands there by its id, and nobody asks as that; the whole run ended at one with a condition before
        ([got({"AWS": "AROAAAAAAAAAAAAAAAAAA"}, **when(Bool=("aws:SecureTransport", "true")))], [("aws", "AROAAAAAAAAAAAAAAAAAA", True)]),
    ],
)
def test_who_is_let_in_under_conditions(statements, whom):
    assert seen(*statements) == whom


OURS = ("StringEquals", "aws:PrincipalOrgID", "o-ours")
IP, VPC_IP, SOURCE, WHO = "aws:SourceIp", "aws:VpcSourceIp", "aws:SourceAccount", "aws:PrincipalArn"
UNTOLD = [("any", "*", True)]
YES = ("Bool", "aws:PrincipalIsAWSService", "true")


@pytest.mark.parametrize(
    ("tests", "whom"),
    [
        # of several demands, one that names somebody for sure does
        ([("StringLike", "aws:PrincipalAccount", f"{OTHER[:11]}?"), ("StringEquals", SOURCE, OTHER)], [("aws", OTHER, False)]),
        ([("StringLike", WHO, "*:role/x"), ("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{OTHER}:*")], [("aws", OTHER, False)]),
        ([OURS, ("StringLike", SOURCE, "9999*")], []),
        ([OURS, ("StringLike", WHO, "*:role/x")], []),
        # for whom services act
        ([YES, ("StringEquals", SOURCE, ACCOUNT)], [("aws", ACCOUNT, False)]),
        ([YES, ("StringEquals", SOURCE, [ACCOUNT, OTHER])], [("aws", ACCOUNT, False), ("aws", OTHER, False)]),
        ([YES, ("StringEquals", "aws:SourceOrgID", "o-ours")], []),
        ([YES, ("StringEquals", "aws:SourceOrgID", "o-theirs")], UNTOLD),
        ([YES, ("StringLike", SOURCE, "*")], [("service", "*", False)]),
        ([YES, ("StringEqualsIfExists", SOURCE, ACCOUNT)], UNTOLD),
        ([("Null", "aws:PrincipalAccount", "true")], UNTOLD),
        # what need not be there demands nothing
        ([OURS, ("StringEqualsIfExists", SOURCE, OTHER)], []),
        # what comes through an endpoint of anybody has an address of its own
        ([("IpAddress", IP, "12.0.0.0/7"), ("IpAddress", VPC_IP, ["12.0.0.0/8", "13.0.0.0/8"])], [("any", "*", False)]),
        ([("IpAddressIfExists", IP, "203.0.113.0/28"), ("Null", IP, "false")], UNTOLD),
    ],
)
def test_whom_several_demands_leave(tests, whom):
    assert seen(where(*tests)) == whom


@pytest.mark.parametrize(
    "address", ["203.0.113.5/28", "2001:db8::5/32", "203.0.113.0/255.255.255.240", "::ffff:1.2.3.0/120", "fe80::1%eth0", "0x1.2.3.4"]
)
def test_whatever_stands_for_an_address_ends_no_run(address):
    """One with bits of a host did: the error was taken for one of the author."""
    assert seen(where(("IpAddress", IP, address))) == UNTOLD


def test_a_deny_of_a_part_leaves_the_rest():
    theirs = when(StringEquals=("aws:PrincipalAccount", OTHER))
    for part in (deny("s3:*", "arn:aws:s3:::b/private/*", Principal="*"), deny("s3:PutObject", OBJECTS, Principal="*")):
        both = {**got(**theirs), "Action": ["s3:GetObject", "s3:PutObject"]}
        assert seen(both, {**part, **theirs}) == [("aws", OTHER, False)]
    assert seen(got(**theirs), deny("s3:*", "*", Principal="*", **theirs)) == []


def test_each_statement_is_judged_by_itself_with_all_that_denies():
    odd = where(("StringOdd", "aws:UserAgent", "x"))
    assert seen(where(OURS), odd) == UNTOLD
    assert seen(where(OURS), where(YES), got()) == [("service", "*", False), ("any", "*", False)]
    assert seen(where(OURS), deny("s3:*", OBJECTS, Principal="*", Condition=odd["Condition"])) == []
    assert seen(where(YES), deny("s3:*", OBJECTS, Principal="*", Condition=odd["Condition"])) == UNTOLD


def test_an_organisation_that_was_not_seen_may_be_ours():
    assert seen(got(**when(StringEquals=("aws:PrincipalOrgID", "o-ours"))), gaps=()) == [("any", "*", True)]


def test_a_key_for_everybody_of_an_account_is_that_accounts():
    found = key(allow("kms:*", Principal={"AWS": "*"}, **when(StringEquals=("kms:CallerAccount", OTHER))))
    assert seen(thing=found[0], gaps=found) == [("aws", OTHER, False)]
    found = key(allow("kms:*", Principal={"AWS": "*"}))
    assert seen(thing=found[0], gaps=found) == [("any", "*", False)]
    assert found[0].resource == KEY


def test_a_role_for_whoever_lacks_a_key_of_principals_is_one_for_somebody():
    """A token of a provider may lack it. The statement counted as one for nobody."""
    lacking = allow("sts:AssumeRoleWithWebIdentity", Principal="*", **when(Null=("aws:PrincipalArn", "true")))
    assert [(each.kind, each.conditional) for each in meaning(trust=[{**lacking, "Resource": "*"}]).trusts(ROLE_REF)] == [("any", True)]


@pytest.mark.parametrize(
    ("tests", "kind", "conditional"),
    [
        ([YES], "service", False),
        ([YES, ("StringEquals", SOURCE, ACCOUNT)], "any", True),
        ([("Bool", "aws:SecureTransport", "true")], "any", False),
    ],
)
def test_a_role_for_all_services_at_once_is_told_as_such(tests, kind, conditional):
    block = {operator: {key: value} for operator, key, value in tests}
    found = meaning(trust=[allow("sts:AssumeRole", Principal="*", Condition=block)]).trusts(ROLE_REF)
    assert [(each.kind, each.name, each.conditional) for each in found] == [(kind, "*", conditional)]


FRONT = "cloudfront.amazonaws.com"


@pytest.mark.parametrize(
    ("statement", "is_deputy"),
    [
        (got({"Service": FRONT}), True),
        (got({"Service": FRONT}, **when(StringLike=(SOURCE, "*"))), True),
        (got({"Service": FRONT}, **when(StringEquals=(SOURCE, ACCOUNT))), False),
        (got({"Service": FRONT}, **when(ArnLike=("aws:SourceArn", f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"))), False),
        (got({"Service": FRONT}, **when(ArnLike=("aws:SourceArn", "arn:aws:cloudfront::*:distribution/*"))), True),
        (got({"Service": FRONT}, **when(ArnLike=("kms:EncryptionContext:aws:s3:arn", f"arn:aws:s3:*:{ACCOUNT}:*"))), False),
        (got({"Service": FRONT}, **when(StringEquals=("kms:EncryptionContext:team", "data"))), True),
        (where(YES), True),
        (where(("StringEquals", "aws:PrincipalServiceName", FRONT)), True),
        (where(("StringEquals", "aws:PrincipalServiceName", FRONT), ("StringEquals", SOURCE, ACCOUNT)), False),
        # of others it is not known whether they act for strangers
        (got({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}), False),
    ],
)
def test_a_service_that_is_known_to_act_for_strangers_must_be_told_for_whom_it_may(statement, is_deputy):
    found = meaning(resource=[statement], gaps=(ORGANISATION,)).shares(ASSET)
    assert [each.is_deputy for each in found] == [is_deputy]


def test_a_deny_says_for_whom_a_service_may_act():
    shut = deny("s3:*", OBJECTS, Principal="*", **when(StringNotEquals=(SOURCE, ACCOUNT)))
    assert [each.is_deputy for each in meaning(resource=[got({"Service": FRONT}), shut]).shares(ASSET)] == [False]
    theirs = deny("s3:*", OBJECTS, Principal="*", **when(StringEquals=(SOURCE, OTHER)))
    assert [each.is_deputy for each in meaning(resource=[got({"Service": FRONT}), theirs]).shares(ASSET)] == [True]
