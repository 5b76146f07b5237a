"""Settings of NetBox, and the parts of the language that it has no words for: each says what to write instead."""

from __future__ import annotations

import pytest

from connectors.netbox_objects import CANARY, system
from guardrails import declare
from guardrails.connectors.netbox import CONNECTOR
from guardrails.errors import DeclarationError
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.ports import BoundClause

GOOD = "{connector: netbox, url: 'https://netbox.example/ipam/', read: {token: 'env:NETBOX_TOKEN'}, ca: /etc/ca.pem}"


def test_settings_hold_references_and_no_secret():
    settings = CONNECTOR.settings(system(GOOD))

    assert (settings.url, str(settings.token), settings.ca) == ("https://netbox.example/ipam", "env:NETBOX_TOKEN", "/etc/ca.pem")


def test_an_export_needs_neither_address_nor_token():
    assert CONNECTOR.settings(system("{connector: netbox, export: netbox.json}")).token is None


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_http_is_for_loopback(host):
    assert CONNECTOR.settings(system(f"{{connector: netbox, url: 'http://{host}', read: {{token: 'env:T'}}}}")).url


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ("{connector: netbox}", "lacks url"),
        ("{connector: netbox}", "lacks read"),
        ("{connector: netbox, url: 'https://netbox.example', read: {}}", "lacks token"),
        (f"{{connector: netbox, url: 'https://n.example', read: {{token: {CANARY}}}}}", "given by reference"),
        ("{connector: netbox, url: 'http://netbox.example', read: {token: 'env:T'}}", "not https"),
        ("{connector: netbox, url: 'ftp://127.0.0.1', read: {token: 'env:T'}}", "not https"),
        (f"{{connector: netbox, url: 'https://u:{CANARY}@n.example', read: {{token: 'env:T'}}}}", "not the root"),
        (f"{{connector: netbox, url: 'https://n.example/?token={CANARY}', read: {{token: 'env:T'}}}}", "not the root"),
        ("{connector: netbox, url: 'https://[broken', read: {token: 'env:T'}}", "not the root"),
        ("{connector: netbox, url: 'https://n.example', read: {token: 'env:T', role: x}}", "no field role"),
        ("{connector: netbox, url: 'https://n.example', read: {token: 'env:T'}, write: {token: 'env:W', role: x}}", "no field role"),
        ("{connector: netbox, url: 'https://n.example', read: {token: 'env:T'}, sets: {prod: {}}}", "no field sets"),
    ],
)
def test_a_wrong_setting_is_a_mistake_that_repeats_no_secret(settings, mistake):
    with pytest.raises(DeclarationError) as caught:
        CONNECTOR.settings(system(settings))

    assert mistake in str(caught.value)
    assert CANARY not in repr(caught.value)


@pytest.mark.parametrize(
    ("section", "mistake"),
    [
        ("entitlements: {look: {inventory: {allow: [view]}}}", "NetBox has no entitlements"),
        ("allowlists: {api: {to: {inventory: {prefix: x}}, may-from: []}}", "NetBox has no targets of allowlists"),
        ("assets: {net: {class: c, owner: 'team:t', match: {inventory: ['device/a']}}}", "selects nothing"),
    ],
)
def test_what_netbox_has_no_words_for_is_a_mistake_with_a_remedy(section, mistake):
    text = f"guardrails: 1\nsystems: {{inventory: {GOOD}}}\nteams: {{t: {{}}}}\nclasses: {{c: {{}}}}\n{section}\n"

    with pytest.raises(DeclarationError) as caught:
        declare.loads([("file.yaml", text.encode())])

    found = [wrong for wrong in caught.value.mistakes if mistake in wrong.message]
    assert [bool(wrong.remedy) for wrong in found] == [True]
    assert [wrong.line for wrong in found] == [5]


def test_its_settings_are_a_part_of_the_schema():
    assert set(CONNECTOR.schema()) == {"settings"}


def test_permissions_inside_netbox_are_never_claimed():
    meaning = CONNECTOR.meaning(fold([], system="inventory", connector="netbox", taken_at=None))
    holder = Ref(system="inventory", realm="netbox", kind="user", id="user/1", name="bob")
    clause = BoundClause(clause=None, entitlement="look")

    assert meaning.excess(holder, ()).verdict is Verdict.OK
    assert meaning.shortfall(holder, ()).verdict is Verdict.OK
    assert meaning.shortfall(holder, (clause,)).verdict is Verdict.UNKNOWN
    assert not meaning.replay(holder, Witness(principal="bob", action="view", resource="prefix"))
    assert (meaning.trusts(holder), meaning.shares(None), meaning.in_transit(None)) == ((), (), None)
    assert not meaning.guards("prefix/a", holder)
    assert not meaning.selects("device/a", None)
    assert CONNECTOR.mistaken("device/a")
