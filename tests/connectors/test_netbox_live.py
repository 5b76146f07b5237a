"""A real NetBox, with pages so short that a handful of objects fills several."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import requests
from pytest_socket import enable_socket

from connectors.netbox_company import CANARY, RECORDED, ask, create, fill, record
from connectors.netbox_objects import exported, gaps, of, system
from guardrails.connectors.netbox import CONNECTOR
from guardrails.connectors.netbox.answers import ENDPOINTS
from guardrails.connectors.netbox.observe import NetboxObserver
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import GONE, Delete, Disable, edited
from guardrails.model.facts import Credential, Device, NetworkRecord, Principal, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import State
from guardrails.testing.netbox import netbox
from staged import staged_netbox

PROGRAM = staged_netbox()
pytestmark = [pytest.mark.server, pytest.mark.netbox, pytest.mark.timeout(900)]

EVERYTHING = ["ipam.vrf", "ipam.prefix", "ipam.iprange", "ipam.ipaddress", "users.user", "users.token", "users.objectpermission"]
EVERYTHING += ["dcim.device", "virtualization.virtualmachine"]


@pytest.fixture(scope="module")
def live():
    enable_socket()
    with netbox(PROGRAM, RECORDED.parent, page=3) as started:
        fill(started)
        yield started


@pytest.fixture
def read(live, monkeypatch):
    def reading(token: str):
        monkeypatch.setenv("NETBOX_TOKEN_READ", token)
        settings = CONNECTOR.settings(system(f"{{connector: netbox, url: '{live.url}', read: {{token: 'env:NETBOX_TOKEN_READ'}}}}"))
        observer = NetboxObserver("inventory", settings)
        return list(observer.observe()), observer.identity

    return reading


def told(said):
    return sorted(map(repr, of(NetworkRecord, said)))


def provisioned(live, user: str) -> str:
    given = create(live, "users/tokens/provision", {"username": user, "password": "Plain-password-1"})
    return f"nbt_{given['key']}.{given['token']}"


def reader(live, name: str, *rights) -> str:
    """A token of a new user with rights to view types, each bound by constraints or `None`."""
    user = create(live, "users/users", {"username": name, "password": "Plain-password-1"})["id"]
    for number, (types, constraints) in enumerate(rights):
        right = {"object_types": types, "actions": ["view"], "constraints": constraints, "users": [user]}
        create(live, "users/permissions", {"name": f"{name} {number}", **right})
    return provisioned(live, name)


def test_everything_is_read_through_short_pages(live, read):
    said, identity = read(live.token)

    assert (gaps(said), identity) == ([], "admin")
    assert {item.ref.name for item in of(Principal, said)} >= {"admin", "plain", "gone"}
    assert live.token not in repr(said)


def test_devices_are_read_without_what_could_be_a_secret(live, read):
    said, _ = read(live.token)

    states = {item.ref.name: item.state for item in of(Device, said)}
    assert states == {"gw1": State.ACTIVE, "Maker R1 (2)": State.DISABLED, "gw3": State.DISABLED, "gw4": State.ACTIVE, "vm1": State.ACTIVE}
    first = next(item for item in of(Device, said) if item.ref.name == "gw1")
    fields = {name: value for name, value in first.attributes if name.startswith("cf.")}
    assert fields == {"cf.criticality": "high", "cf.backed_up": "yes", "cf.bought": "2026-01-02", "cf.rack_units": "2"}
    assert CANARY not in repr(said)
    assert CANARY in ask(f"{live.url}/api/dcim/devices/", f"Bearer {live.token}")[2].decode()


def test_the_recorded_answers_are_still_what_a_netbox_says(live):
    recorded, now = json.loads(RECORDED.read_text()), record(live)

    assert recorded["netbox"] == json.loads(now["answers"]["/api/status/"]["body"])["netbox-version"]
    for path, answer in recorded["answers"].items():
        kept, found = json.loads(answer["body"]), json.loads(now["answers"][path]["body"])
        assert kept.keys() == found.keys(), path
        for old, new in zip(kept.get("results", ()), found.get("results", ()), strict=False):
            assert old.keys() == new.keys(), path


def test_an_export_says_the_same_as_the_live_system(live, read, tmp_path):
    pages: dict[str, list] = {}
    for endpoint, path in ENDPOINTS.items():
        following = f"{live.url}/api/{path}/"
        while following:
            pages.setdefault(endpoint, []).append(json.loads(ask(following, f"Bearer {live.token}")[2]))
            following = pages[endpoint][-1]["next"]

    said, _ = read(live.token)

    saved = exported(tmp_path / "netbox.json", pages)
    assert any(len(found) > 1 for found in pages.values())
    assert gaps(saved) == []
    assert told(saved)
    assert told(saved) == told(said)
    assert {item.ref for item in of(Credential, saved)} == {item.ref for item in of(Credential, said)}


def test_a_token_of_the_first_version_reads_as_well(live, read):
    user = json.loads(ask(f"{live.url}/api/users/users/?username=admin", f"Bearer {live.token}")[2])["results"][0]["id"]
    given = create(live, "users/tokens", {"user": user, "version": 1, "write_enabled": False})

    said, _ = read(given["token"])

    assert gaps(said) == []
    assert given["token"] not in repr(said)


def test_what_the_reader_may_not_see_is_denied_and_not_absent(live, read):
    said, identity = read(provisioned(live, "plain"))

    denied = [(what, "denied") for what in ("vrfs", "prefixes", "ip-ranges", "ip-addresses", "identity")]
    rest = [("devices", "denied"), ("virtual-machines", "denied"), ("tokens", "incomplete"), ("permissions", "denied")]
    # without any right the own tokens are shown, as if there were no others
    assert (gaps(said), identity) == ([*denied, *rest], "plain")


def test_a_reader_with_rights_to_everything_is_as_good_as_an_administrator(live, read):
    said, identity = read(reader(live, "whole", (EVERYTHING, None)))

    assert (gaps(said), identity) == ([], "whole")
    assert told(said) == told(read(live.token)[0])


def test_what_a_condition_hides_is_a_gap_although_netbox_counts_only_the_rest(live, read):
    others = [form for form in EVERYTHING if form != "ipam.prefix"]
    said, _ = read(reader(live, "partial", (others, None), (["ipam.prefix"], {"role__slug": "vpn-egress"})))

    counted = {item.what: (item.items, item.counted) for item in of(Reading, said)}
    assert counted["prefixes"] == (3, 3)
    assert gaps(said) == [("prefixes", "incomplete")]


def test_a_token_that_netbox_does_not_know_is_an_error(read):
    for token in ("nbt_0123456789ab.0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"):
        with pytest.raises(ConnectorError, match="status 403") as caught:
            read(token)
        assert token not in repr(caught.value)


def test_an_unknown_filter_is_ignored_so_none_is_ever_sent(live):
    def count(query):
        return json.loads(ask(f"{live.url}/api/ipam/prefixes/?{query}", f"Bearer {live.token}")[2])["count"]

    assert count("roel=vpn-egress") == count("") > count("role=vpn-egress")


@pytest.fixture
def changing(live, monkeypatch):
    """The inventory with a token that reads and one that may change users and tokens, and nothing else."""
    monkeypatch.setenv("NETBOX_TOKEN_READ", live.token)
    user = create(live, "users/users", {"username": f"writer-{uuid4().hex}", "password": "Plain-password-1"})
    right = {
        "name": user["username"],
        "object_types": ["users.user", "users.token"],
        "actions": ["view", "change", "delete"],
        "users": [user["id"]],
    }
    create(live, "users/permissions", right)
    monkeypatch.setenv("NETBOX_TOKEN_WRITE", provisioned(live, user["username"]))
    reads, writes = "read: {token: 'env:NETBOX_TOKEN_READ'}", "write: {token: 'env:NETBOX_TOKEN_WRITE'}"
    return system(f"{{connector: netbox, url: '{live.url}', {reads}, {writes}}}")


def leaver(live):
    """A new user with a token, and both as references."""
    name = f"leaver-{uuid4().hex}"
    user = create(live, "users/users", {"username": name, "password": "Plain-password-1"})
    secret = provisioned(live, name)
    token = json.loads(ask(f"{live.url}/api/users/tokens/?user_id={user['id']}", f"Bearer {live.token}")[2])["results"][0]
    return secret, {
        kind: Ref(system="inventory", realm="netbox", kind=kind, id=f"{kind}/{found['id']}", name=name)
        for kind, found in (("user", user), ("token", token))
    }


def whole(live, ref):
    found = json.loads(ask(f"{live.url}/api/users/{ref.kind}s/{ref.id.partition('/')[2]}/", f"Bearer {live.token}")[2])
    found.pop("last_used", None)
    return found


@pytest.mark.parametrize("kind", ["user", "token"])
def test_who_is_disabled_is_refused_by_netbox_and_let_in_when_it_is_taken_back(live, changing, kind):
    secret, refs = leaver(live)
    ref, check = refs[kind], f"{live.url}/api/authentication-check/"
    reader, writer = CONNECTOR.objects(changing), CONNECTOR.remediator(changing)
    before, all_before = reader.current(ref), whole(live, ref)
    assert ask(check, f"Bearer {secret}")[0] == 200
    after = edited(before, CONNECTOR.edits(Disable(ref=ref), before, {}))

    writer.write(ref, before, after)
    assert reader.current(ref) == writer.current(ref) == after
    assert ask(check, f"Bearer {secret}")[0] == 403
    writer.write(ref, before, after)

    writer.write(ref, after, before)
    assert whole(live, ref) == all_before
    assert ask(check, f"Bearer {secret}")[0] == 200


def test_a_token_that_was_disabled_is_deleted_as_long_as_nobody_enables_it(live, changing):
    secret, refs = leaver(live)
    ref, check = refs["token"], f"{live.url}/api/authentication-check/"
    assert ask(check, f"Bearer {secret}")[0] == 200
    reader, writer = CONNECTOR.objects(changing), CONNECTOR.remediator(changing)
    before = reader.current(ref)
    off = edited(before, CONNECTOR.edits(Disable(ref=ref), before, {}))
    writer.write(ref, before, off)
    action = Delete(ref=ref, left=off.fingerprint, since=datetime.now(UTC), plan="a" * 64)
    final = CONNECTOR.touched(action)
    now = reader.current(final)
    assert now.values("last_used"), "it was used before it was disabled"
    gone = edited(now, CONNECTOR.edits(action, now, {}))
    with pytest.raises(ValueError, match="it was used since"):
        CONNECTOR.edits(replace(action, since=datetime(2020, 1, 1, tzinfo=UTC)), now, {})

    writer.write(ref, off, before)
    with pytest.raises(Conflict):
        writer.write(final, now, gone)
    with pytest.raises(ValueError, match="it is not as it was left"):
        CONNECTOR.edits(action, reader.current(final), {})
    writer.write(ref, before, off)

    writer.write(final, now, gone)
    assert (reader.current(final), reader.current(ref), gone) == (None, None, GONE)
    assert ask(f"{live.url}/api/users/tokens/{ref.id.partition('/')[2]}/", f"Bearer {live.token}")[0] == 404
    writer.write(final, now, gone)
    with pytest.raises(Conflict):
        writer.write(final, gone, now)


def test_a_token_that_may_not_change_is_told_so(live, changing, monkeypatch):
    _, refs = leaver(live)
    before = CONNECTOR.objects(changing).current(refs["user"])
    after = edited(before, CONNECTOR.edits(Disable(ref=refs["user"]), before, {}))
    monkeypatch.setenv("NETBOX_TOKEN_WRITE", reader(live, "only-reads", (EVERYTHING, None)))

    with pytest.raises(ConnectorError, match="status 403"):
        CONNECTOR.remediator(changing).write(refs["user"], before, after)
    assert CONNECTOR.objects(changing).current(refs["user"]) == before


def test_the_own_user_and_token_are_known(live, changing):
    users = json.loads(ask(f"{live.url}/api/users/users/?username=admin", f"Bearer {live.token}")[2])["results"]

    found = {ref.kind: ref.id for ref in CONNECTOR.objects(changing).itself()}

    assert found["user"] == f"user/{users[0]['id']}"
    assert found["token"].startswith("token/")


def test_netbox_has_nothing_to_compare_a_write_by(live):
    """Why it is `Cas.EMULATED`: users have no ETag, and that of a token stays the same when the token is changed."""
    _, refs = leaver(live)
    users, tokens = (f"{live.url}/api/users/{ref.kind}s/{ref.id.partition('/')[2]}/" for ref in (refs["user"], refs["token"]))
    bearer = f"Bearer {live.token}"

    assert "ETag" not in ask(users, bearer)[1]
    first = ask(tokens, bearer)[1]["ETag"]
    requests.patch(tokens, headers={"Authorization": bearer}, json={"description": "changed"}, timeout=60).raise_for_status()
    assert ask(tokens, bearer)[1]["ETag"] == first
