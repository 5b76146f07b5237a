"""One observation of AWS while a change is put into it, object by object. What is not known of the change becomes a gap or a `NotSeen`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed.wellformed import is_policy
from guardrails.iam.documents import parsed
from guardrails.model.facts import Account, Edge, Fact, Gap, Policy, Principal, Protection
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason
from guardrails.proposals.values import Unknown

__all__ = ["Draft", "Text"]

Text = str | Unknown
"""What is written in some place, as far as it is known."""

_F = TypeVar("_F", bound=Fact)


class Draft:
    """The facts by what they are about, so that each can be put, found and taken away at once."""

    def __init__(self, observation: Observation) -> None:
        self._was = observation
        self.system = observation.system
        self._facts: dict[tuple[type, Ref], Fact] = {}
        self._forms: dict[Ref, set[type]] = {}
        self._named: dict[tuple[str, str, str], Ref] = {}
        self._former: dict[tuple[str, str, str], Ref] = {}
        self._arns: dict[str, Ref] = {}
        self._names: dict[Ref, set[str]] = {}
        self._edges: dict[Ref, set[Edge]] = {}
        self._gaps = list(observation.gaps)
        for fact in observation.facts:
            self.put(fact)
        for edge in observation.edges:
            self._hang(edge)

    @property
    def accounts(self) -> Iterator[str]:
        """The accounts that were observed."""
        return (ref.realm for form, ref in self._facts if form is Account)

    def put(self, fact: Fact) -> None:
        """A fact in place of the one about the same."""
        ref = fact.asset if isinstance(fact, Protection) else fact.ref
        self._facts[type(fact), ref] = fact
        self._forms.setdefault(ref, set()).add(type(fact))
        self._named[ref.realm, ref.kind, ref.name] = ref
        for arn in (getattr(fact, "resource", ""), ref.id):
            self._arns[arn] = ref
            self._names.setdefault(ref, set()).add(arn)

    def get(self, form: type[_F], ref: Ref) -> _F | None:
        """The fact of one form about something."""
        found = self._facts.get((form, ref))
        return found if isinstance(found, form) else None

    def each(self, form: type[_F]) -> list[_F]:
        """Every fact of one form."""
        return [fact for fact in self._facts.values() if isinstance(fact, form)]

    def named(self, realm: str, kind: str, name: str) -> Ref | None:
        """What has a name in an account."""
        return self._named.get((realm, kind, name))

    def known(self, arn: str) -> Ref | None:
        """What has an ARN, or another id that is one of a kind."""
        return self._arns.get(arn)

    def at(self, realm: str, kind: str, name: str, identifier: str) -> Ref:
        """What has a name already, or had it before the change; else something new of that id."""
        key = (realm, kind, name)
        new = Ref(system=self.system, realm=realm, kind=kind, id=identifier, name=name)
        return self._named.get(key) or self._former.get(key) or new

    def ref(self, realm: str, kind: str, identifier: str, name: str) -> Ref:
        """A ref of the draft's system."""
        return Ref(system=self.system, realm=realm, kind=kind, id=identifier, name=name)

    def remove(self, ref: Ref, *forms: type[Fact]) -> None:
        """Take away what is said about something, or only the facts of some forms."""
        for form in [form for form in self._forms.get(ref, ()) if not forms or form in forms]:
            self._facts.pop((form, ref), None)
        if not forms:
            key = (ref.realm, ref.kind, ref.name)
            self._former[key] = ref
            if self._named.get(key) == ref:
                del self._named[key]
            for arn in self._names.pop(ref, ()):
                self._arns.pop(arn, None)
            for edge in self._edges.pop(ref, set()):
                self._edges.get(edge.target if edge.source == ref else edge.source, set()).discard(edge)

    def link(self, kind: EdgeKind, source: Ref, target: Ref, provenance: str) -> None:
        """An edge, unless there is one."""
        if target not in self.linked(kind, source):
            self._hang(Edge(kind=kind, source=source, target=target, provenance=provenance))

    def _hang(self, edge: Edge) -> None:
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

    def document(self, own: Ref, text: Text) -> str:
        """What a policy says; why that is not known, if it is not."""
        if isinstance(text, str) and (said := _document(text)):
            self.put(Policy(ref=own, text=said))
            return ""
        self.remove(own, Policy)
        why = text.why if isinstance(text, Unknown) else "it is no policy document"
        return f"the document of {own.name} is not known before it is made: {why}"

    def policy(self, holder: Ref, kind: EdgeKind, own: Ref, text: Text, address: str) -> None:
        """A document that hangs on something. One that is not known is a gap, and what was there before counts no longer."""
        if why := self.document(own, text):
            self.unlink(kind, holder, own)
            self.hole(holder, address, why)
        else:
            self.link(kind, holder, own, self.provenance(holder))

    def provenance(self, holder: Ref) -> str:
        """Where the connector would read it: at the ARN of the holder."""
        fact = self.get(Principal, holder)
        return fact.resource if fact else holder.id

    def hole(self, holder: Ref, address: str, why: str) -> None:
        """Something about an object is not known."""
        what = {"bucket": "s3:policy", "key": "kms:policy"}.get(holder.kind, "iam")
        self.gap(holder.realm, what, f"{address}: {why}", holder)

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


def _document(text: str) -> str:
    try:
        found = parsed(text)
        return canonical(found) if is_policy(found) else ""
    except (ValueError, RecursionError):
        return ""
