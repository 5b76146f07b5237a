"""Entries of which a part is in the words of a system: assets, allowlists and entitlements. The system's connector reads that part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from guardrails.errors import DeclarationError
from guardrails.model.declaration import Clause, DeclaredAsset, Entitlement
from guardrails.model.networks import Allowlist
from guardrails.model.reference import Place, Scope
from guardrails.model.words import Direction
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes, scope
from guardrails.ports import Connector
from guardrails.sets import PortError, Ports

__all__ = ["NATIVE_READERS", "Languages"]

_T = TypeVar("_T")
_DIRECTIONS = {direction.value: direction for direction in Direction}

Languages = Mapping[str, Connector]
"""The connector of each declared system, by the system's name."""


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
        shared_with=fields.outsiders("shared-with"),
        match=tuple(sorted(selectors)),
        place=place,
    )
    fields.text("risk")
    fields.done()
    return asset


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
    if allowlist.direction is Direction.OUT:
        notes.unevaluated.append((f"allowlists.{name}.direction", place))
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


NATIVE_READERS = {"assets": _asset, "allowlists": _allowlist, "entitlements": _entitlement}
"""Sections that are maps keyed by name, as in `sections.READERS`."""
