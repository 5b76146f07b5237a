"""Single requests: whether somebody may make one, by which groups and rules, and which tokens that are alive may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from guardrails.connectors.vault.meaning.holdings import Holdings, Knowledge, has_ended
from guardrails.model.reference import Ref
from guardrails.model.words import State
from guardrails.ports import Permit
from guardrails.vault.acl import Acl, acl
from guardrails.vault.decisions import Decision, Request, decided
from guardrails.vault.rules import Policy
from guardrails.vault.templates import Missing, Values

__all__ = ["OTHER_ENGINES", "Answers"]

OTHER_ENGINES = "the server's version decides whether"


class Answers:
    """The answers about one observation. `hole` says why nothing can be told of a holder and some policies."""

    def __init__(self, held: Holdings, at: datetime, hole: Callable[[Ref, Iterable[str]], str]) -> None:
        self._held, self._at, self._hole = held, at, hole
        self._lists: dict[tuple[str, frozenset[str], Knowledge], tuple[Acl, ...]] = {}

    def decided(self, holder: Ref, request: Request) -> Decision:
        """One request of a principal, for every engine that it may be; what they do not say alike nobody can tell."""
        held, names = self._held.of(holder), self._held.names(holder)
        known = self._held.known(holder, held)
        question = (holder.realm, names, known)
        if question not in self._lists:  # many hold the same
            values = dict(known)
            self._lists[question] = self._listed(held, lambda name: values.get(name, Missing.UNKNOWN))
        return _alike(self._lists[question], request)

    def _listed(self, policies: tuple[Policy, ...], values: Values) -> tuple[Acl, ...]:
        return tuple(acl(policies, engine, at=self._at, values=values) for engine in self._held.engines)

    def permit(self, holder: Ref, request: Request) -> Permit:
        """The decision on one request of a principal, and the chain that leads to it."""
        if hole := self._hole(holder, ()):
            return Permit(allowed=None, why=hole)
        names = self._held.names(holder)
        told = self.decided(holder, request)
        decisive = sorted(name for name in names if any(f"policy {name} path " in because for because in told.because))
        groups = (_link(group) for name in decisive[:1] for group in self._held.way(holder, name))
        return _permit(told, tuple(groups))

    def bearers(self, request: Request) -> Iterator[tuple[Ref, Ref | None, Permit]]:
        """Tokens that may make a request, or may as far as anybody can tell, each with the entity that it is of.

        Left out are those of entities that may by themselves, for these are told already.
        """
        for one in self._held.bearers:
            disabled = one.entity is not None and self._held.principals[one.entity].state is State.DISABLED
            if disabled or has_ended(one.entry, self._at) or (one.entity is not None and self.permit(one.entity, request).allowed):
                continue
            permit = self.permit(one.ref, request)
            if permit.allowed is not False:
                yield one.ref, one.entity, permit


def _link(source: Ref) -> str:
    mapped = source.kind in {"ldap-group", "login-group", "user"}
    return f"mapping {source.id}" if mapped else f"{source.kind} {source.name}"


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
