"""Each section of the declaration, from nodes to nouns. References are checked when all files are united, in `resolve`."""

from __future__ import annotations

from guardrails.declare.exceptions import read_exception
from guardrails.declare.networks import read_network
from guardrails.declare.notifying import read_recipient
from guardrails.model.declaration import (
    Credentials,
    DeclaredClass,
    Role,
    System,
    Team,
    Trust,
    Vendor,
    Workload,
)
from guardrails.model.reference import Place
from guardrails.model.words import AtRest, Transit
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes, reference

__all__ = ["CLASS_FIELDS_UNEVALUATED", "READERS", "UNEVALUATED", "read_class"]


_AT_REST = {level.label: level for level in AtRest} | {"customer-key": AtRest.CUSTOMER_KEY}
_TRANSIT = {"tls": Transit.TLS, "tls1.2": Transit.TLS1_2, "tls1.3": Transit.TLS1_3}

_ON_LAPSE = {"report": True, "escalate": True, "remove": False, "block-new": False}
"""What a lapse leads to, and whether telling it is all there is to do."""

UNEVALUATED = frozenset({"elevations"})
"""Sections of the language that are kept and that nothing evaluates yet. Settings among them are told as unknown too."""


def _system(name: str, node: Node, place: Place, notes: Notes) -> System:
    fields = Fields(node, notes, f"systems.{name}")
    connector = fields.text("connector", required=True)
    sets = tuple(sorted(key for key, _, _ in fields.fields("sets").each()))
    # the connector's own language reads the rest when all files are united
    for key in fields.entries:
        fields.asked.add(key)
    return System(name=name, connector=connector, sets=sets, settings=node, owner=fields.text("owner"), place=place)


def _team(name: str, node: Node, place: Place, notes: Notes) -> Team:
    fields = Fields(node, notes, f"teams.{name}")
    recipient = fields.text("notify")
    groups = []
    for key, _, where in fields.each():
        found = reference(f"{key}:{fields.text(key)}") if key != "notify" else None
        if found is not None:
            groups.append(found)
        elif key != "notify":
            notes.add(where, f"teams.{name}.{key} names no group", 'write {directory: "group/platform"}')
    return Team(name=name, groups=tuple(groups), notify=recipient, place=place)


def _class(name: str, node: Node, place: Place, notes: Notes) -> tuple[DeclaredClass, str, Fields]:
    fields = Fields(node, notes, f"classes.{name}")
    extends = fields.text("extends")
    declared = DeclaredClass(
        name=name,
        rank=0,
        at_rest=fields.choice("at-rest", _AT_REST, default=AtRest.NONE),
        in_transit=fields.choice("in-transit", _TRANSIT, default=Transit.OPTIONAL),
        rotation_days=fields.days("rotation"),
        own_key=fields.choice("key", {"per-asset": True}, default=False),
        key_kept=fields.choice("key-material", {"kept": True}, default=False),
        place=place,
    )
    return declared, extends, fields


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
        members=fields.parsed("members", reference, "a reference such as directory:group/sms-core or person:bob"),
        through=tuple(references),
        may=fields.texts("may"),
        must=fields.texts("must"),
        owner=fields.text("owner"),
        place=place,
    )
    fields.done()
    return role


def _claims(fields: Fields) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((name, fields.texts(name, required=True)) for name, _, _ in fields.each()))


def _workload(name: str, node: Node, place: Place, notes: Notes) -> Workload:
    fields = Fields(node, notes, f"workloads.{name}")
    workload = Workload(
        name=name,
        principals=fields.parsed("is", reference, "a reference such as aws@prod:role/etl", required=True),
        assumed_by=fields.outsiders("assumed-by"),
        audiences=fields.texts("audience"),
        claims=_claims(fields.fields("claims")),
        may=fields.texts("may"),
        must=fields.texts("must"),
        credentials=_credentials(fields.fields("credentials")) if "credentials" in fields.entries else None,
        owner=fields.text("owner"),
        place=place,
    )
    fields.done()
    return workload


def _credentials(fields: Fields) -> Credentials:
    found = Credentials(static=fields.choice("static", {"none": False}, default=True), max_age_hours=fields.hours("max-age"))
    fields.done()
    return found


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
        by = inner.reference("by")
        trusts.append(Trust(principal=principal, by=by, external_id_required=required, may=inner.texts("may")))
        inner.done()
    vendor = Vendor(
        name=name, valid_until=fields.day("valid-until", required=True), owner=fields.text("owner"), trusts=tuple(trusts), place=place
    )
    fields.day("assessed")
    if fields.choice("on-lapse", _ON_LAPSE, default=True) is False:
        notes.unevaluated.append((f"vendors.{name}.on-lapse", place))
    fields.done()
    return vendor


READERS = {
    "systems": _system,
    "teams": _team,
    "networks": read_network,
    "roles": _role,
    "workloads": _workload,
    "vendors": _vendor,
    "exceptions": read_exception,
    "notify": read_recipient,
}
"""Sections that are maps keyed by name."""

CLASS_FIELDS_UNEVALUATED = ("logs", "restore-tested", "people", "workloads")
read_class = _class
