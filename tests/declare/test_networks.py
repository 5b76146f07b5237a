"""Networks as declared: one source each, slugs and guards checked, published addresses pinned."""

from __future__ import annotations

import hashlib
import json

import pytest

from guardrails import declare
from guardrails.errors import DeclarationError
from guardrails.model.networks import AddressGuard, FamilyGuard, InventorySelector
from guardrails.model.words import RecordForm

NETBOX = "inventory: {connector: netbox, export: netbox.json}"
OTHER = "branch: {connector: netbox, export: branch.json}"


def network(text: str, systems: str = NETBOX):
    return declare.loads([("file.yaml", f"guardrails: 1\nsystems: {{{systems}}}\nnetworks: {{n: {text}}}\n".encode())]).networks[0]


def mistakes(text: str, systems: str = NETBOX) -> str:
    with pytest.raises(DeclarationError) as caught:
        network(text, systems)
    assert all(mistake.line for mistake in caught.value.mistakes)
    return str(caught.value)


def test_a_selector_names_records_by_attributes_and_counts_only_active_ones():
    found = network("{inventory: {prefixes: {role: vpn-egress, vrf: global, tag: managed}}}")

    attributes = (("role", "vpn-egress"), ("status", "active"), ("tag/managed", "yes"), ("vrf", "global"))
    assert found.inventory == InventorySelector(system="inventory", form=RecordForm.PREFIX, attributes=attributes)


@pytest.mark.parametrize("form", RecordForm)
def test_each_form_of_record_can_be_selected(form):
    key = {RecordForm.PREFIX: "prefixes", RecordForm.RANGE: "ranges", RecordForm.ADDRESS: "addresses"}[form]

    assert network(f"{{inventory: {{{key}: {{tenant: prod, status: reserved}}}}}}").inventory.form is form


def test_a_vrf_is_named_as_it_is_because_it_has_no_slug():
    assert ("vrf", "Blue (prod)") in network("{inventory: {prefixes: {vrf: Blue (prod)}}}").inventory.attributes


def test_guards_limit_each_family():
    found = network("{inventory: {prefixes: {role: a}}, at-least: {v4: 1}, at-most: {v4: 16, v6: {prefixes: 2, widest: 56, addresses: 9}}}")

    assert found.at_least == AddressGuard(v4=FamilyGuard(addresses=1))
    assert found.at_most == AddressGuard(v4=FamilyGuard(addresses=16), v6=FamilyGuard(addresses=9, prefixes=2, widest=56))


def test_of_several_inventories_one_is_named():
    assert network("{inventory: {system: branch, prefixes: {role: a}}}", f"{NETBOX}, {OTHER}").inventory.system == "branch"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{}", "has no addresses"),
        ("{owner: 'team:t'}", "has no addresses"),
        ("{cidrs: [], inventory: {prefixes: {role: a}}}", "has cidrs and inventory"),
        ("{inventory: {}}", "must name one kind of record"),
        ("{inventory: {prefixes: {role: a}, ranges: {role: a}}}", "must name one kind of record"),
        ("{inventory: {prefix: {role: a}}}", "no field prefix"),
        ("{inventory: {prefixes: {}}}", "would select every record"),
        ("{inventory: {prefixes: {rol: a}}}", "no field rol"),
        ("{inventory: {prefixes: {role: [a, b]}}}", "must be a text"),
        ("{inventory: {addresses: {role: nat, site: sto1}}}", "no field site"),
        ("{inventory: {ranges: {site: sto1}}}", "no field site"),
        ("{inventory: {prefixes: {role: VPN egress}}}", "is no slug"),
        ("{inventory: {prefixes: {role: a, status: container}}}", "allows nobody"),
        ("{inventory: {prefixes: {role: a, status: deprecated}}}", "allows nobody"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v4: -1}}", "must be a number"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v4: many}}", "must be a number"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v4: '16'}}", "must be a number"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v4: {widest: 33}}}", "must be a number"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v4: {size: 1}}}", "no field size"),
        ("{inventory: {prefixes: {role: a}}, at-most: {v5: 1}}", "no field v5"),
        ("{inventory: {prefixes: {role: a}}, at-least: {v4: {prefixes: 1}}}", "must be a number"),
        ("{cidrs: ['10.0.0.0/8'], at-most: {v4: 16}}", "guards are for"),
        ("{cidrs: ['10.0.0.1/8']}", "host bits"),
        ("{published: {}}", "lacks file"),
        ("{published: {file: a.json, pointer: hooks, sha256: " + 64 * "a" + "}}", "no JSON pointer"),
        ("{published: {file: a.json, sha256: 4be1}}", "no SHA-256"),
    ],
)
def test_a_wrong_network_is_a_mistake(text, mistake):
    assert mistake in mistakes(text)


@pytest.mark.parametrize(
    ("system", "systems", "mistake"),
    [
        ("", "app: {connector: aws}", "could mean 0 inventories"),
        ("", f"{NETBOX}, {OTHER}", "could mean 2 inventories"),
        ("system: app, ", f"{NETBOX}, app: {{connector: aws}}", "names app, which is no inventory"),
        ("system: absent, ", NETBOX, "names absent, which is no inventory"),
    ],
)
def test_a_selector_is_about_one_declared_inventory(system, systems, mistake):
    assert mistake in mistakes(f"{{inventory: {{{system}prefixes: {{role: a}}}}}}", systems)


@pytest.fixture
def publish(tmp_path):
    def written(content: object, pointer: str = "/hooks", file: str = "networks/git.json", pin: str = ""):
        text = json.dumps(content)
        (tmp_path / "networks").mkdir()
        (tmp_path / "networks/git.json").write_text(text)
        pin = pin or hashlib.sha256(text.encode()).hexdigest()
        (tmp_path / "guardrails.yaml").write_text(
            f"guardrails: 1\nnetworks: {{n: {{published: {{file: {file}, pointer: {pointer}, sha256: '{pin}'}}}}}}\n"
        )
        return declare.load(tmp_path).networks[0]

    return written


def test_published_addresses_are_read_from_the_pinned_file(publish):
    assert publish({"hooks": ["192.0.2.0/24", "2001:db8::/32"]}).cidrs == ("192.0.2.0/24", "2001:db8::/32")


def test_a_pointer_goes_through_lists_and_escapes(publish):
    assert publish([{"a/b~c": ["192.0.2.0/24"]}], "/0/a~1b~0c").cidrs == ("192.0.2.0/24",)


WRONG = {
    "another digest": ({"hooks": ["192.0.2.0/24"]}, {"pin": 64 * "0"}, "not the pinned one"),
    "no file": ({"hooks": ["192.0.2.0/24"]}, {"file": "networks/absent.json"}, "is no file"),
    "a file outside": ({"hooks": ["192.0.2.0/24"]}, {"file": "../outside.json"}, "is no file"),
    "nothing there": ({"hook": ["192.0.2.0/24"]}, {}, "holds no list"),
    "an empty list": ({"hooks": []}, {}, "holds no list"),
    "no texts": ({"hooks": [{"prefix": "192.0.2.0/24"}]}, {}, "holds no list"),
    "a text": ("192.0.2.0/24", {"pointer": "/0"}, "holds no list"),
    "past the end": ([["192.0.2.0/24"]], {"pointer": "/1"}, "holds no list"),
    "no number": ([["192.0.2.0/24"]], {"pointer": "/first"}, "holds no list"),
    "from behind": ([["192.0.2.0/24"]], {"pointer": "/-1"}, "holds no list"),
    "no address": ({"hooks": ["192.0.2.1/24"]}, {}, "host bits"),
}


@pytest.mark.parametrize(("content", "more", "mistake"), WRONG.values(), ids=WRONG)
def test_published_addresses_that_cannot_be_used_are_a_mistake(publish, tmp_path, content, more, mistake):
    (tmp_path.parent / "outside.json").write_text('{"hooks": ["192.0.2.0/24"]}')

    with pytest.raises(DeclarationError, match=mistake):
        publish(content, **more)
