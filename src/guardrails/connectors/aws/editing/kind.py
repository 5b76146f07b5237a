"""What each kind of object that is written must answer, and what they share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from guardrails.connectors.aws.api import Failed
from guardrails.connectors.aws.managed import MANAGED, manager_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, DetachPolicy, Edit, Image, RewritePolicy
from guardrails.model.facts import Pairs
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason
from guardrails.sets import Addresses

__all__ = ["TAG", "Kind", "Passing", "Statement", "canonical", "cut", "digest", "made", "marked", "require_own", "require_seen", "swapped"]

Statement = Mapping[str, object]
TAG = "tag "
"""Begins the field of each tag."""
_PASSING = frozenset({GapReason.THROTTLED, GapReason.UNREACHABLE})
_AGAIN = (
    "ConcurrentModification",
    "ServiceUnavailable",
    "InternalError",
    "InternalFailure",
    "OperationAborted",
    "ServiceFailure",
    "WAFUnavailableEntity",
)
"""What services say of a call that they could not finish."""


class Passing(ConnectorError):
    """A call that may be made again: nobody can tell whether it was done, or it was too much at once."""


class Kind(Protocol):
    """One kind of object: as it is, what an action means for it, and how it is written."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """The object as it is now; `None` when there is none.

        Raises:
            ConnectorError: It cannot be told.
        """
        ...

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """What goes and what comes. Pure.

        Raises:
            ValueError: It cannot be done to the object as it is, and why.
        """
        ...

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """Make it so; each change of one field is one call, or becomes so by its last call alone.

        Raises:
            ConnectorError: It may not have been written.
        """
        ...

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """What reading the object, making some edits and taking them back takes, as statements of a policy. Pure."""
        ...


def canonical(value: object) -> str:
    """JSON whose equality is that of the values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def marked(tags: Pairs) -> dict[str, Iterable[str]]:
    """What an image says of tags: each as a field of its own, and who manages the object by them."""
    manager = manager_of(tags)
    return {**{f"{TAG}{key}": (value,) for key, value in tags}, MANAGED: [manager] if manager else []}


def digest(*values: object) -> tuple[str]:
    """What is not touched is not told either, and still may not change."""
    return (hashlib.sha256(canonical(values).encode()).hexdigest(),)


def made(api: SingleApi, service: str, operation: str, region: str = "us-east-1", **parameters: object) -> Mapping[str, Any]:
    """A call that writes.

    Raises:
        ConnectorError: It may not have been made.
    """
    match api.ask(service, operation, region, **parameters):
        case Failed() as failed:
            passes = failed.reason in _PASSING or any(code in failed.message for code in _AGAIN)
            remedy = f"give the one who writes {failed.right}" if failed.rights else "look whether it was written"
            raise (Passing if passes else ConnectorError)(f"aws: {failed.message}", remedy=remedy)
        case answer:
            return getattr(answer, "answer", {})


def require_own(image: Image) -> None:
    """Nothing is written behind the back of what manages it.

    Raises:
        ValueError: Something else does, and what to propose to it.
    """
    for manager in image.values(MANAGED):
        raise ValueError(f"it is managed by {manager}, which would undo the change: propose the change there")


def require_seen(text: str, action: RewritePolicy | DetachPolicy) -> None:
    """What was proven is about the text that was seen; spelled otherwise it says the same.

    Raises:
        ValueError: It is another one.
    """
    if (canonical(json.loads(text)) if text else "") != action.seen:
        raise ValueError(f"{action.policy} says something else by now")


def swapped(image: Image, field: str, new: str) -> tuple[Edit, ...]:
    """The edit that makes a field one other value."""
    return (Edit(field=field, removes=image.values(field), adds=(new,)),)


def cut(image: Image, prefix: str, addresses: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Of a list whose entries are fields: those that hold more than is wanted, and the networks that come in their place."""
    wanted = Addresses.parse(addresses)
    entries = [name for name, _ in image.fields if name.startswith(prefix)]
    gone = [name for name in entries if not wanted.covers(Addresses.parse([name.removeprefix(prefix)]))]
    leaving = frozenset(gone)
    kept = Addresses.parse(name.removeprefix(prefix) for name in entries if name not in leaving)
    return gone, (wanted - kept).cidrs()
