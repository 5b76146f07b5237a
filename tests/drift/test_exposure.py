"""Exposure against allowlists: what no allowlist names, rules through lists, and targets without rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.test_inventory import API, BASE, NOW, TARGET, judge, rule
from guardrails import declare
from guardrails.drift import World
from guardrails.drift.exposure import amiss
from guardrails.model.facts import Account, AddressList
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, Kind
from guardrails.sets import Addresses, Ports, Space
from guardrails.testing.memory import MemoryMeaning

VPN = "networks: {vpn: {cidrs: ['198.51.100.0/28'], vendor: carrier}}\nvendors: {carrier: {valid-until: 2036-01-01}}\n"
LISTED = Ref(system="app", realm="r", kind="prefix-list", id="pl-1", name="offices")


def through(ref):
    return replace(rule(), through=ref)


def test_a_target_without_an_allowlist_is_undeclared():
    assert judge(VPN, rule("198.51.100.1")) == [("exposure-undeclared", "", "violation")]


def test_an_allowlist_of_another_target_allows_nothing():
    other = replace(TARGET, id="sg-2", name="bastion")

    assert judge(VPN + API, replace(rule("198.51.100.1"), target=other)) == [("exposure-undeclared", "", "violation")]


def test_a_rule_that_lets_out_lets_nobody_in():
    assert judge(VPN, replace(rule("0.0.0.0/0"), direction=Direction.OUT)) == []


def test_a_must_without_any_rule_is_missing():
    must = API.replace("may-from: [vpn]", "may-from: [vpn], must-from: [vpn]")

    assert judge(VPN + must) == [("exposure-missing", "", "violation")]


@pytest.mark.parametrize(("address", "found"), [("198.51.100.1/32", []), ("203.0.113.1/32", [("exposure-excess", "", "violation")])])
def test_a_rule_through_a_list_means_its_addresses(address, found):
    assert judge(VPN + API, through(LISTED), AddressList(ref=LISTED, addresses=(address,))) == found


def test_a_list_that_was_not_seen_is_unknown():
    assert judge(VPN + API, through(LISTED)) == [("exposure-excess", "pl-1", "unknown")]


def test_what_must_reach_a_target_may_do_so_by_a_list_that_was_not_seen():
    must = API.replace("may-from: [vpn]", "may-from: [vpn], must-from: [vpn]")

    assert ("exposure-missing", "", "unknown") in judge(VPN + must, through(LISTED))


def test_members_of_another_group_are_judged_where_they_are_reached():
    assert judge(VPN + API, through(replace(TARGET, id="sg-2"))) == []


def test_other_ports_are_beyond_the_allowlist():
    assert judge(VPN + API, rule("198.51.100.1", ports="22/tcp")) == [("exposure-excess", "", "violation")]


SPACE = Space(("port", "address"), (Ports.everything(), Addresses.everything()))


def seen_as(text, *said):
    declared = declare.loads([("base.yaml", BASE.encode()), ("more.yaml", text.encode())])
    account = Account(ref=Ref(system="app", realm="r", kind="account", id="r", name="r"))
    return World(
        declared,
        {"app": fold([*said, account], system="app", connector="memory", taken_at=NOW)},
        {"app": MemoryMeaning({})},
        NOW,
        lambda *_: "",
    )


MUST = API.replace("may-from: [vpn]", "may-from: [vpn], must-from: [vpn]")


@pytest.mark.parametrize(
    ("kind", "text", "said", "sure", "at_most"),
    [
        (Kind.EXPOSURE_EXCESS, VPN + API, [rule("198.51.100.0/27")], ["198.51.100.16/28"], ["198.51.100.16/28"]),
        (Kind.EXPOSURE_UNDECLARED, VPN, [rule("198.51.100.0/28")], ["198.51.100.0/28"], ["198.51.100.0/28"]),
        (Kind.EXPOSURE_EXCESS, VPN + API, [replace(rule("203.0.113.0/24"), through=LISTED)], [], ["203.0.113.0/24"]),
        (Kind.EXPOSURE_MISSING, VPN + MUST, [rule("198.51.100.0/29")], ["198.51.100.8/29"], ["198.51.100.8/29"]),
        (Kind.EXPOSURE_MISSING, VPN + MUST, [replace(rule("198.51.100.0/29"), through=LISTED)], ["198.51.100.8/29"], ["198.51.100.0/28"]),
        (Kind.EXPOSURE_MISSING, VPN + API, [rule("198.51.100.0/29")], [], []),
    ],
)
def test_what_a_finding_stands_for_is_known_as_a_set(kind, text, said, sure, at_most):
    found = amiss(seen_as(text, *said), TARGET, kind)

    for region, addresses in zip(found, (sure, at_most), strict=True):
        meant = SPACE.region(port=Ports.parse(["443/tcp"]), address=Addresses.parse(addresses))
        assert (region - meant).is_empty()
        assert (meant - region).is_empty()
