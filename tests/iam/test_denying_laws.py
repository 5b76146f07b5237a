"""The policy that denies what is too much, against the evaluator: afterwards just what is declared and was given is allowed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product

import iam_drawn as drawn
import pytest
from hypothesis import example, given
from iam_drawn import declared_policy

from connectors.aws_policies import ROLE, allow, ceiling, deny, meaning
from guardrails.iam import Policies, Request, evaluate
from guardrails.model.words import Verdict


def denial(statements, clauses) -> tuple[list[dict[str, object]], str]:
    """What the denial says, or why there is none."""
    try:
        return json.loads(meaning(*statements).denial(ROLE, clauses))["Statement"], ""
    except ValueError as why:
        return [], str(why)


@given(drawn.policies, drawn.clauses)
@example([allow("s3:*")], ceiling("s3:*", "arn:aws:s3:::b/*"))
def test_what_is_left_is_what_is_declared_and_was_given_by_the_evaluator_too(statements, clauses):
    if meaning(*statements).excess(ROLE, clauses).verdict is not Verdict.VIOLATION:
        return
    made, _ = denial(statements, clauses)
    if not made:
        return
    before, after = ({"Version": "2012-10-17", "Statement": listed} for listed in (statements, [*statements, *made]))
    declared = declared_policy(clauses)
    for (action, resource), context in product(drawn.ASKED, drawn.CONTEXTS):
        wanted = drawn.allowed(before, action, resource, context) and any(drawn.allowed(one, action, resource, context) for one in declared)
        assert drawn.allowed(after, action, resource, context) == wanted, (action, resource, context)
    then = meaning(*statements, *made)
    assert then.excess(ROLE, clauses).verdict is Verdict.OK
    assert then.lost(ROLE, meaning(*statements), clauses).verdict is Verdict.OK


@given(drawn.policies, drawn.clauses)
@example([allow("s3:Brand*", "arn:aws:s3:::*/b")], ceiling("*", "arn:aws:s3:::a/*"))
def test_what_is_not_held_is_not_denied(statements, clauses):
    """Somebody else may give it whom nobody has seen, such as the policy of a queue."""
    made, _ = denial(statements, clauses)
    if not made:
        return
    everything = [allow("*")]
    givers = [one for one in statements if one["Effect"] == "Allow"]
    for action, resource in drawn.ASKED:
        spoken = [{key: value for key, value in one.items() if key != "Condition"} for one in givers]
        if _allowed(spoken, action, resource):
            continue
        less = [*everything, *({key: value for key, value in one.items() if key != "Condition"} for one in made)]
        assert _allowed(less, action, resource) == _allowed(everything, action, resource), (action, resource)


def _allowed(statements, action, resource) -> bool:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return (
        evaluate(
            Request(principal="arn:aws:iam::123456789012:role/r", action=action, resource=resource, context={}), Policies(identity=[policy])
        ).allowed
        is True
    )


HTTPS = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}


@pytest.mark.parametrize(
    ("statements", "clauses", "said"),
    [
        ([allow("*")], ceiling("s3:GetObject", "arn:aws:s3:::b/*"), [{"NotAction": ["s3:GetObject"], "Resource": ["*"]}, {"Action": ["s3:GetObject"], "NotResource": ["arn:aws:s3:::b/*"]}]),
        ([allow(["s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::b/*")], ceiling("s3:GetObject", "arn:aws:s3:::b/*"), [{"Action": ["s3:DeleteObject"], "Resource": ["arn:aws:s3:::b/*"]}]),
        ([allow("s3:*", "arn:aws:s3:::b/*")], ceiling("s3:Get*", "arn:aws:s3:::b/*"), [{"NotAction": ["s3:Get*"], "Resource": ["arn:aws:s3:::b/*"]}]),
        ([allow("s3:Get*"), deny("s3:GetObject", "arn:aws:s3:::b/*")], (), [{"Action": ["s3:Get*"], "Resource": ["*"]}]),
        ([allow("sqs:*"), allow("s3:PutObject", "arn:aws:s3:::b/*")], (), [{"Action": ["sqs:*"], "Resource": ["*"]}, {"Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"]}]),
        ([allow(["s3:GetObject", "sqs:SendMessage"], **HTTPS)], ceiling("s3:GetObject", "*"), [{"Action": ["sqs:SendMessage"], "Resource": ["*"]}]),
    ],
)  # fmt: skip
def test_it_is_said_in_few_statements(statements, clauses, said):
    assert denial(statements, clauses)[0] == [{"Effect": "Deny", **one} for one in said]


@pytest.mark.parametrize(
    ("statements", "clauses", "why"),
    [
        ([allow("*")], (), "it would be denied everything, for nothing of it is declared"),
        ([allow("s3:*")], ceiling("s3:Get*", "*"), "none denies s3:[A-Z]"),
        ([allow(["s3:Get*", "ec2:*"])], ceiling("ec2:Describe*", "*"), "lets be what is declared or not held"),
        ([allow("s3:*")], ceiling("s3:*", "arn:aws:s3:::a*") + ceiling("s3:Get*", "arn:aws:s3:::*b"), "none denies s3:"),
    ],
)
def test_what_no_policy_can_say_is_told_with_a_request(statements, clauses, why):
    made, told = denial(statements, clauses)
    assert made == []
    assert re.search(why, told), told


def test_a_condition_that_has_an_opposite_is_turned_round():

    ((bound,), (wanted,)) = ceiling("s3:*", "*"), [("Bool", "aws:SecureTransport", ("true",))]
    clauses = (replace(bound, clause=replace(bound.clause, conditions=(wanted,))),)

    assert denial([allow("s3:*")], clauses)[0] == [
        {"Effect": "Deny", "Action": ["s3:*"], "Resource": ["*"], "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}
    ]
    odd = (replace(bound, clause=replace(bound.clause, conditions=(("NumericLessThan", "s3:max-keys", ("10",)),))),)
    assert "none denies" in denial([allow("s3:*")], odd)[1]


def test_what_one_part_declares_always_is_not_denied_for_the_condition_of_another():
    """Found by leaving out the question: no law drew two parts that share resources and not their conditions."""
    (bound,) = ceiling("s3:*", "*")
    secure = replace(bound, clause=replace(bound.clause, conditions=(("Bool", "aws:SecureTransport", ("true",)),)))

    made, told = denial([allow("s3:*")], (secure, *ceiling("s3:GetObject", "arn:aws:s3:::b/*")))

    assert made == []
    assert "none denies s3:" in told
