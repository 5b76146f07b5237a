"""What an action means for NetBox: a user or a token can no longer be used. Pure.

What users may do inside NetBox and its network records are not changed: nothing that is declared speaks of the one, and the other is what
the declaration takes for true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from guardrails.model.changes import Action, Disable, Edit, Image
from guardrails.model.reference import Ref

__all__ = ["body", "edits", "image", "path", "touched"]

_FIELDS = {"user": "is_active", "token": "enabled"}
"""What says whether a kind of object can be used."""

_USES = frozenset({"last_login", "last_used", "url", "display_url", "display"})
"""What changes by being used, or says where it was read."""


def touched(action: Action) -> Ref:
    """The user or token.

    Raises:
        ValueError: The action is not one for NetBox.
    """
    match action:
        case Disable() if action.ref.kind in _FIELDS:
            return action.ref
        case _:
            raise ValueError("of NetBox only users and tokens are disabled; what they may do in it is for its administrator")


def edits(action: Action, image: Image) -> tuple[Edit, ...]:
    """What goes and what comes.

    Raises:
        ValueError: It cannot be done to the object as it is.
    """
    field = _FIELDS[touched(action).kind]
    if not image.values(field):
        raise ValueError("a token can be disabled since NetBox 4.5, and this one is older: delete it by hand")
    if image.values(field) == ("false",):
        raise ValueError("it is disabled already")
    return (Edit(field=field, removes=("true",), adds=("false",)),)


def path(ref: Ref) -> str:
    """Where it is read and written: its id is `KIND/NUMBER`."""
    return f"users/{ref.kind}s/{ref.id.rpartition('/')[2]}"


def image(ref: Ref, answer: Mapping[str, Any]) -> Image:
    """A user or token as it was answered, with a digest of all that a change does not touch.

    Raises:
        ValueError: It is another object, or of a form that is not known.
    """
    field = _FIELDS[ref.kind]
    if answer.get("id") != int(ref.id.rpartition("/")[2]):
        raise ValueError("NetBox answers with another object")
    flag = answer.get(field)
    if flag is not None and not isinstance(flag, bool):
        raise ValueError(f"{field} is neither true nor false")
    others = {name: value for name, value in answer.items() if name != field and name not in _USES}
    holder = others.get("user")
    if isinstance(holder, dict):  # which says where it was read as well
        others["user"] = holder.get("id")
    told = json.dumps(others, sort_keys=True, separators=(",", ":"))
    now = () if flag is None else (str(flag).lower(),)
    return Image.of({field: now, "others": (hashlib.sha256(told.encode()).hexdigest(),)})


def body(before: Image, after: Image) -> dict[str, bool]:
    """The fields that differ, as they are written; NetBox leaves the others as they are."""
    return {field: after.values(field) == ("true",) for field in _FIELDS.values() if before.values(field) != after.values(field)}
