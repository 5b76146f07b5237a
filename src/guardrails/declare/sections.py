"""Each section of the declaration, from nodes to nouns. References are checked when all files are united, in `resolve`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from guardrails.errors import DeclarationError
from guardrails.model.declaration import (
    Allowlist,
    Clause,
    DebtException,
    DeclaredAsset,
    DeclaredClass,
    Entitlement,
    GapException,
    Network,
    Role,
    System,
    Team,
    Trust,
    Vendor,
    Workload,
)
from guardrails.model.reference import Place, Scope
from guardrails.model.words import AtRest, Direction, Transit
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes, reference, scope
from guardrails.ports import Connector
from guardrails.sets import AddressError, Addresses, PortError, Ports

__all__ = ["CLASS_FIELDS_UNEVALUATED", "NATIVE_READERS", "READERS", "UNEVALUATED", "read_class"]

_T = TypeVar("_T")

Languages = Mapping[str, Connector]
"""The connector of each declared system, by the system's name."""

_AT_REST = {level.label: level for level in AtRest} | {"customer-key": AtRest.CUSTOMER_KEY}
_TRANSIT = {"tls": Transit.TLS, "tls1.2": Transit.TLS1_2, "tls1.3": Transit.TLS1_3}
_DIRECTIONS = {direction.value: direction for direction in Direction}

UNEVALUATED = frozenset({"people", "registers", "emergency", "elevations", "apply", "notify", "state"})
"""Sections of the language that are kept and that nothing evaluates yet. Settings among them are told as unknown too."""


def _reference(fields: Fields, name: str, *, required: bool = False) -> Any:  # noqa: ANN401  # a Reference, or a stand-in after a mistake
    found = fields.parsed(name, reference, "a reference such as aws@prod:role/ci", required=required)
    return found[0] if found else reference("person:unknown")


def _system(name: str, node: Node, place: Place, notes: Notes) -> System:
    fields = Fields(node, notes, f"systems.{name}")
    connector = fields.text("connector", required=True)
    sets = tuple(sorted(key for key, _, _ in fields.fields("sets").each()))
    # the connector's own language reads the rest when all files are united
    for key in fields.entries:
        fields.asked.add(key)
    return System(name=name, connector=connector, sets=sets, settings=node, place=place)


def _team(name: str, node: Node, place: Place, notes: Notes) -> Team:
    Fields(node, notes, f"teams.{name}")
    return Team(name=name, place=place)


def _class(name: str, node: Node, place: Place, notes: Notes) -> tuple[DeclaredClass, str, Fields]:
    fields = Fields(node, notes, f"classes.{name}")
    extends = fields.text("extends")
    declared = DeclaredClass(
        name=name,
        rank=0,
        at_rest=fields.choice("at-rest", _AT_REST, default=AtRest.NONE),
        in_transit=fields.choice("in-transit", _TRANSIT, default=Transit.OPTIONAL),
        rotation_days=fields.duration("rotation"),
        place=place,
    )
    return declared, extends, fields


def _asset(name: str, node: Node, place: Place, notes: Notes, languages: Languages) -> DeclaredAsset:
    fields = Fields(node, notes, f"assets.{name}")
    match = fields.fields("match")
    selectors = []
    for key, _, where in match.each():
        found, texts = scope(key), match.texts(key)
        if found is None:
            notes.add(where, f"{key} names no system", "write aws or aws@prod")
            continue
        selectors.append((found, texts))
        if connector := languages.get(found.system):
            for text in texts:
                if wrong := connector.mistaken(text):
                    notes.add(where, f"assets.{name}.match.{key}: {text} selects nothing", wrong)
    asset = DeclaredAsset(
        name=name,
        class_name=fields.text("class", required=True),
        owner=fields.text("owner", required=True),
        accepted=fields.text("accepted"),
        match=tuple(sorted(selectors)),
        place=place,
    )
    fields.text("risk")
    fields.done()
    return asset


def _network(name: str, node: Node, place: Place, notes: Notes) -> Network:
    fields = Fields(node, notes, f"networks.{name}")
    network = Network(
        name=name,
        cidrs=fields.texts("cidrs", required=True),
        owner=fields.text("owner"),
        vendor=fields.text("vendor"),
        until=fields.day("until"),
        place=place,
    )
    for cidr in network.cidrs:
        try:
            Addresses.parse([cidr])
        except AddressError as error:
            notes.add(fields.place, str(error))
    fields.done()
    return replace(network, cidrs=tuple(cidr for cidr in network.cidrs if _is_address(cidr)))


def _is_address(text: str) -> bool:
    try:
        Addresses.parse([text])
    except AddressError:
        return False
    return True


def _allowlist(name: str, node: Node, place: Place, notes: Notes, languages: Languages) -> Allowlist:
    fields = Fields(node, notes, f"allowlists.{name}")
    where, target = _target(fields.fields("to", required=True), notes, languages)
    ports = fields.texts("ports")
    for text in ports:
        try:
            Ports.parse([text])
        except PortError as error:
            notes.add(fields.place, str(error))
    allowlist = Allowlist(
        name=name,
        scope=where,
        target=target,
        direction=fields.choice("direction", _DIRECTIONS, default=Direction.IN),
        ports=tuple(text for text in ports if _is_port(text)) or ("all",),
        may_from=fields.texts("may-from"),
        must_from=fields.texts("must-from"),
        owner=fields.text("owner"),
        place=place,
    )
    fields.done()
    return allowlist


def _target(fields: Fields, notes: Notes, languages: Languages) -> tuple[Scope, str]:
    for key, node, where in fields.each():
        found = scope(key)
        if found is None:
            notes.add(where, f"{fields.where}: {key} leads nowhere", "write {aws@prod: {security-group: {name: sms-api}}}")
        elif connector := languages.get(found.system):
            return found, _told(notes, lambda: connector.target(node)) or ""  # noqa: B023  # called at once
        else:
            return found, ""
    return Scope("unknown"), ""


def _told(notes: Notes, reader: Callable[[], _T]) -> _T | None:
    """What a connector reads in its own words; its mistakes join the others."""
    try:
        return reader()
    except DeclarationError as error:
        notes.mistakes += error.mistakes
        return None


def _is_port(text: str) -> bool:
    try:
        Ports.parse([text])
    except PortError:
        return False
    return True


def _entitlement(name: str, node: Node, place: Place, notes: Notes, languages: Languages) -> Entitlement:
    fields = Fields(node, notes, f"entitlements.{name}")
    asset = fields.text("asset")
    clauses: list[Clause] = []
    for key, value, where in fields.each():
        found = scope(key)
        if key == "asset":
            continue
        if found is None:
            notes.add(where, f"entitlements.{name}.{key} is no part of an entitlement", "write aws@prod: {allow: [...], resources: [...]}")
        elif connector := languages.get(found.system):
            clauses += _told(notes, lambda: connector.clauses(value, found, asset)) or ()  # noqa: B023  # called at once
        else:
            clauses.append(Clause(scope=found, actions=(), place=where))  # `resolve` tells that there is no such system
    return Entitlement(name=name, asset=asset, clauses=tuple(clauses), place=place)


def _role(name: str, node: Node, place: Place, notes: Notes) -> Role:
    fields = Fields(node, notes, f"roles.{name}")
    through = fields.fields("through")
    references = []
    for key, _, where in through.each():
        inner = through.fields(key)
        for kind, _, _ in inner.each():
            found = reference(f"{key}:{kind}/{inner.text(kind)}")
            if found is None:
                notes.add(where, f"roles.{name}.through: {key} names no system", "write {aws@prod: {role: NAME}}")
            else:
                references.append(found)
    role = Role(
        name=name,
        through=tuple(references),
        may=fields.texts("may"),
        must=fields.texts("must"),
        owner=fields.text("owner"),
        place=place,
    )
    if fields.texts("members"):
        notes.unevaluated.append((f"roles.{name}.members", place))
    fields.done()
    return role


def _workload(name: str, node: Node, place: Place, notes: Notes) -> Workload:
    fields = Fields(node, notes, f"workloads.{name}")
    workload = Workload(
        name=name,
        principals=fields.parsed("is", reference, "a reference such as aws@prod:role/etl", required=True),
        assumed_by=fields.parsed("assumed-by", reference, "a reference such as aws:service/glue.amazonaws.com"),
        may=fields.texts("may"),
        must=fields.texts("must"),
        owner=fields.text("owner"),
        place=place,
    )
    if fields.node("credentials") is not None:
        notes.unevaluated.append((f"workloads.{name}.credentials", place))
    fields.done()
    return workload


def _vendor(name: str, node: Node, place: Place, notes: Notes) -> Vendor:
    fields = Fields(node, notes, f"vendors.{name}")
    trusts = []
    listed = fields.fields("trusts")
    for key, _, where in listed.each():
        inner = listed.fields(key)
        principal = reference(key)
        if principal is None:
            notes.add(where, f"vendors.{name}.trusts: {key} is no reference", "write aws@prod:role/NAME")
            continue
        required = inner.text("external-id") == "required"
        by = _reference(inner, "by", required=True)
        trusts.append(Trust(principal=principal, by=by, external_id_required=required, may=inner.texts("may")))
        inner.done()
    vendor = Vendor(
        name=name, valid_until=fields.day("valid-until", required=True), owner=fields.text("owner"), trusts=tuple(trusts), place=place
    )
    for known in ("assessed", "on-lapse"):
        fields.text(known)
    fields.done()
    return vendor


def _exception(name: str, node: Node, place: Place, notes: Notes) -> DebtException | GapException | None:
    fields = Fields(node, notes, f"exceptions.{name}")
    until = fields.day("until", required=True)
    approved, owner = fields.text("approved", required=True), fields.text("risk-owner", required=True)
    for known in ("why", "ticket", "from"):
        fields.text(known)
    debt, gap = fields.node("debt"), fields.node("gap")
    if fields.node("grant") is not None:
        notes.unevaluated.append((f"exceptions.{name}.grant", place))
    fields.done()
    if until is None:
        return None
    if debt is not None:
        inner = Fields(debt, notes, f"exceptions.{name}.debt")
        of = _reference(inner, "of", required=True)
        actions, resources = inner.texts("actions", required=True), inner.texts("resources", required=True)
        inner.done()
        return DebtException(
            name=name, of=of, actions=actions, resources=resources, until=until, approved=approved, risk_owner=owner, place=place
        )
    if gap is not None:
        inner = Fields(gap, notes, f"exceptions.{name}.gap")
        of, what = _reference(inner, "of", required=True), inner.text("what", required=True)
        inner.done()
        return GapException(name=name, of=of, what=what, until=until, approved=approved, risk_owner=owner, place=place)
    return None


READERS = {
    "systems": _system,
    "teams": _team,
    "networks": _network,
    "roles": _role,
    "workloads": _workload,
    "vendors": _vendor,
    "exceptions": _exception,
}
"""Sections that are maps keyed by name."""

NATIVE_READERS = {"assets": _asset, "allowlists": _allowlist, "entitlements": _entitlement}
"""The same, where a part of each entry is in the words of a system, which its connector reads."""

CLASS_FIELDS_UNEVALUATED = ("logs", "restore-tested", "key", "people", "workloads")
read_class = _class
