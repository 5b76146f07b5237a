"""Who exists, and how one human is recognised everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.model.declaration import Join, PeopleSource
from guardrails.model.reference import Place
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes

__all__ = ["read_people"]

_FIELDS = ("sources", "join", "leaver", "requires")
_UNEVALUATED = frozenset({"session"})


def read_people(entries: Mapping[str, tuple[Node, Place]], notes: Notes) -> tuple[tuple[PeopleSource, ...], tuple[Join, ...]]:
    """The section `people`, its fields gathered from all files."""
    for name, (node, place) in entries.items():
        if name == "requires":
            notes.unevaluated.append(("people.requires", place))
        elif name not in _FIELDS:
            notes.add(place, f"people has no field {name}", f"write one of {', '.join(_FIELDS)}")
        elif name == "leaver" and getattr(node, "text", "") != "disabled-in-any":
            notes.add(node.place, "people.leaver must be disabled-in-any", "write leaver: disabled-in-any")
    sources = Fields(entries["sources"][0] if "sources" in entries else None, notes, "people.sources")
    joins = Fields(entries["join"][0] if "join" in entries else None, notes, "people.join")
    return _sources(sources), _joins(joins)


def _sources(fields: Fields) -> tuple[PeopleSource, ...]:
    found = []
    for system, _, place in fields.each():
        inner = fields.fields(system)
        inner.text("key")  # the immutable id that the connector takes anyway; written down for the reader
        found.append(PeopleSource(system=system, name=inner.text("name", required=True), place=place))
        inner.done()
    return tuple(sorted(found, key=lambda source: source.system))


def _joins(fields: Fields) -> tuple[Join, ...]:
    """`{alias: uid}`: the account's alias is the person's uid; `{iam-user: tag/uid}`: the tag uid of users is the person's uid.

    `{identity-center: mail}`: the name or an address of the user in IAM Identity Center is the person's mail.
    """
    found = []
    for system, _, _ in fields.each():
        inner = fields.fields(system)
        for key, _, place in inner.each():
            text = inner.text(key)
            if key in _UNEVALUATED:
                fields.notes.unevaluated.append((f"people.join.{system}.{key}", place))
            elif key == "identity-center":
                found.append(Join(system=system, kind="identity-center-user", key=key, attribute=text, place=place))
            elif text.startswith("tag/"):
                kind = key.removeprefix("iam-")
                found.append(Join(system=system, kind=kind, key=text, attribute=text.removeprefix("tag/"), place=place))
            else:
                found.append(Join(system=system, key=key, attribute=text, place=place))
    return tuple(sorted(found, key=lambda join: (join.system, join.key)))
