"""What AWS policies mean: containment with a witness, and never a silent doubt."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Asset, Edge, Gap, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, Transit, Verdict
from guardrails.ports import BoundClause

AT = datetime(2026, 11, 25, tzinfo=UTC)
ROLE = Ref(system="aws", realm="123456789012", kind="role", id="AROA1", name="r")
BUCKET = Ref(system="aws", realm="123456789012", kind="bucket", id="arn:aws:s3:::b", name="b")


def meaning(*statements, boundary=None, gaps=(), trust=None, resource=None) -> AwsMeaning:
    said = [Principal(ref=ROLE, form=PrincipalForm.ROLE, resource="arn:aws:iam::123456789012:role/r"), *gaps]
    documents = {
        EdgeKind.IDENTITY_POLICY: (ROLE, list(statements)),
        EdgeKind.BOUNDARY: (ROLE, boundary),
        EdgeKind.TRUST_POLICY: (ROLE, trust),
        EdgeKind.RESOURCE_POLICY: (BUCKET, resource),
    }
    for kind, (holder, document) in documents.items():
        if document is not None:
            ref = Ref(system="aws", realm="123456789012", kind="policy", id=kind.value, name=kind.value)
            said += [Policy(ref=ref, text=json.dumps({"Statement": document})), Edge(kind=kind, source=holder, target=ref)]
    return AwsMeaning(fold(said, system="aws", connector="aws", taken_at=AT))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ceiling(action, *resources):
    return (BoundClause(clause=Clause(scope=Scope("aws"), actions=(action,), resources=resources), entitlement="e"),)


IF_MFA = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


@pytest.mark.parametrize(
    ("statements", "declared", "verdict"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::a/*")], ceiling("s3:Get*", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("S3:getobject", "arn:aws:s3:::a/*")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("s3:*", "arn:aws:s3:::a/*")], ceiling("s3:Get*", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("s3:GetObject")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("s3:*", "arn:aws:s3:::a/*"), deny("s3:Put*")], ceiling("s3:*", "arn:aws:s3:::a/*"), Verdict.OK),
        ([allow("s3:Get*"), deny("s3:*", "arn:aws:s3:::*")], ceiling("s3:GetObject", "arn:aws:s3:::a/*"), Verdict.VIOLATION),
        ([allow("*", "*")], ceiling("*", "*"), Verdict.OK),
        ([allow("*", "*")], (), Verdict.VIOLATION),
        ([], (), Verdict.OK),
        # a condition is not a permission that is surely there, nor one that is surely not
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **IF_MFA)], (), Verdict.UNDECIDED),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*"), deny("s3:*", **IF_MFA)], (), Verdict.UNDECIDED),
        ([allow("s3:PutObject", "arn:aws:s3:::a/*", **IF_MFA)], ceiling("s3:*", "*"), Verdict.OK),
        # a Deny with a variable in its resource denies less than everything: the polarity decides how to read it
        ([allow("s3:GetObject", "arn:aws:s3:::a/*"), deny("s3:*", "arn:aws:s3:::a/${aws:username}/*")], (), Verdict.VIOLATION),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], ceiling("s3:*", "*"), Verdict.VIOLATION),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::a/*"}], ceiling("s3:*", "*"), Verdict.OK),
        # an action that no catalogue has is judged all the same
        ([allow("newservice:DoIt")], ceiling("s3:*", "*"), Verdict.VIOLATION),
        ([{"Effect": "Alow", "Action": "s3:*"}], (), Verdict.UNDECIDED),
        ([allow("s3:Get*", Unheard="of")], (), Verdict.UNDECIDED),
    ],
)
def test_excess(statements, declared, verdict):
    found = meaning(*statements)
    compared = found.excess(ROLE, declared)
    assert compared.verdict is verdict
    if verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert compared.granted_by


def test_a_boundary_cuts_what_is_held():
    assert meaning(allow("*"), boundary=[allow("s3:Get*")]).excess(ROLE, ceiling("s3:*", "*")).verdict is Verdict.OK
    assert meaning(allow("*"), boundary=[allow("ec2:*")]).excess(ROLE, ceiling("s3:*", "*")).verdict is Verdict.VIOLATION


def test_a_missing_policy_body_is_unknown_and_never_empty():
    gap = Gap(system="aws", realm="1", what="iam", reason=GapReason.INCOMPLETE, subject=ROLE, message="the body is missing")
    assert meaning(gaps=(gap,)).excess(ROLE, ()).verdict is Verdict.UNKNOWN


def test_a_floor_that_a_deny_takes_away_is_shown():
    compared = meaning(allow("s3:GetObject", "*"), deny("s3:GetObject", "arn:aws:s3:::a/*")).shortfall(
        ROLE, ceiling("s3:GetObject", "arn:aws:s3:::a/*")
    )
    assert compared.verdict is Verdict.VIOLATION
    assert compared.witness.action == "s3:GetObject"


def test_a_floor_on_a_condition_is_undecided():
    compared = meaning(allow("s3:GetObject", **IF_MFA)).shortfall(ROLE, ceiling("s3:GetObject", "arn:aws:s3:::a/*"))
    assert compared.verdict is Verdict.UNDECIDED


SERVICES = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "*", "kms:Decrypt"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::a/b*", "arn:aws:kms:*:*:key/*"])
STATEMENTS = st.lists(st.one_of(st.builds(allow, SERVICES, RESOURCES), st.builds(deny, SERVICES, RESOURCES)), max_size=4)


@given(STATEMENTS, st.lists(st.tuples(SERVICES, RESOURCES), max_size=3))
def test_every_witness_replays_and_no_contained_request_is_missed(statements, declared):
    found = meaning(*statements)
    clauses = tuple(clause for action, resource in declared for clause in ceiling(action, resource))
    compared = found.excess(ROLE, clauses)
    allowed = meaning(*(allow(action, resource) for action, resource in declared))
    if compared.verdict is Verdict.VIOLATION:
        assert found.replay(ROLE, compared.witness)
        assert not allowed.replay(ROLE, compared.witness)
    else:
        assert compared.verdict is Verdict.OK
        for action, resource in [
            ("s3:GetObject", "arn:aws:s3:::a/b"),
            ("s3:PutObject", "arn:aws:s3:::z/b"),
            ("kms:Decrypt", "arn:aws:kms:r:1:key/k"),
        ]:
            request = type("W", (), {"action": action, "resource": resource})
            assert not found.replay(ROLE, request) or allowed.replay(ROLE, request)


def tls(**change):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {**statement, **change}


@pytest.mark.parametrize(
    ("statement", "demanded"),
    [
        (tls(), Transit.TLS),
        (tls(Condition={"BoolIfExists": {"aws:SecureTransport": "false"}}), Transit.TLS),
        (tls(Action="*", Resource="*"), Transit.TLS),
        (tls(Action="s3:Get*"), Transit.OPTIONAL),
        (tls(Action="s3:PutObject"), Transit.OPTIONAL),
        (tls(Principal={"AWS": "arn:aws:iam::1:user/x"}), Transit.OPTIONAL),
        (tls(Resource="arn:aws:s3:::b/only/*"), Transit.OPTIONAL),
        (tls(Resource="arn:aws:s3:::b/*"), Transit.OPTIONAL),
        (tls(Effect="Allow"), Transit.OPTIONAL),
        (tls(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}}), Transit.OPTIONAL),
    ],
)
def test_a_bucket_policy_demands_tls_only_when_every_plain_request_is_denied(statement, demanded):
    assert meaning(resource=[statement]).in_transit(Asset(ref=BUCKET, resource="arn:aws:s3:::b")) is demanded


def test_an_external_id_that_may_be_absent_is_not_demanded():
    def external(operator):
        statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
        statement["Condition"] = {operator: {"sts:ExternalId": "secret"}}
        return meaning(trust=[statement]).trusts(ROLE)[0].external_id

    assert external("StringEquals")
    assert not external("StringEqualsIfExists")
    assert not external("StringLike")
