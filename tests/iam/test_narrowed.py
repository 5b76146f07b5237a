"""A policy narrowed to what is declared: what stays, how it is written, and what is said where it cannot be."""

from __future__ import annotations

import json
from itertools import count

from iam_small import allow, deny, document, when

from guardrails.iam.proof.access import space
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.statements import statements

OBJECTS, OTHERS = "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"
HOME = "arn:aws:s3:::home/${aws:username}/*"
GET = Declared(actions=("s3:Get*",), resources=frozenset({"*"}))
GET_OBJECTS = Declared(actions=("s3:Get*",), resources=frozenset({OBJECTS}))
PUT_OTHERS = Declared(actions=("s3:Put*",), resources=frozenset({OTHERS}))
NO_WORDS = "no policy can say what is left of it: "
TAKE_AWAY = "nothing that it allows is declared: take it away"


def narrowed(*policies, ceiling=(GET,), beyond=None, read=statements, **more):
    texts = tuple((f"p{number}", policy if isinstance(policy, str) else json.dumps(policy)) for number, policy in zip(count(), policies))
    made = Narrowing(policies=texts, read=read, ceiling=ceiling, beyond=beyond or space().region(), account="123456789012", **more)
    return {told.policy: (told.document, told.note) for told in made.policies_that_would_do()}


def left(*entries, **more):
    """The statements of the one policy that would do."""
    ((text, note),) = narrowed(document(*entries), **more).values()
    assert note == ""
    return json.loads(text)["Statement"]


def test_each_policy_is_told_of_that_would_change():
    found = narrowed(
        document(allow("s3:*", OBJECTS)), document(deny("s3:*")), document(allow("sqs:*")), document(allow("s3:Put*", HOME)), "[]", "5"
    )
    assert {name: note for name, (_, note) in found.items()} == {
        "p0": "",
        "p2": TAKE_AWAY,
        "p3": TAKE_AWAY,
        "p4": NO_WORDS + "it is not understood",
        "p5": NO_WORDS + "it is not understood",
    }
    assert [bool(text) for text, _ in found.values()] == [True, False, False, False, False]


def test_what_is_not_beyond_stays_though_nobody_declared_it():
    beyond = space().region(action=GET.parts[0], resource=GET_OBJECTS.parts[1])
    assert narrowed(document(allow("s3:Put*", OBJECTS)), beyond=beyond, ceiling=()) == {}
    assert narrowed(document(allow("s3:Get*", OTHERS)), beyond=beyond, ceiling=()) == {}
    assert narrowed(document(allow("s3:Get*", OBJECTS)), beyond=beyond, ceiling=()) == {"p0": ("", TAKE_AWAY)}
    assert narrowed(document(deny("s3:Get*", OBJECTS)), beyond=beyond, ceiling=()) == {}


def test_one_statement_without_a_list_is_one():
    assert left(allow("s3:*", OBJECTS)) == [allow(["s3:Get*"], OBJECTS)]
    ((text, _),) = narrowed({"Version": "2012-10-17", "Statement": allow("s3:*", OBJECTS)}).values()
    assert json.loads(text)["Statement"] == [allow(["s3:Get*"], OBJECTS)]
    assert (
        narrowed({"Version": "2012-10-17", "Statement": allow("s3:Get*", OBJECTS)}, beyond=space().region(action=PUT_OTHERS.parts[0])) == {}
    )


def test_a_statement_that_is_not_understood_has_no_words():
    assert narrowed(document("x")) == {"p0": ("", NO_WORDS + "a statement is not understood")}


def test_what_could_not_be_proven_is_not_told():
    def read(text):
        # whoever reads more into a new text than stands there
        return statements(text.replace("s3:Get*", "s3:*"))

    assert narrowed(document(allow("s3:*", OBJECTS)), read=read) == {
        "p0": ("", NO_WORDS + "it could not be proven to stay within what is declared")
    }
    # nor what is declared, but is not in the statement that is narrowed
    assert narrowed(
        document(allow("s3:*", OBJECTS)),
        read=lambda text: statements(text.replace(OBJECTS, "*") if '["s3:Get*"]' in text else text),
    ) == {"p0": ("", NO_WORDS + "it could not be proven to stay within what is declared")}


def test_statements_that_differ_in_one_element_are_one():
    parts = (GET_OBJECTS, Declared(actions=("s3:PutObject",), resources=frozenset({OBJECTS})))
    assert left(allow("s3:*", "*"), ceiling=parts) == [allow(["s3:Get*", "s3:PutObject"], [OBJECTS])]
    parts = (GET_OBJECTS, Declared(actions=("s3:Get*",), resources=frozenset({OTHERS})))
    assert left(allow("s3:*", "*"), ceiling=parts) == [allow(["s3:Get*"], [OBJECTS, OTHERS])]
    # twice the same is once
    assert left(allow("s3:*", "*"), ceiling=(GET_OBJECTS, GET_OBJECTS)) == [allow(["s3:Get*"], [OBJECTS])]
    assert left(allow("s3:*", "*"), ceiling=(GET_OBJECTS, PUT_OTHERS)) == [allow(["s3:Get*"], [OBJECTS]), allow(["s3:Put*"], [OTHERS])]


def test_statements_without_an_element_are_not_joined_by_it():
    entry = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    everything = [Declared(actions=("*",), resources=frozenset({place})) for place in (OBJECTS, OTHERS)]
    assert left(entry, ceiling=(everything[0], everything[0])) == [{"Effect": "Allow", "NotAction": "iam:*", "Resource": [OBJECTS]}]
    assert left(entry, ceiling=tuple(everything)) == [{"Effect": "Allow", "NotAction": "iam:*", "Resource": [OBJECTS, OTHERS]}]


def test_conditions_that_differ_keep_statements_apart():
    mfa = Declared(actions=("s3:Put*",), resources=frozenset({"*"}), conditions=(("Bool", "aws:MultiFactorAuthPresent", ("true",)),))
    block = when("Bool", "aws:MultiFactorAuthPresent", ["true"])
    assert left(allow("s3:*", OBJECTS), ceiling=(GET, mfa)) == [
        allow(["s3:Get*"], OBJECTS),
        allow(["s3:Put*"], OBJECTS, Condition=block),
    ]


def test_no_two_statements_have_the_same_sid():
    found = left(allow("s3:*", "*", Sid="A"), allow("s3:*", "*", Sid="A2"), allow("s3:*", "*"), ceiling=(GET_OBJECTS, PUT_OTHERS))
    assert [entry.get("Sid") for entry in found] == ["A", "A2", "A22", "A23", None, None]


def test_elements_stand_in_the_order_in_which_people_write_them():
    entry = {"Resource": "*", "Action": "s3:*", "Effect": "Allow", "Sid": "A", "Condition": when("Bool", "aws:SecureTransport", "true")}
    ((text, _),) = narrowed({"Statement": [entry, deny("iam:*")], "Id": "x", "Version": "2012-10-17"}).values()
    assert text == (
        '{"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*", '
        '"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}'
    )


def test_an_element_that_nobody_knows_stands_last():
    beyond = space().region(action=PUT_OTHERS.parts[0])
    odd = {"Zoo": 1, **allow("s3:Get*", OBJECTS)}
    ((text, _),) = narrowed({"Statement": [odd, allow("s3:*", OBJECTS)], "Version": "2012-10-17"}, beyond=beyond).values()
    assert list(json.loads(text)["Statement"][0]) == ["Effect", "Action", "Resource", "Zoo"]


def test_what_is_lost_is_said_of_each_policy_that_would_do():
    lossy, fine = document(allow(["s3:*t", "kms:Decrypt"])), document(allow("s3:*", OTHERS))
    ceiling = (Declared(actions=("s3:Ge*",), resources=frozenset({"*"})),)
    note = narrowed(lossy, ceiling=ceiling)["p0"][1]
    assert note == "it gives less than is declared and held: no s3:get on * any more"
    # beside one that has no words, and one that is taken away
    found = narrowed(lossy, document(allow("s3:*", "arn:aws:s3:::a*")), document(allow("sqs:*")),
                     ceiling=(*ceiling, Declared(actions=("s3:PutObject",), resources=frozenset({"arn:aws:s3:::*b"}))))  # fmt: skip
    assert found["p0"][1] == note
    assert found["p1"][1].startswith(NO_WORDS)
    assert found["p2"] == ("", TAKE_AWAY)
    # what another policy gives is not lost, nor what is denied, nor what never was sure
    assert narrowed(lossy, document(allow("s3:Ge*")), ceiling=ceiling)["p0"][1] == ""
    assert narrowed(document(allow(["s3:*t", "kms:Decrypt"]), deny("s3:*")), ceiling=ceiling)["p0"][1] == ""
    odd = document(allow(["s3:*t", "kms:Decrypt"], Condition={"StringMatches": {"aws:Referer": "x"}}))
    assert narrowed(odd, ceiling=ceiling)["p0"][1] == ""
    assert narrowed(fine, ceiling=ceiling)["p0"][1] == ""


def test_what_somebody_brings_needs_no_condition():
    declared = Declared(actions=("s3:Get*",), resources=frozenset({"*"}), conditions=(("StringEquals", "aws:PrincipalTag/Team", ("cdr",)),))
    assert left(allow("s3:*", OBJECTS), ceiling=(declared,), known={"aws:principaltag/team": "cdr"}) == [allow(["s3:Get*"], OBJECTS)]
    assert narrowed(document(allow("s3:*")), ceiling=(declared,), known={"aws:principaltag/team": "sms"}) == {"p0": ("", TAKE_AWAY)}
