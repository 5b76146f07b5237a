"""One observation while a change is put into it, object by object. What an object is, its connector knows."""

from __future__ import annotations

from typing import TypeVar

from guardrails.model.facts import Edge, Fact, Gap, Protection
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason

__all__ = ["Draft"]

_F = TypeVar("_F", bound=Fact)


class Draft:
    """The facts by what they are about, so that each can be put, found and taken away at once."""

    def __init__(self, observation: Observation) -> None:
        self._was = observation
        self.system = observation.system
        self._facts: dict[tuple[type, Ref], Fact] = {}
        self._forms: dict[Ref, set[type]] = {}
        self._edges: dict[Ref, set[Edge]] = {}
        self._gaps = list(observation.gaps)
        for fact in observation.facts:
            self.put(fact)
        for edge in observation.edges:
            self.hang(edge)

    def put(self, fact: Fact) -> None:
        """A fact in place of the one about the same."""
        ref = fact.asset if isinstance(fact, Protection) else fact.ref
        self._facts[type(fact), ref] = fact
        self._forms.setdefault(ref, set()).add(type(fact))

    def get(self, form: type[_F], ref: Ref) -> _F | None:
        """The fact of one form about something."""
        found = self._facts.get((form, ref))
        return found if isinstance(found, form) else None

    def each(self, form: type[_F]) -> list[_F]:
        """Every fact of one form."""
        return [fact for fact in self._facts.values() if isinstance(fact, form)]

    def ref(self, realm: str, kind: str, identifier: str, name: str) -> Ref:
        """A ref of the draft's system."""
        return Ref(system=self.system, realm=realm, kind=kind, id=identifier, name=name)

    def remove(self, ref: Ref, *forms: type[Fact]) -> None:
        """Take away what is said about something, or only the facts of some forms."""
        for form in [form for form in self._forms.get(ref, ()) if not forms or form in forms]:
            self._facts.pop((form, ref), None)
        if not forms:
            for edge in self._edges.pop(ref, set()):
                self._edges.get(edge.target if edge.source == ref else edge.source, set()).discard(edge)

    def link(self, kind: EdgeKind, source: Ref, target: Ref, provenance: str) -> None:
        """An edge, unless there is one."""
        if target not in self.linked(kind, source):
            self.hang(Edge(kind=kind, source=source, target=target, provenance=provenance))

    def hang(self, edge: Edge) -> None:
        """An edge as it is."""
        for end in (edge.source, edge.target):
            self._edges.setdefault(end, set()).add(edge)

    def unlink(self, kind: EdgeKind, source: Ref, target: Ref | None = None) -> None:
        """Without the edges of a kind from something, or the one to a target."""
        for edge in [one for one in self._edges.get(source, ()) if one.source == source and one.kind is kind]:
            if target is None or edge.target == target:
                self._edges[edge.source].discard(edge)
                self._edges[edge.target].discard(edge)

    def linked(self, kind: EdgeKind, source: Ref) -> list[Ref]:
        """Where edges of a kind lead to from something."""
        return sorted(edge.target for edge in self._edges.get(source, ()) if edge.source == source and edge.kind is kind)

    def linking(self, kind: EdgeKind, target: Ref) -> list[Ref]:
        """From where edges of a kind lead to something."""
        return sorted(edge.source for edge in self._edges.get(target, ()) if edge.target == target and edge.kind is kind)

    def gap(self, realm: str, what: str, message: str, subject: Ref, reason: GapReason = GapReason.NOT_READ) -> None:
        """What nobody can know before the change is made."""
        remedy = "write it so that the plan tells it, or look at it by hand"
        self._gaps.append(Gap(system=self.system, realm=realm, what=what, reason=reason, message=message, subject=subject, remedy=remedy))

    def result(self) -> Observation:
        """The observation as it would be."""
        edges = set().union(*self._edges.values()) if self._edges else set()
        was = self._was
        return fold(
            (*self._facts.values(), *edges, *self._gaps, *was.readings),
            system=was.system,
            connector=was.connector,
            taken_at=was.taken_at,
            identity=was.identity,
            source=was.source,
            calls=was.calls,
            rights=was.rights,
        )
