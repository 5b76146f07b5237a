"""Rules of a proof and the comparison of two sides: what each reading says, what spans what, and what is found beyond."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from iam_small import allow, deny, document

from guardrails.iam.proof import compare
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.compare import Access, beyond, first_beyond, is_within
from guardrails.iam.proof.readings import (
    Rules,
    allowed,
    bits_of,
    narrow,
    published,
    region_of,
    share_actions,
    spanned,
    unpublished,
    wide,
    widest,
    words,
)
from guardrails.iam.proof.statements import statements
from guardrails.sets import BudgetExceededError, Language, Pattern

OBJECTS, OWN = "arn:aws:s3:::b/*", "arn:aws:s3:::b/own/*"
HOME = "arn:aws:s3:::home/${aws:username}/*"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ODD = {"StringMatches": {"aws:Referer": "x"}}
ACCOUNT = "123456789012"


def read(*entries):
    return statements(json.dumps(document(*entries)))


def rule(entry, reading=narrow):
    (found,) = read(entry)
    return reading(found)


def bits(*texts):
    return Actions.of(texts).listed.bits


def side(*layers, denies=()):
    return Access.of([read(*layer) for layer in layers]).less(read(*denies))


def found(actual, declared):
    return [(each.point[0], each.point[1], each.sure) for each in beyond(side(*actual), side(*declared), ACCOUNT)]


def test_what_is_understood_is_read_in_one_way():
    (exact,) = read(allow("s3:*", OBJECTS, Condition=MFA))
    assert narrow(exact) is wide(exact) is widest(exact)
    assert narrow(exact).exact
    assert narrow(exact).by == (exact,)
    assert not narrow(exact).everywhere
    assert rule(allow("s3:*")).everywhere


def test_the_same_words_are_the_same_only_where_they_are_read_alike():
    """Found wrong: read for a role of another tag, or for another key, they were taken for what both sides say."""
    (one,), (again,) = read(allow("s3:*", OBJECTS, Condition=MFA)), read(allow("s3:*", OBJECTS, Condition=MFA))
    narrower = one.within(Language.of(Pattern.literal("arn:aws:s3:::b/x")))
    known = replace(one, context=one.context.given({"aws:multifactorauthpresent": "true"}))

    assert words(one) == words(again)
    assert len({words(one), words(narrower), words(known)}) == 3
    for less, more in ((narrower, one), (one, known)):
        assert list(beyond(Access.of([(more,)]), Access.of([(less,)]), ACCOUNT))
        assert not list(beyond(Access.of([(less,)]), Access.of([(more,)]), ACCOUNT))
        # and what is denied in the same words may be less
        assert list(
            beyond(
                Access.of([(*read(allow("s3:*")), replace(less, allow=False))]),
                Access.of([(*read(allow("s3:*")), replace(more, allow=False))]),
                ACCOUNT,
            )
        )


def test_a_claim_is_asked_for_in_all_readings_but_the_widest():
    odd = allow("s3:*", OBJECTS, Condition=ODD)
    claims = {name for name in rule(odd).contexts.names if name.startswith("?")}
    assert len(claims) == 1
    assert rule(odd, wide).contexts == rule(odd).contexts
    assert rule(odd, widest).contexts.names == frozenset()
    assert not rule(odd).exact


def test_a_variable_is_a_letter_in_the_narrow_reading_alone():
    (home,) = read(allow("s3:*", HOME))
    assert (narrow(home).resources, wide(home).resources, widest(home).resources) == (home.firm, home.loose, home.loose)
    assert words(home) != home.text
    assert words(home) == words(read(allow("s3:*", HOME))[0])


@pytest.mark.parametrize(
    ("one", "other", "spans"),
    [
        (allow("s3:*", OBJECTS), allow("s3:Get*", OWN), True),
        (allow("s3:*", OWN), allow("s3:Get*", OBJECTS), False),
        (allow("sqs:*"), allow("s3:*", OWN), True),
        (allow("s3:*", OBJECTS), allow("s3:*", OWN, Condition=MFA), True),
        (allow("s3:*", OBJECTS, Condition=MFA), allow("s3:*", OWN, Condition=MFA), True),
        (allow("s3:*", OBJECTS, Condition=MFA), allow("s3:*", OWN), False),
        (allow("s3:*", Condition=MFA), allow("s3:*", OWN), False),
    ],
)
def test_a_rule_spans_what_is_within_its_resources_and_contexts(one, other, spans):
    assert rule(one).spans(rule(other)) is spans


def test_rules_share_actions_that_are_published_or_may_be_some_day():
    get, put, brand, exact = (rule(allow(actions)) for actions in ("s3:Get*", "s3:PutObject", "s3:Brand*", "s3:GetObject"))
    assert get.shares_actions(exact)
    assert not put.shares_actions(exact)
    assert get.shares_actions(brand)  # nobody looks closer than that
    assert not put.shares_actions(brand)
    (one,), (two,), (three,) = (read(allow(action)) for action in ("s3:Get*", "s3:GetObject", "s3:Put*"))
    assert share_actions(one, two)
    assert not share_actions(two, three)


def test_what_two_rules_have_in_common():
    everything, some = rule(allow(["s3:*", "sqs:*"], OBJECTS, Condition=MFA)), rule(allow("s3:Get*", OWN))
    odd = rule(allow("s3:Get*", OWN, Condition=ODD))
    both = everything.within(some)
    assert both.bits == bits("s3:Get*")
    assert both.by == everything.by + some.by
    assert both.exact
    assert ("arn:aws:s3:::b/own/x" in both.resources, "arn:aws:s3:::b/x" in both.resources) == (True, False)
    assert both.contexts == everything.contexts
    assert ("s3:getbrandnew" in both.unlisted()[0], "s3:brandnew" in both.unlisted()[0]) == (True, False)
    assert not everything.within(odd).exact
    # what is everywhere in one of them is not in both
    assert not rule(allow("s3:*")).within(some).everywhere
    assert not some.within(rule(allow("s3:*"))).everywhere
    assert rule(allow("s3:*")).within(rule(allow("*"))).everywhere
    assert not odd.within(everything).exact
    of_actions = everything.of_actions(some)
    assert (of_actions.bits, of_actions.by, of_actions.exact) == (both.bits, both.by, True)
    assert (of_actions.resources, of_actions.contexts) == (everything.resources, everything.contexts)
    assert not everything.of_actions(odd).exact


def test_what_a_rule_says_of_other_actions():
    everything, some = rule(allow(["s3:*", "sqs:*"], OBJECTS)), rule(allow("s3:Get*"))
    left = everything.but_actions(some)
    assert left.bits == bits("s3:*", "sqs:*") & ~bits("s3:Get*")
    assert (left.by, left.exact, left.resources, left.contexts) == (everything.by, True, everything.resources, everything.contexts)
    assert "sqs:brandnew" in left.unlisted()[0]
    assert not left.everywhere
    assert some.but_actions(everything).is_empty
    assert some.but_actions(rule(allow("s3:GetObject"))).other == some.other


def test_a_rule_of_nothing_is_empty():
    never = MFA | {"Null": {"aws:MultiFactorAuthPresent": "true"}}
    assert not rule(allow("s3:GetObject")).is_empty
    assert not rule(allow("brandnew:*")).is_empty
    assert rule(allow("s3:GetObject", Condition=never)).is_empty
    assert rule({"Effect": "Allow", "Action": "s3:*", "NotResource": "*"}).is_empty
    assert rule({"Effect": "Allow", "NotAction": "*", "Resource": "*"}).bits == 0
    assert published(rule(allow("brandnew:*"))).is_empty
    assert unpublished(rule(allow("s3:GetObject"))).is_empty


def test_a_rule_in_two_parts_is_of_what_is_published_and_of_all_else():
    whole = rule(allow("s3:Get*"))
    for part in (published(whole), unpublished(whole)):
        assert (part.resources, part.contexts, part.exact, part.by, part.everywhere) == (
            whole.resources, whole.contexts, True, whole.by, True,
        )  # fmt: skip
    assert (published(whole).bits, published(whole).other.terms) == (whole.bits, ())
    assert (unpublished(whole).bits, unpublished(whole).other) == (0, whole.other)


def test_what_is_asked_of_many_rules():
    plain, odd = rule(allow("s3:Get*", OBJECTS)), rule(allow("sqs:*", Condition=ODD))
    but = rule({"Effect": "Allow", "Action": "s3:Put*", "NotResource": OBJECTS})
    assert Rules((plain, odd)).bits == bits_of([plain, odd]) == bits("s3:Get*", "sqs:*")
    assert (Rules((plain, but)).exact, Rules((plain, odd)).exact, Rules(()).exact) == (True, False, True)
    assert Rules((plain, but)).excluding == bits("s3:Put*")
    assert Rules((plain,)).excluding == 0
    two = rule(allow("s3:Put*", [OBJECTS, "arn:aws:s3:::c/*"])).within(rule(allow("s3:Put*", NotResource=OWN)))
    assert Rules((two,)).excluding == bits("s3:Put*")


def test_the_actions_for_which_another_spans_a_rule():
    small = rule(allow(["s3:GetObject", "s3:PutObject"], OWN))
    wide_enough, too_narrow, elsewhere = (
        rule(allow("s3:Get*", OBJECTS)), rule(allow("s3:Put*", "arn:aws:s3:::b/own/x")), rule(allow("sqs:*")),
    )  # fmt: skip
    assert spanned(small, [wide_enough, too_narrow, elsewhere]) == bits("s3:Get*")
    assert spanned(small, [wide_enough], bits("sqs:*")) == bits("s3:Get*", "sqs:*")
    assert spanned(small, [wide_enough], bits("s3:GetObject")) == bits("s3:GetObject")
    assert spanned(small, []) == 0


def test_every_layer_has_to_allow():
    def both(first, *limits):
        return list(allowed([(read(*first), *(read(*limit) for limit in limits))], narrow))

    (alone,) = both([allow("s3:*", OBJECTS)])
    assert alone.bits == bits("s3:*")
    (spanning,) = both([allow("s3:*", OBJECTS)], [allow("s3:Get*")])
    assert spanning.bits == bits("s3:Get*")
    assert len(spanning.by) == 2
    assert both([allow("s3:*", OBJECTS)], [allow("sqs:SendMessage")]) == []
    assert both([allow("s3:*", OBJECTS)], [allow("s3:*", "arn:aws:s3:::c/*")]) == []
    (meeting,) = both([allow("s3:*", OBJECTS)], [allow("s3:Get*", OWN)])
    assert "arn:aws:s3:::b/x" not in meeting.resources
    # what one limit lets pass altogether needs no other
    first, second, *others = both([allow("s3:*", OBJECTS)], [allow("s3:Put*", OWN), allow("s3:Put*"), allow("s3:Get*")])
    assert (first.bits, second.bits) == (bits("s3:Put*"), bits("s3:Get*"))
    assert bits_of(others) == 0
    # and what is understood comes first
    understood, *others = both([allow("s3:*", OBJECTS)], [allow("s3:Get*", Condition=ODD), allow("s3:Get*")])
    assert understood.exact
    assert bits_of(others) == 0
    assert both([allow("s3:*")], [allow("s3:*")], [allow("sqs:SendMessage")]) == []


def test_what_is_understood_of_a_layer_comes_first():
    layers = read(allow("s3:GetObject", "arn:aws:s3:::home/a/x")), read(allow("s3:*", HOME), allow("s3:*"))
    assert next(allowed([layers], wide)).exact


class _Intricate:
    terms = ((),)

    def __sub__(self, other):
        raise BudgetExceededError


def test_what_is_too_intricate_to_be_seen_at_a_glance_is_not_spanned():
    some = rule(allow("s3:*", Condition=MFA))
    assert not some.spans(replace(some, contexts=_Intricate()))


def test_a_region_of_rules_is_of_some_actions_or_of_what_is_not_published():
    rules = [rule(allow("s3:Get*", OBJECTS)), rule(allow("sqs:*"))]

    def holds(of, action, resource):
        return region_of(rules, of).contains({"action": action, "resource": resource, "context": {}})

    assert holds(bits("s3:*"), "s3:getobject", "arn:aws:s3:::b/x")
    assert not holds(bits("s3:*"), "s3:putobject", "arn:aws:s3:::b/x")
    assert not holds(bits("s3:*"), "sqs:sendmessage", "q")
    assert not holds(bits("sqs:*"), "s3:getobject", "arn:aws:s3:::b/x")
    assert not holds(bits("s3:*"), "s3:getbrandnew", "arn:aws:s3:::b/x")
    assert holds(0, "s3:getbrandnew", "arn:aws:s3:::b/x")
    assert not holds(0, "s3:getobject", "arn:aws:s3:::b/x")


def test_a_side_is_its_branches_less_all_that_is_denied():
    get, limit, stop, odd = read(allow("s3:Get*"), allow("s3:*"), deny("s3:*"), {**allow("sqs:*"), "Effect": "x"})
    access = Access.of([[get, stop], [limit, stop]], [[odd]])
    may, may_not = odd.in_all_effects()
    assert access.branches == (((get,), (limit,)), ((may,),))
    assert access.denies == (stop, may_not)
    assert access.less([odd]).denies == (stop, may_not, odd)
    assert access.denied == {words(stop), words(may_not)}
    assert access.granted == {words(get), words(may)}
    assert access.said == {words(may)}
    assert (access.exact, Access.of([[get]]).exact) == (False, True)
    assert access.surely_denies.bits == bits("s3:*", "sqs:*")


def test_what_may_be_allowed_or_denied_is_read_in_the_widest_way():
    access = Access.of([read(allow("s3:*", Condition=ODD), deny("sqs:*", Condition=ODD))])
    assert access.allows.rules[0].contexts != access.may_allow.rules[0].contexts
    assert access.surely_denies.rules[0].contexts != access.may_deny.rules[0].contexts
    plain = Access.of([read(allow("s3:*"), deny("sqs:*"))])
    assert plain.allows is plain.may_allow
    assert plain.surely_denies is plain.may_deny


@pytest.mark.parametrize(
    ("actual", "declared", "expected"),
    [
        ([[allow("s3:Get*", OBJECTS)]], [[allow("s3:*")]], []),
        ([[allow("s3:GetObject", OBJECTS)]], [[]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:GetObject", OWN)]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        # one for each way, what is published first
        (
            [[allow("brandnew:DoIt"), allow("s3:GetObject", OBJECTS), allow("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT}:q")]],
            [[]],
            [
                ("s3:GetObject", "arn:aws:s3:::b/x", True),
                ("sqs:SendMessage", f"arn:aws:sqs::{ACCOUNT}:q", True),
                ("brandnew:doit", "*", True),
            ],
        ),
        # a limit on either side
        ([[allow("s3:*")], [allow("s3:GetObject", OBJECTS)]], [[allow("s3:Get*")]], []),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:*")], [allow("s3:Put*")]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        ([[allow("s3:GetObject", "arn:aws:s3:::z/*")]], [[allow("s3:*")], [allow("s3:*", OBJECTS)]], [("s3:GetObject", "arn:aws:s3:::z/x", True)]),
        # a Deny on either side
        ([[allow("s3:GetObject", OBJECTS), deny("s3:*")]], [[]], []),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:*"), deny("s3:*", OBJECTS)]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        ([[allow("s3:GetObject"), deny("s3:*", OBJECTS)]], [[allow("s3:*"), deny("s3:*", OBJECTS)]], []),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:GetObject", OBJECTS), deny("s3:*", OWN)]], [("s3:GetObject", "arn:aws:s3:::b/own/", True)]),
        (
            [[allow("s3:GetObject", OBJECTS)]],
            [[allow("s3:GetObject", OBJECTS), deny("s3:*", OWN), deny("sqs:*")]],
            [("s3:GetObject", "arn:aws:s3:::b/own/", True)],
        ),
        # a variable may be what a limit or an exception names
        ([[allow("s3:GetObject", HOME)], [allow("s3:*", "arn:aws:s3:::home/x/*")]], [[]], [("s3:GetObject", "arn:aws:s3:::home/x/", False)]),
        (
            [[allow("s3:GetObject", HOME)]],
            [[allow("s3:*", NotResource="arn:aws:s3:::home/bob/*")]],
            [("s3:GetObject", "arn:aws:s3:::home/bob/", False)],
        ),
        ([[allow("s3:GetObject", HOME)]], [[allow("s3:*", "arn:aws:s3:::home/*")]], []),
        (
            [[allow("s3:GetObject", HOME)], [allow("s3:*", "arn:aws:s3:::home/x/*"), allow("sqs:*")]],
            [[]],
            [("s3:GetObject", "arn:aws:s3:::home/x/", False)],
        ),
        # and stays one letter under a limit that names no resource
        ([[allow("s3:GetObject", HOME)], [allow("s3:*")]], [[allow("s3:*", HOME)]], []),
        # the very same words are the same, whatever a variable is
        ([[allow("s3:GetObject", HOME)]], [[allow("s3:GetObject", HOME), allow("s3:*", NotResource="arn:aws:s3:::home/*")]], []),
        (
            [[allow("s3:GetObject", "arn:aws:s3:::home/*"), deny("s3:*", HOME)]],
            [[allow("s3:GetObject", "arn:aws:s3:::home/*"), deny("s3:*", HOME)]],
            [],
        ),
        ([[allow("brandnew:DoIt")]], [[allow("brandnew:DoIt"), deny("brandnew:*")]], [("brandnew:doit", "*", True)]),
        ([[allow("brandnew:DoIt"), deny("brandnew:*")]], [[]], []),
        # what is not understood makes nothing sure
        ([[allow("s3:GetObject", OBJECTS, Condition=ODD)]], [[]], [("s3:GetObject", "arn:aws:s3:::b/x", False)]),
        ([[allow("s3:GetObject", OBJECTS), deny("s3:*", Condition=ODD)]], [[]], [("s3:GetObject", "arn:aws:s3:::b/x", False)]),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:GetObject", Condition=ODD)]], [("s3:GetObject", "arn:aws:s3:::b/x", False)]),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:GetObject", OWN), allow("sqs:*", Condition=ODD)]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        ([[allow("s3:GetObject", OBJECTS), deny("sqs:*", Condition=ODD)]], [[allow("s3:GetObject", OWN)]], [("s3:GetObject", "arn:aws:s3:::b/x", True)]),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:*"), deny("s3:*", Condition=ODD)]], [("s3:GetObject", "arn:aws:s3:::b/x", False)]),
        ([[allow("s3:GetObject", OBJECTS)]], [[allow("s3:*"), deny("sqs:*"), deny("s3:*", Condition=ODD)]], [("s3:GetObject", "arn:aws:s3:::b/x", False)]),
        ([[allow("s3:GetObject", OBJECTS, Condition=ODD)]], [[allow("s3:*", Condition=ODD)]], []),
        ([[allow("brandnew:DoIt", Condition=ODD)]], [[]], [("brandnew:doit", "*", False)]),
        ([[allow("brandnew:DoIt")]], [[allow("brandnew:DoIt", Condition=ODD)]], [("brandnew:doit", "*", False)]),
    ],
)  # fmt: skip
def test_what_is_beyond(actual, declared, expected):
    assert found(actual, declared) == expected
    if len(declared) == 1:
        assert is_within(side(*actual), read(*declared[0]), ACCOUNT) is (not expected)


def test_the_statements_that_allow_it_together_are_told():
    first, limit = read(allow("s3:GetObject", OBJECTS)), read(allow("s3:*", "arn:aws:s3:::b/o*"))
    (one,) = beyond(Access.of([first, limit]), Access.of([[]]), ACCOUNT)
    assert one.by == first + limit


def test_the_first_that_is_beyond_is_looked_for_once():
    actual = Access.of([read(allow("s3:GetObject", OBJECTS))])
    assert first_beyond(actual, (), ACCOUNT) is first_beyond(actual, (), ACCOUNT)
    assert first_beyond(actual, read(allow("s3:*")), ACCOUNT) is None


def test_what_is_too_intricate_is_said_after_all_others(monkeypatch):
    tried = []

    def point_in(region, account):
        tried.append(region)
        raise BudgetExceededError

    monkeypatch.setattr(compare, "point_in", point_in)
    actual = Access.of([read(allow("s3:GetObject", OBJECTS), allow("sqs:SendMessage"))])
    search = beyond(actual, Access.of([read(allow("s3:GetObject", OWN))]), ACCOUNT)
    assert next(search).point[0] == "sqs:SendMessage"
    with pytest.raises(BudgetExceededError):
        next(search)
    assert len(tried) == 1
