"""What the policy of a key gives and takes: nobody uses a key without a word of it, and what was not seen is unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest
from aws_policies import ACCOUNT, BUCKET, KEY, ROLE, allow, ceiling, deny, meaning
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails import declare, workflow
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Edge, Gap, Key, Policy
from guardrails.model.findings import Witness
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import Custody, EdgeKind, GapReason, State, Verdict
from guardrails.ports import BoundClause
from guardrails.testing.servers import aws_credentials, moto

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ITSELF = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}
SOMEBODY = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}
OTHER = "210987654321"
THEIRS = f"arn:aws:kms:eu-north-1:{OTHER}:key/k"
BY_S3 = {"Condition": {"StringEquals": {"kms:ViaService": "s3.eu-north-1.amazonaws.com"}}}
FROM_HERE = {"Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}
MINE = allow("kms:Decrypt", KEY)


def key(*statements, name=KEY, aliases=()):
    """The facts of a key with its policy; without one there is none to see."""
    account = name.split(":")[4]
    ref = Ref(system="aws", realm=account, kind="key", id=name, name=name.rpartition("/")[2])
    found = [Key(ref=ref, resource=name, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=0, aliases=aliases)]
    if statements:
        own = Ref(system="aws", realm=account, kind="key-policy", id=f"{name}/policy", name=f"{ref.name}/policy")
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        found += [Policy(ref=own, text=text), Edge(kind=EdgeKind.RESOURCE_POLICY, source=ref, target=own)]
    return tuple(found)


def to(principal, action="kms:*", **more):
    return allow(action, Principal=principal, **more)


def unread(what="kms:policy", name=KEY):
    subject = key(name=name)[0].ref if name else None
    return Gap(system="aws", realm=ACCOUNT, what=what, reason=GapReason.DENIED, message="AccessDenied", subject=subject)


@pytest.mark.parametrize(
    ("own", "policy", "excess", "floor"),
    [
        # the account is named: its policies decide
        ([MINE], [to(ROOT)], Verdict.VIOLATION, Verdict.OK),
        ([MINE], [to({"AWS": ACCOUNT})], Verdict.VIOLATION, Verdict.OK),
        ([], [to(ROOT)], Verdict.OK, Verdict.VIOLATION),
        # nobody of the account is named: no policy of an identity gives anything
        ([MINE], [to(SOMEBODY)], Verdict.OK, Verdict.VIOLATION),
        ([MINE], [to(ROOT, "kms:Describe*")], Verdict.OK, Verdict.VIOLATION),
        ([allow("*")], [to(SOMEBODY), to(ROOT, "kms:Put*")], Verdict.VIOLATION, Verdict.VIOLATION),
        # the role is named: it needs no policy of its own
        ([], [to(ITSELF)], Verdict.VIOLATION, Verdict.OK),
        ([], [to(ITSELF, "kms:Encrypt")], Verdict.VIOLATION, Verdict.VIOLATION),
        ([MINE], [to(ITSELF, "kms:Decrypt")], Verdict.VIOLATION, Verdict.OK),
        # the policy denies, to everybody or to the role
        ([MINE], [to(ROOT), deny("kms:Decrypt", Principal="*")], Verdict.OK, Verdict.VIOLATION),
        ([MINE], [to(ROOT), deny("kms:*", Principal=ITSELF)], Verdict.OK, Verdict.VIOLATION),
        ([MINE], [to(ROOT), deny("kms:*", Principal=SOMEBODY)], Verdict.VIOLATION, Verdict.OK),
        ([], [to(ITSELF), deny("kms:Decrypt", Principal=ROOT)], Verdict.VIOLATION, Verdict.VIOLATION),
        ([MINE, deny("kms:*")], [to(ITSELF)], Verdict.OK, Verdict.VIOLATION),
        # everybody of the account: a delegation, and no grant of ours
        ([MINE], [to("*", **FROM_HERE)], Verdict.VIOLATION, Verdict.OK),
        ([], [to("*", **FROM_HERE)], Verdict.OK, Verdict.OK),
        ([], [to(ROOT), to("*")], Verdict.OK, Verdict.OK),
        ([deny("kms:*")], [to("*")], Verdict.OK, Verdict.VIOLATION),
        # only through a service: allowed in some contexts, and not in all
        ([MINE], [to(ROOT, **BY_S3)], Verdict.VIOLATION, Verdict.UNDECIDED),
        # of somebody deleted nothing is known but the id
        ([MINE], [to({"AWS": "AROAABCDEFGHIJKLMNOPQ"})], Verdict.UNDECIDED, Verdict.UNDECIDED),
    ],
)
def test_the_policy_of_a_key_decides_with_those_of_identities(own, policy, excess, floor):
    found = meaning(*own, gaps=key(*policy))
    compared = found.excess(ROLE, ())
    assert compared.verdict is excess, compared
    assert compared.witness is None or found.replay(ROLE, compared.witness)
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict is floor
    # the ceiling takes all of it, whoever gives it
    assert found.excess(ROLE, ceiling("*", "*")).verdict is Verdict.OK


def test_the_reason_names_the_policy_of_the_key():
    found = meaning(MINE, gaps=key(to(SOMEBODY)))
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).reason == f"the policy of aws@{ACCOUNT}:key/k does not allow it"

    found = meaning(MINE, gaps=key(to(ROOT), deny("kms:*", Principal="*", Sid="Stop")))
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).reason == f"aws@{ACCOUNT}:key-policy/k/policy Stop denies it"


def test_what_everybody_has_under_a_condition_is_told_with_it():
    found = meaning(gaps=key(to("*", **BY_S3))).shortfall(ROLE, ceiling("kms:Decrypt", KEY))
    assert found.verdict is Verdict.UNDECIDED
    assert "is allowed only when kms:viaservice is s3.eu-north-1.amazonaws.com" in found.reason


def test_a_key_policy_that_was_not_seen_is_unknown_and_neither_held_nor_missing():
    found = meaning(MINE, gaps=(*key(), unread()))
    for compared in (found.excess(ROLE, ()), found.shortfall(ROLE, ceiling("kms:Decrypt", KEY))):
        assert (compared.verdict, compared.reason) == (Verdict.UNKNOWN, f"the policy of {KEY} was not seen")
    # what is too much besides is found all the same, and another key is judged
    assert meaning(MINE, allow("s3:GetObject"), gaps=(*key(), unread())).excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert meaning(allow("kms:Decrypt"), gaps=(*key(), unread())).excess(ROLE, ()).verdict is Verdict.VIOLATION


def test_keys_that_could_not_be_listed_are_unknown():
    found = meaning(allow("kms:Decrypt", f"arn:aws:kms:*:{ACCOUNT}:key/*"), gaps=(unread("kms", ""),))
    assert found.excess(ROLE, ()).verdict is Verdict.UNKNOWN
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict is Verdict.UNKNOWN
    # a key that was listed all the same is judged by its policy
    found = meaning(MINE, gaps=(unread("kms", ""), *key(to(ROOT))))
    assert found.excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict is Verdict.OK


def test_a_key_that_nobody_has_read_is_left_to_the_account():
    found = meaning(allow("kms:Decrypt"), gaps=key())
    assert found.excess(ROLE, ()).verdict is Verdict.VIOLATION
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", KEY)).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("own", "policy", "excess", "floor"),
    [
        ([allow("kms:Decrypt", THEIRS)], [to({"AWS": f"arn:aws:iam::{OTHER}:root"})], Verdict.OK, Verdict.VIOLATION),
        ([allow("kms:Decrypt", THEIRS)], [to(ROOT)], Verdict.VIOLATION, Verdict.OK),
        ([allow("kms:Decrypt", THEIRS)], [to(ITSELF)], Verdict.VIOLATION, Verdict.OK),
        # across accounts both have to allow
        ([], [to(ITSELF)], Verdict.OK, Verdict.VIOLATION),
    ],
)
def test_across_accounts_the_key_has_to_let_the_account_or_the_role_in(own, policy, excess, floor):
    found = meaning(*own, gaps=key(*policy, name=THEIRS))
    assert found.excess(ROLE, ()).verdict is excess
    assert found.shortfall(ROLE, ceiling("kms:Decrypt", THEIRS)).verdict is floor


def test_a_boundary_limits_what_a_key_gives_to_a_role():
    given = key(to(ITSELF))
    assert meaning(gaps=given, boundary=[allow("s3:*")]).excess(ROLE, ()).verdict is Verdict.OK
    assert meaning(gaps=given, boundary=[allow("kms:*")]).excess(ROLE, ()).verdict is Verdict.VIOLATION


def test_an_asset_is_protected_by_the_key_that_an_alias_means():
    found = meaning(MINE, gaps=key(to(ROOT), aliases=("k", "alias/own")), key="alias/own")
    clause = Clause(scope=Scope("aws"), actions=("kms:Decrypt",), resources=(), on_asset=True)
    bound = (BoundClause(clause=clause, entitlement="e", assets=(Asset(ref=BUCKET, resource=BUCKET.id),)),)
    assert found.excess(ROLE, bound).verdict is Verdict.OK
    assert found.shortfall(ROLE, bound).verdict is Verdict.OK


ACTIONS = st.sampled_from(["kms:*", "kms:Decrypt", "kms:Describe*", "*"])
WHOM = st.sampled_from([ROOT, ITSELF, SOMEBODY, {"AWS": OTHER}, {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/r", OTHER]}, "*"])
WHEN = st.sampled_from([{}, {}, BY_S3, FROM_HERE])
OWN = st.builds(
    lambda make, action, on: make(action, on), st.sampled_from([allow, allow, deny]), ACTIONS, st.sampled_from(["*", KEY, THEIRS])
)
OF_KEY = st.builds(
    lambda make, action, whom, when: make(action, Principal=whom, **when), st.sampled_from([allow, allow, deny]), ACTIONS, WHOM, WHEN
)


@settings(max_examples=settings.default.max_examples // 2)
@given(
    own=st.lists(OWN, max_size=3),
    mine=st.lists(OF_KEY, min_size=1, max_size=3),
    theirs=st.lists(OF_KEY, min_size=1, max_size=2),
    boundary=st.none() | st.lists(OWN, min_size=1, max_size=1),
)
def test_what_is_proved_of_keys_is_what_the_evaluator_says(own, mine, theirs, boundary):
    found = meaning(*own, gaps=(*key(*mine), *key(*theirs, name=THEIRS)), boundary=boundary)
    excess = found.excess(ROLE, ())
    assert excess.witness is None or found.replay(ROLE, excess.witness)
    for name in (KEY, THEIRS):
        for context in ((), (("kms:viaservice", "s3.eu-north-1.amazonaws.com"),)):
            if found.replay(ROLE, Witness(principal="r", action="kms:Decrypt", resource=name, context=context)):
                # what is given to everybody at once is held by nobody of ours, but counts where something must be held
                assert excess.verdict is Verdict.VIOLATION or '"Principal": "*"' in json.dumps([mine, theirs])
                assert found.shortfall(ROLE, ceiling("kms:Decrypt", name)).verdict is not Verdict.VIOLATION
            else:
                assert found.shortfall(ROLE, ceiling("kms:Decrypt", name)).verdict is not Verdict.OK


DECLARED = """guardrails: 1
systems: {aws: {connector: aws, endpoint-url: "%s", regions: {read: [us-east-1], others: closed-by-scp}}}
teams: {data: {}}
entitlements:
  read: {asset: cdr, aws: {allow: ["s3:GetObject", "kms:Decrypt"], resources: asset}}
classes: {internal: {}}
assets: {cdr: {class: internal, owner: "team:data", accepted: ISG-1, match: {aws: ["arn:aws:s3:::cdr"]}}}
workloads:
  etl: {is: ["aws:role/etl"], assumed-by: ["aws:service/lambda.amazonaws.com"], may: [read], must: [read], owner: "team:data"}
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.server
@pytest.mark.parametrize(
    ("principal", "controls"),
    [
        (ROOT, []),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/etl"}, ["GR101"]),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"}, ["GR102"]),
    ],
)
def test_the_policy_of_a_key_is_read_and_counts(principal, controls):
    with moto() as url, aws_credentials():
        iam, kms, s3 = (boto3.client(name, endpoint_url=url, region_name="us-east-1") for name in ("iam", "kms", "s3"))
        iam.create_role(RoleName="etl", AssumeRolePolicyDocument=policy(TRUST))
        arn = kms.create_key(Policy=policy(to(principal)))["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName="alias/cdr", TargetKeyId=arn)
        iam.put_role_policy(
            RoleName="etl", PolicyName="own", PolicyDocument=policy(allow("s3:GetObject", "arn:aws:s3:::cdr/*"), allow("kms:Decrypt", arn))
        )
        s3.create_bucket(Bucket="cdr")
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/cdr"}}
        s3.put_bucket_encryption(Bucket="cdr", ServerSideEncryptionConfiguration={"Rules": [rule]})
        now = datetime.now(UTC)
        declared = declare.loads([("f.yaml", (DECLARED % url).encode())])
        found = workflow.assess(declared, workflow.observe(declared, now), now).findings
    assert [one.control for one in found if one.difference.subject.endswith("role/etl")] == controls, [one.difference for one in found]
