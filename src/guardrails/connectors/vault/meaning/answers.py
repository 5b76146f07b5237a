"""Single requests: whether somebody may make one, by which groups and rules, and which tokens that are alive may."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from guardrails.connectors.vault.meaning.holdings import Holdings, as_list
from guardrails.model.facts import Setting
from guardrails.model.reference import Ref
from guardrails.model.words import State
from guardrails.ports import Permit
from guardrails.vault.acl import Acl, acl
from guardrails.vault.decisions import Decision, Request, decided
from guardrails.vault.rules import Policy
from guardrails.vault.templates import Known, Missing, Values

__all__ = ["OTHER_ENGINES", "Answers"]

OTHER_ENGINES = "the server's version decides whether"


class Answers:
    """The answers about one observation. `hole` says why nothing can be told of a holder and some policies."""

    def __init__(self, held: Holdings, at: datetime, hole: Callable[[Ref, Iterable[str]], str]) -> None:
        self._held, self._at, self._hole = held, at, hole
        self._lists: dict[Ref, tuple[Acl, ...]] = {}

    def decided(self, holder: Ref, request: Request) -> Decision:
        """One request of a principal, for every engine that it may be; what they do not say alike nobody can tell."""
        if holder not in self._lists:
            held = self._held.of(holder)
            known = dict(self._held.known(holder, held))
            self._lists[holder] = self._listed(held, lambda name: known.get(name, Missing.UNKNOWN))
        return _alike(self._lists[holder], request)

    def _listed(self, policies: tuple[Policy, ...], values: Values) -> tuple[Acl, ...]:
        return tuple(acl(policies, engine, at=self._at, values=values) for engine in self._held.engines)

    def permit(self, holder: Ref, request: Request) -> Permit:
        """The decision on one request of a principal, and the chain that leads to it."""
        if hole := self._hole(holder, ()):
            return Permit(allowed=None, why=hole)
        names = self._held.names(holder)
        told = self.decided(holder, request)
        decisive = sorted(name for name in names if any(f"policy {name} path " in because for because in told.because))
        groups = (f"group {group.name}" for name in decisive[:1] for group in self._held.way(holder, name))
        return _permit(told, tuple(groups))

    def bearers(self, request: Request) -> Iterator[tuple[Ref, Ref | None, Permit]]:
        """Tokens that may make a request, or may as far as anybody can tell, each with the entity that it is of.

        Left out are those of entities that may by themselves, for these are told already.
        """
        entities = {ref.id: ref for ref in self._held.principals if ref.kind == "entity"}
        for fact in self._held.settings("token"):
            entry = json.loads(fact.text)
            entity = entities.get(str(entry.get("entity_id") or ""))
            if self._is_over(entry, entity) or (entity is not None and self.permit(entity, request).allowed):
                continue
            permit = self._of_token(fact, entry, entity, request)
            if permit.allowed is not False:
                yield fact.ref, entity, permit

    def _is_over(self, entry: dict[str, Any], entity: Ref | None) -> bool:
        """Whether no request comes by the token any more: it has ended, or its entity is disabled."""
        if entity is not None and self._held.principals[entity].state is State.DISABLED:
            return True
        end = entry.get("expire_time")
        return isinstance(end, str) and datetime.fromisoformat(end) < self._at

    def _of_token(self, fact: Setting, entry: dict[str, Any], entity: Ref | None, request: Request) -> Permit:
        realm = fact.ref.realm
        names = {name for field in ("policies", "identity_policies") for name in as_list(entry.get(field))}
        names |= self._held.names(entity) if entity is not None else set()
        if hole := self._hole(entity or fact.ref, names):
            return Permit(allowed=None, why=hole)
        held = self._held.policies(realm, names)
        known = dict(self._held.known(entity, held)) if entity is not None else {}
        # a token of nobody has no values; of an entity that was not seen they are not known
        rest: Known = Missing.UNKNOWN if entity is not None or entry.get("entity_id") else Missing.ABSENT
        return _permit(_alike(self._listed(held, lambda name: known.get(name, rest)), request), ())


def _alike(lists: Iterable[Acl], request: Request) -> Decision:
    told = [decided(found, request) for found in lists if request.operation in found.profile.capabilities]
    if told and len({one.allowed for one in told}) == 1:
        return told[0]
    if told:
        return Decision(allowed=None, capabilities=frozenset(), because=(f"{OTHER_ENGINES} it is allowed",))
    return Decision(allowed=False, capabilities=frozenset(), because=(f"{request.operation} is no operation of this server",))


def _permit(told: Decision, before: tuple[str, ...]) -> Permit:
    if not told.allowed:
        return Permit(allowed=told.allowed, why=told.because[0])
    return Permit(allowed=True, chain=(*before, *told.because))
