"""A system in memory that can be changed: what it holds is a set of images, from which it is observed, and to which is written.

A policy is a JSON list of pairs of action and resource. Whoever holds one, directly or by a group, may do what it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from guardrails.drift.people import groups_of
from guardrails.errors import Conflict
from guardrails.model.actions import (
    Action,
    AddDenial,
    Delete,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Revoke,
    RewritePolicy,
    SetAddresses,
    SetEncryption,
    SetRotation,
)
from guardrails.model.changes import GONE, Cas, Edit, Image, difference
from guardrails.model.declaration import System
from guardrails.model.facts import Account, Credential, Edge, Exposure, Fact, Policy, Principal
from guardrails.model.findings import Comparison, Witness
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.words import CredentialForm, Direction, EdgeKind, PrincipalForm, State, Verdict
from guardrails.ports import BoundClause, Meaning
from guardrails.testing.memory import MemoryMeaning

__all__ = ["MemorySystem", "MemoryWriter", "memory_meaning"]

_FORMS = {"user": PrincipalForm.USER, "group": PrincipalForm.GROUP}


class MemorySystem:
    """Objects by their refs. `before_write` and `after_write` are called around each write, to make things go wrong there."""

    def __init__(self, name: str = "memory", sets: tuple[str, ...] = ()) -> None:
        self.name, self.sets = name, sets
        self.held: dict[Ref, Image] = {}
        self.policies: dict[str, frozenset[tuple[str, str]]] = {}
        self.writes: list[tuple[Ref, Image]] = []
        self.before_write: Callable[[Ref], None] = _nothing
        self.after_write: Callable[[Ref], None] = _nothing
        self.facts: list[Fact | Edge] = []
        self.own: tuple[Ref, ...] = ()

    identity = "memory"

    def ref(self, kind: str, name: str) -> Ref:
        """Something in it; its id is unlike its name."""
        return Ref(system=self.name, realm="", kind=kind, id=f"id-of-{name}", name=name)

    def add(self, kind: str, name: str, **fields: tuple[str, ...]) -> Ref:
        """Put something in; `member`, `policies`, `disabled`, `addresses` and `holder` have a meaning."""
        ref = self.ref(kind, name)
        self.held[ref] = Image.of(fields)
        return ref

    def itself(self) -> tuple[Ref, ...]:
        """As given."""
        return self.own

    def current(self, ref: Ref) -> Image | None:
        """As it is."""
        return self.held.get(ref)

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Compare and write, as one step; what is so already is left as it is."""
        self.before_write(ref)
        if self.held.get(ref, GONE) == after:
            return
        if self.held.get(ref) != before:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        if after == GONE:
            del self.held[ref]
        else:
            self.held[ref] = after
        self.writes.append((ref, after))
        self.after_write(ref)

    def observed(self, at: datetime) -> Observation:
        """What a connector would say."""
        said = [*self._facts(), *self.facts, Account(ref=self.ref("account", self.name), sets=self.sets)]
        return fold(said, system=self.name, connector="memory", taken_at=at)

    def _facts(self) -> Iterator[Fact | Edge]:
        for name, pairs in self.policies.items():
            yield Policy(ref=self.ref("policy", name), text=json.dumps(sorted(pairs)))
        for ref, image in self.held.items():
            if ref.kind in _FORMS:
                state = State.DISABLED if image.values("disabled") else State.ACTIVE
                names = tuple(("uid", uid) for uid in image.values("uid"))
                yield Principal(ref=ref, form=_FORMS[ref.kind], state=state, resource=ref.name, names=names)
            for holder in image.values("holder"):
                state = State.DISABLED if image.values("disabled") else State.ACTIVE
                yield Credential(ref=ref, holder=self.ref("user", holder), form=CredentialForm.ACCESS_KEY, state=state)
            yield from self._edges(ref, image)
            if addresses := image.values("addresses"):
                rule = self.ref("rule", ref.name)
                yield Exposure(ref=rule, target=ref, direction=Direction.IN, ports=("all",), addresses=addresses)

    def _edges(self, ref: Ref, image: Image) -> Iterator[Edge]:
        members = {other.name: other for other in self.held}
        for name in image.values("member"):
            yield Edge(kind=EdgeKind.MEMBER, source=members[name], target=ref)
        for name in image.values("policies"):
            yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=self.ref("policy", name))


def _nothing(_ref: Ref) -> None:
    pass


class MemoryWriter:
    """The part of a connector that changes systems in memory, by name."""

    def __init__(self, systems: Mapping[str, MemorySystem]) -> None:
        self._systems = systems

    def touched(self, action: Action) -> Ref:
        """The group, the holder, the target, or what is disabled."""
        match action:
            case RemoveMember():
                return action.group
            case DetachPolicy():
                return action.holder
            case SetAddresses():
                return action.target
            case Disable() | Delete():
                return action.ref
            case Revoke() | RewritePolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial() | SetEncryption() | SetRotation():
                raise ValueError("a system in memory knows no such action")

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:  # noqa: ARG002  # names are enough
        """By name; the last member of a group stays."""
        match action:
            case RemoveMember():
                return (_gone(image, "member", action.member.name, keeps_one=True),)
            case DetachPolicy():
                return (_gone(image, "policies", action.policy.name),)
            case SetAddresses():
                if not action.addresses:
                    raise ValueError(f"{action.rule} would let in nobody")
                old = image.values("addresses")
                gone = tuple(address for address in old if address not in action.addresses)
                return (Edit(field="addresses", removes=gone, adds=tuple(a for a in action.addresses if a not in old)),)
            case Disable():
                if image.values("disabled"):
                    raise ValueError("it is disabled already")
                return (Edit(field="disabled", adds=("true",)),)
            case Delete():
                return _deleted(action, image)
            case _:
                raise ValueError("a system in memory knows no such action")

    def deletes(self, action: Action, before: Image) -> tuple[str, ...] | None:  # noqa: ARG002  # the port's
        """Keys that were disabled."""
        return () if isinstance(action, Disable) and action.ref.kind == "key" else None

    def irreversible(self, action: Action, image: Image) -> str:  # noqa: ARG002  # the port's
        """Deletions."""
        return "what was deleted does not come again" if isinstance(action, Delete) else ""

    def cas(self, ref: Ref, image: Image) -> Cas:  # noqa: ARG002  # the port's
        """Compared and written as one step."""
        return Cas.NATIVE

    def objects(self, system: System) -> MemorySystem:
        """The system itself."""
        return self._systems[system.name]

    def remediator(self, system: System) -> MemorySystem:
        """Likewise."""
        return self._systems[system.name]


def _deleted(action: Delete, image: Image) -> tuple[Edit, ...]:
    """`used` says when an object was used last, and is no part of what it is."""
    lasting = Image.of({name: values for name, values in image.fields if name != "used"})
    if lasting.fingerprint != action.left:
        raise ValueError("it is not as it was left")
    if any(datetime.fromisoformat(used) > action.since for used in image.values("used")):
        raise ValueError("it was used since")
    return difference(image, GONE)


def _gone(image: Image, field: str, value: str, *, keeps_one: bool = False) -> Edit:
    if value not in image.values(field):
        raise ValueError(f"{value} is not in {field} any more")
    if keeps_one and len(image.values(field)) == 1:
        raise ValueError(f"{value} is the last one in {field}")
    return Edit(field=field, removes=(value,))


_Says = Mapping[str, frozenset[tuple[str, str]]]


class _RemediedMeaning(MemoryMeaning):
    """Permissions by policies; `names` are those that each holds, directly or by a group."""

    def __init__(self, says: _Says, names: Mapping[Ref, frozenset[str]]) -> None:
        held = {ref: frozenset[tuple[str, str]]().union(*(says.get(name, frozenset()) for name in mine)) for ref, mine in names.items()}
        MemoryMeaning.__init__(self, held)
        object.__setattr__(self, "_says", says)
        object.__setattr__(self, "_names", names)

    def excess(self, holder: Ref, ceiling: Sequence[BoundClause]) -> Comparison:
        """Granted by the policies that give the witness."""
        found = MemoryMeaning.excess(self, holder, ceiling)
        if found.witness is None:
            return found
        shown = (found.witness.action, found.witness.resource)
        return replace(found, granted_by=tuple(f"policy {name}" for name in sorted(self._names[holder]) if shown in self._says[name]))

    def gained(self, holder: Ref, before: Meaning) -> Comparison:
        """What is held here less what was held there."""
        was = before.held.get(holder, frozenset()) if isinstance(before, MemoryMeaning) else frozenset()
        left = self.held.get(holder, frozenset()) - was
        if not left:
            return Comparison(verdict=Verdict.OK)
        action, resource = min(left)
        return Comparison(verdict=Verdict.VIOLATION, witness=Witness(principal=str(holder), action=action, resource=resource))

    def lost(self, holder: Ref, before: Meaning, declared: Sequence[BoundClause]) -> Comparison:
        """What was held there of what is declared, less what is held here."""
        was = before.held.get(holder, frozenset()) if isinstance(before, MemoryMeaning) else frozenset()
        gone = (was & self._declared(declared)) - self.held.get(holder, frozenset())
        return Comparison(verdict=Verdict.VIOLATION if gone else Verdict.OK)

    _says: _Says
    _names: Mapping[Ref, frozenset[str]]


def memory_meaning(observation: Observation) -> Meaning:
    """What the policies of an observation give to whom, by groups too."""
    says = {fact.ref.name: frozenset(map(tuple, json.loads(fact.text))) for fact in observation.facts if isinstance(fact, Policy)}
    into: dict[Ref, list[Ref]] = {}
    names: dict[Ref, set[str]] = {}
    for edge in observation.edges:
        if edge.kind is EdgeKind.MEMBER:
            into.setdefault(edge.source, []).append(edge.target)
        else:
            names.setdefault(edge.source, set()).add(edge.target.name)
    holders = [fact.ref for fact in observation.facts if isinstance(fact, Principal)]
    members = {ref: tuple(groups) for ref, groups in into.items()}
    upwards = {holder: (holder, *groups_of(holder, members)) for holder in holders}
    return _RemediedMeaning(
        says, {holder: frozenset(name for source in sources for name in names.get(source, ())) for holder, sources in upwards.items()}
    )
