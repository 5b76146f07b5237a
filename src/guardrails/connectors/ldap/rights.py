"""The rights that a search takes, one for each attribute, and the access rules of OpenLDAP that give them. Pure.

A directory hides what a reader may not see and says nothing. So what is lacking is told by what every entry must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from guardrails.connectors.ldap.entry import ATTRIBUTES

__all__ = ["ENTRY", "WHOLE", "of_search", "reader_policy", "right"]

ENTRY = "entry"
"""OpenLDAP's word for the right to see that an entry is there (slapd.access(5))."""

WHOLE = "search without a size limit"
"""The right to as many entries as there are."""

_RIGHT = re.compile(r"search (?P<base>.*) \((?P<what>[^()]*)\)")
_KNOWN = ("entryUUID", "member", "uniqueMember", "roleOccupant", "memberUid", "objectClass", "cn", "uid", "mail", "memberURL", "gidNumber")
"""Attributes that OpenLDAP's own schemas (core, cosine, inetorgperson, nis, dyngroup) have; it refuses rules about others."""

_MORE = ("pwdAccountLockedTime", "pwdStartTime", "pwdEndTime")
"""Likewise where its ppolicy overlay is loaded."""


def right(base: str, what: str) -> str:
    """The right to one attribute, or to the `ENTRY`, below a base."""
    return f"search {base} ({what})"


def of_search(base: str) -> tuple[str, ...]:
    """All that a search takes."""
    return (WHOLE, *(right(base, what) for what in (ENTRY, *sorted(ATTRIBUTES))))


def reader_policy(rights: Iterable[str], identity: str) -> str:
    """Access rules and limits for the database that holds the bases, to stand before its own."""
    held = frozenset(rights)
    asked = [found.groups() for found in map(_RIGHT.fullmatch, held) if found]
    whom = f'dn.exact="{_quoted(identity)}"'
    lines = [f"olcAccess: to {whom} attrs=userPassword by anonymous auth by * break"]
    for base in sorted({base for base, _ in asked}):
        whats = {what for of, what in asked if of == base}
        for attributes in ((*_KNOWN, "shadowExpire"), _MORE):
            named = ([ENTRY] if ENTRY in whats and attributes is not _MORE else []) + [a for a in attributes if a.lower() in whats]
            if named:
                lines.append(f'olcAccess: to dn.subtree="{_quoted(base)}" attrs={",".join(named)} by {whom} read by * break')
    if WHOLE in held:
        lines.append(f"olcLimits: {whom} size.prtotal=unlimited")
    return "\n".join([*lines, ""])


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
