"""The sixteen checks of who writes, put to moto's AWS with changes that take one write and two."""

from __future__ import annotations

import pytest
from aws_written import NARROW, WIDE, Account, canonical, system
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.model.actions import AddDenial, ReplacePolicy
from guardrails.model.changes import Image
from guardrails.testing.faults import Answer, Cut, Reset
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto
from guardrails.testing.write_conformance import Trial, untried, write_problems

pytestmark = [pytest.mark.server, pytest.mark.timeout(1800)]
DENIED = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:Put*"],"Resource":["*"]}]}'
DROPPED = b'<R xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></R>'


@pytest.fixture(scope="module")
def account():
    enable_socket()
    with moto() as url, aws_credentials(), http_proxy(url) as proxy:
        made = Account(url)
        made.seed()
        made.proxy = proxy
        yield made


@pytest.fixture(autouse=True)
def _open():
    enable_socket()


def of(account, name):
    carol = account.ref("user", "carol")
    own = account.ref("inline-policy", "carol/guardrails-x", f"{carol.id}/guardrails-x")
    wide = account.ref("policy", "wide", account.policy)
    return {
        "policy": ReplacePolicy(holder=carol, policy=wide, seen=canonical(WIDE), own=own, text=NARROW),
        "denial": AddDenial(holder=carol, policy=own, text=DENIED),
    }[name]


def reset(account):
    iam, name = account.iam, {"UserName": "carol"}
    iam.attach_user_policy(**name, PolicyArn=account.policy)
    iam.add_user_to_group(**name, GroupName="ops")
    iam.untag_user(**name, TagKeys=["team"])
    if "guardrails-x" in iam.list_user_policies(**name)["PolicyNames"]:
        iam.delete_user_policy(**name, PolicyName="guardrails-x")


def trial(account, name) -> Trial:
    calls = {"policy": b"Action=DetachUserPolicy", "denial": b"Action=PutUserPolicy"}
    action = of(account, name)

    def breaking(fault, call=calls[name]):
        return lambda: account.proxy.breaking(lambda request: call in request.body, fault)

    def held():
        return account.held(), account.iam.list_user_tags(UserName="carol")["Tags"]

    first = breaking(Cut(0), b"Action=PutUserPolicy")
    return Trial(
        connector=CONNECTOR,
        system=system(account.proxy.url),
        action=action,
        everything=held,
        reset=lambda: reset(account),
        foreign=lambda: account.iam.tag_user(UserName="carol", Tags=[{"Key": "team", "Value": "other"}]),
        cuts={"before": breaking(Reset()), "during": breaking(Cut(0)), "after": breaking(Cut(5)), "the first of two": first},
        dropped=breaking(Answer(200, body=DROPPED, headers=(("Content-Type", "text/xml"),))),
        busy=breaking(Answer(503)),
        large=(action, Image.of({"policy": (account.policy,), "group": [f"g{at}" for at in range(100_000)] + ["ops"]})),
    )


@pytest.mark.parametrize("name", ["policy", "denial"])
def test_the_writer_of_aws_holds_to_its_contract(account, name):
    made = trial(account, name)
    assert write_problems(made) == ()
    assert {line.split(":")[0] for line in untried(made)} <= {"2", "3", "12", "13", "14", "16"}
