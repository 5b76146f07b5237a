"""Changes of memberships as LDIF (RFC 2849, `changetype: modify`), on what was observed. Whatever else a record changes is refused.

Removed is only what the same attribute of the group says: who is in it by their primary group, or by another attribute, stays in it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guardrails.connectors.ldap.entry import MEMBERS
from guardrails.model import dn
from guardrails.model.facts import Edge, Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

__all__ = ["amended"]

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(:?) *(.*)")
_ACTS = ("add", "delete", "replace")


@dataclass(frozen=True, slots=True)
class _Field:
    line: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class _Act:
    """One part of a record; `values` are names of members, none for all of them."""

    line: int
    name: str
    attribute: str
    values: tuple[_Field, ...]


def amended(content: str, observation: Observation) -> tuple[Observation, tuple[Ref, ...]]:
    """The directory with the changes made, and everybody whose memberships are others.

    Raises:
        ValueError: With the line: it is no change of memberships, or of a group or member that was not observed.
    """
    known = _Known(observation)
    edges = frozenset(observation.edges)
    for record in _records(content):
        group = known.group(record[0])
        for act in _acts(record):
            edges = known.after(edges, group, act)
    moved = sorted({edge.source for edge in edges ^ frozenset(observation.edges)})
    ordered = sorted(edges, key=lambda one: (one.kind.value, one.source, one.target, one.provenance))
    return replace(observation, edges=tuple(ordered)), tuple(moved)


class _Known:
    """The groups and members that were observed, by the names that a record can give them."""

    def __init__(self, observation: Observation) -> None:
        self._by_name: dict[dn.DN, list[Principal]] = {}
        self._by_uid: dict[str, list[Principal]] = {}
        for fact in observation.facts:
            if isinstance(fact, Principal):
                self._by_name.setdefault(dn.parse(fact.resource), []).append(fact)
                for key, value in fact.names:
                    if key == "uid":
                        self._by_uid.setdefault(value, []).append(fact)

    def group(self, field: _Field) -> Principal:
        """The group of a record."""
        found = self._one(field, self._by_name.get(_name(field), []))
        if found.ref.kind != "group":
            raise ValueError(f"{field.line}: {field.value} is no group, and only memberships are judged")
        return found

    def after(self, edges: frozenset[Edge], group: Principal, act: _Act) -> frozenset[Edge]:
        """The edges once a part of a record is done."""
        way = f"{group.resource} {act.attribute}"
        now = {edge for edge in edges if edge.kind is EdgeKind.MEMBER and edge.target == group.ref and edge.provenance == way}
        named = {
            Edge(kind=EdgeKind.MEMBER, source=self._member(act.attribute, field).ref, target=group.ref, provenance=way): field
            for field in act.values
        }
        match act.name:
            case "add":
                return edges | named.keys()
            case "replace":
                return (edges - now) | named.keys()
            case _:
                for edge, field in named.items():
                    if edge not in now:
                        raise ValueError(f"{field.line}: {field.value} is not in {act.attribute} of {group.resource}")
                return edges - (named.keys() or now)

    def _member(self, attribute: str, field: _Field) -> Principal:
        return self._one(field, self._by_uid.get(field.value, []) if attribute == "memberuid" else self._by_name.get(_name(field), []))

    def _one(self, field: _Field, found: list[Principal]) -> Principal:
        if len(found) != 1:
            raise ValueError(f"{field.line}: {field.value} was observed {len(found)} times, so it is not clear who would be judged")
        return found[0]


def _name(field: _Field) -> dn.DN:
    try:
        return dn.parse(field.value)
    except ValueError as error:
        raise ValueError(f"{field.line}: {error}") from None


def _records(content: str) -> Iterator[list[_Field]]:
    """Each begins with its name; the kind of change is checked and taken out."""
    for fields in _blocks(content):
        if fields[0].kind == "version" and len(fields) == 1:
            continue
        record = fields[1:] if fields[0].kind == "version" else fields
        kinds = [field.kind for field in record[:2]]
        if kinds != ["dn", "changetype"] or record[1].value != "modify":
            raise ValueError(f"{record[0].line}: a record begins with dn: and changetype: modify, and nothing else is judged")
        yield [record[0], *record[2:]]


def _blocks(content: str) -> Iterator[list[_Field]]:
    block: list[_Field] = []
    for line, text in (*_unfolded(content), (0, "")):
        if text:
            block.append(_field(line, text))
        elif block:
            yield block
            block = []


def _unfolded(content: str) -> Iterator[tuple[int, str]]:
    """Lines with what goes on in the next, without comments."""
    kept: list[tuple[int, str]] = []
    for number, text in enumerate(content.splitlines(), 1):
        if text.startswith(" ") and kept and kept[-1][1]:
            kept[-1] = (kept[-1][0], kept[-1][1] + text[1:])
        else:
            kept.append((number, text))
    return ((number, text) for number, text in kept if not text.startswith("#"))


def _field(line: int, text: str) -> _Field:
    if text == "-":
        return _Field(line, "-", "")
    found = _LINE.fullmatch(text)
    if found is None or found[3].startswith("<"):
        raise ValueError(f"{line}: this line is neither NAME: VALUE nor -")
    if not found[2]:
        return _Field(line, found[1].lower(), found[3])
    try:
        return _Field(line, found[1].lower(), base64.b64decode(found[3], validate=True).decode())
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{line}: {error}") from None


def _acts(record: Iterable[_Field]) -> Iterator[_Act]:
    _, *fields = record
    part: list[_Field] = []
    for field in (*fields, _Field(0, "-", "")):
        if field.kind != "-":
            part.append(field)
        elif part:
            yield _act(part)
            part = []


def _act(part: list[_Field]) -> _Act:
    head, *values = part
    attribute = head.value.lower()
    if head.kind not in _ACTS or attribute not in MEMBERS:
        raise ValueError(f"{head.line}: {head.kind}: {head.value} changes no membership, and nothing else is judged")
    if other := next((field for field in values if field.kind != attribute), None):
        raise ValueError(f"{other.line}: {other.kind}: stands in a part about {attribute}")
    if head.kind == "add" and not values:
        raise ValueError(f"{head.line}: nothing is added")
    return _Act(head.line, head.kind, attribute, tuple(values))
