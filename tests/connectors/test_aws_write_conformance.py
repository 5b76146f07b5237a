"""The sixteen checks of who writes, put to the policy of a key on moto's server."""

from __future__ import annotations

import json

import pytest
from aws_written import ACCOUNT, KEY_CUT, KEY_POLICY, REGION, Account, canonical
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.editing.spelling import spelled
from guardrails.model.changes import Image, RewritePolicy
from guardrails.model.declaration import System
from guardrails.model.reference import Ref
from guardrails.notation.document import read
from guardrails.testing.faults import Answer, Cut, Reset
from guardrails.testing.proxy import http_proxy
from guardrails.testing.servers import aws_credentials, moto
from guardrails.testing.write_conformance import Trial, write_problems

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


@pytest.fixture
def account():
    enable_socket()
    with moto() as url, aws_credentials(), http_proxy(url) as proxy:
        made = Account(url)
        made.seed()
        made.proxy = proxy
        yield made


def system(account, role="guardrails-writer") -> System:
    text = (
        f'{{connector: aws, endpoint-url: "{account.proxy.url}", sets: {{prod: {{accounts: ["{ACCOUNT}"]}}}}, '
        f"regions: {{read: [{REGION}], others: closed-by-scp}}, read: {{role: guardrails-reader}}, write: {{role: {role}}}}}"
    )
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="aws", connector="aws", settings=node)


def trial(account) -> Trial:
    key = account.ref("key", "cdr", account.kms_key)
    policy = Ref(system="aws", realm=ACCOUNT, kind="key-policy", id=f"{key.id}/policy", name="cdr/policy")
    action = RewritePolicy(holder=key, policy=policy, text=KEY_CUT, seen=canonical(KEY_POLICY))
    respelled = json.loads(KEY_POLICY)
    respelled["Statement"][1]["Action"].reverse()
    respelled["Statement"][1]["Principal"] = {"AWS": ["999988887777"]}
    many = json.loads(KEY_POLICY)
    many["Statement"][1]["Principal"] = {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(400)]}
    wide = json.dumps(many)

    def written(text):
        account.kms.put_key_policy(KeyId=account.kms_key, PolicyName="default", Policy=text)

    def breaking(fault):
        def chosen(request):
            return request.headers.get("x-amz-target", "") == "TrentService.PutKeyPolicy"

        return lambda: account.proxy.breaking(chosen, fault)

    return Trial(
        connector=CONNECTOR,
        system=system(account),
        action=action,
        everything=account.held,
        reset=lambda: written(KEY_POLICY),
        foreign=lambda: written(KEY_POLICY.replace('"Id":"k"', '"Id":"theirs"')),
        respelled=(RewritePolicy(holder=key, policy=policy, text=KEY_CUT, seen=json.dumps(respelled, indent=3)),),
        cuts={"before": breaking(Reset()), "during": breaking(Cut(0)), "after": breaking(Cut(2))},
        dropped=breaking(Answer(200, b"null", (("Content-Type", "application/x-amz-json-1.1"),))),
        busy=breaking(Answer(400, b'{"__type":"ThrottlingException","message":"slow"}')),
        interleaved=breaking(Reset()),
        secrets=("canary",),
        large=(
            RewritePolicy(holder=key, policy=policy, text=wide, seen=canonical(wide)),
            Image.of({"policy": (spelled(wide),), "manager": ("CUSTOMER",), "state": ("Enabled",)}),
        ),
    )


def test_the_writer_of_key_policies_holds_to_its_contract(account):
    """Not tried, for moto has nothing of it: pages, a refusal to read, the rights that were used, and a compare of its own."""
    assert write_problems(trial(account)) == ()
