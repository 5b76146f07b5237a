"""Sets of actions, of requests and of what is declared: what is in them, and what is only perhaps."""

from __future__ import annotations

import json

import pytest
from iam_small import allow, deny, document

from guardrails.iam.catalogue import catalogue
from guardrails.iam.proof.access import Bounds, bounds, space, unpublished
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.declared import Declared, declared
from guardrails.iam.proof.statements import statements
from guardrails.sets import Contexts, Language, Pattern

ODD = {"StringMatches": {"aws:Referer": "x"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
MFA_KEY = "aws:multifactorauthpresent"


def asks(action="s3:getobject", **context):
    return {"action": action, "resource": "arn:aws:s3:::b/x", "context": {name.replace("_", ":"): value for name, value in context.items()}}


def bounded(*entries, named=frozenset()):
    return bounds(statements(json.dumps(document(*entries))), named)


def seen(found, **more):
    """Whether the request is in the lower bound, in the upper one, and ever."""
    return tuple(each.contains(asks(**more)) for each in (found.lower, found.upper, found.ever))


def test_a_question_mark_is_one_letter_of_a_published_action():
    found = Actions.of(["s3:GetObjec?"])
    assert "s3:getobject" in found
    assert "s3:getobjec" not in found
    assert "s3:getobjecs" in found


def test_no_pattern_matches_no_action():
    assert Actions.of([]).is_empty()
    assert not Actions.of(["s3:GetObject"]).is_empty()
    assert not Actions.of(["brandnew:DoIt"]).is_empty()
    assert (Actions.of(["s3:*"]) - Actions.of(["S3:*"])).is_empty()


def test_sets_of_actions_are_of_what_is_published_and_of_what_is_not():
    get, put = Actions.of(["s3:Get*"]), Actions.of(["s3:Put*"])
    assert (get & put).is_empty()
    assert [name in ~get for name in ("s3:getobject", "s3:getbrandnew", "s3:putobject", "s3:putbrandnew")] == [False, False, True, True]
    assert (~get & get).is_empty()
    assert (~~get - get).is_empty()


def test_an_action_that_is_published_stands_for_a_set_and_else_the_shortest_that_is_not():
    get = Actions.of(["s3:GetObject*"])
    assert get.witness() == "s3:getobject"
    beyond = Actions(get.listed - get.listed, get.other).witness()
    assert beyond.startswith("s3:getobject")
    assert len(beyond) == len("s3:getobject") + 1
    assert beyond not in catalogue()
    assert Actions(get.listed - get.listed, Language.of(Pattern.literal("s3:getobject"))).is_empty()


def test_an_action_that_is_not_published_is_of_any_arn_or_of_everything():
    def asked(action, resource):
        return unpublished().contains(asks(action) | {"resource": resource})

    assert asked("brandnew:doit", "*")
    assert asked("brandnew:doit", "arn:aws:brandnew:eu-north-1:123456789012:thing")
    assert asked("s3:brandnew", "arn:aws:s3:::b")
    assert not asked("brandnew:doit", "thing")
    assert not asked("brandnew", "*")
    assert not asked("s3:getobject", "arn:aws:s3:::b/x")


def test_what_both_allow_is_bounded_by_both_bounds_of_each():
    nothing, get, put = (space().region(action=Actions.of(actions)) for actions in ([], ["s3:GetObject"], ["s3:PutObject"]))
    one, other = Bounds(get, get | put, get | put), Bounds(nothing, get, put)
    both, any_of = one & other, one | other
    for mixed in (both, other & one):
        assert (seen(mixed), seen(mixed, action="s3:putobject")) == ((False, True, False), (False, False, True))
    for mixed in (any_of, other | one):
        assert (seen(mixed), seen(mixed, action="s3:putobject")) == ((True, True, True), (False, True, True))


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([allow()], (True, True, True)),
        ([deny()], (False, False, False)),
        ([allow(), deny()], (False, False, False)),
        # what is not understood is perhaps there
        ([allow(Condition=ODD)], (False, True, True)),
        ([allow(), deny(Condition=ODD)], (False, True, True)),
        ([allow(Condition=ODD), deny()], (False, False, False)),
        ([allow(), allow(Condition=ODD)], (True, True, True)),
        ([allow(), deny(), deny(Condition=ODD)], (False, False, False)),
        # one that holds in no context at all is not there, and takes nothing away
        ([allow(Condition=MFA | {"Null": {MFA_KEY: "true"}})], (False, False, False)),
        ([allow(), deny(Condition=MFA | {"Null": {MFA_KEY: "true"}})], (True, True, True)),
    ],
)
def test_what_is_surely_allowed_and_what_perhaps(entries, expected):
    assert seen(bounded(*entries)) == expected


def test_a_condition_is_ever_fulfilled_by_other_values_of_what_was_not_named():
    found = bounded(allow(Condition=MFA))
    assert seen(found) == (False, False, True)
    assert seen(bounded(allow(Condition=MFA), named=frozenset({MFA_KEY}))) == (False, False, False)


def test_a_deny_is_ever_in_the_way_only_where_what_was_named_decides_it():
    entries = allow(), deny(Condition=MFA)
    told = {"aws_multifactorauthpresent": "true"}
    assert seen(bounded(*entries), **told) == (False, False, True)
    assert seen(bounded(*entries, named=frozenset({MFA_KEY})), **told) == (False, False, False)
    assert seen(bounded(*entries, named=frozenset({MFA_KEY, "aws:referer"})), **told) == (False, False, False)


def test_what_is_declared_is_less_what_it_leaves_out():
    found = Declared(
        actions=("s3:*",),
        resources=frozenset({"arn:aws:s3:::b/*"}),
        but_actions=("s3:Put*",),
        but_resources=frozenset({"arn:aws:s3:::b/own/*"}),
        conditions=(("Bool", "aws:MultiFactorAuthPresent", ("true",)),),
    )
    told = {"aws_multifactorauthpresent": "true"}
    assert found.region().contains(asks(**told))
    assert not found.region().contains(asks())
    assert not found.region().contains(asks("s3:putobject", **told))
    assert not found.region().contains(asks(**told) | {"resource": "arn:aws:s3:::b/own/x"})
    assert found.statement.allow
    assert found.parts == (found.statement.actions, found.statement.loose, found.statement.context)
    assert found.statement.exact


def test_what_everybody_brings_is_not_asked_for_again():
    found = Declared(actions=("s3:*",), resources=frozenset({"*"}), conditions=(("StringEquals", "aws:PrincipalTag/Team", ("cdr",)),))
    assert not found.region().contains(asks())
    assert found.region({"aws:principaltag/team": "cdr"}).contains(asks())
    assert found.region({"aws:principaltag/team": "sms"}).is_empty()
    assert not found.region({"aws:referer": "x"}).contains(asks())


def test_a_dollar_sign_in_what_is_declared_is_text():
    found = Declared(actions=("s3:*",), resources=frozenset({"*"}), conditions=(("StringEquals", "aws:Referer", ("${aws:username}",)),))
    assert found.region().contains(asks(aws_referer="${aws:username}"))
    assert found.statement.exact


def test_what_is_not_understood_of_what_is_declared_is_a_claim():
    found = Declared(actions=("s3:*",), resources=frozenset({"*"}), conditions=(("StringMatches", "aws:Referer", ("x",)),))
    assert found.statement.doubts
    assert not found.statement.exact


def test_what_is_declared_is_what_any_part_means():
    parts = [Declared(actions=(action,), resources=frozenset({"*"})) for action in ("s3:GetObject", "s3:PutObject")]
    assert [declared(parts).contains(asks(name)) for name in ("s3:getobject", "s3:putobject", "s3:listbucket")] == [True, True, False]
    assert declared([]).is_empty()


def test_requests_are_of_any_action_on_any_resource_in_any_context():
    whole = space().region()
    assert whole.contains(asks("brandnew:doit", aws_referer="x"))
    assert (whole - space().region(resource=Language.everything(), context=Contexts.everything())).is_empty()
    assert not (whole - space().region(resource=Language.of(Pattern.literal("*")))).is_empty()
