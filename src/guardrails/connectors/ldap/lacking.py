"""What an entry must have and does not show. A directory hides attributes without a word, so this is how it is noticed.

An attribute that an entry need not have, such as `mail` or `memberUid`, can be hidden and nothing tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrails.connectors.ldap.entry import ATTRIBUTES, Entry
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.realm import Realm
from guardrails.connectors.ldap.rights import right
from guardrails.model import dn
from guardrails.model.facts import Gap
from guardrails.model.words import GapReason

__all__ = ["hidden", "rights_to", "searched"]

_MUST_HAVE = {
    "account": ("uid",),
    "groupofmembers": ("cn",),
    "groupofnames": ("cn",),
    "groupofuniquenames": ("cn",),
    "groupofurls": ("cn",),
    "inetorgperson": ("cn",),
    "organizationalperson": ("cn",),
    "organizationalrole": ("cn",),
    "person": ("cn",),
    "posixaccount": ("cn", "gidnumber", "uid"),
    "posixgroup": ("gidnumber",),
}
"""By class (RFC 4519, RFC 4524, RFC 2307); members of groups aside, which `members` looks for."""

_LOOSE = frozenset({"user", "group"})
"""Classes of Active Directory, where those of RFC 2307 demand nothing (MS-ADSC)."""


def rights_to(settings: Settings, entry: Entry, *attributes: str) -> tuple[str, ...]:
    """The rights that would show attributes of an entry; of an export, to whoever saved it."""
    return tuple(right(searched(settings, entry.dn), attribute) for attribute in attributes)


def searched(settings: Settings, name: dn.DN) -> str:
    """The base of the search in which a name is found."""
    return next(base for base, _ in settings.searches if dn.within(name, dn.parse(base)))


def hidden(realm: Realm, settings: Settings, entries: Iterable[Entry]) -> Iterator[Gap]:
    """A gap for each attribute that was not shown where it must be, base by base, of a live directory."""
    found: dict[tuple[str, tuple[str, ...]], list[Entry]] = {}
    for entry in entries:
        shown = {kind.partition(";")[0] for kind in entry.attributes}
        for kind in _demanded(entry) - shown:
            found.setdefault((kind, rights_to(settings, entry, kind)), []).append(entry)
    for (kind, rights), listed in sorted(found.items()):
        message = f"{len(listed)} entries do not show their {kind}, such as {listed[0].name}, and each must have one"
        yield realm.gap("identity", GapReason.DENIED, message, f"let the reader see {kind}", rights=rights)


def _demanded(entry: Entry) -> set[str]:
    own = {kind for part in entry.dn[:1] for kind, _ in part}
    by_class = set() if entry.classes & _LOOSE else {kind for name in entry.classes for kind in _MUST_HAVE.get(name, ())}
    return (own | by_class) & ATTRIBUTES
