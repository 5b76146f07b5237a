"""Networks: written out, told by an inventory, or published by somebody and pinned."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guardrails.model.declaration import System
from guardrails.model.facts import Pairs
from guardrails.model.networks import AddressGuard, FamilyGuard, InventorySelector, Network, Published
from guardrails.model.reference import Place
from guardrails.model.words import RecordForm
from guardrails.notation.document import Mapping, Node
from guardrails.notation.shape import Fields, Notes
from guardrails.sets import AddressError, Addresses

__all__ = ["read_network", "with_published", "with_systems"]

_SOURCES = ("cidrs", "inventory", "published")
_FORMS = {"prefixes": RecordForm.PREFIX, "ranges": RecordForm.RANGE, "addresses": RecordForm.ADDRESS}
_ATTRIBUTES = {
    RecordForm.PREFIX: ("role", "status", "vrf", "tenant", "tag", "site"),
    RecordForm.RANGE: ("role", "status", "vrf", "tenant", "tag"),
    RecordForm.ADDRESS: ("role", "status", "vrf", "tenant", "tag"),
}
"""By which a record can be selected; only prefixes have a site of their own."""

_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_NO_ALLOWANCE = frozenset({"container", "deprecated"})
_BITS = {"v4": 32, "v6": 128}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_network(name: str, node: Node, place: Place, notes: Notes) -> Network:
    """One network, from exactly one source."""
    fields = Fields(node, notes, f"networks.{name}")
    sources = [source for source in _SOURCES if fields.node(source) is not None]
    if len(sources) != 1:
        notes.add(fields.place, f"{fields.where} has {' and '.join(sources) or 'no addresses'}", f"give one of {', '.join(_SOURCES)}")
    network = Network(
        name=name,
        cidrs=tuple(_cidrs(fields.texts("cidrs"), fields.place, notes)),
        inventory=_inventory(fields.fields("inventory")) if "inventory" in sources else None,
        published=_published(fields.fields("published")) if "published" in sources else None,
        at_least=_guard(fields, "at-least", with_form=False),
        at_most=_guard(fields, "at-most", with_form=True),
        owner=fields.text("owner"),
        vendor=fields.text("vendor"),
        until=fields.day("until"),
        place=place,
    )
    if network.inventory is None and (network.at_least or network.at_most):
        notes.add(fields.place, f"{fields.where}: guards are for what an inventory may change", "remove at-least and at-most")
    fields.done()
    return network


def _cidrs(texts: Sequence[str], place: Place, notes: Notes) -> Iterator[str]:
    for text in texts:
        try:
            Addresses.parse([text])
        except AddressError as error:
            notes.add(place, str(error))
        else:
            yield text


def _inventory(fields: Fields) -> InventorySelector | None:
    system = fields.text("system")
    named = [form for form in _FORMS if fields.node(form) is not None]
    fields.done()
    if len(named) != 1:
        fields.notes.add(fields.place, f"{fields.where} must name one kind of record", "write {prefixes: {role: SLUG, status: active}}")
        return None
    form = _FORMS[named[0]]
    return InventorySelector(system=system, form=form, attributes=_attributes(fields.fields(named[0]), form))


def _attributes(fields: Fields, form: RecordForm) -> Pairs:
    found = {name: text for name in _ATTRIBUTES[form] if (text := fields.text(name))}
    if not fields.entries:
        fields.notes.add(fields.place, f"{fields.where} would select every record", "name an attribute, such as role: SLUG")
    for name, text in found.items():
        if name != "vrf" and not _SLUG.fullmatch(text):
            fields.notes.add(fields.place, f"{fields.where}.{name}: {text} is no slug", "write the slug of it, such as vpn-egress")
    if found.get("status") in _NO_ALLOWANCE:
        fields.notes.add(fields.place, f"{fields.where}: what is {found['status']} allows nobody anything", "write status: active")
    fields.done()
    if tag := found.pop("tag", ""):
        found[f"tag/{tag}"] = "yes"
    # what is reserved or planned counts only when that is said
    return tuple(sorted(({"status": "active"} | found).items()))


def _guard(fields: Fields, name: str, *, with_form: bool) -> AddressGuard | None:
    if fields.node(name) is None:
        return None
    inner = fields.fields(name)
    limits = {family: _limit(inner, family, with_form=with_form) for family in _BITS}
    inner.done()
    return AddressGuard(**limits)


def _limit(fields: Fields, family: str, *, with_form: bool) -> FamilyGuard:
    node = fields.node(family)
    if not (with_form and isinstance(node, Mapping)):
        return FamilyGuard(addresses=fields.number(family))
    inner = fields.fields(family)
    limit = FamilyGuard(
        addresses=inner.number("addresses"), prefixes=inner.number("prefixes"), widest=inner.number("widest", largest=_BITS[family])
    )
    inner.done()
    return limit


def _published(fields: Fields) -> Published:
    published = Published(
        file=fields.text("file", required=True), pointer=fields.text("pointer"), sha256=fields.text("sha256", required=True)
    )
    if published.sha256 and not _SHA256.fullmatch(published.sha256):
        fields.notes.add(fields.place, f"{fields.where}.sha256 is no SHA-256", "write the 64 hexadecimal digits that sha256sum prints")
    if published.pointer and not published.pointer.startswith("/"):
        fields.notes.add(fields.place, f"{fields.where}.pointer is no JSON pointer", "write it as /hooks")
    fields.done()
    return published


def with_systems(networks: Sequence[Network], systems: Sequence[System], notes: Notes) -> tuple[Network, ...]:
    """The same, each selector with the system that it is about: the one it names, or the only inventory there is."""
    inventories = [system.name for system in systems if system.is_inventory]
    found = []
    for network in networks:
        selector = network.inventory
        if selector is not None and not selector.system and len(inventories) == 1:
            selector = replace(selector, system=inventories[0])
        elif selector is not None and selector.system not in inventories:
            told = f"names {selector.system}, which is no inventory" if selector.system else f"could mean {len(inventories)} inventories"
            remedy = f"write system: {' or '.join(inventories)}" if inventories else "declare a system with connector: netbox"
            notes.add(network.place, f"networks.{network.name}.inventory {told}", remedy)
        found.append(replace(network, inventory=selector))
    return tuple(found)


def with_published(networks: Sequence[Network], root: Path) -> tuple[Network, ...]:
    """The same, with the addresses that are published in files below `root`.

    Raises:
        DeclarationError: A file is not there, is not the pinned one, or holds no list of addresses where it is pointed at.
    """
    notes = Notes()
    found = tuple(
        replace(network, cidrs=tuple(_listed(network, network.published, root, notes))) if network.published else network
        for network in networks
    )
    notes.settle()
    return found


def _listed(network: Network, published: Published, root: Path, notes: Notes) -> Iterator[str]:
    where = f"networks.{network.name}.published: {published.file}"
    path = (root / published.file).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        notes.add(network.place, f"{where} is no file of this declaration", "keep it next to the declaration, and name it from there")
        return
    content = path.read_bytes()
    if (digest := hashlib.sha256(content).hexdigest()) != published.sha256:
        notes.add(network.place, f"{where} has the SHA-256 {digest}, not the pinned one", "review what changed, then pin it")
        return
    try:
        listed = _pointed(json.loads(content), published.pointer)
    except (ValueError, LookupError, TypeError):
        listed = None
    if not isinstance(listed, list) or not listed or not all(isinstance(text, str) for text in listed):
        notes.add(network.place, f"{where} holds no list of addresses at {published.pointer or '/'}", "point at a list of texts")
        return
    yield from _cidrs(listed, network.place, notes)


def _pointed(value: Any, pointer: str) -> Any:  # noqa: ANN401  # JSON
    """What a JSON pointer leads to (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) and key.isdecimal() else value[key]
    return value
