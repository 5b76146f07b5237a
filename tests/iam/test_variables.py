"""Variables of policies: put in where they are known, one letter each where they are not."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, document

from guardrails.iam.proof import variables
from guardrails.iam.proof.statements import statements
from guardrails.iam.proof.variables import filled, lettered, letters_in, letters_of, variables_of, widened
from guardrails.sets import UNKNOWN_TEXTS, BudgetExceededError, Language, Pattern

HOME = "arn:aws:s3:::home/${aws:username}/*"
KNOWN = {"aws:username": "ann", "aws:principaltag/team": "a*b", "aws:userid": None, "aws:tagkeys": ("a", "b")}


def put(statement, known=KNOWN, version="2012-10-17"):
    return json.loads(filled(json.dumps(document(statement, version=version)), known))["Statement"][0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (HOME, "arn:aws:s3:::home/ann/*"),
        ("arn:aws:s3:::home/${aws:UserName}/*", "arn:aws:s3:::home/ann/*"),
        ("arn:aws:s3:::${aws:username}/${aws:username}", "arn:aws:s3:::ann/ann"),
        ([HOME, "*"], ["arn:aws:s3:::home/ann/*", "*"]),
        # a default is for what is not there
        ("arn:aws:s3:::${aws:username, 'nobody'}", "arn:aws:s3:::ann"),
        ("arn:aws:s3:::${aws:userid, 'nobody'}", "arn:aws:s3:::nobody"),
        ("arn:aws:s3:::${aws:userid}", "arn:aws:s3:::${aws:userid}"),
        # what is not known stays, and so does what would read as a pattern, and what is no one text
        ("arn:aws:s3:::${aws:username}/${aws:PrincipalTag/dept}", "arn:aws:s3:::ann/${aws:PrincipalTag/dept}"),
        ("arn:aws:s3:::${aws:username}/${aws:PrincipalTag/team}", "arn:aws:s3:::ann/${aws:PrincipalTag/team}"),
        ("arn:aws:s3:::${aws:username}/${aws:TagKeys}", "arn:aws:s3:::ann/${aws:TagKeys}"),
        ("arn:aws:s3:::${aws:username}/${*}/${", "arn:aws:s3:::ann/${*}/${"),
    ],
)
def test_what_is_known_is_put_in_place_of_its_variable(written, expected):
    assert put(allow("s3:*", written))["Resource"] == expected
    negated = put({"Effect": "Deny", "Action": "*", "NotResource": written})
    assert negated["NotResource"] == expected


def test_variables_stand_in_resources_and_in_operands_of_texts_alone():
    block = {
        "StringEquals": {"aws:Referer": ["${aws:username}", "x"]},
        "ForAnyValue:ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/${aws:username}"},
        "Bool": {"aws:SecureTransport": "${aws:username}"},
    }
    statement = {"Sid": "${aws:username}", **allow("s3:${aws:username}", "*", Condition=block)}
    made = put(statement)
    assert made == statement | {
        "Condition": block
        | {
            "StringEquals": {"aws:Referer": ["ann", "x"]},
            "ForAnyValue:ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/ann"},
        }
    }


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(document(allow("s3:*", HOME), version="2008-10-17")),
        json.dumps({"Statement": [allow("s3:*", HOME)]}),
        json.dumps({"Version": "2012-10-17", "Id": HOME}),
        json.dumps([HOME]),
        json.dumps(HOME),
        HOME + "{",
        json.dumps(document(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/dept}"))),
        '{"Version":   "2012-10-17", "Statement": []}',
    ],
)
def test_a_document_without_anything_to_put_in_stays_as_it_is(text):
    assert filled(text, KNOWN) == text


def test_what_is_no_statement_stays_as_it_is():
    odd = {"Version": "2012-10-17", "Statement": [HOME, 5, allow("s3:*", [HOME, 5, {"a": HOME}], Condition=HOME)]}
    assert json.loads(filled(json.dumps(odd), KNOWN))["Statement"] == [
        HOME,
        5,
        allow("s3:*", ["arn:aws:s3:::home/ann/*", 5, {"a": "arn:aws:s3:::home/ann/*"}], Condition=HOME),
    ]
    one = {"Version": "2012-10-17", "Statement": allow("s3:*", HOME)}
    assert json.loads(filled(json.dumps(one), KNOWN))["Statement"]["Resource"] == "arn:aws:s3:::home/ann/*"


def test_a_filled_document_is_canonical():
    assert filled('{"Version": "2012-10-17", "Statement": {"Resource": "${aws:username}", "Action": "*"}}', KNOWN) == (
        '{"Statement": {"Action": "*", "Resource": "ann"}, "Version": "2012-10-17"}'
    )


def test_a_variable_is_any_text_in_the_widest_reading_and_one_letter_in_the_narrowest():
    assert widened(HOME) == "arn:aws:s3:::home/*/*"
    assert widened("${*}${?}${$}${aws:userid, 'x'}${}") == "****${}"
    one, other = lettered("${aws:username}"), lettered("${aws:userid}")
    assert len(one) == len(other) == 1
    assert one != other
    assert UNKNOWN_TEXTS[0] <= one <= UNKNOWN_TEXTS[1]
    # the same variable is the same letter, with another default it is another
    assert lettered("a${aws:UserName}b${ aws:username }c") == f"a{one}b{one}c"
    assert lettered("${aws:username, 'x'}") == lettered("${aws:username,'x'}") != one


def test_letters_tell_their_variables():
    text = lettered("arn:aws:s3:::${aws:username}/${aws:UserID, 'no one'}/${*}/${aws:username}")
    assert [told[1:] for told in letters_in(text)] == [("aws:username", None), ("aws:userid", "no one"), ("*", None)]
    assert [letter for letter, _, _ in letters_in(text)] == list(dict.fromkeys(char for char in text if not char.isascii()))
    assert list(variables_of("${aws:UserName}-${aws:userid,'x'}")) == [("aws:username", None), ("aws:userid", "x")]
    assert list(letters_in("arn:aws:s3:::ü")) == []


def test_the_letters_of_some_resources_are_those_that_stand_in_their_patterns():
    one, other = lettered("${aws:username}"), lettered("${aws:userid}")
    found = Language.of(Pattern.arn(f"arn:aws:s3:::{other}/{one}"), Pattern.arn(f"arn:aws:s3:::{one}/ü"), Pattern.arn("arn:aws:s3:::b"))
    assert letters_of(found) == "".join(sorted((one, other)))
    assert letters_of(Language.of(Pattern.arn("arn:aws:s3:::b"))) == ""


def test_more_variables_than_letters_are_too_many(monkeypatch):
    monkeypatch.setattr(variables, "_free", iter([UNKNOWN_TEXTS[1], chr(ord(UNKNOWN_TEXTS[1]) + 1)]))
    assert lettered("${aws:PrincipalTag/last-of-all}") == UNKNOWN_TEXTS[1]
    with pytest.raises(BudgetExceededError):
        lettered("${aws:PrincipalTag/one-too-many}")
    variables._texts.pop(variables._letters.pop("aws:principaltag/last-of-all"))  # so that no other test meets it


def test_a_statement_with_a_variable_has_two_readings():
    (found,) = statements(json.dumps(document(allow("s3:*", HOME))))
    assert "arn:aws:s3:::home/ann/x" in found.loose
    assert "arn:aws:s3:::home/ann/x" not in found.firm
    assert f"arn:aws:s3:::home/{lettered('${aws:username}')}/x" in found.firm
    assert not found.exact
