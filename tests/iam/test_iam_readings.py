"""Each reading in which iam-simulate differs from us, as the smallest case: what it says, what we say, and why.

The peer's answer is the one that it gave; `make deep` asks it again.
"""

from __future__ import annotations

import pytest
from iam_peer import ask, missing, ours
from iam_readings import READINGS, explained
from iam_small import ACCOUNT, KEY, OBJECT, ROLE, SESSION, USER, allow, deny, document, when


def case(*, action="s3:GetObject", target=OBJECT, by=USER, context=None, **policies):
    return {"principal": by, "action": action, "resource": target, "account": ACCOUNT, "context": context or {}, "policies": policies}


def on(test, context):
    return case(context=context, identity=[document(allow(Condition=test))])


CASES = {
    # Every key has a policy; one that was not given was not seen.
    "a_policy_not_given_is_not_there": (None, "ImplicitlyDenied", case(action="kms:Decrypt", target=KEY, identity=[document(allow())])),
    # What a service refuses whatever policies say is not ours to decide.
    "what_aws_keeps_is_not_changed": (
        True,
        "ImplicitlyDenied",
        case(action="iam:DeletePolicy", target="arn:aws:iam::aws:policy/ReadOnlyAccess", identity=[document(allow())]),
    ),
    # NotPrincipal with Allow is unsupported; as a grant to everyone else it is read widest.
    "everyone_but_others_is_the_role_by_name": (
        True,
        "ImplicitlyDenied",
        case(by=ROLE, boundary=document(allow("ec2:*")), resource=document(allow(NotPrincipal={"AWS": USER}))),
    ),
    # User Guide, "Variables and tags": only since Version 2012-10-17.
    "variables_in_2008": (
        False,
        "Allowed",
        case(
            target="arn:aws:s3:::box/al",
            context={"aws:username": "al"},
            identity=[document(allow(resource="arn:aws:s3:::box/${aws:username}"), version="2008-10-17")],
        ),
    ),
    # User Guide, "Policies and permissions": what a resource gives to the session itself is not limited by a session policy.
    "a_session_policy_limits_every_grant": (
        True,
        "ImplicitlyDenied",
        case(by=SESSION, session=document(allow("ec2:*")), resource=document(allow(Principal={"AWS": SESSION}))),
    ),
    # An empty value is a value.
    "an_empty_value_is_no_value": (False, "Allowed", on(when("StringEquals", "aws:x", "${aws:y, 'd'}"), {"aws:x": "d", "aws:y": ""})),
    # Whether a default stands in for a list is written nowhere.
    "a_default_stands_in_for_a_list": (None, "Allowed", on(when("StringEquals", "aws:x", "${aws:y, 'd'}"), {"aws:x": "d", "aws:y": ["e"]})),
    # Policies of AWS itself use `*` there.
    "no_wildcard_in_the_type_part": (
        True,
        "ImplicitlyDenied",
        case(
            action="ec2:StopInstances",
            target=f"arn:aws:ec2:eu:{ACCOUNT}:instance/i",
            identity=[document(allow(resource="arn:aws:ec2:*:*:*/i"))],
        ),
    ),
    # Whether a variable without a value keeps NotResource from matching is written nowhere.
    "a_disputed_resource_does_not_match": (
        None,
        "ImplicitlyDenied",
        case(identity=[document(allow(NotResource="arn:aws:s3:::box/${aws:none}"))]),
    ),
    # User Guide, "Condition operators": epoch time is in seconds.
    "epochs_are_milliseconds": (
        True,
        "ImplicitlyDenied",
        on(when("DateGreaterThan", "aws:d", "2026-01-01T00:00:00Z"), {"aws:d": "1767225601"}),
    ),
    # Every address is in 0.0.0.0/0.
    "no_address_is_in_a_block_of_all": (True, "ImplicitlyDenied", on(when("IpAddress", "aws:i", "0.0.0.0/0"), {"aws:i": "10.0.0.1"})),
    # User Guide, "Variables and tags": `${*}` is the character.
    "an_escape_is_text_without_wildcards": (True, "ImplicitlyDenied", on(when("StringEquals", "aws:x", "a${*}"), {"aws:x": "a*"})),
    # An address of the other family is another address.
    "one_address_differs_from_none_of_the_other_family": (
        True,
        "ImplicitlyDenied",
        on(when("NotIpAddress", "aws:i", "10.0.0.1"), {"aws:i": "2001:db8::1"}),
    ),
    # Nothing equals what is malformed; whether it therefore differs is written nowhere.
    "a_disputed_test_does_not_hold": (None, "ImplicitlyDenied", on(when("NumericNotEquals", "aws:n", "many"), {"aws:n": "1"})),
}


def test_every_reading_has_its_case():
    assert {reading.__name__ for reading in READINGS} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_we_read_it_so_and_the_reading_alone_explains_the_peer(name):
    expected, theirs, asked = CASES[name]

    assert (ours(asked), explained(asked, theirs)) == (expected, (name,))


@pytest.mark.deep
def test_the_peer_still_reads_it_otherwise():
    if missing():
        pytest.skip(missing())

    assert dict(zip(CASES, ask(asked for _, _, asked in CASES.values()), strict=True)) == {
        name: theirs for name, (_, theirs, _) in CASES.items()
    }


def test_what_both_read_alike_needs_no_reading():
    asked = case(identity=[document(allow(), deny("ec2:*"))])

    assert ours(asked) is True
    assert explained(asked, "ImplicitlyDenied") is None
