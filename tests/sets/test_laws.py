"""The laws of sets, against brute force and against well-known libraries."""

from __future__ import annotations

from functools import reduce
from ipaddress import ip_network
from itertools import product

import netaddr
import pytest
from greenery import parse as automaton
from hypothesis import given
from hypothesis import strategies as st

from guardrails.sets import (
    AddressError,
    Addresses,
    BudgetExceededError,
    Catalogue,
    Language,
    Pattern,
    PortError,
    Ports,
    Space,
)
from guardrails.sets.pattern import shortest

ALPHABET = "ab:/"
TEXTS = ["".join(chars) for length in range(5) for chars in product(ALPHABET, repeat=length)]

globs = st.text("ab*?:", max_size=5).map(Pattern.glob)
segments = st.lists(st.sampled_from(["a", "b", "+", "ab", ""]), max_size=3).flatmap(
    lambda parts: st.sampled_from(["", "*"]).map(lambda end: Pattern.segments("/".join(parts) + end))
)
patterns = st.one_of(globs, segments)
languages = st.lists(patterns, max_size=3).map(lambda found: Language.of(*found))


def members(language: Language) -> set[str]:
    return {text for text in TEXTS if text in language}


@given(languages, languages)
def test_operations_agree_with_listing_the_members(left, right):
    assert members(left | right) == members(left) | members(right)
    assert members(left & right) == members(left) & members(right)
    assert members(left - right) == members(left) - members(right)
    assert members(~left) == set(TEXTS) - members(left)


@given(languages, languages)
def test_covers_never_contradicts_the_members_and_a_witness_proves_the_contrary(wide, narrow):
    witness = (narrow - wide).witness()
    if wide.covers(narrow):
        assert members(narrow) <= members(wide)
        assert witness is None
    else:
        assert witness in narrow
        assert witness not in wide


@given(languages)
def test_a_witness_is_as_short_as_any_member(language):
    witness = language.witness()
    found = members(language)
    if found:
        assert witness is not None
        assert len(witness) == min(map(len, found))


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6))
def test_cover_agrees_with_an_automata_library(wide, narrow):
    def regex(text: str):
        # as an automaton at once: turning the difference back into an expression can take the library minutes
        return automaton("".join({"*": ".*", "?": "."}.get(char, char) for char in text)).to_fsm()

    expected = regex(narrow).difference(regex(wide)).empty()
    assert Language.of(Pattern.glob(wide)).covers(Language.of(Pattern.glob(narrow))) == expected


def test_an_arn_wildcard_stops_at_a_colon_in_the_first_five_parts_only():
    assert Pattern.arn("arn:aws:s3:::cdr-*").matches("arn:aws:s3:::cdr-a/b:c")
    assert not Pattern.arn("arn:aws:*:::cdr-*").matches("arn:aws:s3:eu::x:::cdr-a")
    assert Pattern.arn("arn:aws:s3:*").matches("arn:aws:s3:::anything")


def test_a_plus_is_a_whole_segment_and_a_star_inside_is_literal():
    assert Pattern.segments("auth/+/login").matches("auth/corp/login")
    assert not Pattern.segments("auth/+/login").matches("auth/a/b/login")
    assert Pattern.segments("kv/*").matches("kv/data/x")
    assert not Pattern.segments("k*v/x").matches("kAv/x")


def test_twelve_stars_against_two_thousand_characters_is_decided():
    assert not Pattern.glob("*a" * 12 + "b").matches("a" * 2000)


def test_a_question_beyond_its_budget_is_refused_and_never_answered():
    with pytest.raises(BudgetExceededError):
        shortest((Pattern.glob("*a??????????"),), (Pattern.glob("a*"),), budget=3)


networks = st.one_of(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)).map(lambda t: str(netaddr.IPNetwork((t[0], t[1]), version=4).cidr)),
    st.tuples(st.integers(0, 2**128 - 1), st.integers(16, 128)).map(lambda t: str(netaddr.IPNetwork((t[0], t[1]), version=6).cidr)),
)
near = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(lambda t: str(netaddr.IPNetwork((0x0A000000 + t[0], t[1]), version=4).cidr))
cidr_lists = st.lists(st.one_of(networks, near), max_size=12)


@given(cidr_lists, cidr_lists)
def test_addresses_agree_with_netaddr(left, right):
    ours, theirs = Addresses.parse(left), Addresses.parse(right)
    mine, other = netaddr.IPSet(left), netaddr.IPSet(right)
    for ours_now, theirs_now in (
        (ours - theirs, mine - other),
        (ours & theirs, mine & other),
        (ours | theirs, mine | other),
    ):
        # compared as networks: the two write an address such as ::8000:0 differently
        assert [ip_network(c) for c in ours_now.cidrs()] == [ip_network(str(c)) for c in theirs_now.iter_cidrs()]
    assert ours.covers(theirs) == other.issubset(mine)


@pytest.mark.parametrize("text", ["10.1", "010.0.0.1", "10.0.0.1/8", "::1%eth0", "10.0.0.9-10.0.0.1", "x", " 10.0.0.1"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(AddressError):
        Addresses.parse([text])


def test_host_bits_name_the_network_that_was_meant():
    with pytest.raises(AddressError, match=r"write 10\.0\.0\.0/8"):
        Addresses.parse(["10.0.0.1/8"])


def test_two_halves_are_the_whole_internet():
    assert Addresses.parse(["0.0.0.0/1", "128.0.0.0/1"]).cidrs() == ("0.0.0.0/0",)


port_texts = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(["tcp", "udp", "all"])).map(
            lambda t: f"{min(t[:2])}-{max(t[:2])}/{t[2]}"
        ),
        st.sampled_from(["tcp", "icmp", "all"]),
    ),
    max_size=4,
)
POINTS = [f"{port}/{protocol}" for port in range(12) for protocol in ("tcp", "udp", "icmp", "sctp")]


@given(port_texts, port_texts)
def test_ports_agree_with_listing(left, right):
    ours, theirs = Ports.parse(left), Ports.parse(right)
    listed = [{p for p in POINTS if p in found} for found in (ours, theirs, ours - theirs, ours & theirs, ours | theirs)]
    assert listed[2:] == [listed[0] - listed[1], listed[0] & listed[1], listed[0] | listed[1]]
    witness = (ours - theirs).witness()
    assert (witness is None) == ours.__sub__(theirs).is_empty()
    if witness:
        assert witness in ours
        assert witness not in theirs


@pytest.mark.parametrize("text", ["443", "70000/tcp", "9-1/tcp", "TCP", "443/"])
def test_what_names_no_ports_is_refused(text):
    with pytest.raises(PortError):
        Ports.parse([text])


SPACE = Space(("action", "resource"), (Language.everything(), Language.everything()))
small = st.lists(st.text("ab*", min_size=1, max_size=2).map(Pattern.glob), min_size=1, max_size=2).map(lambda found: Language.of(*found))
regions = st.lists(st.tuples(small, small), max_size=3).map(
    lambda boxes: reduce(lambda region, box: region | SPACE.region(action=box[0], resource=box[1]), boxes, SPACE.nothing())
)
PAIRS = [{"action": a, "resource": r} for a, r in product(["", "a", "b", "ab", "ba", "aa", "bbb"], repeat=2)]


@given(regions, regions, regions)
def test_regions_agree_with_listing_their_points(one, two, three):
    for point in PAIRS:
        a, b, c = (region.contains(point) for region in (one, two, three))
        assert (one - two).contains(point) == (a and not b)
        assert (one & two).contains(point) == (a and b)
        assert ((one - two) - three).contains(point) == (a and not b and not c)
        assert (one - (two - three)).contains(point) == (a and not (b and not c))


@given(regions, regions)
def test_a_region_is_covered_or_a_point_shows_that_it_is_not(wide, narrow):
    witness = (narrow - wide).witness()
    assert wide.covers(narrow) == (witness is None)
    if witness is not None:
        assert narrow.contains(witness)
        assert not wide.contains(witness)


def test_a_region_beyond_its_budget_is_refused():
    full = SPACE.everything()
    with pytest.raises(BudgetExceededError):
        (full - SPACE.region(action=Language.of(Pattern.glob("")))).witness(budget=1)


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_finite_sets_are_sets(left, right):
    catalogue = Catalogue(tuple("abcdef"))
    ours, theirs = catalogue.of(left), catalogue.of(right)
    assert set(ours - theirs) == left - right
    assert set(ours | theirs) == left | right
    assert set(ours & theirs) == left & right
    assert set(~ours) == set("abcdef") - left
    assert ours.covers(theirs) == (right <= left)
    assert (ours.witness() is None) == (len(ours) == 0)
    assert set(catalogue.matching(Pattern.glob("?"))) == set("abcdef")
    assert (ours | catalogue.nothing()) == ours
    assert ours.is_empty() == (not left)


def test_a_box_with_an_empty_side_has_no_point():
    flat = SPACE.region(action=Language.nothing())
    assert flat.witness() is None
    assert (SPACE.everything() & flat).is_empty()
    assert SPACE.everything().covers(flat)
