"""The levels above each account, root first and the account itself last, and the documents of the organisation at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.model.facts import Account, Policy, Unit
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

__all__ = ["Document", "Level", "Tree"]

_HOLES = {"scp": EdgeKind.SERVICE_CONTROL, "rcp": EdgeKind.RESOURCE_CONTROL}
_NAMES = {EdgeKind.SERVICE_CONTROL: "service control policy", EdgeKind.RESOURCE_CONTROL: "resource control policy"}


@dataclass(frozen=True, slots=True)
class Document:
    """A policy at a level; `text` is `None` when it was not seen."""

    name: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """All documents of one kind at one level."""

    name: str
    documents: tuple[Document, ...]


class Tree:
    """The organisation of one observation; empty where none was read."""

    def __init__(self, observation: Observation) -> None:
        self._above = {fact.ref: fact.within for fact in observation.facts if isinstance(fact, (Account, Unit))}
        self._accounts = {ref.realm: ref for ref in self._above if ref.kind == "account"}
        self._texts = {fact.ref: fact.text for fact in observation.facts if isinstance(fact, Policy)}
        self._holes = {(_HOLES[gap.what], gap.subject) for gap in observation.gaps if gap.what in _HOLES}
        self._attached: dict[tuple[EdgeKind, Ref], list[Ref]] = {}
        for edge in observation.edges:
            if edge.kind in _NAMES:
                self._attached.setdefault((edge.kind, edge.source), []).append(edge.target)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Those that something was attached to, or may be."""
        return tuple(self._accounts) if self._attached or self._holes else ()

    def levels(self, kind: EdgeKind, account: str) -> tuple[Level, ...]:
        """The levels that have a policy of this kind; none where the kind is not enabled."""
        known = self._accounts.get(account)
        path = self._path(known) if known is not None else []
        return tuple(Level(str(at), found) for at in path if (found := tuple(self._documents(kind, at))))

    def _path(self, account: Ref) -> list[Ref]:
        found: list[Ref] = []
        level: Ref | None = account
        while level is not None and level not in found:
            found.append(level)
            level = self._above.get(level)
        return found[::-1]

    def _documents(self, kind: EdgeKind, level: Ref) -> Iterator[Document]:
        if (kind, level) in self._holes:
            yield Document(f"a {_NAMES[kind]} at {level}", None)
        for policy in self._attached.get((kind, level), ()):
            yield Document(f"{_NAMES[kind]} {policy.name} at {level}", self._texts.get(policy))
