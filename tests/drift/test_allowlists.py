"""Which addresses reach which targets, against what is declared for them."""

from __future__ import annotations

import pytest

from drift.worlds import account, judge, ref
from guardrails.model.facts import AddressList, Exposure
from guardrails.model.words import Direction

API = """
networks: {office: {cidrs: ["198.51.100.0/28"]}, six: {cidrs: ["2001:db8::/64"]}}
allowlists:
  api: {to: {%s: {security-group: {name: api}}}, ports: ["443/tcp"], may-from: [office], must-from: [%s], owner: "team:t"}
teams: {t: {}}
"""
PLAIN = API % ("app", "")
LIST = ref("prefix-list", "offices")


def rule(*addresses, target="api", ports=("443/tcp",), through=None, direction=Direction.IN):
    own = ref("rule", f"{target} {addresses} {ports} {through}")
    return Exposure(ref=own, target=ref("security-group", target), direction=direction, ports=ports, addresses=addresses, through=through)


def found(text, *said, implied=()):
    told = judge(text, account("x"), *said, implied=implied)
    return [(d.kind.value, d.verdict.value) for d in told if d.kind.value.startswith("exposure")]


def test_rules_within_the_allowlist_are_declared_whether_one_or_several():
    assert found(PLAIN, rule("198.51.100.0/29"), rule("198.51.100.8/29")) == []


@pytest.mark.parametrize("beyond", [rule("198.51.100.0/27"), rule("2001:db8::1"), rule("198.51.100.1", ports=("22/tcp",))])
def test_an_address_or_port_beyond_is_excess(beyond):
    assert found(PLAIN, beyond) == [("exposure-excess", "violation")]


def test_a_rule_without_an_allowlist_is_undeclared_and_shows_who_comes_in():
    told = [d for d in judge(PLAIN, account("x"), rule("203.0.113.7", target="debug")) if d.kind.value.startswith("exposure")]

    assert [(d.kind.value, d.witness.principal, d.witness.action) for d in told] == [("exposure-undeclared", "203.0.113.7", "443/tcp")]


def test_a_rule_that_lets_nobody_in_is_no_exposure():
    assert found(PLAIN, rule(target="debug")) == []


def test_rules_outwards_let_nobody_in():
    assert found(PLAIN, rule("0.0.0.0/0", target="debug", direction=Direction.OUT)) == []


def test_a_list_of_addresses_stands_for_its_addresses():
    listed = AddressList(ref=LIST, addresses=("198.51.100.0/29",))

    assert found(PLAIN, rule(through=LIST), listed) == []
    assert found(PLAIN, rule(through=LIST), AddressList(ref=LIST, addresses=("0.0.0.0/0",))) == [("exposure-excess", "violation")]


def test_a_list_that_was_not_seen_is_unknown():
    assert found(PLAIN, rule(through=LIST)) == [("exposure-excess", "unknown")]


def test_members_of_another_group_are_judged_there():
    assert found(PLAIN, rule(through=ref("security-group", "other"))) == []


def test_what_must_reach_a_target_and_does_not_is_missing():
    assert found(API % ("app", "office"), rule("198.51.100.0/28")) == []
    assert found(API % ("app", "office"), rule("198.51.100.0/29")) == [("exposure-missing", "violation")]
    assert found(API % ("app", "office")) == [("exposure-missing", "violation")]


def test_an_allowlist_of_one_set_is_not_for_others():
    assert found(API % ("app@prod", ""), rule("198.51.100.1")) == []
    assert found(API.replace("name: api", "name: web") % ("app@prod", ""), rule("198.51.100.1")) == [("exposure-undeclared", "violation")]


def test_an_allowlist_outwards_declares_nothing_inwards():
    assert found(PLAIN.replace("ports:", "direction: out, ports:"), rule("198.51.100.1")) == [("exposure-undeclared", "violation")]


def test_a_list_that_was_not_seen_and_lets_in_at_most_what_is_declared_is_no_doubt():
    assert found(PLAIN, rule("198.51.100.0/29", through=LIST)) == []
    assert found(PLAIN, rule("198.51.100.0/27", through=LIST)) == [("exposure-excess", "unknown")]


def test_what_may_come_in_through_a_list_that_was_not_seen_is_not_missing_for_certain():
    assert found(API % ("app", "office"), rule("198.51.100.0/28", through=LIST)) == [("exposure-missing", "unknown")]
    assert found(API % ("app", "office"), rule("198.51.100.0/29", through=LIST)) == [("exposure-missing", "violation")]


def test_what_documents_let_in_is_judged_as_rules_are():
    assert found(PLAIN, implied=(rule("198.51.100.0/28"),)) == []
    assert found(PLAIN, implied=(rule("198.51.100.0/27"),)) == [("exposure-excess", "violation")]
    assert found(API % ("app", "office"), implied=(rule(),)) == [("exposure-missing", "violation")]


def test_documents_are_judged_where_an_allowlist_names_what_they_guard_and_nowhere_else():
    assert found(PLAIN, implied=(rule("0.0.0.0/0", target="debug"),)) == []
    assert found(PLAIN.replace("ports:", "direction: out, ports:"), implied=(rule("0.0.0.0/0"),)) == []


def test_two_allowlists_for_one_target_are_one_ceiling_of_its_documents():
    two = PLAIN + '  more: {to: {app: {security-group: {name: api}}}, may-from: [six], owner: "team:t"}\n'
    two = two.replace("teams: {t: {}}\n", "").replace("allowlists:", "teams: {t: {}}\nallowlists:")
    assert found(two, implied=(rule("198.51.100.0/28"), rule("2001:db8::/64", ports=("all",)))) == []


def test_the_port_that_is_shown_is_one_that_people_know():
    told = [d for d in judge(PLAIN, account("x"), rule("203.0.113.7", ports=("all",))) if d.kind.value.startswith("exposure")]
    assert [d.witness.action for d in told] == ["443/tcp"]
