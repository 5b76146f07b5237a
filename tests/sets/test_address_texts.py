"""Addresses and ports: what is read, what is in them, and what they show."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import netaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.sets import AddressError, Addresses, PortError, Ports

nearly = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}(/[0-9]{1,3})?", fullmatch=True)
octets = st.lists(st.sampled_from(["0", "00", "1", "8", "255", "256", "\u0663"]), min_size=4, max_size=4).map(".".join)
written = st.one_of(nearly, st.tuples(octets, st.sampled_from(["", "/0", "/8", "/08", "/32", "/33", "/-1", "/255.0.0.0"])).map("".join))


@given(written)
def test_a_network_is_read_as_the_standard_library_reads_it(text):
    try:
        expected = str(ip_network(text))
    except ValueError:
        with pytest.raises(AddressError):
            Addresses.parse([text])
    else:
        assert Addresses.parse([text]).cidrs() == (expected,)


small = st.lists(
    st.tuples(st.integers(0, 255), st.integers(24, 32)).map(lambda t: str(netaddr.IPNetwork((0x0A000000 + t[0], t[1]), version=4).cidr)),
    max_size=6,
)


@given(small, st.integers(0, 255))
def test_an_address_is_in_a_set_when_a_network_of_it_holds_it(texts, last):
    held = Addresses.parse([*texts, "2001:db8::/64"])
    assert (f"10.0.0.{last}" in held) == (netaddr.IPAddress(0x0A000000 + last) in netaddr.IPSet(texts))
    assert "2001:db8::7" in held
    assert "2001:db8:1::" not in held


def test_a_range_is_in_a_set_only_as_a_whole():
    held = Addresses.parse(["10.0.0.0-10.0.0.9", "10.0.0.20"])
    assert "10.0.0.2-10.0.0.9" in held
    assert "10.0.0.2-10.0.0.20" not in held
    assert held.size() == (11, 0)


@pytest.mark.parametrize("text", ["10.0.0.9-10.0.0.1", "10.0.0.1-::1"])
def test_a_range_goes_up_within_one_family(text):
    with pytest.raises(AddressError, match="from the lower to the higher"):
        Addresses.parse([text])


def test_everything_is_all_of_both_families_and_nothing_is_in_nothing():
    whole = Addresses.everything()
    assert whole.cidrs() == ("0.0.0.0/0", "::/0")
    assert whole.covers(Addresses.parse(["203.0.113.7", "2001:db8::/32"]))
    assert not Addresses.nothing().covers(whole)
    assert Addresses.nothing().is_empty()
    assert Addresses.nothing().witness() is None


@given(small)
def test_the_witness_is_the_lowest_address_and_of_ipv4_first(texts):
    both = Addresses.parse([*texts, "2001:db8::/64"])
    lowest = min((ip_address(ip_network(text).network_address) for text in texts), default=ip_address("2001:db8::"))
    assert both.witness() == str(lowest)


def test_a_mapped_address_is_another_family():
    assert "10.0.0.1" not in Addresses.parse(["::ffff:10.0.0.1"])


PORTS = [["443/tcp", "1000-2000/udp"], ["tcp"], ["all"], ["icmp", "53/udp"], []]


@pytest.mark.parametrize("texts", PORTS)
def test_ports_are_shown_in_the_form_in_which_they_are_read(texts):
    assert Ports.parse(Ports.parse(texts).texts()) == Ports.parse(texts)
    assert Ports.everything().covers(Ports.parse(texts))
    assert Ports.nothing() == Ports.parse(texts) - Ports.everything()


def test_all_ports_are_those_of_protocols_without_a_name_too():
    assert Ports.parse(["all"]) == Ports.everything()
    assert "7/sctp" in Ports.everything()
    assert "7/sctp" not in Ports.parse(["tcp", "udp"])


@pytest.mark.parametrize(
    ("taken", "witness"),
    [
        ([], "0/tcp"),
        (["0-442/tcp"], "443/tcp"),
        (["tcp"], "0/udp"),
        (["tcp", "udp"], "0/icmp"),
        (["tcp", "udp", "icmp", "proto-253"], "0/proto-254"),
        (["all"], None),
    ],
)
def test_a_witness_is_found_however_many_protocols_are_taken(taken, witness):
    left = Ports.everything() - Ports.parse(taken)
    assert left.witness() == witness
    assert witness is None or witness in left


@pytest.mark.parametrize("text", ["0-65536/tcp", "9-8/tcp"])
def test_a_port_beyond_the_last_or_a_range_downwards_is_refused(text):
    with pytest.raises(PortError, match="the lower one first"):
        Ports.parse([text])


def test_addresses_are_counted_by_family():
    assert Addresses.parse(["10.0.0.0/30", "10.0.0.9", "2001:db8::/127"]).size() == (5, 2)
    assert Addresses.everything().size() == (2**32, 2**128)
    assert Addresses.nothing().size() == (0, 0)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "::/0", "192.0.2.0", "255.255.255.255/32", "10.0.0.0-10.0.0.255", "::1-::2"])
def test_what_was_read_is_in_the_set(text):
    found = Addresses.parse([text])

    assert text in found
    assert not found.is_empty()
    assert Addresses.everything().covers(found)
    assert not (Addresses.everything() - found).covers(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.0/33", "is not an address"),
        ("10.0.0.256", "is not an address"),
        ("010.0.0.1", "is not an address"),
        ("fe80::1%eth0", "zone ids"),
        (" 10.0.0.0/8", "zone ids and blanks"),
        ("10.0.0.1/8", r"write 10.0.0.0/8 for the network, or 10.0.0.1 for the one address"),
        ("2001:db8::1/32", r"write 2001:db8::/32 for the network, or 2001:db8::1 for the one address"),
        ("10.0.0.9-10.0.0.1", "is no range"),
        ("::1-10.0.0.1", "is no range"),
        ("10.0.0.1-x", "is not an address"),
    ],
)
def test_a_text_that_is_no_address_is_refused_with_what_was_meant(text, said):
    with pytest.raises(AddressError, match=said):
        Addresses.parse([text])


def test_the_witness_of_several_networks_is_the_lowest_of_its_family():
    assert Addresses.parse(["10.0.0.0/8", "192.0.2.0/24"]).witness() == "10.0.0.0"
    assert Addresses.parse(["2001:db8::/64", "2001:db9::/64"]).witness() == "2001:db8::"


def test_a_range_may_be_of_one_address_and_have_blanks():
    assert Addresses.parse(["10.0.0.1 - 10.0.0.1"]).cidrs() == ("10.0.0.1/32",)
