"""Exposure against allowlists: what no allowlist names, rules through lists, and targets without rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.test_inventory import API, TARGET, judge, rule
from guardrails.model.facts import AddressList
from guardrails.model.reference import Ref
from guardrails.model.words import Direction

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
