"""From entries to people, groups and memberships; the same for an export and for the live directory."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from guardrails.connectors.ldap.entry import IDENTITIES, MEMBERS, Entry
from guardrails.connectors.ldap.lacking import hidden, rights_to, searched
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.members import Index, memberships
from guardrails.connectors.ldap.realm import Realm, Said
from guardrails.connectors.ldap.rights import ENTRY, right
from guardrails.connectors.ldap.state import state
from guardrails.model import dn
from guardrails.model.facts import Account, Gap, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, PrincipalForm

__all__ = ["facts", "identity"]

_PEOPLE = frozenset({"person", "organizationalperson", "inetorgperson", "posixaccount", "account", "user", "simplesecurityobject"})
_GROUPS = frozenset(
    {
        "groupofnames", "groupofuniquenames", "groupofmembers", "groupofentries", "groupofurls", "posixgroup", "group", "nestedgroup",
        "organizationalrole", "ipausergroup",
    }
)  # fmt: skip
_CONTAINERS = frozenset(
    {
        "organizationalunit",
        "organization",
        "dcobject",
        "domain",
        "domaindns",
        "container",
        "nscontainer",
        "builtindomain",
        "locality",
        "country",
    }
)
_PERSON_NAMES = ("uid", "samaccountname", "cn")
_GROUP_NAMES = ("cn", "samaccountname")


def facts(entries: Iterable[Entry], realm: Realm, settings: Settings, at: datetime, ended: frozenset[str] = frozenset()) -> Iterator[Said]:
    """Everything that the entries say at a moment; those outside both bases are left aside.

    `ended` holds the bases that a live server searched to the end, so that what is not shown was hidden.
    """
    yield Account(ref=realm.ref("directory", realm.suffix, realm.suffix))
    bases = [dn.parse(base) for base, _ in settings.searches]
    sorts: dict[str, list[Entry]] = {"person": [], "group": [], "container": [], "": []}
    for entry in entries:
        if any(dn.within(entry.dn, base) for base in bases):
            sorts[_kind(entry)].append(entry)
    people, groups = sorts["person"], sorts["group"]
    index = Index()
    for kind, listed, names in (("person", people, _PERSON_NAMES), ("group", groups, _GROUP_NAMES)):
        for entry, name in _named(listed, names):
            ref = realm.ref(kind, identity(entry), name)
            index.add(entry, ref)
            yield _principal(entry, ref, at)
    yield from memberships(index, realm, settings)
    if not settings.export:  # which holds what somebody chose to save
        yield from hidden(realm, settings, (*people, *groups))
    yield from _unclear(realm, settings, sorts, ended)


def _kind(entry: Entry) -> str:
    classes = entry.classes
    if classes & _GROUPS or any(kind in entry.attributes for kind in (*MEMBERS, "memberurl")):
        return "group"
    if classes & _PEOPLE or "uid" in entry.attributes or "samaccountname" in entry.attributes:
        return "person"
    return "container" if classes & _CONTAINERS else ""


def _named(entries: list[Entry], kinds: tuple[str, ...]) -> list[tuple[Entry, str]]:
    """Each with the name that a declaration knows it by: its full name where a short one would mean several."""
    short = [_short(entry, kinds) for entry in entries]
    times = Counter(map(dn.normal, short))
    return [(entry, name if name and times[dn.normal(name)] == 1 else entry.name) for entry, name in zip(entries, short, strict=True)]


def _short(entry: Entry, kinds: tuple[str, ...]) -> str:
    for kind in kinds:
        names = entry.texts(kind)
        own = {value for part in entry.dn[:1] for of, value in part if of == kind}
        if names:  # of several, the one that the entry is named by
            return next((name for name in names if dn.normal(name) in own), names[0])
    return ""


def identity(entry: Entry) -> str:
    """The id that a rename leaves alone; the name where the entry shows none."""
    for kind in IDENTITIES:
        for value in entry.attributes.get(kind, ()):
            if kind != "objectguid":
                return value.decode(errors="backslashreplace").lower()
            if len(value) == 16:  # noqa: PLR2004  # MS-DTYP 2.3.4: a GUID is 16 bytes, the first fields little-endian
                return str(uuid.UUID(bytes_le=value))
    return dn.text(entry.dn)


def _principal(entry: Entry, ref: Ref, at: datetime) -> Principal:
    if ref.kind == "group":
        return Principal(
            ref=ref, form=PrincipalForm.GROUP, resource=entry.name, names=tuple(sorted(("cn", name) for name in entry.texts("cn")))
        )
    names = [(kind, name) for kind in ("mail", "samaccountname") for name in entry.texts(kind)]
    uids = entry.texts("uid") or entry.texts("samaccountname")
    names += [("uid", uid) for uid in uids]
    return Principal(
        ref=ref,
        form=PrincipalForm.MACHINE if "computer" in entry.classes else PrincipalForm.USER,
        resource=entry.name,
        state=state(entry, at),
        names=tuple(sorted(names)),
    )


def _unclear(realm: Realm, settings: Settings, sorts: Mapping[str, list[Entry]], ended: frozenset[str]) -> Iterator[Gap]:
    people, groups, others = sorts["person"], sorts["group"], sorts[""]
    seen = [entry.dn for entries in sorts.values() for entry in entries]
    for what, listed, base in (("people", people, settings.base), ("groups", groups, settings.groups)):
        if not listed:
            message = f"no {what} were seen, and an empty answer is not an empty directory"
            # a base that is there and answers with nothing, not even itself, hides the classes by which entries are found
            lacking = ENTRY if any(dn.within(name, dn.parse(base)) for name in seen) else "objectclass"
            asked = searched(settings, dn.parse(base))
            rights = (right(asked, lacking),) if asked in ended else ()
            yield realm.gap(what, GapReason.EMPTY, message, "check the names of the bases, and what the reader may see", rights=rights)
    nameless = [entry for entry in (*people, *groups) if not any(kind in entry.attributes for kind in IDENTITIES)]
    if nameless:
        message = f"{len(nameless)} entries have no id that a rename leaves alone, such as {nameless[0].name}; their names stand for it"
        remedy = "export operational attributes too ('+'), and let the reader see entryUUID"
        yield realm.gap("identity", GapReason.INCOMPLETE, message, remedy, rights=rights_to(settings, nameless[0], "entryuuid"))
    for entry in others:
        classes = ", ".join(sorted(entry.classes)) or "no class was seen"
        message = f"{entry.name} is neither a person nor a group nor a container: {classes}"
        own = () if entry.classes else rights_to(settings, entry, "objectclass")
        yield realm.gap("entries", GapReason.UNSUPPORTED, message, "let the reader see its classes, or keep it elsewhere", rights=own)
