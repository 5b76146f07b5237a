"""One entry of a directory as every source gives it, and which of its attributes are asked for; never a password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guardrails.model import dn

__all__ = ["ATTRIBUTES", "IDENTITIES", "MEMBERS", "Entry", "entry"]

IDENTITIES = ("entryuuid", "objectguid", "nsuniqueid")
"""Ids that a rename does not change, by server: RFC 4530, Active Directory, 389."""

MEMBERS = ("member", "uniquemember", "roleoccupant", "memberuid")
"""Attributes of a group that list who is in it."""

ATTRIBUTES = frozenset(
    {
        *IDENTITIES, *MEMBERS, "objectclass", "cn", "uid", "mail", "samaccountname", "memberurl",
        "gidnumber", "primarygroupid", "objectsid",
        "pwdaccountlockedtime", "pwdstarttime", "pwdendtime", "nsaccountlock", "useraccountcontrol", "accountexpires", "shadowexpire",
        "logindisabled",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry.

    Attributes:
        dn: Its name, comparable.
        name: Its name as the server writes it.
        attributes: Values by lower-case attribute description, options such as `;range=0-1499` included; only those in `ATTRIBUTES`.
            Sorted, for a directory keeps no order.
    """

    dn: dn.DN
    name: str
    attributes: Mapping[str, tuple[bytes, ...]]

    def texts(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute as text, in the order of `attributes`."""
        values = self.attributes.get(attribute)
        return tuple([value.decode(errors="backslashreplace") for value in values]) if values else ()

    @property
    def classes(self) -> frozenset[str]:
        """Its object classes, in lower case."""
        return frozenset(value.lower() for value in self.texts("objectclass"))


def entry(name: str, attributes: Iterable[tuple[str, Iterable[bytes]]]) -> Entry:
    """An entry with what it has of `ATTRIBUTES`.

    Raises:
        ValueError: Its name is not a distinguished name.
    """
    kept = {kind.lower(): tuple(sorted(set(values))) for kind, values in attributes if kind.lower().partition(";")[0] in ATTRIBUTES}
    return Entry(dn=dn.parse(name), name=name, attributes={kind: values for kind, values in kept.items() if values})
