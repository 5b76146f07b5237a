"""Policy documents as statements of the proof: what is read, what stays in doubt, and in which words."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.statements import claim, statements
from guardrails.iam.proof.variables import lettered
from guardrails.sets import Contexts, Language, Pattern

HOME = "arn:aws:s3:::home/${aws:username}/*"
WHOLE = Language.everything()


def read(*entries, version="2012-10-17", padded=True, named=None, **more):
    text = json.dumps({"Version": version, "Statement": list(entries), **more}, sort_keys=True)
    return statements(text, padded=padded, named=named)


def one(*entries, **more):
    (found,) = read(*entries, **more)
    return found


def named(principal, **more):
    return one({**allow("s3:*"), **principal}, padded=False, **more)


def test_a_statement_is_exact_when_nothing_of_it_is_left_open():
    assert one(allow("s3:*", "arn:aws:s3:::b")).exact
    assert one(deny("s3:*", "arn:aws:s3:::b")).exact
    assert not one(allow("s3:*", HOME)).exact
    assert not one(allow("s3:*", ["arn:aws:s3:::b", HOME])).exact
    assert not one(allow("s3:*", Unheard="of")).exact
    assert not one({**allow("s3:*"), "Effect": "allow"}).exact


def test_an_effect_that_is_not_known_may_be_either():
    assert [(found.allow, found.effects) for found in read(allow(), deny(), {**allow(), "Effect": "deny"}, {"Action": "*", "Resource": "*"})] == [
        (True, 1), (False, 1), (True, 2), (True, 2),
    ]  # fmt: skip
    odd = one({**allow(), "Effect": "deny"}, Unheard="of")
    ways = odd.in_all_effects()
    assert [(way.allow, way.effects, way.text) for way in ways] == [(True, 1, odd.text), (False, 1, odd.text)]
    assert [way.doubts for way in ways] == [
        (*odd.doubts, f"the effect of {odd.text} is not known: it allows"),
        (*odd.doubts, f"the effect of {odd.text} is not known: it denies"),
    ]
    assert odd.in_all_effects() is ways
    known = one(allow())
    assert known.in_all_effects() == (known,)
    assert known.either_way("why")[0].effects == known.either_way("why")[1].effects == 1


def test_a_statement_tells_its_own_json():
    entry = allow("s3:*", "arn:aws:s3:::b", Sid="A")
    assert one(entry).entry == entry
    assert one("text").entry == {}
    assert one([entry]).entry == {}
    declared = Declared(actions=("s3:*",), resources=frozenset("*")).statement
    assert (declared.entry, declared.effects) == ({}, 1)


def test_a_doubt_is_added_to_those_that_are_there():
    found = one(allow(Unheard="of")).doubted("why")
    assert found.doubts == ('unknown element Unheard: "of"', "why")
    assert not one(allow()).doubted("why").exact


def test_a_statement_on_some_resources_alone_stays_as_exact_as_it_is():
    some = Language.of(Pattern.arn("arn:aws:s3:::home/a*"))
    plain, lettered_one = one(allow("s3:*")).within(some), one(allow("s3:*", HOME)).within(some)
    assert plain.exact
    assert ("arn:aws:s3:::home/ab" in plain.firm, "arn:aws:s3:::b" in plain.loose) == (True, False)
    assert not lettered_one.exact
    assert "arn:aws:s3:::home/ann/x" in lettered_one.loose
    assert "arn:aws:s3:::home/bob/x" not in lettered_one.loose
    assert (lettered_one.firm - some).is_empty()
    assert lettered_one.firm is not lettered_one.loose


@pytest.mark.parametrize("text", ["[]", '"text"', "{}", '{"Version": "2012-10-17"}', "5"])
def test_a_document_that_cannot_be_read_may_do_anything(text):
    (found,) = statements(text)
    assert (found.allow, found.effects, found.pointer) == (True, 2, "document (not readable)")
    assert (found.doubts, found.text) == ((f"not readable: {text}",), text)
    assert (found.firm, found.loose, found.context) == (WHOLE, WHOLE, Contexts.everything())
    assert (~found.actions).is_empty()
    assert (found.principals, found.condition) == ((), ())


def test_a_statement_that_is_no_object_may_do_anything():
    good, odd = read(allow(Sid="Good"), "text")
    assert good.pointer == "Good"
    assert (odd.pointer, odd.doubts, odd.effects) == ("statement 1 (not readable)", ('not readable: "text"',), 2)


def test_a_document_that_is_not_understood_makes_each_of_its_statements_doubtful():
    found = read(allow(), deny(), version="2020-01-01", Zoo=1, Ark=2, Id="x")
    assert {one.doubts for one in found} == {("unknown element Ark", "unknown element Zoo", "unknown Version 2020-01-01")}
    assert read() == ()
    assert read(Id="x") == ()
    (empty,) = read(Zoo=1)
    assert empty.effects == 2
    assert one(allow()).doubts == one(allow(), version="2008-10-17").doubts == ()


def test_a_statement_is_called_by_its_sid_or_its_number():
    assert [found.pointer for found in read(allow(Sid="A"), allow(), allow(Sid=""))] == ["A", "statement 1", "statement 2"]
    (single,) = statements(json.dumps({"Version": "2012-10-17", "Statement": allow()}))
    assert single.pointer == "statement 0"


def test_without_a_version_a_dollar_sign_is_text():
    (found,) = statements(json.dumps({"Statement": [allow("s3:*", HOME)]}))
    assert found.exact
    assert HOME in found.firm
    assert not one(allow("s3:*", HOME), version="2020-01-01").exact
    assert one(allow("s3:*", "${aws:username}"), version="2008-10-17").doubts == ('malformed {"Resource": "${aws:username}"}',)
    assert one(allow("s3:*", "${aws:username}")).doubts == ()


def test_each_element_that_nobody_knows_is_a_doubt_of_its_own():
    assert one(allow(Zoo={"b": 1, "a": 2}, Ark="x", Moon=[])).doubts == (
        'unknown element Ark: "x"',
        "unknown element Moon: []",
        'unknown element Zoo: {"a": 2, "b": 1}',
    )


def test_the_doubts_of_a_document_stand_in_one_order():
    (found,) = statements('{"Zoo": 1, "Ark": 2, "Statement": [{}]}')
    assert found.doubts[:2] == ("unknown element Ark", "unknown element Zoo")


def test_the_same_words_in_another_order_are_the_same_words():
    text = '{"Statement": [{"Zoo": {"b": 1, "a": 2}, "Condition": {"B": {"d": "1", "c": "2"}}, "Action": {"y": 1, "x": 2}}]}'
    one_way, other = text, text.replace('"y": 1, "x": 2', '"x": 2, "y": 1')
    (first,), (second,) = statements(one_way), statements(other)
    assert first is second
    assert 'malformed {"Action": {"x": 2, "y": 1}}' in first.doubts
    assert first.condition == (("B", "c", ("2",)), ("B", "d", ("1",)))


@pytest.mark.parametrize("extra", [{"Principal": "*"}, {"NotPrincipal": "*"}])
def test_for_whom_is_said_only_where_policies_say_it(extra):
    assert one({**allow(), **extra}).doubts == (f'unknown element {next(iter(extra))}: "*"',)
    assert one({**allow(), **extra}, padded=False).exact
    assert one({**allow(), **extra}, named=True).exact
    assert not one({**allow(), **extra}, padded=False, named=False).exact


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({}, ()),
        ({"Principal": "*"}, (("any", "*"),)),
        ({"Principal": ""}, ()),
        ({"NotPrincipal": {"AWS": "x"}}, (("any", "*"),)),
        ({"Principal": {"Service": ["b", "a"], "AWS": "x"}}, (("AWS", "x"), ("Service", "a"), ("Service", "b"))),
        ({"Principal": {"AWS": 5}}, (("AWS", "5"),)),
    ],
)
def test_whom_a_statement_names(principal, expected):
    assert named(principal).principals == expected


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ({"Action": "s3:Get*"}, "s3:getobject", "s3:putobject"),
        ({"Action": ["S3:GetObject", "sqs:*"]}, "sqs:sendmessage", "s3:putobject"),
        ({"NotAction": "s3:Get*"}, "s3:putobject", "s3:getobject"),
        ({"Action": "*"}, "brandnew:doit", None),
        ({"Action": "**"}, "brandnew:doit", None),
        ({"NotAction": "*"}, None, "s3:getobject"),
    ],
)
def test_the_actions_of_a_statement(entry, inside, outside):
    found = one({"Effect": "Allow", "Resource": "*", **entry})
    assert found.exact
    assert inside is None or inside in found.actions
    assert outside is None or outside not in found.actions


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"Action": []}, {"Action": "s3"}, {"Action": ["s3:*", "s3"]}, {"Action": ""}, {"Action": 5}, {"Action": ["s3:*", 5]},
        {"Action": "s3:*", "NotAction": "sqs:*"}, {"Action": {"a": "s3:*"}}, {"Action": None},
    ],
)  # fmt: skip
def test_malformed_actions_may_be_any(entry):
    found = one({"Effect": "Allow", "Resource": "*", **entry})
    assert found.doubts == (f"malformed {json.dumps(entry, sort_keys=True)}",)
    assert (Actions.everything() - found.actions).is_empty()


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"Resource": []}, {"Resource": ""}, {"Resource": "bucket"}, {"Resource": 5}, {"Resource": ["*", ""]}, {"NotResource": "b:*"},
        {"Resource": "*", "NotResource": "*"}, {"Resource": "arn:aws:s3:::${"}, {"NotResource": ["arn:aws:s3:::a", "a*"]},
    ],
)  # fmt: skip
def test_malformed_resources_may_be_any(entry):
    found = one({"Effect": "Allow", "Action": "*", **entry})
    assert found.doubts == (f"malformed {json.dumps(entry, sort_keys=True)}",)
    assert found.firm is found.loose
    assert (WHOLE - found.loose).is_empty()


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ({"Resource": "*"}, "anything", None),
        ({"Resource": "**"}, "anything", None),
        ({"Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b*"]}, "arn:aws:s3:::bc", "arn:aws:s3:::ac"),
        ({"NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b*"]}, "arn:aws:s3:::ac", "arn:aws:s3:::bc"),
        # an ARN that stops early means all that begins so
        ({"Resource": "arn:aws:iam::123456789012"}, "arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012"),
        ({"Resource": "arn:aws"}, "arn:aws:s3:::a", "arn:awsome:s3:::a"),
        ({"Resource": "arn:aws:iam*"}, "arn:aws:iamb", "arn:aws:s3:::a"),
        ({"Resource": "arn:aws:iam*"}, "arn:aws:iam::123456789012:role/x", "arn:aws:s3:::a"),
        # and one with six parts is whole
        ({"Resource": "arn:aws:sqs:eu-north-1:123456789012:q"}, "arn:aws:sqs:eu-north-1:123456789012:q", "arn:aws:sqs:eu-north-1:123456789012:q:x"),
    ],
)  # fmt: skip
def test_the_resources_of_a_statement(entry, inside, outside):
    found = one({"Effect": "Allow", "Action": "*", **entry})
    assert found.exact
    assert inside in found.loose
    assert outside is None or outside not in found.loose


def test_in_a_policy_of_a_resource_an_arn_is_whole_or_ends_with_a_star():
    for resource, exact in (
        ("arn:aws:s3:::b", True),
        ("arn:aws:iam::123456789012", False),
        ("arn:aws*", True),
        ("*", True),
        ("x:y:z:a:b:c", False),
    ):
        assert one(allow("*", resource, Principal="*"), padded=False).exact is exact, resource
    ended = one(allow("*", "arn:aws:iam::${aws:username}", Principal="*"), padded=False)
    assert f"arn:aws:iam::{lettered('${aws:username}')}" in ended.firm
    short = one(allow("*", "arn:aws:sq*", Principal="*"), padded=False)
    assert "arn:aws:sqs:::q" in short.loose


def test_a_policy_of_a_resource_needs_not_name_it():
    for principal in ({"Principal": "*"}, {"NotPrincipal": "*"}):
        found = one({"Effect": "Allow", "Action": "*", **principal}, padded=False)
        assert found.exact
        assert (WHOLE - found.loose).is_empty()
    malformed = one({"Effect": "Allow", "Action": "*", "Principal": "*", "Resource": "b"}, padded=False)
    assert malformed.doubts == ('malformed {"Resource": "b"}',)
    assert one({"Effect": "Allow", "Action": "*", "Principal": "*", "NotResource": []}, padded=False).doubts


def test_a_variable_is_any_text_or_one_letter():
    found = one(allow("*", HOME))
    letter = lettered("${aws:username}")
    assert [f"arn:aws:s3:::home/{name}/x" in found.firm for name in ("ann", letter)] == [False, True]
    assert [f"arn:aws:s3:::home/{name}/x" in found.loose for name in ("ann", letter)] == [True, True]
    assert "arn:aws:s3:::b" not in found.loose


def test_but_a_variable_is_wide_where_it_is_left_out():
    found = one({"Effect": "Allow", "Action": "*", "NotResource": HOME})
    letter = lettered("${aws:username}")
    assert "arn:aws:s3:::home/ann/x" not in found.firm
    assert f"arn:aws:s3:::home/{letter}/x" not in found.loose
    assert "arn:aws:s3:::home/ann/x" in found.loose
    assert ("arn:aws:s3:::b" in found.firm, "arn:aws:s3:::b" in found.loose) == (True, True)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, ()),
        ({"Bool": {"aws:SecureTransport": "true"}}, (("Bool", "aws:securetransport", ("true",)),)),
        ({"Bool": {"aws:SecureTransport": True}}, (("Bool", "aws:securetransport", ("true",)),)),
        ({"NumericEquals": {"S3:max-keys": [7, 2.5]}}, (("NumericEquals", "s3:max-keys", ("2.5", "7")),)),
        ({"StringEquals": {"aws:Referer": ["b", "a"]}}, (("StringEquals", "aws:referer", ("a", "b")),)),
        ({"Bool": {"AWS:z": "true", "aws:a": "true"}}, (("Bool", "aws:a", ("true",)), ("Bool", "aws:z", ("true",)))),
        # what is no operand is none
        ({"StringEquals": {"aws:Referer": [None, "a"]}}, (("StringEquals", "aws:referer", ()),)),
        ({"StringEquals": {"aws:Referer": {"a": "b"}}}, (("StringEquals", "aws:referer", ()),)),
        ({"StringEquals": "x"}, (("StringEquals", "", ("x",)),)),
        ([], (("unreadable", "", ()),)),
        ("x", (("unreadable", "", ()),)),
    ],
)
def test_the_conditions_of_a_statement(condition, expected):
    assert one(allow(Condition=condition)).condition == expected


def test_what_is_not_understood_of_a_condition_is_a_claim():
    odd = {"StringMatches": {"aws:Referer": "x"}, "Bool": {"aws:SecureTransport": "true"}}
    found = one(allow(Condition=odd))
    assert found.doubts == ('condition ["stringmatches", "aws:referer", ["x"]]',)
    assert {"aws:securetransport": "true"} in found.context
    assert {"aws:securetransport": "false"} not in found.context


def test_the_same_words_are_another_claim_where_they_mean_something_else():
    test = ("StringMatches", "aws:referer", ("${aws:username}", "x"))
    assert claim(test) == 'condition ["stringmatches", "aws:referer", ["${aws:username}", "x"]]'
    assert claim(test, variables=False) == "literal " + claim(test)
    assert claim((test[0].upper(), test[1], ("x",)), variables=False) == claim((test[0], test[1], ("x",)))
    odd = {"StringMatches": {"aws:Referer": "${aws:username}"}}
    assert one(allow(Condition=odd)).doubts != one(allow(Condition=odd), version="2008-10-17").doubts


def test_the_same_words_are_read_once():
    assert one(allow(Sid="A")) is one(allow(Sid="A"))
    assert one(allow(Sid="A")) != one(allow(Sid="B"))
    assert one(allow(Condition={"Bool": {"aws:SecureTransport": "true"}}, Sid="C")).context is one(
        deny(Condition={"Bool": {"aws:SecureTransport": "true"}}, Sid="D")
    ).context  # fmt: skip
