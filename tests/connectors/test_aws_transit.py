"""What a bucket policy demands of the way to the bucket: the weakest request that it lets through, whatever words it is written in."""

from __future__ import annotations

import json
from itertools import product

import pytest
from aws_policies import ACCOUNT, BUCKET, deny, meaning
from hypothesis import given
from hypothesis import strategies as st

from guardrails.iam import Policies, Request, evaluate
from guardrails.model.facts import Asset
from guardrails.model.words import Transit

ARN = "arn:aws:s3:::b"
BOTH = [ARN, f"{ARN}/*"]
ASSET = Asset(ref=BUCKET, resource=ARN)
MARIA, NILS = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("maria", "nils"))
PLAIN, TLS = "aws:SecureTransport", "s3:TlsVersion"
STRANGER = "arn:aws:iam::999988887777:user/stranger"
MAY_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def when(*tests):
    block = {}
    for operator, key, *values in tests:
        block.setdefault(operator, {})[key] = list(values)
    return {"Condition": block}


def denied(*tests, actions="s3:*", resources=BOTH, **more):
    return {**deny(actions, resources), "Principal": "*", **when(*tests), **more}


def demand(*policy):
    return meaning(resource=list(policy)).in_transit(ASSET)


def passes(policy, witness):
    """Whether the evaluator lets the request of a witness through when somebody else's policy allows it."""
    who = {"anybody": STRANGER, "somebody unsigned": "Anonymous"}.get(witness.principal, witness.principal)
    asked = Request(principal=who, action=witness.action, resource=witness.resource, context=dict(witness.context))
    document = {"Version": "2012-10-17", "Statement": [*policy, EVERYBODY]}
    return evaluate(asked, Policies(identity={**document, "Statement": [MAY_ALL]}, resource=json.dumps(document))).allowed


NO_PLAIN = denied(("Bool", PLAIN, "false"))


@pytest.mark.parametrize(
    "test",
    [
        ("Bool", PLAIN, "false"),
        ("Bool", PLAIN, "False"),
        ("BoolIfExists", PLAIN, "false"),
        ("StringEquals", PLAIN, "false"),
        ("StringLike", PLAIN, "f*"),
        ("StringNotEquals", PLAIN, "true"),
        ("StringNotEqualsIfExists", PLAIN, "true"),
        ("ForAnyValue:Bool", PLAIN, "false"),
        ("ForAllValues:Bool", PLAIN, "false"),
        # a request without TLS has no version of it
        ("Null", TLS, "true"),
    ],
)
def test_every_spelling_that_denies_plain_requests_demands_tls(test):
    found = demand(denied(test))
    assert found.level is Transit.TLS
    assert found.witness.context[0] == ("aws:securetransport", "true")


@pytest.mark.parametrize(
    "statement",
    [
        denied(("Bool", PLAIN, "true")),
        denied(("Null", PLAIN, "true")),
        denied(("Bool", PLAIN, "false"), actions="s3:Get*"),
        denied(("Bool", PLAIN, "false"), actions="s3:PutObject"),
        denied(("Bool", PLAIN, "false"), resources=ARN),
        denied(("Bool", PLAIN, "false"), resources=f"{ARN}/*"),
        denied(("Bool", PLAIN, "false"), resources=f"{ARN}/only/*"),
        denied(("Bool", PLAIN, "false"), Principal={"AWS": MARIA}),
        denied(("Bool", PLAIN, "false"), ("IpAddress", "aws:SourceIp", "10.0.0.0/8")),
        denied(("Bool", PLAIN, "false"), Effect="Allow"),
        # older versions of TLS alone: a plain request has none
        denied(("NumericLessThan", TLS, "1.2")),
    ],
)
def test_a_deny_of_less_than_all_plain_requests_demands_nothing(statement):
    found = demand(statement)
    assert found.level is Transit.OPTIONAL
    assert ("aws:securetransport", "false") in found.witness.context
    assert passes([statement], found.witness)


def let_off(principal):
    found = denied(("Bool", PLAIN, "false"), NotPrincipal=principal)
    del found["Principal"]
    return found


def test_whom_a_deny_lets_off_by_not_principal_may_come_in_clear():
    found = demand(let_off({"AWS": MARIA}))
    assert (found.level, found.witness.principal) == (Transit.OPTIONAL, MARIA)
    assert passes([let_off({"AWS": MARIA})], found.witness)


def test_denying_one_and_all_but_that_one_denies_everybody():
    assert demand(let_off({"AWS": MARIA}), denied(("Bool", PLAIN, "false"), Principal={"AWS": MARIA})).level is Transit.TLS
    assert demand(let_off({"AWS": MARIA}), denied(("Bool", PLAIN, "false"), Principal={"AWS": ACCOUNT})).level is Transit.TLS
    assert demand(let_off({"AWS": MARIA}), denied(("Bool", PLAIN, "false"), Principal={"AWS": NILS})).level is Transit.OPTIONAL


def test_who_is_let_off_by_name_can_be_denied_by_a_condition():
    his_own = denied(("Bool", PLAIN, "false"), ("ArnEquals", "aws:PrincipalArn", MARIA))
    assert demand(let_off({"AWS": MARIA}), his_own).level is Transit.TLS


@pytest.mark.parametrize("account", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws-cn:iam::{ACCOUNT}:root"])
def test_whom_a_deny_lets_off_with_the_account_may_come_in_clear(account):
    found = demand(let_off({"AWS": account}))
    assert (found.level, found.witness.principal) == (Transit.OPTIONAL, f"arn:aws:iam::{ACCOUNT}:root")
    assert found.witness.context == (("aws:securetransport", "false"),)
    assert demand(let_off({"AWS": account}), denied(("Bool", PLAIN, "false"), Principal={"AWS": MARIA})).level is Transit.OPTIONAL


def test_an_account_that_is_let_off_lets_off_whom_another_statement_names():
    policy = [let_off({"AWS": ACCOUNT}), let_off({"AWS": MARIA})]
    found = demand(*policy)
    assert (found.level, found.witness.principal) == (Transit.OPTIONAL, MARIA)
    assert passes(policy, found.witness)


def test_nobody_is_let_off_or_denied_by_a_principal_that_is_malformed():
    assert demand(let_off("maria")).level is Transit.OPTIONAL
    assert demand(denied(("Bool", PLAIN, "false"), Principal="maria")).level is Transit.OPTIONAL


def test_an_exception_by_condition_is_none_for_whom_another_statement_denies():
    but_maria = denied(("Bool", PLAIN, "false"), ("ArnNotEquals", "aws:PrincipalArn", MARIA))
    assert demand(but_maria, denied(("Bool", PLAIN, "false"), Principal={"AWS": MARIA})).level is Transit.TLS


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": [MARIA, "*"]}])
def test_everybody_is_written_in_several_ways(principal):
    assert demand(denied(("Bool", PLAIN, "false"), Principal=principal)).level is Transit.TLS


def test_a_deny_of_those_who_sign_leaves_the_unsigned():
    policy = [denied(("Bool", PLAIN, "false"), ("StringLike", "aws:PrincipalArn", "*"))]
    found = demand(*policy)
    assert (found.level, found.witness.principal) == (Transit.OPTIONAL, "somebody unsigned")
    assert passes(policy, found.witness)


def test_an_exception_for_one_role_is_shown_with_its_name():
    found = demand(denied(("Bool", PLAIN, "false"), ("ArnNotEquals", "aws:PrincipalArn", MARIA)))
    assert found.level is Transit.OPTIONAL
    assert ("aws:principalarn", MARIA) in found.witness.context


def test_statements_that_cover_it_together_demand_it():
    by_action = [denied(("Bool", PLAIN, "false"), actions="s3:Get*"), {**denied(("Bool", PLAIN, "false")), "NotAction": "s3:Get*"}]
    del by_action[1]["Action"]
    assert demand(*by_action).level is Transit.TLS
    by_place = [denied(("Bool", PLAIN, "false"), resources=[ARN, f"{ARN}/a/*"]), {**denied(("Bool", PLAIN, "false"))}]
    by_place[1] |= {"NotResource": f"{ARN}/a/*"}
    del by_place[1]["Resource"]
    assert demand(*by_place).level is Transit.TLS
    assert demand(by_place[0]).level is Transit.OPTIONAL


def test_what_nobody_could_ask_for_need_not_be_denied():
    """A bucket is no object: each action is denied where it can be asked."""
    objects = denied(("Bool", PLAIN, "false"), resources=f"{ARN}/*")
    assert demand(objects, denied(("Bool", PLAIN, "false"), resources=ARN)).level is Transit.TLS


@pytest.mark.parametrize(
    ("test", "level"),
    [
        (("NumericLessThan", TLS, "1.2"), Transit.TLS1_2),
        (("NumericLessThan", TLS, "1.20"), Transit.TLS1_2),
        (("NumericLessThanIfExists", TLS, "1.2"), Transit.TLS1_2),
        (("NumericLessThanEquals", TLS, "1.1"), Transit.TLS1_2),
        (("NumericEquals", TLS, "1.0", "1.1"), Transit.TLS1_2),
        (("NumericNotEquals", TLS, "1.2", "1.3"), Transit.TLS1_2),
        (("NumericLessThan", TLS, "1.3"), Transit.TLS1_3),
        (("NumericLessThanEquals", TLS, "1.2"), Transit.TLS1_3),
        (("NumericNotEquals", TLS, "1.3"), Transit.TLS1_3),
        (("NumericLessThan", TLS, "1.1"), Transit.TLS),
        (("NumericEquals", TLS, "1.0"), Transit.TLS),
        (("NumericGreaterThan", TLS, "1.2"), Transit.TLS),
        (("ForAllValues:NumericLessThan", TLS, "1.2"), Transit.TLS1_2),
        (("ForAnyValue:NumericLessThan", TLS, "1.2"), Transit.TLS1_2),
    ],
)
def test_the_version_that_is_demanded_is_the_oldest_that_passes(test, level):
    found = demand(NO_PLAIN, denied(test))
    assert (found.level, found.certain) == (level, level)
    assert found.witness is None or passes([NO_PLAIN, denied(test)], found.witness)


@pytest.mark.parametrize(
    ("test", "level"),
    [
        # an absent version passes whatever is negated or IfExists, and all of none
        (("NumericLessThanIfExists", TLS, "1.2"), Transit.TLS1_2),
        (("NumericNotEquals", TLS, "1.3"), Transit.TLS1_3),
        (("ForAllValues:NumericLessThan", TLS, "1.2"), Transit.TLS1_2),
        (("ForAnyValue:NumericLessThan", TLS, "1.2"), Transit.OPTIONAL),
        (("NumericLessThan", TLS, "1.2"), Transit.OPTIONAL),
    ],
)
def test_one_statement_about_the_version_denies_plain_requests_only_by_their_absence(test, level):
    assert demand(denied(test)).level is level


@pytest.mark.parametrize(
    "statement",
    [
        denied(("Bool", PLAIN, "false"), ("StringMatches", "aws:Referer", "x")),
        denied(("Bool", PLAIN, "false"), resources=[ARN, f"{ARN}/${{aws:username}}/*", f"{ARN}/*"], Odd="element"),
        denied(("Bool", PLAIN, "perhaps")),
    ],
)
def test_a_deny_that_is_not_understood_is_a_doubt_and_no_demand(statement):
    found = demand(statement, denied(("NumericLessThan", TLS, "1.2")))
    assert (found.certain, found.doubt[:9]) == (Transit.OPTIONAL, "something")
    assert found.level > Transit.OPTIONAL


def test_a_doubt_hides_nothing_that_is_certain():
    found = demand(denied(("Bool", PLAIN, "false"), ("StringMatches", "aws:Referer", "x")))
    assert (found.level, found.at_worst) == (Transit.TLS, Transit.OPTIONAL)
    assert found.witness.context == (("aws:securetransport", "true"), ("s3:tlsversion", "1"))


def test_a_bucket_policy_beyond_the_budget_is_a_doubt():
    short = [f"{ARN}/{'?' * length}" for length in range(18)]
    hard = f"{ARN}/*a{'?' * 16}"  # to tell such texts one must keep the last seventeen letters in mind
    found = demand(denied(resources=[ARN, *short, hard]))
    assert (found.certain, found.witness) == (Transit.OPTIONAL, None)
    assert "budget" in found.doubt


def test_a_bucket_without_a_policy_lets_everything_through():
    found = meaning().in_transit(ASSET)
    assert (found.level, found.witness.principal, found.witness.action) == (Transit.OPTIONAL, "anybody", "s3:GetObject")


TESTS = st.one_of(
    st.tuples(
        st.sampled_from(
            ["Bool", "BoolIfExists", "StringEquals", "StringNotEquals", "StringNotEqualsIfExists", "Null", "ForAllValues:Bool"]
        ),
        st.just(PLAIN),
        st.sampled_from(["true", "false"]),
    ),
    st.tuples(
        st.sampled_from(
            [f"Numeric{sign}{end}" for sign in ("Equals", "NotEquals", "LessThan", "LessThanEquals") for end in ("", "IfExists")]
            + ["NumericGreaterThan", "ForAnyValue:NumericLessThan", "ForAllValues:NumericLessThan"]
        ),
        st.just(TLS),
        st.sampled_from(["1", "1.1", "1.2", "1.20", "1.3"]),
    ),
    st.tuples(st.just("Null"), st.just(TLS), st.sampled_from(["true", "false"])),
    st.tuples(st.sampled_from(["ArnEquals", "ArnNotEquals", "StringNotLike"]), st.just("aws:PrincipalArn"), st.just(MARIA)),
    st.tuples(st.sampled_from(["StringLike", "StringNotLike"]), st.just("aws:PrincipalArn"), st.just("*")),
    st.tuples(st.sampled_from(["IpAddress", "NotIpAddress"]), st.just("aws:SourceIp"), st.just("10.0.0.0/8")),
    st.tuples(st.just("StringMatches"), st.just("aws:Referer"), st.just("x")),
)
USUAL = st.sampled_from([(("Bool", PLAIN, "false"),), (("NumericLessThan", TLS, "1.2"),), (("NumericLessThan", TLS, "1.3"),)])


@st.composite
def statements(draw):
    found = {"Effect": draw(st.sampled_from(["Deny", "Deny", "Deny", "Allow"]))}
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        st.sampled_from(["s3:*", "*", "s3:Get*", "s3:*Object*", "s3:List*"])
    )
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(
        st.sampled_from([BOTH, BOTH, "*", ARN, f"{ARN}/*", f"{ARN}/p/*", "arn:aws:s3:::other/*"])
    )
    named = draw(st.sampled_from(["*", "*", {"AWS": "*"}, {"AWS": MARIA}, {"AWS": [MARIA, "*"]}, {"AWS": [ACCOUNT]}]))
    found[draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))] = named
    if tests := draw(st.one_of(USUAL, st.lists(TESTS, max_size=2, unique_by=lambda test: test[:2]).map(tuple))):
        found |= when(*tests)
    return found


PLACES = (("s3:GetObject", f"{ARN}/p/x"), ("s3:PutObject", f"{ARN}/q"), ("s3:ListBucket", ARN), ("s3:GetBucketPolicy", ARN))
WAYS = (
    (Transit.OPTIONAL, {PLAIN: "false"}),
    (Transit.TLS, {PLAIN: "true", TLS: "1.0"}),
    (Transit.TLS, {PLAIN: "true", TLS: "1.1"}),
    (Transit.TLS1_2, {PLAIN: "true", TLS: "1.2"}),
)
SOURCES = ({}, {"aws:SourceIp": "10.1.1.1"}, {"aws:SourceIp": "203.0.113.7"})


BY_ACTION = [denied(("Bool", PLAIN, "false"), actions="s3:Get*"), denied(("Bool", PLAIN, "false"), actions=["s3:A*", "s3:L*", "s3:P*"])]
BASES = st.sampled_from([[], [NO_PLAIN], [NO_PLAIN, denied(("NumericLessThan", TLS, "1.2"))], BY_ACTION])


@given(BASES, st.lists(statements(), min_size=1, max_size=4))
def test_nothing_weaker_than_what_is_demanded_passes_the_evaluator_and_the_witness_does(base, more):
    policy = [*base, *more]
    found = demand(*policy)
    assert found.witness is None or passes(policy, found.witness), found
    assert found.at_worst is None or found.at_worst < found.level
    document = Policies(resource=json.dumps({"Version": "2012-10-17", "Statement": [*policy, EVERYBODY]}))
    weaker = [context for level, context in WAYS if level < found.certain]
    for context, source, (action, resource), who in product(weaker, SOURCES, PLACES, (MARIA, NILS, "Anonymous")):
        asked = Request(principal=who, action=action, resource=resource, context=context | source)
        assert evaluate(asked, document).allowed is False, asked
