"""What may be told anything: only hosts that are named, at addresses that are everybody's unless they are ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.notify.doors import Door, Undelivered, addresses, connected, find

INSIDE = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104  # refused
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:db8::1",
)
PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822")
HOOKS = Door(host="hooks.example")


def told(*found, door=HOOKS):
    return addresses(door, 443, lambda _host, _port: list(found))


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_our_own_is_refused_unless_the_host_file_says_that_it_is_ours(address):
    with pytest.raises(Undelivered, match="is no public address"):
        told(address)
    assert told(address, door=Door(host="hooks.example", private=True)) == [address]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address):
    assert told(address) == [address]


@given(st.permutations([*PUBLIC, "10.0.0.1"]))
def test_one_address_of_our_own_among_public_ones_is_enough_to_refuse(found):
    with pytest.raises(Undelivered, match=r"10\.0\.0\.1"):
        told(*found)


def test_a_name_without_an_address_is_told():
    def unknown(host, port):
        raise OSError(-2, "Name or service not known")

    with pytest.raises(Undelivered, match="has no address: Name or service not known"):
        addresses(HOOKS, 443, unknown)
    with pytest.raises(Undelivered, match="has no address"):
        told()


def test_only_hosts_that_are_named_are_found_and_only_at_their_port():
    doors = (HOOKS, Door(host="mail.example", port=587))
    assert find(doors, "Hooks.Example.", 8443) == HOOKS
    assert find(doors, "mail.example", 587).port == 587
    for host, port in (
        ("mail.example", 25),
        ("hooks.example.evil.example", 443),
        ("evil-hooks.example", 443),
        ("2130706433", 443),
        ("", 443),
    ):
        with pytest.raises(Undelivered, match="is no host that the host file lets"):
            find(doors, host, port)
    with pytest.raises(Undelivered):
        find((), "hooks.example", 443)


def test_a_name_is_resolved_once_and_the_connection_goes_where_it_led(monkeypatch):
    asked, gone = [], []

    def rebinding(host, port):
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    def refused(where, timeout):
        gone.append(where)
        raise OSError(111, "Connection refused")

    monkeypatch.setattr("socket.create_connection", refused)
    with pytest.raises(Undelivered, match="does not answer: Connection refused"):
        connected(HOOKS, 443, rebinding)
    assert (asked, gone) == (["hooks.example"], [("93.184.216.34", 443)])


def test_a_name_with_many_addresses_is_tried_at_a_few(monkeypatch):
    gone = []

    def refused(where, timeout):
        gone.append(where)
        raise OSError(111, "Connection refused")

    monkeypatch.setattr("socket.create_connection", refused)
    with pytest.raises(Undelivered):
        connected(HOOKS, 443, lambda *_: [f"93.184.216.{number}" for number in range(100)])
    assert len(gone) == 4
