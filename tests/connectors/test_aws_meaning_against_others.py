"""The meaning of AWS policies against two evaluators that share none of its code: one written here, request by request, and moto's."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import product

import pytest
from aws_policies import ACCOUNT, ROLE, allow, ceiling, meaning
from hypothesis import event, given
from hypothesis import strategies as st
from moto.iam.access_control import IAMPolicy, PermissionResult

from guardrails.model.findings import Witness
from guardrails.model.words import Verdict

KEYS = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key"
UNIVERSE = [
    *(("s3:GetObject", f"arn:aws:s3:::{name}") for name in ("a/b", "a/b/c", "ab/b", "b/a")),
    *(("s3:PutObject", f"arn:aws:s3:::{name}") for name in ("a/b", "b/a")),
    *(("s3:ListBucket", f"arn:aws:s3:::{name}") for name in ("a", "ab")),
    ("kms:Decrypt", f"{KEYS}/k"),
    ("kms:Encrypt", "arn:aws:kms:eu-north-1:999988887777:key/k"),
    ("iam:GetAccountSummary", "*"),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/path/a"),
    ("sts:AssumeRole", "arn:aws:iam::999988887777:role/a"),
    ("brandnew:DoIt", "arn:aws:brandnew:::a"),
    ("brandnew:DoIt", "*"),
]
"""Requests that AWS could be asked, for published actions on their own forms only."""

ACTIONS = [
    "*",
    "s3:*",
    "s3:GetObject",
    "S3:getobject",
    "s3:Get*",
    "s3:?etObject",
    "s3:*Object",
    "*:*Object",
    "s3:ListBucket",
    "kms:*",
    "kms:?*crypt",
    "iam:*",
    "iam:GetAccountSummary",
    "sts:AssumeRole",
    "brandnew:*",
    "brandnew:DoIt",
]
RESOURCES = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::?/*",
    "arn:aws:s3:::*/b",
    "arn:aws:*:::a*",
    "arn:*",
    f"arn:aws:kms:*:{ACCOUNT}:key/*",
    "arn:aws:kms:*:*:*",
    f"arn:aws:iam::{ACCOUNT}:role/*",
    "arn:aws:iam::*:role/a",
    "arn:aws:brandnew:::a",
]
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
GIVEN = (("aws:multifactorauthpresent", "true"),)


def elements(names):
    return st.one_of(st.sampled_from(names), st.lists(st.sampled_from(names), min_size=1, max_size=3))


def policy_statements(*, conditions=True):
    return st.builds(
        lambda effect, action, actions, resource, resources, condition: {
            "Effect": effect,
            action: actions,
            resource: resources,
            **({"Condition": MFA} if condition and conditions else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["Action", "Action", "Action", "NotAction"]),
        elements(ACTIONS),
        st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]),
        elements(RESOURCES),
        st.sampled_from([False, False, False, True]),
    )


@dataclass(frozen=True, slots=True)
class Policies:
    """What a role holds itself and through its group, and its boundary."""

    own: list
    group: list = field(default_factory=list)
    boundary: list | None = None

    def meaning(self):
        return meaning(*self.own, group=self.group, boundary=self.boundary)

    def allow(self, request, *, mfa):
        layers = [self.own + self.group] + ([] if self.boundary is None else [self.boundary])
        return all(evaluated(layer, request, mfa) for layer in layers)

    def ever(self, request):
        return any(self.allow(request, mfa=mfa) for mfa in (True, False))


def evaluated(statements, request, mfa):
    """Denied wins, then allowed, else denied; a second factor was given, or it was not."""
    effects = {s["Effect"] for s in statements if concerns(s, *request) and (mfa or "Condition" not in s)}
    return effects == {"Allow"}


def concerns(statement, action, resource):
    def named(key, matches, text):
        listed = statement[key]
        return any(matches(one, text) for one in ([listed] if isinstance(listed, str) else listed))

    on_action = named("Action", same_action, action) if "Action" in statement else not named("NotAction", same_action, action)
    on_resource = named("Resource", same_arn, resource) if "Resource" in statement else not named("NotResource", same_arn, resource)
    return on_action and on_resource


def same(pattern, text):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def same_action(pattern, action):
    return same(pattern.lower(), action.lower())


def same_arn(pattern, arn):
    parts, texts = pattern.split(":", 5), arn.split(":", 5)
    if len(parts) < 6:
        return same(pattern, arn)
    return len(texts) == 6 and all(map(same, parts, texts))


held = st.builds(
    Policies,
    st.lists(policy_statements(), max_size=4),
    st.lists(policy_statements(), max_size=2),
    st.one_of(st.none(), st.none(), st.lists(policy_statements(), max_size=3)),
)
declared = st.lists(st.tuples(elements(ACTIONS), elements(RESOURCES)), max_size=4)


def clauses(entries):
    return tuple(
        clause for actions, resources in entries for clause in ceiling(actions, *([resources] if isinstance(resources, str) else resources))
    )


def covered(entries, request):
    return evaluated([allow(actions, resources) for actions, resources in entries], request, mfa=False)


@given(held, declared)
def test_excess_agrees_with_asking_request_by_request(policies, entries):
    found = policies.meaning()
    compared = found.excess(ROLE, clauses(entries))
    event(compared.verdict.value)
    if compared.verdict is Verdict.OK:
        assert [r for r in UNIVERSE if policies.ever(r) and not covered(entries, r)] == []
    else:
        assert compared.verdict is Verdict.VIOLATION
        request = (compared.witness.action, compared.witness.resource)
        assert policies.allow(request, mfa=compared.witness.context == GIVEN)
        assert not covered(entries, request)
        assert found.replay(ROLE, compared.witness)
        assert compared.granted_by


@given(held, declared)
def test_shortfall_agrees_with_asking_request_by_request(policies, entries):
    found = policies.meaning()
    compared = found.shortfall(ROLE, clauses(entries))
    event(compared.verdict.value)
    if compared.verdict is Verdict.OK:
        assert [r for r in UNIVERSE if covered(entries, r) and not all(policies.allow(r, mfa=mfa) for mfa in (True, False))] == []
    elif compared.verdict is Verdict.VIOLATION:
        request = (compared.witness.action, compared.witness.resource)
        assert covered(entries, request)
        assert not policies.ever(request)
        assert not found.replay(ROLE, compared.witness)


@given(held)
def test_replay_is_the_plain_evaluation(policies):
    found = policies.meaning()
    for (action, resource), mfa in product(UNIVERSE, (True, False)):
        replayed = found.replay(ROLE, Witness(principal="r", action=action, resource=resource, context=GIVEN if mfa else ()))
        assert replayed == policies.allow((action, resource), mfa=mfa)


@given(held, declared, policy_statements())
def test_a_narrower_actual_is_never_more_drift(policies, entries, taken):
    order = [Verdict.OK, Verdict.UNDECIDED, Verdict.VIOLATION]
    before = policies.meaning().excess(ROLE, clauses(entries)).verdict
    narrower = [
        Policies([*policies.own, {**taken, "Effect": "Deny"}], policies.group, policies.boundary),
        Policies(
            policies.own[:-1] if policies.own and policies.own[-1]["Effect"] == "Allow" else policies.own, policies.group, policies.boundary
        ),
    ]
    if policies.boundary is None:
        narrower.append(Policies(policies.own, policies.group, [{**taken, "Effect": "Allow"}]))
    for less in narrower:
        assert order.index(less.meaning().excess(ROLE, clauses(entries)).verdict) <= order.index(before)


@given(declared)
def test_what_is_held_exactly_as_declared_is_no_drift(entries):
    found = meaning(*(allow(actions, resources) for actions, resources in entries))
    assert found.excess(ROLE, clauses(entries)).verdict is Verdict.OK
    assert found.shortfall(ROLE, clauses(entries)).verdict is Verdict.OK


def moto_allows(statements, action, resource):
    policy = IAMPolicy(json.dumps({"Statement": statements}))
    return policy.is_action_permitted(action, resource) is PermissionResult.PERMITTED


def we_allow(statements, action, resource):
    return meaning(*statements).replay(ROLE, Witness(principal="r", action=action, resource=resource))


plain = st.lists(
    st.builds(
        lambda effect, key, actions, resources: {"Effect": effect, key: actions, "Resource": resources},
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["Action", "NotAction"]),
        elements(["*", "s3:*", "s3:GetObject", "s3:Get*", "kms:*", "iam:GetAccountSummary", "brandnew:*"]),
        elements(["*", "arn:aws:s3:::*", "arn:aws:s3:::a/*", "arn:aws:s3:::a", "arn:aws:iam::*:role/a", "arn:*"]),
    ),
    max_size=5,
)


@given(plain)
def test_replay_agrees_with_moto_where_moto_is_right(statements):
    for action, resource in UNIVERSE:
        assert we_allow(statements, action, resource) == moto_allows(statements, action, resource)


@pytest.mark.parametrize(
    ("why", "statements", "action", "resource", "allowed"),
    [
        ("an action has no case", [allow("S3:getobject")], "s3:GetObject", "arn:aws:s3:::a/b", True),
        ("a question mark is one character", [allow("s3:?etObject")], "s3:GetObject", "arn:aws:s3:::a/b", True),
        ("a dot is a dot", [allow("*", "arn:aws:s3:::a.b/*")], "s3:GetObject", "arn:aws:s3:::axb/c", False),
        ("a star stops at a colon", [allow("*", "arn:aws:iam::*:role/a")], "iam:GetRole", "arn:aws:iam::1:odd:role/a", False),
        (
            "NotResource is the complement",
            [{"Effect": "Allow", "Action": "*", "NotResource": "*"}],
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            False,
        ),
        (
            "a Deny of NotResource denies",
            [allow("*"), {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}],
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            False,
        ),
        (
            "a condition is not known to be met",
            [allow("s3:*", Condition=MFA)],
            "s3:GetObject",
            "arn:aws:s3:::a/b",
            False,
        ),
    ],
)
def test_where_moto_is_wrong_we_follow_aws(why, statements, action, resource, allowed):
    assert we_allow(statements, action, resource) is allowed, why
    assert moto_allows(statements, action, resource) is not allowed, why
