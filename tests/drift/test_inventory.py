"""Networks that an inventory tells: exact sets, guards, and unknown rather than wrong wherever something was not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare
from guardrails.drift import World, differences
from guardrails.drift.inventory import Problem, Selected, addresses_of, problems
from guardrails.model.facts import Account, Exposure, Gap, NetworkRecord
from guardrails.model.networks import AddressGuard, FamilyGuard, InventorySelector, Network
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, GapReason, RecordForm
from guardrails.sets import Addresses
from guardrails.testing.memory import MemoryMeaning

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
BASE = "guardrails: 1\nsystems: {app: {connector: aws}, inventory: {connector: netbox, export: netbox.json}}\n"
API = "allowlists: {api: {to: {app: {security-group: {name: api}}}, ports: ['443/tcp'], may-from: [vpn]}}\n"
MUST = API.replace("may-from: [vpn]", "may-from: [vpn], must-from: [vpn]")
VPN = "networks: {vpn: {inventory: {prefixes: {role: vpn-egress, status: active}}%s}}\n"
TARGET = Ref(system="app", realm="r", kind="security-group", id="sg-1", name="api")


def record(identifier, *addresses, form=RecordForm.PREFIX, **attributes):
    named = {"role": "vpn-egress", "status": "active", "vrf": "global"} | attributes
    ref = Ref(system="inventory", realm="netbox", kind=form.value, id=f"{form.value}/{identifier}", name=addresses[0])
    return NetworkRecord(ref=ref, form=form, addresses=addresses, attributes=tuple(sorted(named.items())))


def rule(*addresses, ports="443/tcp"):
    ref = Ref(system="app", realm="r", kind="rule", id=f"{addresses} {ports}", name="rule")
    return Exposure(ref=ref, target=TARGET, direction=Direction.IN, ports=(ports,), addresses=addresses)


def gap(what, system="inventory"):
    return Gap(system=system, realm="netbox", what=what, reason=GapReason.DENIED, message=f"{what}: status 403")


def judge(text, *said, unseen=(), base=BASE, published=()):
    """Every difference that is about a network or a target; `published` is what stands in the pinned files."""
    declared = declare.loads([("base.yaml", base.encode()), ("more.yaml", text.encode())])
    declared = replace(declared, networks=tuple(replace(n, cidrs=published) if n.published else n for n in declared.networks))
    observations = {}
    for name in {system.name for system in declared.systems} - set(unseen):
        own = [item for item in said if getattr(item, "system", None) == name or (hasattr(item, "ref") and item.ref.system == name)]
        own.append(Account(ref=Ref(system=name, realm="r", kind="account", id="r", name="r")))
        observations[name] = fold(own, system=name, connector="memory", taken_at=NOW)
    meanings = {name: MemoryMeaning({}) for name in observations}
    found = differences(World(declared, observations, meanings, NOW, lambda *_: ""))
    told = ("exposure", "network", "address")
    return sorted((d.kind.value, d.facet, d.verdict.value) for d in found if d.kind.value.startswith(told))


def test_a_rule_within_the_inventory_is_declared():
    assert judge(VPN % "" + API, record(1, "198.51.100.0/28"), rule("198.51.100.0/29")) == []


def test_a_rule_beyond_the_inventory_is_excess():
    assert judge(VPN % "" + API, record(1, "198.51.100.0/28"), rule("198.51.100.0/27")) == [("exposure-excess", "", "violation")]


def test_a_must_beyond_the_rules_is_missing():
    assert judge(VPN % "" + MUST, record(1, "198.51.100.0/28"), rule("198.51.100.0/29")) == [("exposure-missing", "", "violation")]


DOUBTS = {
    "records not seen": [gap("prefixes")],
    "vrfs not seen": [record(1, "198.51.100.0/28"), gap("vrfs")],
    "records of two vrfs": [record(1, "198.51.100.0/28"), record(2, "198.51.100.0/28", vrf="blue")],
    "no record": [record(1, "198.51.100.0/28", role="office")],
}


@pytest.mark.parametrize("said", DOUBTS.values(), ids=DOUBTS)
def test_what_lies_beyond_a_network_in_doubt_is_unknown(said):
    found = judge(VPN % "" + API, *said, rule("203.0.113.0/24"))

    assert found == [("exposure-excess", "", "unknown"), ("network-guard", "", "unknown")]


def test_an_inventory_that_was_not_observed_leaves_its_networks_unknown():
    found = judge(VPN % "" + API, rule("203.0.113.0/24"), unseen=["inventory"])

    assert found == [("exposure-excess", "", "unknown"), ("network-guard", "", "unknown")]


def test_a_network_in_doubt_lets_nothing_pass_that_its_allowlist_could_not():
    # the allowlist is for 443; whoever the network is, 22 is beyond it
    found = judge(VPN % "" + API, gap("prefixes"), rule("203.0.113.0/24", ports="22/tcp"))

    assert ("exposure-excess", "", "violation") in found


def test_what_was_seen_of_a_network_in_doubt_counts():
    assert judge(VPN % "" + API, record(1, "198.51.100.0/28"), gap("prefixes"), rule("198.51.100.1")) == [("network-guard", "", "unknown")]


def test_a_must_in_doubt_is_unknown_and_its_certain_part_is_not():
    one = record(1, "198.51.100.0/28")

    assert ("exposure-missing", "", "unknown") in judge(VPN % "" + MUST, one, gap("prefixes"), rule("198.51.100.0/28"))
    assert ("exposure-missing", "", "violation") in judge(VPN % "" + MUST, one, gap("prefixes"), rule("198.51.100.0/29"))


def test_a_must_in_doubt_is_met_where_everybody_is_let_in():
    found = judge(VPN % "" + MUST, gap("prefixes"), rule("0.0.0.0/0", "::/0"))

    assert [line for line in found if line[0] == "exposure-missing"] == []


def test_a_gap_of_other_records_takes_nothing_away():
    assert judge(VPN % "" + API, record(1, "198.51.100.0/28"), gap("ip-addresses"), rule("198.51.100.1")) == []


def test_a_named_vrf_is_not_ambiguous():
    text = VPN.replace("status: active", "vrf: global") % ""

    assert judge(text + API, record(1, "198.51.100.0/28"), record(2, "10.0.0.0/8", vrf="blue"), rule("198.51.100.1")) == []


def test_an_empty_network_is_empty_where_that_is_declared():
    assert judge(VPN % ", at-least: {v4: 0}" + API) == []
    assert judge(VPN % ", at-least: {v4: 0}" + API, rule("203.0.113.1")) == [("exposure-excess", "", "violation")]


def test_a_network_outside_its_guards_is_no_ceiling():
    found = judge(VPN % ", at-most: {v4: 16}" + API, record(1, "0.0.0.0/0"), rule("203.0.113.1"))

    assert found == [("exposure-excess", "", "unknown"), ("network-guard", "at-most v4", "violation")]


def test_too_few_is_told_only_when_all_were_seen():
    text = VPN % ", at-least: {v4: 1}"

    assert judge(text) == [("network-guard", "at-least v4", "violation")]
    assert judge(text, gap("prefixes")) == [("network-guard", "", "unknown")]


def test_too_many_is_certain_whatever_was_not_seen():
    found = judge(VPN % ", at-most: {v4: 1}", record(1, "198.51.100.0/28"), gap("prefixes"))

    assert found == [("network-guard", "at-most v4", "violation")]


def test_a_network_past_its_date_means_nothing_and_is_not_judged():
    text = VPN % ", until: 2026-01-31" + API

    assert judge(text, gap("prefixes"), rule("198.51.100.1")) == [
        ("exposure-excess", "", "violation"),
        ("network-expired", "", "violation"),
    ]


def test_a_network_counts_until_the_end_of_its_last_day():
    assert judge(VPN % ", until: 2026-11-25" + API, record(1, "198.51.100.0/28"), rule("198.51.100.1")) == []


PUBLISHED = "networks: {vpn: {published: {file: a.json, sha256: '%s'}}}\n" % ("a" * 64)


def test_published_addresses_that_were_not_read_are_unknown():
    assert judge(PUBLISHED + API, rule("198.51.100.1")) == [("exposure-excess", "", "unknown"), ("network-guard", "", "unknown")]


def test_published_addresses_are_somebody_elses():
    assert judge(PUBLISHED + API, rule("198.51.100.1"), published=("198.51.100.0/28",)) == []


OWN = "networks: {vpn: {cidrs: ['198.51.100.0/28', '2001:db8::/56']%s}}\n"


def test_own_addresses_are_in_active_prefixes_of_the_inventory():
    held = [record(1, "198.51.100.0/24"), record(2, "2001:db8::/48", vrf="blue")]

    assert judge(OWN % "", *held) == []
    assert judge(OWN % "", held[0]) == [("address-unknown-to-inventory", "", "violation")]
    assert judge(OWN % "") == [("address-unknown-to-inventory", "", "violation")]


@pytest.mark.parametrize("other", [{"status": "deprecated"}, {"status": "container"}, {"form": RecordForm.RANGE}])
def test_what_is_not_an_active_prefix_holds_nothing(other):
    assert judge(OWN % "", record(1, "0.0.0.0/0", "::/0", **other)) == [("address-unknown-to-inventory", "", "violation")]


def test_addresses_of_a_vendor_are_not_ours():
    assert judge(OWN % ", vendor: carrier-a" + "vendors: {carrier-a: {valid-until: 2036-01-01}}\n") == []


def test_without_an_inventory_nothing_is_unknown_to_it():
    assert judge(OWN % "", base="guardrails: 1\nsystems: {app: {connector: aws}}\n") == []


def test_everybody_is_in_no_inventory():
    assert judge("networks: {internet: {cidrs: ['0.0.0.0/0', '::/0']}}\n") == []


def test_what_the_inventory_knows_is_not_told_when_it_was_not_seen_whole():
    assert judge(OWN % "", gap("prefixes")) == []
    assert judge(OWN % "", unseen=["inventory"]) == []


def guarded(least=None, most=None, *records):
    network = Network(name="n", at_least=least, at_most=most)
    return [p.guard for p in problems(network, addresses_of(InventorySelector(system="", form=RecordForm.PREFIX, attributes=()), records))]


def test_a_guard_counts_addresses_each_family_by_itself():
    least = AddressGuard(v4=FamilyGuard(addresses=2), v6=FamilyGuard(addresses=1))

    assert guarded(least, None, record(1, "198.51.100.0/31"), record(2, "2001:db8::1")) == []
    assert guarded(least, None, record(1, "198.51.100.0/32")) == ["at-least v4", "at-least v6"]


def test_overlapping_records_count_once():
    assert guarded(None, AddressGuard(v4=FamilyGuard(addresses=16)), record(1, "198.51.100.0/28"), record(2, "198.51.100.0/29")) == []


def test_a_guard_counts_prefixes_when_they_are_joined():
    most = AddressGuard(v6=FamilyGuard(prefixes=1, widest=56))
    neighbours = [record(1, "2001:db8:0:0::/56"), record(2, "2001:db8:0:100::/56")]

    assert guarded(None, most, *neighbours) == []
    assert guarded(None, most, neighbours[0], record(3, "2001:db8:1::/56")) == ["at-most v6 prefixes"]
    assert guarded(None, most, record(1, "2001:db8::/55")) == ["at-most v6 widest"]
    assert guarded(None, most) == []


def test_a_guard_of_one_family_does_not_see_the_other():
    assert guarded(None, AddressGuard(v6=FamilyGuard(prefixes=0, widest=56)), record(1, "198.51.100.0/28")) == []
    assert guarded(None, AddressGuard(v4=FamilyGuard(prefixes=0, widest=128)), record(1, "2001:db8::/32")) == []


def test_the_widest_of_a_range_is_its_widest_prefix():
    most = AddressGuard(v4=FamilyGuard(widest=30))

    assert guarded(None, most, record(1, "198.51.100.3-198.51.100.9")) == []
    assert guarded(None, most, record(1, "198.51.100.3-198.51.100.15")) == ["at-most v4 widest"]


def test_a_problem_tells_the_numbers():
    found = problems(Network(name="n", at_most=AddressGuard(v4=FamilyGuard(addresses=1))), Selected(Addresses.parse(["198.51.100.0/30"])))

    assert list(found) == [Problem("at-most v4", "4 addresses, and 1 may be", is_too_much=True)]


V4 = st.integers(0, 2**32 - 1)
V6 = st.integers(0, 2**128 - 1) | st.integers(2**128 - 600, 2**128 - 1) | st.integers(0, 600)
ATTRIBUTES = st.dictionaries(st.sampled_from(["role", "tenant", "tag/x"]), st.sampled_from(["a", "b"]), max_size=3)


@st.composite
def texts(draw):
    low, bits = draw(st.one_of(st.tuples(V4, st.just(32)), st.tuples(V6, st.just(128))))
    form = draw(st.sampled_from(list(RecordForm)))
    version = 4 if bits == 32 else 6
    first = netaddr.IPAddress(low, version)
    if form is RecordForm.ADDRESS:
        return form, str(first)
    if form is RecordForm.RANGE:
        high = min(low + draw(st.integers(0, 300)), 2**bits - 1)
        return form, f"{first}-{netaddr.IPAddress(high, version)}"
    return form, str(netaddr.IPNetwork(f"{first}/{draw(st.integers(bits - 12, bits))}").cidr)


@st.composite
def inventories(draw):
    drawn = draw(st.lists(st.tuples(texts(), ATTRIBUTES), max_size=12))
    return [
        NetworkRecord(ref=Ref(system="i", realm="r", kind=form.value, id=str(n), name=text), form=form, addresses=(text,), attributes=tuple(sorted(named.items())))
        for n, ((form, text), named) in enumerate(drawn)
    ]  # fmt: skip


@given(inventories(), st.sampled_from(list(RecordForm)), ATTRIBUTES)
def test_a_selector_means_what_netaddr_says(records, form, wanted):
    selected = addresses_of(InventorySelector(system="i", form=form, attributes=tuple(sorted(wanted.items()))), records)

    expected = netaddr.IPSet()
    for one in records:
        if one.form is form and all(dict(one.attributes).get(name) == value for name, value in wanted.items()):
            first, dash, last = one.addresses[0].partition("-")
            expected |= netaddr.IPSet(netaddr.IPRange(first, last) if dash else [first])
    # as numbers: netaddr writes some IPv6 networks in a form of its own
    assert {netaddr.IPNetwork(cidr) for cidr in selected.addresses.cidrs()} == set(expected.iter_cidrs())


@given(inventories(), st.sampled_from(list(RecordForm)), ATTRIBUTES, ATTRIBUTES)
def test_a_further_attribute_never_selects_more(records, form, wanted, further):
    wide = addresses_of(InventorySelector(system="i", form=form, attributes=tuple(wanted.items())), records)
    narrow = addresses_of(InventorySelector(system="i", form=form, attributes=tuple((further | wanted).items())), records)

    assert wide.addresses.covers(narrow.addresses)
    assert set(narrow.records) <= set(wide.records)


def test_whose_addresses_an_adopted_network_names_nobody_has_said():
    text = 'networks: {n: {cidrs: ["198.51.100.0/24"]%s}}\n'
    known = record(1, "192.0.2.0/24")

    assert [kind for kind, _, _ in judge(text % "", known)] == ["address-unknown-to-inventory"]
    assert judge(text % ", origin: adopted, review-by: 2036-01-01", known) == []
