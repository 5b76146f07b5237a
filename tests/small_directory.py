"""A directory of a few people and groups under `dc=example,dc=se`, as a file that a connector reads. The number of an entry is its id."""

from __future__ import annotations

__all__ = ["BASE", "group", "ldif", "person"]

BASE = "dc=example,dc=se"
_ID = "entryUUID: 00000000-0000-0000-0000-{:012}"


def person(uid, number, *more):
    """One who is active, unless `more` lines say otherwise."""
    return "\n".join(
        (
            f"dn: uid={uid},{BASE}",
            "objectClass: inetOrgPerson",
            *(f"{key}: {uid}" for key in ("uid", "cn", "sn")),
            _ID.format(number),
            *more,
        )
    )


def group(name, number, *uids):
    """A group of some of them."""
    members = (f"member: uid={uid},{BASE}" for uid in uids)
    return "\n".join((f"dn: cn={name},{BASE}", "objectClass: groupOfNames", f"cn: {name}", *members, _ID.format(number)))


def ldif(*entries):
    """The whole file, which ends with an empty line."""
    top = (f"dn: {BASE}", "objectClass: dcObject", "objectClass: organization", "dc: example", "o: x", _ID.format(0))
    return "".join(f"{entry}\n\n" for entry in ("\n".join(top), *entries))
