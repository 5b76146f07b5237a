"""What the prover finds is put to the evaluator, which shares none of its code: every witness is allowed, and every proof holds request by request."""

from __future__ import annotations

from hypothesis import event, given
from hypothesis import strategies as st

from connectors.aws_levels import FULL, below
from connectors.aws_policies import ACCOUNT, ROLE, allow, ceiling, deny, meaning
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.words import Verdict

WHO = f"arn:aws:iam::{ACCOUNT}:role/r"
ACTIONS = ["s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "*", "kms:Decrypt"]
RESOURCES = ["*", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::a/${aws:PrincipalAccount}/*", "arn:aws:kms:*:*:key/*"]
CONDITIONS = [
    {"Bool": {"aws:SecureTransport": "false"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "2001:db8::/32"]}},
    {"NotIpAddress": {"aws:SourceIp": "198.51.0.0/16"}},
    {"StringEquals": {"aws:RequestedRegion": ["eu-north-1", "eu-west-1"]}},
    {"StringNotLike": {"aws:RequestedRegion": "eu-*"}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["team", "cost*"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"Null": {"aws:TagKeys": "false"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/r"}},
    {"ArnNotEquals": {"aws:PrincipalArn": WHO}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2026-11-25T00:00:00Z"}},
]
CONTEXTS = [
    {"aws:SecureTransport": tls, "aws:RequestedRegion": region, "aws:CurrentTime": at, **more}
    for tls in ("true", "false")
    for region in ("eu-north-1", "us-east-1")
    for at in ("2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z")
    for more in (
        {},
        {"aws:SourceIp": "198.51.100.7"},
        {"aws:SourceIp": "10.0.0.1", "aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"},
        {"aws:TagKeys": ("team",)},
        {"aws:TagKeys": ("team", "other"), "aws:MultiFactorAuthPresent": "false"},
    )
]
REQUESTS = [
    ("s3:GetObject", "arn:aws:s3:::a/b"),
    ("s3:PutObject", "arn:aws:s3:::z/b"),
    ("kms:Decrypt", f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k"),
]
ALWAYS = {"aws:SecureTransport": "false", "aws:RequestedRegion": "", "aws:CurrentTime": "1970-01-01T00:00:00Z"}
"""What a request always carries, where a witness does not say it: the first of each domain."""


@st.composite
def statements(draw):
    made = draw(st.sampled_from([allow, allow, deny]))(draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(RESOURCES)))
    blocks = draw(st.lists(st.sampled_from(CONDITIONS), max_size=2))
    united: dict = {}
    for block in blocks:
        for operator, keys in block.items():
            united.setdefault(operator, {}).update(keys)
    return {**made, **({"Condition": united} if united else {})}


held = st.lists(statements(), max_size=4)
declared = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(RESOURCES[:3])), max_size=2)


def document(listed):
    return {"Version": "2012-10-17", "Statement": listed}


def allowed(policies, action, resource, context, *, scps=(), rcps=()):
    # keys, roles and what is in other accounts have policies of their own, which here leave it to the account of the role
    elsewhere = resource.startswith("arn:") and resource.split(":")[4] not in {"", ACCOUNT}
    own = document(allow("*", Principal={"AWS": ACCOUNT})) if elsewhere or action.startswith(("kms:", "sts:")) else None
    rcps = () if elsewhere else rcps
    asked = Request(principal=WHO, action=action, resource=resource, context=context)
    above = {
        name: [[document(listed) for listed in level] for level in levels] or None for name, levels in (("scps", scps), ("rcps", rcps))
    }
    return evaluate(asked, Policies(identity=document(policies), resource=own, **above)).allowed


def in_words(context):
    found: dict = {}
    for key, value in context:
        found.setdefault(key, []).append(value)
    lists = {"aws:tagkeys"}
    named = {key: tuple(values) if key in lists else values[0] for key, values in found.items()}
    return {**{key: value for key, value in ALWAYS.items() if key.lower() not in named}, **named}


@given(held, declared)
def test_every_witness_is_allowed_and_every_proof_holds(own, entries):
    clauses = tuple(clause for action, resource in entries for clause in ceiling(action, resource))
    compared = meaning(*own).excess(ROLE, clauses)
    event(compared.verdict.value)
    covers = [allow(action, resource) for action, resource in entries]
    if compared.verdict is Verdict.VIOLATION:
        witness = compared.witness
        assert allowed(own, witness.action, witness.resource, in_words(witness.context)) is True, witness
        assert not allowed(covers, witness.action, witness.resource, {})
    else:
        assert compared.verdict is Verdict.OK
        for action, resource in REQUESTS:
            if not allowed(covers, action, resource, {}):
                assert [c for c in CONTEXTS if allowed(own, action, resource, c)] == [], (action, resource)


@st.composite
def levels(draw, more):
    """Up to three, as many as stand above an account of the tests; most of them allow everything and some take a part of it away."""
    listed = st.lists(statements(), max_size=2).map(lambda found: [FULL, *found]) | st.lists(statements(), max_size=3)
    found = draw(st.lists(st.lists(listed, min_size=1, max_size=2), max_size=3))
    return [[[statement | more for statement in each] for each in level] for level in found]


@given(held, declared, levels({}), levels({"Principal": "*"}))
def test_below_an_organisation_every_witness_is_allowed_and_every_proof_holds(own, entries, scps, rcps):
    found = below(own, scps, rcps)
    clauses = tuple(clause for action, resource in entries for clause in ceiling(action, resource))
    compared = found.excess(ROLE, clauses)
    event(compared.verdict.value)
    covers = [allow(action, resource) for action, resource in entries]
    if compared.verdict is Verdict.VIOLATION:
        witness = compared.witness
        assert found.replay(ROLE, witness), witness
        assert allowed(own, witness.action, witness.resource, in_words(witness.context), scps=scps, rcps=rcps) is True, witness
        assert not allowed(covers, witness.action, witness.resource, {})
    for action, resource in REQUESTS:
        truths = {allowed(own, action, resource, context, scps=scps, rcps=rcps) for context in CONTEXTS}
        if compared.verdict is Verdict.OK and not allowed(covers, action, resource, {}):
            assert True not in truths, (action, resource)
        floor = found.shortfall(ROLE, ceiling(action, resource))
        event(f"floor {floor.verdict.value}")
        if floor.verdict is Verdict.OK:
            assert truths == {True}, (action, resource)
        if floor.verdict is Verdict.VIOLATION:
            assert True not in truths, (action, resource)
