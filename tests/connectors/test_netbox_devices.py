"""Devices are facts with what people noted about them, without what could be a secret."""

from __future__ import annotations

import pytest

from connectors.netbox_objects import device, exported, gaps, of, whole
from guardrails.connectors.netbox.export import read_export
from guardrails.model.facts import Device, Reading
from guardrails.model.words import State


@pytest.fixture
def file(tmp_path):
    return tmp_path / "netbox.json"


def seen(file, **more):
    (found,) = of(Device, exported(file, whole(devices=[device(1, **more)])))
    return found


def test_a_device_says_what_it_is_and_where(file):
    more = {
        "serial": "SN-1",
        "tenant": {"slug": "prod"},
        "platform": {"slug": "junos"},
        "owner": {"name": "Network"},
        "tags": [{"slug": "managed"}],
    }
    found = seen(file, **more)

    assert (found.ref.kind, found.ref.id, found.ref.name) == ("device", "device/1", "gw1")
    assert (found.state, found.serial, found.owner) == (State.ACTIVE, "SN-1", "Network")
    assert found.attributes == (
        ("platform", "junos"), ("role", "gateway"), ("site", "sto1"), ("status", "active"), ("tag/managed", "yes"), ("tenant", "prod"), ("type", "r1"),
    )  # fmt: skip


def test_a_virtual_machine_may_lack_a_role_and_a_site(file):
    machine = device(4, role=None, site=None, cluster={"name": "c1"})
    said = exported(file, whole(devices=[], **{"virtual-machines": [machine]}))

    (found,) = of(Device, said)
    assert (found.ref.id, dict(found.attributes)) == ("virtual-machine/4", {"cluster": "c1", "status": "active"})


@pytest.mark.parametrize(
    ("status", "state"),
    [("active", State.ACTIVE), ("decommissioning", State.DISABLED), ("planned", State.DISABLED), ("on-loan", State.UNKNOWN)],
)
def test_a_status_that_netbox_does_not_come_with_is_unknown(file, status, state):
    assert seen(file, status={"value": status}).state is state


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (2.5, "2.5"),
        ("2026-01-02", "2026-01-02"),
        (["a", "b"], "a, b"),
        ("x" * 200, "x" * 200),
        ("x" * 201, None),
        ("", None),
        (None, None),
        ({"id": 1, "name": "object"}, None),
        ([{"id": 1}], None),
        ("https://someone:word@host/", None),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_a_custom_field_is_carried_when_it_is_plain(file, value, told):
    assert dict(seen(file, custom_fields={"noted": value}).attributes).get("cf.noted") == told


@pytest.mark.parametrize(
    "name", ["admin_password", "passphrase", "API_Token", "sshkey", "clientSecret", "snmp_community", "credentials", "pwd"]
)
def test_a_custom_field_named_like_a_secret_is_dropped_at_the_door(file, name):
    found = seen(
        file, custom_fields={name: "canary"}, comments="canary", local_context_data={"a": "canary"}, config_context={"a": "canary"}
    )

    assert "canary" in file.read_text()
    assert "canary" not in repr(found)
    assert "canary" not in repr(read_export(file))


@pytest.mark.parametrize("lacking", ["status", "role", "site", "device_type", "platform", "tenant", "tags", "custom_fields", "display"])
def test_a_device_that_lacks_a_field_is_a_gap(file, lacking):
    cut = {name: value for name, value in device(2).items() if name != lacking}
    said = exported(file, whole(devices=[device(1), cut]))

    assert gaps(said) == [("devices", "malformed")]
    assert [found.ref.id for found in of(Device, said)] == ["device/1"]


@pytest.mark.parametrize("fields", [None, [], "canary"])
def test_custom_fields_that_are_none_are_a_gap_and_go_no_further(file, fields):
    said = exported(file, whole(devices=[device(1, custom_fields=fields)]))

    assert gaps(said) == [("devices", "malformed")]
    assert "canary" not in repr(read_export(file))


def test_devices_are_counted_like_the_rest(file):
    read = {found.what: found.items for found in of(Reading, exported(file, whole()))}

    assert (read["devices"], read["virtual-machines"]) == (1, 0)
