"""What an action means for NetBox: a user or a token can no longer be used. Pure.

What users may do inside NetBox and its network records are not changed: nothing that is declared speaks of the one, and the other is what
the declaration takes for true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from guardrails.model.changes import GONE, Action, Delete, Disable, Edit, Image, difference
from guardrails.model.reference import Ref

__all__ = ["QUARANTINED", "body", "deletes", "edits", "image", "path", "touched"]

QUARANTINED = "quarantined-token"
"""The same token as it is deleted: with its last use."""
_FIELDS = {"user": "is_active", "token": "enabled", QUARANTINED: "enabled"}
"""What says whether a kind of object can be used."""

_USED = "last_used"
_USES = frozenset({"last_login", _USED, "url", "display_url", "display"})
"""What changes by being used, or says where it was read."""


def touched(action: Action) -> Ref:
    """The user or token.

    Raises:
        ValueError: The action is not one for NetBox.
    """
    match action:
        case Disable() if action.ref.kind in {"user", "token"}:
            return action.ref
        case Delete() if action.ref.kind == "token" and not action.parts:
            return replace(action.ref, kind=QUARANTINED)
        case _:
            raise ValueError("of NetBox only users and tokens are disabled; what they may do in it is for its administrator")


def edits(action: Action, image: Image) -> tuple[Edit, ...]:
    """What goes and what comes.

    Raises:
        ValueError: It cannot be done to the object as it is.
    """
    if isinstance(action, Delete):
        return _deleted(action, image)
    field = _FIELDS[touched(action).kind]
    if not image.values(field):
        raise ValueError("a token can be disabled since NetBox 4.5, and this one is older: delete it by hand")
    if image.values(field) == ("false",):
        raise ValueError("it is disabled already")
    return (Edit(field=field, removes=("true",), adds=("false",)),)


def _deleted(action: Delete, image: Image) -> tuple[Edit, ...]:
    lasting = Image.of({name: values for name, values in image.fields if name != _USED})
    if lasting.fingerprint != action.left:
        raise ValueError("it is not as it was left: somebody enabled it, or changed what it may do")
    for used in image.values(_USED):
        if datetime.fromisoformat(used) > action.since:
            raise ValueError(f"it was used since, at {used}: find out who enabled it")
    return difference(image, GONE)


def deletes(action: Action) -> tuple[str, ...] | None:
    """Tokens that were disabled. Of a user hangs what it did, so users stay."""
    return () if isinstance(action, Disable) and action.ref.kind == "token" else None


def path(ref: Ref) -> str:
    """Where it is read and written: its id is `KIND/NUMBER`."""
    kind = "token" if ref.kind == QUARANTINED else ref.kind
    return f"users/{kind}s/{ref.id.rpartition('/')[2]}"


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
    used = (_moment(answer.get(_USED)),) if ref.kind == QUARANTINED and answer.get(_USED) is not None else ()
    return Image.of({field: now, "others": (hashlib.sha256(told.encode()).hexdigest(),), _USED: used})


def _moment(value: object) -> str:
    """A time with its zone, which another time can be compared with."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{_USED} is no time")
    return moment.isoformat()


def body(before: Image, after: Image) -> dict[str, bool]:
    """The fields that differ, as they are written; NetBox leaves the others as they are."""
    return {
        field: after.values(field) == ("true",) for field in dict.fromkeys(_FIELDS.values()) if before.values(field) != after.values(field)
    }
