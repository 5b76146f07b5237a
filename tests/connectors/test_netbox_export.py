"""An export of NetBox is whole or refused, and says the same as the live system; keys of tokens go no further than the door."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.netbox_objects import CANARY, exported, gaps, ip_address, ip_range, of, page, prefix, token, user, whole
from guardrails.connectors.netbox.export import read_export
from guardrails.errors import ConnectorError
from guardrails.model.facts import Credential, NetworkRecord, Principal, Reading
from guardrails.model.observation import fold
from guardrails.model.words import RecordForm, State


@pytest.fixture
def file(tmp_path):
    return tmp_path / "netbox.json"


def records(said):
    return {item.ref.id: (item.form, item.addresses, dict(item.attributes)) for item in of(NetworkRecord, said)}


def test_a_whole_export_has_no_gap(file):
    assert gaps(exported(file, whole())) == []


def test_a_prefix_is_its_network_and_says_slugs_and_values(file):
    more = {
        "role": {"id": 1, "name": "VPN egress", "slug": "vpn-egress"},
        "tenant": {"id": 1, "name": "Production", "slug": "prod"},
        "vrf": {"id": 1, "name": "blue"},
        "scope_type": "dcim.site",
        "scope": {"id": 1, "name": "Stockholm 1", "slug": "sto1"},
        "tags": [{"id": 1, "name": "Managed", "slug": "managed"}],
        "owner": {"id": 1, "name": "Network"},
    }
    said = exported(file, whole(prefixes=[prefix(7, **more)]))

    found = of(NetworkRecord, said)[0]
    assert (found.ref.kind, found.ref.id, found.ref.name, found.owner) == ("prefix", "prefix/7", "198.51.100.0/28", "Network")
    assert found.attributes == (
        ("role", "vpn-egress"), ("site", "sto1"), ("status", "active"), ("tag/managed", "yes"), ("tenant", "prod"), ("vrf", "blue"),
    )  # fmt: skip


def test_an_address_is_itself_and_not_its_network(file):
    said = exported(file, whole(prefixes=[], **{"ip-addresses": [ip_address(1, "198.51.100.4/28", role={"value": "vip", "label": "VIP"})]}))

    expected = (RecordForm.ADDRESS, ("198.51.100.4",), {"role": "vip", "status": "active", "vrf": "global"})
    assert records(said) == {"ip-address/1": expected}


def test_a_range_has_both_ends_and_no_mask(file):
    said = exported(file, whole(prefixes=[], **{"ip-ranges": [ip_range(1)]}))

    assert records(said)["ip-range/1"][1] == ("198.51.100.3-198.51.100.9",)


def test_before_version_4_2_a_prefix_names_its_site_itself(file):
    old = {name: value for name, value in prefix(1, site={"slug": "sto1"}).items() if not name.startswith("scope")}

    assert dict(of(NetworkRecord, exported(file, whole(prefixes=[old])))[0].attributes)["site"] == "sto1"


def test_a_location_is_no_site(file):
    said = exported(file, whole(prefixes=[prefix(1, scope_type="dcim.location", scope={"slug": "hall"})]))

    assert "site" not in dict(of(NetworkRecord, said)[0].attributes)


def test_a_user_is_joined_by_name_and_mail(file):
    said = exported(file, whole(users=[user(1, "bob", email="bob@example.se", is_active=False)], tokens=[]))

    found = of(Principal, said)[0]
    assert (found.names, found.state) == ((("mail", "bob@example.se"), ("username", "bob")), State.DISABLED)
    assert found.created_at == datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def test_a_token_tells_its_holder_its_times_and_whether_it_writes(file):
    expiring = token(3, 2, expires="2027-01-01T00:00:00Z", last_used="2026-02-01T00:00:00Z", write_enabled=True, enabled=False)
    said = exported(file, whole(tokens=[token(1, 1), expiring]))

    read_only, writing = sorted(of(Credential, said), key=lambda found: found.ref.id)
    assert (read_only.ref.name, read_only.state) == ("1 (read only)", State.ACTIVE)
    assert (writing.ref.name, writing.state, writing.holder.id) == ("3 (write)", State.DISABLED, "user/2")
    assert (writing.expires_at.year, writing.last_used_at.month) == (2027, 2)


def test_a_key_of_a_token_is_dropped_at_the_door(file):
    assert gaps(exported(file, whole())) == []
    assert CANARY in file.read_text()
    assert CANARY not in repr(read_export(file))


def test_a_token_that_is_not_understood_is_not_quoted(file):
    said = exported(file, whole(tokens=[token(1, 1), token(2, 2, created=CANARY)]))

    assert gaps(said) == [("tokens", "malformed")]
    assert CANARY not in repr(said)


@pytest.mark.parametrize("text", ['{"tokens": [{"key": "%s"', '{"prefixes": [], "prefixes": [], "x": "%s"}'])
def test_a_broken_export_repeats_nothing_of_it(file, text):
    file.write_text(text % CANARY)

    with pytest.raises(ConnectorError) as caught:
        exported(file)

    assert CANARY not in repr(caught.value)


def test_an_endpoint_that_is_missing_is_a_gap(file):
    said = exported(file, {"prefixes": []})

    assert set(gaps(said)) == {
        (what, "not-read") for what in ("vrfs", "ip-ranges", "ip-addresses", "identity", "tokens", "devices", "virtual-machines")
    }


@pytest.mark.parametrize("field", ["status", "role", "vrf", "tenant", "tags", "prefix", "display", "scope"])
def test_an_object_that_lacks_a_field_is_a_gap(file, field):
    lacking = {name: value for name, value in prefix(2, scope_type="dcim.site", scope={"slug": "sto1"}).items() if name != field}

    said = exported(file, whole(prefixes=[prefix(1), lacking]))

    assert gaps(said) == [("prefixes", "malformed")]
    assert set(records(said)) == {"prefix/1"}


@pytest.mark.parametrize("text", ["198.51.100.1/28", "", "everything", "198.51.100.0/28,10.0.0.0/8"])
def test_a_prefix_that_is_none_is_a_gap(file, text):
    assert gaps(exported(file, whole(prefixes=[prefix(1, text)]))) == [("prefixes", "malformed")]


def test_a_range_that_runs_backwards_is_a_gap(file):
    backwards = ip_range(1, "198.51.100.9/28", "198.51.100.3/28")

    assert gaps(exported(file, whole(**{"ip-ranges": [backwards]}))) == [("ip-ranges", "malformed")]


@pytest.mark.parametrize(
    "field", [{"date_joined": "2026-01-02T03:04:05"}, {"last_login": "yesterday"}, {"is_active": None}, {"username": ""}]
)
def test_a_user_whose_state_or_times_are_not_clear_is_a_gap(file, field):
    said = exported(file, whole(users=[user(1, "user-1"), user(2, "user-2") | field]))

    assert gaps(said) == [("identity", "malformed")]


@pytest.mark.parametrize("names", [["blue", "blue"], ["global"]])
def test_a_name_that_could_mean_two_vrfs_is_a_gap(file, names):
    said = exported(file, whole(vrfs=[{"id": n, "name": name} for n, name in enumerate(names)]))

    assert gaps(said) == [("vrfs", "unsupported")]


def test_tokens_of_one_of_several_users_may_be_all_that_the_reader_was_shown(file):
    assert gaps(exported(file, whole(tokens=[token(1, 1), token(2, 1)]))) == [("tokens", "incomplete")]


def test_tokens_of_the_only_user_are_all(file):
    assert gaps(exported(file, whole(users=[user(1, "user-1")], tokens=[token(1, 1)]))) == []


BROKEN = {
    "a next page that does not follow": [page([prefix(1)], following="?offset=1")],
    "a page after the last": [page([prefix(1)], count=2), page([prefix(2)], count=2)],
    "a count beyond the results": page([prefix(1)], count=2),
    "a count below the results": page([prefix(1), prefix(2)], count=1),
    "counts that disagree": [page([prefix(1)], following="?", count=3), page([prefix(2)], count=2)],
    "no count": page([prefix(1)]) | {"count": None},
    "no next": {"count": 1, "results": [prefix(1)]},
    "results that are no list": {"count": 1, "next": None, "results": {}},
    "objects among pages": [page([prefix(1)]), prefix(2)],
    "the same object twice": [prefix(1), prefix(1)],
    "an object without an id": [{"prefix": "198.51.100.0/28"}],
    "an id that is no number": [prefix("1")],
    "text": "everything",
    "an object": {"1": prefix(1)},
    "null": None,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_export_that_is_not_whole_is_refused(file, broken):
    with pytest.raises(ConnectorError, match="prefixes"):
        exported(file, whole(prefixes=broken))


@pytest.mark.parametrize("found", [[], {}, {"prefixs": []}, page([prefix(1)]), "text"])
def test_a_file_that_is_no_export_is_refused(file, found):
    with pytest.raises(ConnectorError):
        exported(file, found)


def test_an_export_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConnectorError):
        exported(tmp_path / "absent.json")
    with pytest.raises(ConnectorError, match=r"no \.json file"):
        exported(tmp_path)


@given(st.lists(st.integers(1, 500), unique=True, max_size=30), st.integers(1, 9))
def test_pages_and_lists_say_the_same(tmp_path_factory, ids, size):
    objects = [prefix(identifier) for identifier in ids]
    cut = [objects[start : start + size] for start in range(0, len(objects), size)] or [[]]
    pages = [page(part, None if part is cut[-1] else "?", len(objects)) for part in cut]
    folder = tmp_path_factory.mktemp("export")

    as_list = exported(folder / "a.json", whole(prefixes=objects))
    as_pages = exported(folder / "b.json", whole(prefixes=pages))

    folded = [
        fold(said, system="inventory", connector="netbox", taken_at=datetime(2026, 11, 25, tzinfo=UTC)) for said in (as_list, as_pages)
    ]
    assert folded[0].facts == folded[1].facts
    assert [reading.counted for reading in of(Reading, as_pages) if reading.what == "prefixes"] == [len(ids)]


def test_a_folder_holds_one_file_an_endpoint_or_several_in_one(tmp_path, file):
    found = whole()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "prefixes.json").write_text(json.dumps(page(found.pop("prefixes"))))
    (folder / "users.json").write_text(json.dumps(found.pop("users")))
    (folder / "rest.json").write_text(json.dumps(found))

    said = [item for item in exported(folder) if not isinstance(item, Reading)]
    assert said == [item for item in exported(file, whole()) if not isinstance(item, Reading)]


def test_an_endpoint_in_two_files_is_refused(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(whole()))
    (tmp_path / "prefixes.json").write_text(json.dumps([prefix(2)]))

    with pytest.raises(ConnectorError, match="another file"):
        exported(tmp_path)
