"""What an action means for an entry of a directory: groups let somebody go, under whatever attribute they list them. Pure.

Who may log in is not changed here: servers say it in different ways, and the directory itself is where people are disabled by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from guardrails.connectors.ldap.entry import MEMBERS
from guardrails.model import dn
from guardrails.model.changes import Action, Cas, Disable, Edit, Image, RemoveMember
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref

__all__ = ["cas", "edits", "touched"]

_UID = re.compile(r"#'[01]*'B$")
_MUST_HAVE = {"groupofnames": "member", "groupofuniquenames": "uniquemember"}
"""Classes that demand a member; the server refuses to take the last one away."""


def touched(action: Action) -> Ref:
    """The group.

    Raises:
        ValueError: The action is not one for a directory.
    """
    match action:
        case RemoveMember():
            return action.group
        case Disable():
            raise ValueError("somebody is disabled in the directory by hand, for servers say it in different ways")
        case _:
            raise ValueError("a directory has neither policies nor rules about addresses")


def edits(action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:
    """The values that go.

    Raises:
        ValueError: The group does not list the member, or would be refused without it.
    """
    if not isinstance(action, RemoveMember):
        raise ValueError("a directory knows no such action")  # noqa: TRY004  # the port's word for it
    member = known.get(action.member)
    if member is None:
        raise ValueError(f"{action.member} was not seen")
    if "memberurl" in dict(image.fields):
        raise ValueError(f"{action.group} is dynamic: its members are whoever its memberURL finds")
    others = [principal for principal in known.values() if principal.ref != member.ref]
    found = tuple(Edit(field=kind, removes=gone) for kind in MEMBERS if (gone := tuple(_listed(kind, image, member, others))))
    if not found:
        raise ValueError(f"{action.group} does not list {action.member}: it is in it by a primary group, or no longer")
    for kind in {_MUST_HAVE[name] for name in _MUST_HAVE.keys() & set(image.values("objectclass"))}:
        if not set(image.values(kind)) - {value for edit in found if edit.field == kind for value in edit.removes}:
            raise ValueError(f"{action.member} is the last {kind} of {action.group}, whose class demands one")
    return found


def _listed(kind: str, image: Image, member: Principal, others: list[Principal]) -> Iterator[str]:
    """The values under an attribute that mean the member, and nobody else."""
    own = {text for name, text in member.names if name == "uid"}
    for value in image.values(kind):
        if kind == "memberuid":
            if value in own:
                if shared := [other.ref for other in others if ("uid", value) in other.names]:
                    raise ValueError(f"{value} is {member.ref} and {shared[0]} alike")
                yield value
        elif _same(value, member.resource):
            yield value


def _same(value: str, name: str) -> bool:
    try:
        return dn.parse(_UID.sub("", value)) == dn.parse(name)
    except ValueError:
        return False


def cas(image: Image) -> Cas:
    """The server compares the entryCSN where it can assert; else the values that go must be there, and the entry is read just before."""
    return Cas.NATIVE if image.token else Cas.EMULATED
