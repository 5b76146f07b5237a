"""Who is in which group: listed by name, by `memberUid`, or by a primary group; and what a group may hold unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guardrails.connectors.ldap.entry import MEMBERS, Entry
from guardrails.connectors.ldap.lacking import rights_to
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.realm import Realm
from guardrails.model import dn
from guardrails.model.facts import Edge, Gap
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason

__all__ = ["Index", "memberships"]

_UID = re.compile(r"#'[01]*'B$")
"""The optional unique id behind a name in `uniqueMember` (RFC 4517, 3.3.21)."""

_MUST_HAVE = {"groupofnames": "member", "groupofuniquenames": "uniquemember"}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Index:
    """What memberships may name. A key that means several things leads to all of them: too much is seen, never too little."""

    entries: list[tuple[Entry, Ref]] = field(default_factory=list)
    by_name: dict[dn.DN, list[Ref]] = field(default_factory=dict)
    by_uid: dict[str, list[Ref]] = field(default_factory=dict)
    by_gid: dict[str, list[Ref]] = field(default_factory=dict)
    by_sid: dict[bytes, list[Ref]] = field(default_factory=dict)

    def add(self, entry: Entry, ref: Ref) -> None:
        """Enter a person or a group."""
        self.entries.append((entry, ref))
        self.by_name.setdefault(entry.dn, []).append(ref)
        if ref.kind == "person":
            for uid in entry.texts("uid"):
                self.by_uid.setdefault(uid, []).append(ref)
            return
        for gid in entry.texts("gidnumber"):
            self.by_gid.setdefault(gid, []).append(ref)
        for sid in entry.attributes.get("objectsid", ()):
            self.by_sid.setdefault(sid, []).append(ref)


def memberships(index: Index, realm: Realm, settings: Settings) -> Iterator[Edge | Gap]:
    """An edge for each membership, and a gap for each group whose members were not all seen."""
    bases = dn.parse(settings.base), dn.parse(settings.groups)
    for entry, ref in index.entries:
        if ref.kind == "group":
            yield from _listed(entry, ref, index, realm, bases)
            yield from _hidden(entry, ref, realm, settings)
        else:
            yield from _primary(entry, ref, index, realm)


def _listed(entry: Entry, group: Ref, index: Index, realm: Realm, bases: tuple[dn.DN, dn.DN]) -> Iterator[Edge | Gap]:
    unseen: dict[str, list[str]] = {}
    for kind in MEMBERS:
        for value in entry.texts(kind):
            members = _meant(kind, value, index)
            for member in members:
                yield Edge(kind=EdgeKind.MEMBER, source=member, target=group, provenance=f"{entry.name} {kind}")
            if not members and (what := _lacking(kind, value, bases)):
                unseen.setdefault(what, []).append(value)
    for what, names in unseen.items():
        yield _unseen(realm, what, group, names)


def _meant(kind: str, value: str, index: Index) -> Sequence[Ref]:
    if kind == "memberuid":
        return index.by_uid.get(value, ())
    try:
        return index.by_name.get(dn.parse(_UID.sub("", value)), ())
    except ValueError:
        return ()


def _lacking(kind: str, value: str, bases: tuple[dn.DN, dn.DN]) -> str:
    """What was not seen when a value means nobody: a person where only people are; anywhere else it may be a group with its own members."""
    if kind == "memberuid":
        return "members"
    try:
        name = dn.parse(_UID.sub("", value))
    except ValueError:
        return "groups"
    if not name:  # the empty name stands in a group that has nobody, where its class demands a member
        return ""
    base, groups = bases
    only_people = dn.within(name, base) and not dn.within(name, groups) and not dn.within(groups, base)
    return "members" if only_people else "groups"


def _unseen(realm: Realm, what: str, group: Ref, names: list[str]) -> Gap:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    role = "is in it and was not seen" if what == "members" else "is in it, was not seen, and may be a group"
    return realm.gap(
        what,
        GapReason.INCOMPLETE,
        f"{group}: {'; '.join(names[:_SHOWN])}{more} {role}",
        "remove what no longer exists; let the reader see the rest, or widen base or groups to where it is",
        group,
    )


def _hidden(entry: Entry, group: Ref, realm: Realm, settings: Settings) -> Iterator[Gap]:
    if "memberurl" in entry.attributes:
        message = f"{group} is dynamic: its members are whoever its memberURL finds"
        yield realm.gap("groups", GapReason.UNSUPPORTED, message, "list its members, or accept the gap", group)
    partial = sorted(kind for kind in entry.attributes if ";" in kind and kind.partition(";")[0] in MEMBERS)
    if partial:
        message = f"{group}: only a part of its members was given ({', '.join(partial)})"
        yield realm.gap("groups", GapReason.INCOMPLETE, message, "export it with all values of member", group)
    for kind in {_MUST_HAVE[name] for name in entry.classes & _MUST_HAVE.keys()} - entry.attributes.keys():
        # 389 lets such groups be empty; elsewhere the class demands a member, so one was hidden
        if "nsuniqueid" not in entry.attributes and not partial:
            message = f"{group}: no {kind} was seen, and its class demands one"
            rights = rights_to(settings, entry, kind)
            yield realm.gap("groups", GapReason.DENIED, message, f"let the reader see {kind}", group, rights=rights)


def _primary(entry: Entry, ref: Ref, index: Index, realm: Realm) -> Iterator[Edge | Gap]:
    """Groups that list nobody: by `gidNumber`, where one without an entry is a group without a name, and in Active Directory by RID."""
    for gid in entry.texts("gidnumber"):
        for group in index.by_gid.get(gid, ()):
            yield Edge(kind=EdgeKind.MEMBER, source=ref, target=group, provenance=f"{entry.name} gidnumber")
    for rid in entry.texts("primarygroupid"):
        groups = [
            group
            for sid in entry.attributes.get("objectsid", ())
            if rid.isdecimal()
            for group in index.by_sid.get(sid[:-4] + int(rid).to_bytes(4, "little"), ())
        ]
        for group in groups:
            yield Edge(kind=EdgeKind.MEMBER, source=ref, target=group, provenance=f"{entry.name} primarygroupid")
        if not groups:
            message = f"the primary group {rid} of people was not seen"
            yield realm.gap("groups", GapReason.INCOMPLETE, message, "widen groups to where it is; let the reader see objectSid")
