"""Whether anybody in the world is let in: each key that keeps strangers out, and each that only looks like it."""

from __future__ import annotations

import json

import pytest
from iam_accounts import HOME, OTHER, arn, trusting
from iam_accounts import document as written

from guardrails.iam import UNKNOWN, Kind, Policies, Request, evaluate
from guardrails.iam.public import opening
from guardrails.model.words import Verdict

BUCKET = "arn:aws:s3:::box"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:jobs"


def says(principal="*", effect="Allow", action="s3:GetObject", key="Principal", **condition):
    found = {"Effect": effect, key: principal, "Action": action, "Resource": [BUCKET, f"{BUCKET}/*"]}
    return found | ({"Condition": condition} if condition else {})


def found(*statements, resource=BUCKET, **more):
    return opening(written(*statements), resource, **more)


OPEN = [
    {},
    {"StringLike": {"aws:PrincipalOrgID": "*"}},  # any organisation
    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin*"}},  # anybody can have a role of that name
    {"StringLike": {"aws:PrincipalAccount": "1111*"}},
    {"StringEquals": {"aws:PrincipalTag/team": "data"}},  # of one's own role
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},  # a request without credentials has none
    {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}},  # vacuous
    {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
    {"StringLike": {"aws:SourceVpc": "*"}},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "8.8.8.0/24"]}},
    {"NotIpAddress": {"aws:SourceIp": "8.8.8.0/24"}},
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},  # a stranger's own VPC may have these addresses
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:UserAgent": "secret"}},
    {"StringEquals": {"aws:Referer": "https://example.com"}},
    {"StringLike": {"aws:userid": "*:session"}},
    # a request without credentials tells that it has none, and not whether a service asks
    {"StringEquals": {"aws:PrincipalType": "Anonymous"}},
    {"StringEquals": {"aws:PrincipalAccount": "anonymous"}},
    {"StringEquals": {"aws:userid": "anonymous"}},
    {"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}},
    {"Null": {"aws:PrincipalIsAWSService": "true"}},
    {"Null": {"aws:PrincipalArn": "true"}},
    {"Null": {"aws:username": "true"}, "StringEquals": {"aws:PrincipalType": "Anonymous"}},
    {"StringNotEqualsIfExists": {"aws:PrincipalType": ["Account", "AssumedRole", "FederatedUser", "User"]}},
    # a service that acts for a stranger
    {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    {"StringNotEquals": {"aws:PrincipalType": ["Account", "Anonymous", "AssumedRole", "FederatedUser", "User"]}},
]
SHUT = [
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-1"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}},
    {"StringEquals": {"aws:PrincipalAccount": HOME}},
    {"ArnLike": {"aws:PrincipalArn": arn("role/*")}},
    {"StringLike": {"aws:userid": "AROAAAAAAAAAAAAAAAAAA:*"}},
    {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
    {"StringEquals": {"aws:SourceAccount": HOME}},
    {"StringEquals": {"aws:SourceOrgID": "o-1"}},
    {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{HOME}:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::mine"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"IpAddress": {"aws:SourceIp": ["192.168.0.0/16", "fd00::/8"]}},
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}, "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"StringEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}},
    {"StringEquals": {"aws:PrincipalType": "Anonymous", "aws:username": "ann"}},
    {"Null": {"aws:userid": "true"}},
]
UNTOLD = [{"Null": {"aws:PrincipalAccount": "true"}}, {"Null": {"aws:PrincipalType": "true"}}]


@pytest.mark.parametrize("condition", OPEN, ids=json.dumps)
def test_what_anybody_can_bring_keeps_nobody_out(condition):
    opened = found(says(**condition))

    assert opened.verdict is Verdict.VIOLATION
    assert evaluate(opened.witness, Policies(resource=written(says(**condition)))).allowed is True
    assert opened.statements == ("resource[0] Statement[0]: Allow",)


@pytest.mark.parametrize("condition", SHUT, ids=json.dumps)
def test_what_strangers_cannot_have_keeps_them_out(condition):
    assert found(says(**condition)).verdict is Verdict.OK


@pytest.mark.parametrize("condition", UNTOLD, ids=json.dumps)
def test_what_services_may_lack_or_not_is_undecided(condition):
    opened = found(says(**condition))

    assert opened.verdict is Verdict.UNDECIDED
    assert opened.reasons == ("which aws:PrincipalAccount, aws:PrincipalArn and aws:PrincipalType services have is documented nowhere",)


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, Verdict.OK),
        ({"StringNotEquals": {"aws:PrincipalAccount": HOME}}, Verdict.OK),
        ({"StringNotLike": {"aws:PrincipalOrgID": "*"}}, Verdict.VIOLATION),
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, Verdict.OK),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, Verdict.OK),
        ({"Bool": {"aws:SecureTransport": "false"}}, Verdict.VIOLATION),
        ({"Null": {"aws:SourceVpc": "true"}}, Verdict.VIOLATION),  # a VPC of one's own
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, Verdict.VIOLATION),  # only ours are denied
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, Verdict.VIOLATION),  # not told without credentials
        ({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, Verdict.VIOLATION),  # services are left
        ({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}, "StringNotEquals": {"aws:PrincipalAccount": HOME}}, Verdict.VIOLATION),
        ({"Null": {"aws:PrincipalArn": "false"}}, Verdict.VIOLATION),
        ({"StringNotEquals": {"aws:PrincipalAccount": "anonymous"}}, Verdict.VIOLATION),
        ({"StringLike": {"aws:PrincipalAccount": "*"}}, Verdict.UNDECIDED),  # of services
        ({"Null": {"aws:PrincipalType": "false"}}, Verdict.UNDECIDED),
    ],
)
def test_a_deny_may_shut_what_is_open(condition, verdict):
    assert found(says(), says(effect="Deny", action="s3:*", **condition)).verdict is verdict


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([says({"AWS": "*"})], Verdict.VIOLATION),
        ([says({"AWS": OTHER})], Verdict.OK),
        ([says({"AWS": OTHER}, key="NotPrincipal")], Verdict.VIOLATION),
        ([says({"Service": "s3.amazonaws.com"})], Verdict.OK),
        ([says(), says({"AWS": HOME}, "Deny", key="NotPrincipal")], Verdict.OK),
        ([says(), says({"AWS": HOME}, "Deny")], Verdict.VIOLATION),
        ([says(), says("*", "Deny", "s3:Put*")], Verdict.VIOLATION),
        ([says(), says("*", "Deny", "s3:*")], Verdict.OK),
        ([{**says(), "Resource": "arn:aws:s3:::other/*"}], Verdict.OK),
    ],
)
def test_who_is_everybody(statements, verdict):
    assert found(*statements).verdict is verdict


def test_declared_addresses_are_nobodys():
    statement = says(IpAddress={"aws:SourceIp": "8.8.8.0/24"})

    assert found(statement).verdict is Verdict.VIOLATION
    assert found(statement, ours=["8.8.0.0/16"]).verdict is Verdict.OK
    assert found(statement, ours=["8.8.8.0/25"]).verdict is Verdict.VIOLATION


@pytest.mark.parametrize("policy", [UNKNOWN, "{", "[]"])
def test_a_policy_that_was_not_seen_is_unknown(policy):
    assert opening(policy, BUCKET).verdict is Verdict.UNKNOWN


def test_what_is_not_understood_and_decides_is_undecided():
    unheard = found(says(StringSomehow={"aws:UserAgent": "x"}))

    assert unheard.verdict is Verdict.UNDECIDED
    assert unheard.reasons
    assert found(says(), says(effect="Deny", StringEquals={"custom:unheard": "x"})).verdict is Verdict.VIOLATION
    assert found(says({"AWS": OTHER}, StringEquals={"custom:unheard": "x"})).verdict is Verdict.OK


def test_a_request_without_credentials_becomes_no_role():
    trust = trusting("*")
    opened = opening(written(trust), arn("role/r"), kind=Kind.TRUST)

    assert opened.verdict is Verdict.VIOLATION
    assert (opened.witness.action, opened.witness.principal) == ("sts:AssumeRole", "arn:aws:iam::999999999999:role/x")
    shut = written(trusting("*", StringEquals={"aws:PrincipalOrgID": "o-1"}))
    assert opening(shut, arn("role/r"), kind=Kind.TRUST).verdict is Verdict.OK


def test_a_stranger_is_of_no_account_that_the_policy_names():
    named = says({"AWS": "999999999999"}, StringEquals={"aws:PrincipalAccount": "999999999999"})

    assert found(named).verdict is Verdict.OK
    opened = found(says(StringLike={"aws:PrincipalArn": "*"}), says({"AWS": "999999999999"}, "Deny", "s3:*"))
    assert opened.witness.principal.startswith("arn:aws:iam::888888888888:")


def test_a_queue_is_open_to_other_accounts_by_its_own_policy_alone():
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": QUEUE}
    opened = found(statement, resource=QUEUE)
    alone = Policies(resource=written(statement))

    assert opened.verdict is Verdict.VIOLATION
    assert evaluate(Request(principal="Anonymous", action="sqs:SendMessage", resource=QUEUE), alone).allowed is True


@pytest.mark.parametrize("resource", ["arn:aws:s3:::box", "arn:aws:sqs:eu-north-1:111122223333:box"])
def test_a_stranger_that_is_named_is_asked_for_alone(resource):
    def asked(to, **condition):
        statement = {"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "*", "Resource": "*", "Condition": condition}
        return opening({"Version": "2012-10-17", "Statement": [statement]}, resource, to=to)

    found = asked("999988887777")
    assert (found.verdict, found.witness.principal.split(":")[4]) == (Verdict.VIOLATION, "999988887777")
    assert asked("arn:aws:iam::999988887777:user/eve").witness.principal == "arn:aws:iam::999988887777:user/eve"
    assert asked("888877776666").verdict is Verdict.OK
    assert asked("999988887777", StringEquals={"aws:PrincipalOrgID": "o-ours"}).verdict is Verdict.OK
