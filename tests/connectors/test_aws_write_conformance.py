"""The sixteen checks of who writes, put to the policy of a key and the access control list of a bucket on moto's server."""

from __future__ import annotations

import json

import pytest
from aws_written import ACCOUNT, KEY_CUT, KEY_POLICY, REGION, Account, canonical
from pytest_socket import enable_socket

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.acl import listing
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


def list_trial(account) -> Trial:
    bucket = account.ref("bucket", "cdr", "arn:aws:s3:::cdr")
    policy = Ref(system="aws", realm=ACCOUNT, kind="bucket-acl", id=f"{bucket.id}/acl", name="cdr/acl")

    def rewritten(text, seen):
        return RewritePolicy(holder=bucket, policy=policy, text=text, seen=seen)

    def reset():
        account.s3.put_bucket_acl(Bucket="cdr", AccessControlPolicy=json.loads(account.list_seen))
        account.s3.delete_bucket_tagging(Bucket="cdr")

    def breaking(fault):
        return lambda: account.proxy.breaking(lambda request: request.method == "PUT" and "?acl" in request.path, fault)

    def spelled_otherwise(text):
        document = json.loads(text)
        return json.dumps({"Owner": document["Owner"], "Grants": document["Grants"][::-1]}, indent=3)

    many = json.loads(account.list_seen)
    many["Grants"] += [{"Grantee": {"Type": "CanonicalUser", "ID": f"{number:064x}"}, "Permission": "READ"} for number in range(98)]
    wide = listing(many)
    return Trial(
        connector=CONNECTOR,
        system=system(account),
        action=rewritten(account.list_cut, account.list_seen),
        everything=account.held,
        reset=reset,
        foreign=lambda: account.s3.put_bucket_tagging(Bucket="cdr", Tagging={"TagSet": [{"Key": "of", "Value": "theirs"}]}),
        respelled=(rewritten(spelled_otherwise(account.list_cut), spelled_otherwise(account.list_seen)),),
        cuts={"before": breaking(Reset()), "during": breaking(Cut(0)), "after": breaking(Cut(2))},
        dropped=breaking(Answer(200, b"", (("x-amz-request-id", "r"),))),
        busy=breaking(Answer(503, b"<Error><Code>SlowDown</Code></Error>", (("Content-Type", "application/xml"),))),
        interleaved=breaking(Reset()),
        secrets=("canary",),
        large=(rewritten(account.list_cut, wide), Image.of({"acl": (wide,)})),
    )


def test_the_writer_of_lists_of_buckets_holds_to_its_contract(account):
    """Not tried, as for keys."""
    assert write_problems(list_trial(account)) == ()


def test_the_writer_of_key_policies_holds_to_its_contract(account):
    """Not tried, for moto has nothing of it: pages, a refusal to read, the rights that were used, and a compare of its own."""
    assert write_problems(trial(account)) == ()
