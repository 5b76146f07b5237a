"""Requests of the past, as the log of a system tells them: what a change would have refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from guardrails.model.findings import Witness
from guardrails.model.reference import Ref

__all__ = ["Log", "Login", "Past", "gathered"]

_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Login:
    """By which way of a directory somebody came, and the name that they came by; the way may be one that was not read."""

    way: Ref
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A request that was let through.

    Attributes:
        holders: By whose permissions it may have been: of a token the entity that it acts as, the login that gave it, and itself.
        request: What was asked.
        logins: The logins by a directory that may have led to it; of one at most, where their names tell them apart.
        asked_by: Who asked whether the holder has it, where that was not the holder.
        times: How often.
        last: When last.
    """

    holders: tuple[Ref, ...]
    request: Witness
    logins: tuple[Login, ...] = ()
    asked_by: str = ""
    times: int = 1
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What the log of one system tells.

    Attributes:
        system: Whose log it is.
        requests: Each once, with how often it was made.
        others: How many were by somebody, or of a kind, that is not known here. Nothing is concluded from them.
        since: When the first request of all was.
        until: When the last was.
    """

    system: str
    requests: tuple[Past, ...]
    others: int
    since: datetime | None
    until: datetime | None


def gathered(system: str, entries: Iterable[tuple[datetime, Past | None]]) -> Log:
    """A log of entries with their moments; nothing in the place of a request is one of `others`.

    Raises:
        ValueError: A moment has no time zone.
    """
    found: dict[Past, Past] = {}
    moments: list[datetime] = []
    others = 0
    for at, past in entries:
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        moments = [min((at, *moments)), max((at, *moments))]
        if past is None:
            others += 1
            continue
        key = replace(past, times=0, last=_ANY_TIME)
        before = found.get(key)
        found[key] = past if before is None else replace(before, times=before.times + past.times, last=max(before.last, past.last))
    since, until = moments or (None, None)
    return Log(system=system, requests=tuple(found.values()), others=others, since=since, until=until)
