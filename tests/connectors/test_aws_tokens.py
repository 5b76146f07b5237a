"""Trust of identity providers in AWS, against the claims that are declared: from the trust policy to the token that proves the finding."""

from __future__ import annotations

import itertools
import json

import pytest
from aws_policies import ACCOUNT, AT, ROLE, meaning
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails import declare, workflow
from guardrails.model.findings import Witness

GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Azure"
HOST = "token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::{ACCOUNT}:role/ci"
SYSTEM = """guardrails: 1
systems: {aws: {connector: aws, export: account.json}}
teams: {t: {}}
"""
LOAD = """workloads:
  ci:
    is: ["aws:role/ci"]
    assumed-by: ["oidc:%s/repo:ours/*"]
    audience: [sts.amazonaws.com]
    claims: {repository_owner: [ours], job_workflow_ref: ["ours/flows/*"]}
    owner: "team:t"
"""
USUAL = {
    "StringEquals": {f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:repository_owner": "ours"},
    "StringLike": {f"{HOST}:sub": "repo:ours/*", f"{HOST}:job_workflow_ref": "ours/flows/deploy@*"},
}


def lets(condition, provider=GITHUB, action="sts:AssumeRoleWithWebIdentity", effect="Allow"):
    return {"Effect": effect, "Principal": {"Federated": provider}, "Action": action, "Condition": condition}


def found(tmp_path, *statements, load=LOAD % HOST):
    role = {
        "RoleName": "ci",
        "RoleId": "AROA1",
        "Arn": ARN,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
    }
    account = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}
    (tmp_path / "account.json").write_text(json.dumps(account))
    (tmp_path / "guardrails.yaml").write_text(SYSTEM + load)
    declared = declare.load(tmp_path)
    run = workflow.assess(declared, workflow.observe(declared, AT), AT)
    return [one.difference for one in run.findings if one.control == "GR104"]


def without(key, operator="StringEquals", **more):
    kept = {name: value for name, value in USUAL[operator].items() if name != f"{HOST}:{key}"}
    return {name: tests for name, tests in {**USUAL, operator: kept, **more}.items() if tests}


def test_a_policy_that_demands_what_is_declared_is_no_finding(tmp_path):
    assert found(tmp_path, lets(USUAL)) == []


@pytest.mark.parametrize(
    ("condition", "claim", "said"),
    [
        (without("repository_owner"), "repository_owner", "anything"),
        (without("repository_owner", StringLike=USUAL["StringLike"] | {f"{HOST}:repository_owner": "our*"}), "repository_owner", "our*"),
        (without("repository_owner", StringNotEquals={f"{HOST}:repository_owner": "evil"}), "repository_owner", "anything"),
        (
            without("job_workflow_ref", "StringLike", StringLikeIfExists={f"{HOST}:job_workflow_ref": "ours/flows/*"}),
            "job_workflow_ref",
            "absent",
        ),
    ],
)
def test_a_claim_that_is_not_demanded_is_found_with_a_token_that_comes_in(tmp_path, condition, claim, said):
    if "StringLikeIfExists" in condition:
        condition = {**condition, "StringLike": {f"{HOST}:sub": "repo:ours/*"}}
    (one,) = found(tmp_path, lets(condition))
    assert one.verdict.value == "violation"
    assert f"with tokens of which {claim} is {said}, which is not declared" in one.message
    told = dict(one.witness.context)
    assert told["sub"].startswith("repo:ours/")
    assert told["aud"] == "sts.amazonaws.com"
    assert told.get("repository_owner") != "ours" or told.get("job_workflow_ref") is None
    assert (one.witness.principal, one.witness.resource) == (GITHUB, ARN)


def test_a_deny_takes_away_what_a_claim_would_let_in(tmp_path):
    deny = lets({"StringNotEquals": {f"{HOST}:repository_owner": "ours"}}, effect="Deny")
    assert found(tmp_path, lets(without("repository_owner")), deny) == []
    half = lets({"StringEquals": {f"{HOST}:repository_owner": "evil"}}, effect="Deny")
    (one,) = found(tmp_path, lets(without("repository_owner")), half)
    assert dict(one.witness.context)["repository_owner"] not in {"ours", "evil"}


def test_what_is_not_understood_of_a_claim_is_undecided(tmp_path):
    (one,) = found(tmp_path, lets(without("repository_owner", StringOdd={f"{HOST}:repository_owner": "ours"})))
    assert (one.verdict.value, one.witness) == ("undecided", None)
    several = lets(without("repository_owner", **{"ForAnyValue:StringEquals": {f"{HOST}:repository_owner": "ours"}}))
    assert [one.verdict.value for one in found(tmp_path, several)] == ["undecided"]


def test_claims_of_saml_are_known_by_their_own_names(tmp_path):
    load = 'workloads: {ci: {is: ["aws:role/ci"], assumed-by: ["saml:Azure"], claims: {iss: ["https://sts.ours/"]}, owner: "team:t"}}\n'
    by = {"provider": SAML, "action": "sts:AssumeRoleWithSAML"}
    assert found(tmp_path, lets({"StringEquals": {"SAML:iss": "https://sts.ours/"}}, **by), load=load) == []
    (one,) = found(tmp_path, lets({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, **by), load=load)
    assert "of which iss is anything" in one.message
    assert one.witness.action == "sts:AssumeRoleWithSAML"


VALUES = ("ours", "theirs", "ourselves")
TEST = st.tuples(
    st.sampled_from(["StringEquals", "StringLike", "StringNotEquals", "StringLikeIfExists"]),
    st.sampled_from(["owner", "env"]),
    st.lists(st.sampled_from([*VALUES, "our*", "*"]), min_size=1, max_size=2),
)


def block(tests):
    joined = {}
    for operator, claim, values in tests:
        joined.setdefault(operator, {})[f"{HOST}:{claim}"] = values
    return joined


@settings(max_examples=settings.default.max_examples // 2)
@given(
    allows=st.lists(st.lists(TEST, max_size=3), min_size=1, max_size=2), denies=st.lists(st.lists(TEST, min_size=1, max_size=2), max_size=1)
)
def test_what_is_asked_of_tokens_misses_none_that_the_evaluator_lets_in(allows, denies):
    statements = [*(lets(block(tests)) for tests in allows), *(lets(block(tests), effect="Deny") for tests in denies)]
    compiled = meaning(trust=statements)
    seen = compiled.trusts(ROLE)
    for owner, env in itertools.product((*VALUES, None), repeat=2):
        context = tuple((claim, text) for claim, text in (("env", env), ("owner", owner), ("sub", "x")) if text is not None)
        token = Witness(
            principal=GITHUB, action="sts:AssumeRoleWithWebIdentity", resource=f"arn:aws:iam::{ACCOUNT}:role/r", context=context
        )
        if compiled.replay(ROLE, token):
            told = dict(context)
            assert any(
                all((one.name in told and told[one.name] in one.values) or (one.name not in told and one.may_lack) for one in each.claims)
                for each in seen
            )
