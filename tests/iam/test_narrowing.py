"""The policy that would do: what is declared of what is given, no more and, where it does not say so, no less."""

from __future__ import annotations

import json

import iam_drawn as drawn
import pytest

from connectors.aws_policies import ACCOUNT, ROLE, allow, ceiling, deny, meaning
from guardrails.model.declaration import Clause
from guardrails.model.reference import Scope
from guardrails.ports import BoundClause

OBJECTS = "arn:aws:s3:::b/*"


def narrowed(statements, *clauses, **more):
    return meaning(*statements, **more).excess(ROLE, tuple(one for each in clauses for one in each)).details().narrowed


def what_would_do(statements, *clauses, **more):
    (policy,) = narrowed(statements, *clauses, **more)
    return json.loads(policy.document)["Statement"] if policy.document else policy.note


def under(tests, actions, *resources):
    clause = Clause(scope=Scope("aws"), actions=(actions,), resources=resources, conditions=tests)
    return (BoundClause(clause=clause, entitlement="e"),)


MFA_BLOCK = drawn.block([drawn.MFA])
NONE = "no policy can say what is left of it: "


@pytest.mark.parametrize(
    ("statements", "clauses", "left"),
    [
        ([allow("s3:*", OBJECTS)], [ceiling("s3:Get*", OBJECTS)], [allow(["s3:Get*"], OBJECTS)]),
        ([allow("s3:*")], [ceiling("s3:*", OBJECTS)], [allow("s3:*", [OBJECTS])]),
        # two declared parts of one statement that differ in one element are one statement
        (
            [allow("s3:*", OBJECTS, Sid="A")],
            [ceiling("s3:GetObject", OBJECTS), ceiling("s3:PutObject", OBJECTS)],
            [allow(["s3:GetObject", "s3:PutObject"], OBJECTS, Sid="A")],
        ),
        # and those that differ in two are two, with Sids of their own
        (
            [allow("s3:*", "*", Sid="A")],
            [ceiling("s3:Get*", "arn:aws:s3:::b/*"), ceiling("s3:Put*", "arn:aws:s3:::c/*")],
            [allow(["s3:Get*"], ["arn:aws:s3:::b/*"], Sid="A"), allow(["s3:Put*"], ["arn:aws:s3:::c/*"], Sid="A2")],
        ),
        # what stays within is not touched, and a Deny never
        (
            [allow("s3:*", "arn:aws:s3:::b/${aws:username}"), allow("kms:*"), deny("kms:Delete*")],
            [ceiling("s3:*", OBJECTS), ceiling("kms:Decrypt", "*")],
            [allow("s3:*", "arn:aws:s3:::b/${aws:username}"), allow(["kms:Decrypt"], "*"), deny("kms:Delete*")],
        ),
        # conditions are kept, and those of the declaration are added
        ([allow("s3:*", OBJECTS, **MFA_BLOCK)], [ceiling("s3:Get*", "*")], [allow(["s3:Get*"], OBJECTS, **MFA_BLOCK)]),
        ([allow("s3:GetObject", OBJECTS)], [under((drawn.MFA,), "s3:*", "*")], [allow("s3:GetObject", OBJECTS, **MFA_BLOCK)]),
        (
            [allow("s3:GetObject", OBJECTS, **drawn.block([drawn.OFFICE]))],
            [under((drawn.MFA,), "s3:*", "*")],
            [allow("s3:GetObject", OBJECTS, **drawn.block([drawn.OFFICE, drawn.MFA]))],
        ),
        # the pattern that was written, cut where what is declared leaves something out
        (
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            [ceiling(["sqs:*", "iam:*"], "*")],
            [allow(["sqs:*"], "*")],
        ),
        (
            [{"Effect": "Allow", "Action": "s3:*", "NotResource": OBJECTS}],
            [ceiling("s3:*", OBJECTS)],
            "nothing that it allows is declared: take it away",
        ),
        ([allow("s3:*", "*")], [], "nothing that it allows is declared: take it away"),
        # where the words end, it is said
        (
            [allow("s3:*", "arn:aws:s3:::a*")],
            [ceiling("s3:*", "arn:aws:s3:::*b")],
            NONE + "what arn:aws:s3:::*b and arn:aws:s3:::a* share is no pattern",
        ),
        (
            [allow("kms:*"), allow("s3:*", "arn:aws:s3:::${aws:username}/*")],
            [ceiling("s3:*", "arn:aws:s3:::a/*")],
            NONE + "only some of arn:aws:s3:::${aws:username}/* is declared",
        ),
        (
            [allow("s3:*", "*", **drawn.block([drawn.REGION]))],
            [under((("StringEquals", "aws:requestedregion", ("us-east-1", "eu-north-1")),), "s3:*", "*")],
            NONE + "it and what is declared both have StringEquals on aws:requestedregion",
        ),
        # what is left are names that begin in one way and do not end in another
        (
            [{"Effect": "Allow", "NotAction": ["s3:Get*", "s3:*Object"], "Resource": "*"}],
            [ceiling("s3:Brand*", "*")],
            NONE + "only actions that no pattern names alone are left",
        ),
    ],
)
def test_the_policy_that_would_do(statements, clauses, left):
    assert what_would_do(statements, *clauses) == left


def test_what_leaves_something_out_has_words_only_beside_everything():
    clause = Clause(scope=Scope("aws"), actions=("s3:*",), resources=("*",), but_resources=(OBJECTS,))
    declared = (BoundClause(clause=clause, entitlement="e"),)
    assert what_would_do([allow("s3:*")], declared) == [{"Effect": "Allow", "Action": "s3:*", "NotResource": [OBJECTS]}]
    assert what_would_do([allow("s3:*", "arn:aws:s3:::*")], declared) == NONE + f"arn:aws:s3:::* without {OBJECTS} is no pattern"


def test_a_policy_that_gives_nothing_beyond_is_not_named():
    found = narrowed([allow("s3:Get*", OBJECTS)], ceiling("s3:*", OBJECTS), group=[allow("kms:*")])

    assert [(policy.policy, policy.note) for policy in found] == [
        (f"aws@{ACCOUNT}:policy/identity-policy", "nothing that it allows is declared: take it away")
    ]


def test_what_nothing_gives_any_more_is_said():
    (policy,) = narrowed([allow(["s3:*t", "kms:Decrypt"])], ceiling("s3:Ge*", "*"))

    assert all(name.startswith("s3:Get") and name.endswith("t") for name in json.loads(policy.document)["Statement"][0]["Action"])
    assert policy.note.startswith("it gives less than is declared and held: no s3:ge")


def test_a_boundary_limits_what_counts_as_beyond():
    assert narrowed([allow("s3:*", OBJECTS), allow("kms:*")], ceiling("s3:*", "*"), boundary=[allow("s3:*")]) == ()
