"""A reader that is shown a part of the inventory is told apart from one that is shown all of it."""

from __future__ import annotations

import pytest

from connectors.netbox_objects import gaps
from guardrails.connectors.netbox.answers import ENDPOINTS, Failed, Found
from guardrails.connectors.netbox.hidden import Reader, hidden
from guardrails.model.words import GapReason

ME = Reader(id=7, name="reader", groups=frozenset({3}), rights=frozenset())
ALL = {endpoint: Found(objects=()) for endpoint in ENDPOINTS}
TYPES = ["ipam.vrf", "ipam.prefix", "ipam.iprange", "ipam.ipaddress", "users.user", "users.token"]
TYPES += ["dcim.device", "virtualization.virtualmachine", "users.objectpermission"]


def right(identifier=1, types=TYPES, constraints=None, *, users=(7,), groups=(), actions=("view",), enabled=True):
    held = {"users": [{"id": user} for user in users], "groups": [{"id": group} for group in groups]}
    return {"id": identifier, "enabled": enabled, "object_types": types, "actions": list(actions), "constraints": constraints, **held}


def missing(*rights, reader=ME, answers=ALL):
    return gaps(hidden("inventory", reader, Found(objects=rights), answers))


def without(*lacking):
    return [form for form in TYPES if form not in lacking]


def test_a_right_without_conditions_hides_nothing():
    assert missing(right()) == []
    assert missing(right(users=(), groups=(3,))) == []


def test_an_administrator_needs_no_right():
    assert missing() == []
    assert missing(right(users=(8,), constraints={"id": 1})) == []


@pytest.mark.parametrize("constraints", [{"role__slug": "vpn"}, [{"role__slug": "vpn"}, {"id": 1}]])
def test_a_right_with_conditions_hides_what_they_leave_out(constraints):
    bound = right(2, ["ipam.prefix"], constraints)

    assert missing(right(types=without("ipam.prefix")), bound) == [("prefixes", "incomplete")]


def test_one_right_without_conditions_is_enough():
    assert missing(right(), right(2, ["ipam.prefix"], {"id": 1})) == []


@pytest.mark.parametrize("useless", [{"enabled": False}, {"actions": ("add", "change")}, {"users": (8,), "groups": (4,)}])
def test_a_right_that_gives_no_view_does_not_count(useless):
    bound = right(2, ["users.user"], {"id": 1})

    assert missing(right(types=without("users.user")), bound, right(3, ["users.user"], **useless)) == [("identity", "incomplete")]


def test_what_was_shown_without_a_right_that_can_be_seen_may_be_a_part():
    assert missing(right(types=without("dcim.device"))) == [("devices", "incomplete")]


def test_rights_that_are_hidden_themselves_are_a_gap():
    bound = right(2, ["users.objectpermission"], {"name": "mine"})

    assert missing(right(types=without("users.objectpermission")), bound) == [("permissions", "incomplete")]


def test_who_has_a_right_that_is_not_listed_is_no_administrator():
    reader = Reader(id=7, name="reader", groups=frozenset(), rights=frozenset({9}))

    assert ("prefixes", "incomplete") in missing(reader=reader)


def test_an_endpoint_that_failed_has_its_gap_already():
    answers = ALL | {"prefixes": Failed(reason=GapReason.DENIED, message="no")}

    assert missing(right(types=without("ipam.prefix")), answers=answers) == []


def test_rights_that_cannot_be_read_are_a_gap():
    assert gaps(hidden("inventory", ME, Failed(reason=GapReason.DENIED, message="no"), ALL)) == [("permissions", "denied")]


@pytest.mark.parametrize("field", ["enabled", "actions", "users", "groups", "object_types", "constraints"])
def test_a_right_that_lacks_a_field_is_a_gap(field):
    cut = {name: value for name, value in right().items() if name != field}

    assert missing(cut) == [("permissions", "malformed")]


@pytest.mark.parametrize("told", [{}, {"id": 1, "username": "a", "groups": None, "permissions": []}])
def test_a_reader_that_is_not_told_whole_is_nobody(told):
    assert Reader.of(told) is None
