"""What a statement and a declared part share, in the words of a policy or not at all."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny, document, when

from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.meeting import NoWordsError, met, texts_of
from guardrails.iam.proof.statements import statements

OBJECTS = "arn:aws:s3:::b/*"
HOME = "arn:aws:s3:::home/${aws:username}/*"
MFA = ("Bool", "aws:MultiFactorAuthPresent", ("true",))
MFA_BLOCK = when("Bool", "aws:MultiFactorAuthPresent", ["true"])
OFFICE = when("IpAddress", "aws:SourceIp", "10.0.0.0/8")


def part(actions, *resources, **more):
    return Declared(actions=tuple([actions] if isinstance(actions, str) else actions), resources=frozenset(resources), **more)


def shared(entry, declared, known=None):
    (statement,) = statements(json.dumps(document(entry)))
    return list(met(entry, statement, declared, declared.region(known)))


@pytest.mark.parametrize(
    ("entry", "declared", "expected"),
    [
        # what stays within is as it was written
        (allow("s3:Get*", OBJECTS, Sid="A"), part("s3:*", "*"), allow("s3:Get*", OBJECTS, Sid="A")),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, part("*", "*"), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        (allow("s3:*", NotResource=OBJECTS), part("*", "*"), allow("s3:*", NotResource=OBJECTS)),
        # the declared actions, or the written ones, whichever say no more
        (allow("s3:*", OBJECTS), part("s3:Get*", "*"), allow(["s3:Get*"], OBJECTS)),
        (allow(["s3:GetObject", "sqs:*"], "*"), part("s3:*", "*"), allow(["s3:GetObject"], "*")),
        (allow(["s3:*", "s3:Get*"], "*"), part(["s3:Get*", "s3:GetObject"], "*"), allow(["s3:Get*"], "*")),
        (allow("s3:Get*t", "*"), part("s3:GetObj*", "*"), allow(["s3:GetObject", "s3:GetObjectTorrent", "s3:GetObjectVersionTorrent"], "*")),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, part(["sqs:*", "iam:*"], "*"), allow(["sqs:*"], "*")),
        (allow("*", "*"), part("consoleapp:*", "*", but_actions=("consoleapp:Get*",)), allow(["consoleapp:ListDeviceIdentities"], "*")),
        (allow("s3:Brand*", "*"), part("s3:BrandNew*", "*"), allow(["s3:BrandNew*"], "*")),
        (allow("s3:*", "*"), part(["s3:Get*", "s3:GetObj*"], "*"), allow(["s3:Get*"], "*")),
        (allow(["s3:GetObject", "s3:BrandNew*", "sqs:*"], "*"), part(["s3:Get*", "s3:Brand*"], "*"), allow(["s3:GetObject", "s3:BrandNew*"], "*")),
        # what names no resource is told with none
        ({"Effect": "Allow", "Action": "s3:*"}, part("s3:*", "*"), {"Effect": "Allow", "Action": "s3:*"}),
        # the narrower of two resources, or what a declaration leaves out of all
        (allow("s3:*", "*"), part("s3:*", OBJECTS, "arn:aws:s3:::a"), allow("s3:*", ["arn:aws:s3:::a", OBJECTS])),
        (allow("s3:*", ["arn:aws:s3:::b/x", "arn:aws:s3:::c/x"]), part("s3:*", OBJECTS), allow("s3:*", ["arn:aws:s3:::b/x"])),
        (allow("s3:*", [OBJECTS, "*"]), part("s3:*", OBJECTS), allow("s3:*", [OBJECTS])),
        (allow("s3:*", "*"), part("s3:*", "*", but_resources=frozenset({OBJECTS})), allow("s3:*", NotResource=[OBJECTS])),
        (allow("s3:*", ["arn:aws:s3:::a", "*"]), part("s3:*", "*", but_resources=frozenset({OBJECTS})), allow("s3:*", NotResource=[OBJECTS])),
        (allow("s3:*", NotResource="arn:aws:s3:::b/own"), part("s3:*", "arn:aws:s3:::c"), allow("s3:*", ["arn:aws:s3:::c"])),
        (allow("s3:*", NotResource=OBJECTS), part("s3:*", "*", but_resources=frozenset({OBJECTS})), allow("s3:*", NotResource=OBJECTS)),
        (allow("s3:*", NotResource=OBJECTS), part("s3:*", OBJECTS, "arn:aws:s3:::c"), allow("s3:*", ["arn:aws:s3:::c"])),
        (
            allow("s3:*", ["arn:aws:s3:::b*", "arn:aws:s3:::c*"]),
            part("s3:*", "arn:aws:s3:::b/x", "arn:aws:s3:::c/x"),
            allow("s3:*", ["arn:aws:s3:::b/x", "arn:aws:s3:::c/x"]),
        ),
        (allow("s3:*", [HOME, "arn:aws:s3:::x"]), part("s3:*", "arn:aws:s3:::x"), allow("s3:*", ["arn:aws:s3:::x"])),
        # a variable stays where all that it can be is declared
        (allow("s3:*", [HOME, "arn:aws:s3:::x"]), part("s3:*", "arn:aws:s3:::home/*"), allow("s3:*", [HOME])),
        # conditions are kept, and those of the declaration are added where they say more
        (allow("s3:*", "*", Condition=OFFICE), part("s3:*", OBJECTS), allow("s3:*", [OBJECTS], Condition=OFFICE)),
        (allow("s3:*", "*", Condition=OFFICE), part("s3:*", "*", conditions=(MFA,)), allow("s3:*", "*", Condition=OFFICE | MFA_BLOCK)),
        (allow("s3:*", "*"), part("s3:*", "*", conditions=(MFA,)), allow("s3:*", "*", Condition=MFA_BLOCK)),
        (allow("s3:*", "*", Condition=MFA_BLOCK), part("s3:*", "*", conditions=(MFA,)), allow("s3:*", "*", Condition=MFA_BLOCK)),
        (
            allow("s3:*", "*", Condition={"bool": {"aws:SecureTransport": "true"}}),
            part("s3:*", "*", conditions=(MFA,)),
            allow("s3:*", "*", Condition={"bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": ["true"]}}),
        ),
        (
            allow("s3:*", "*", Condition={"StringEquals": {"AWS:Referer": ["y", "x"]}}),
            part("s3:*", "*", conditions=(("StringEquals", "aws:Referer", ("x", "y")), MFA)),
            allow("s3:*", "*", Condition={"StringEquals": {"AWS:Referer": ["y", "x"]}} | MFA_BLOCK),
        ),
        # nothing is shared
        (allow("s3:*", "arn:aws:s3:::a"), part("s3:*", OBJECTS), None),
        (allow("s3:*", "*"), part("sqs:*", "*"), None),
        (allow("s3:*", "*", Condition=MFA_BLOCK), part("s3:*", "*", conditions=(("Null", "aws:MultiFactorAuthPresent", ("true",)),)), None),
        (allow("s3:*", NotResource=OBJECTS), part("s3:*", OBJECTS), None),
        (deny("s3:*", "*"), part("s3:*", "*"), deny("s3:*", "*")),
    ],
)  # fmt: skip
def test_what_is_shared_is_a_statement(entry, declared, expected):
    assert shared(entry, declared) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("entry", "declared", "why"),
    [
        (allow("s3:*", "arn:aws:s3:::a*"), part("s3:*", "arn:aws:s3:::*b"), "what arn:aws:s3:::*b and arn:aws:s3:::a* share is no pattern"),
        (
            allow("s3:*", "arn:aws:s3:::*"),
            part("s3:*", "*", but_resources=frozenset({OBJECTS})),
            f"arn:aws:s3:::* without {OBJECTS} is no pattern",
        ),
        (
            allow("s3:*", "arn:aws:s3:::a*"),
            part("s3:*", "arn:aws:s3:::*b", but_resources=frozenset({"arn:aws:s3:::acb", "arn:aws:s3:::adb"})),
            "arn:aws:s3:::*b without arn:aws:s3:::acb is no pattern",
        ),
        (
            allow("s3:*"),
            part("s3:*", "*", "arn:aws:s3:::c/*", but_resources=frozenset({OBJECTS})),
            f"* without {OBJECTS} is no pattern",
        ),
        (allow("s3:*", HOME), part("s3:*", "arn:aws:s3:::home/a*"), f"only some of {HOME} is declared"),
        (
            allow("s3:*", "*", Condition=when("StringLike", "AWS:Referer", "a*")),
            part("s3:*", "*", conditions=(("stringlike", "aws:Referer", ("ab*",)),)),
            "it and what is declared both have stringlike on aws:Referer",
        ),
        (
            {"Effect": "Allow", "NotAction": ["s3:Get*", "s3:*Object"], "Resource": "*"},
            part("s3:Brand*", "*"),
            "only actions that no pattern names alone are left",
        ),
        (allow("s3:*", "*", Condition="x"), part("s3:*", "*", conditions=(MFA,)), "a condition is not understood"),
        (allow("s3:*", "*", Condition={"Bool": "x"}), part("s3:*", "*", conditions=(MFA,)), "a condition is not understood"),
    ],
)
def test_where_the_words_end_it_is_said(entry, declared, why):
    with pytest.raises(NoWordsError) as error:
        shared(entry, declared)
    assert str(error.value) == why


def test_what_everybody_brings_needs_no_words():
    declared = part("s3:*", "*", conditions=(("StringEquals", "aws:PrincipalTag/Team", ("cdr",)),))
    entry = allow("s3:*", OBJECTS)
    assert shared(entry, declared, {"aws:principaltag/team": "cdr"}) == [entry]
    assert shared(entry, declared, {"aws:principaltag/team": "sms"}) == []


def test_the_texts_of_an_element_are_one_or_a_list():
    assert (texts_of("a"), texts_of(["a", 5]), texts_of([]), texts_of(5)) == (["a"], ["a", "5"], [], ["5"])
