"""Realms that a server lists and no declared system reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guardrails.model.facts import Gap
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason
from guardrails.ports import Enclosing, Meaning

__all__ = ["unread"]


def unread(meanings: Iterable[Meaning]) -> Iterator[Gap]:
    """One gap for each. A server that was not told is no other system's, so what lies there counts as unread."""
    told = [found for meaning in meanings if isinstance(meaning, Enclosing) and (found := meaning.realms())]
    read = {(found.server, found.realm) for found in told if found.server}
    for found in told:
        yield from (_gap(ref, found.server) for ref in found.below if (found.server, ref.realm) not in read)


def _gap(ref: Ref, server: str) -> Gap:
    told = "with the same address" if server else "and write the address in both systems, by which they are known to be of one server"
    return Gap(
        system=ref.system,
        realm=ref.realm,
        what=ref.kind,
        reason=GapReason.NOT_READ,
        message=f"{ref.kind} {ref.name} is read by no declared system, nor is anything below it seen",
        subject=ref,
        remedy=f"declare a system that reads it, {told}; or declare the gap for a time under exceptions",
    )
