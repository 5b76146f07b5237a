"""The policies that would do: those that give too much, cut down to what is declared, and proved to be within it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from guardrails.connectors.vault.meaning.holdings import Holdings, Knowledge
from guardrails.connectors.vault.own import whose
from guardrails.model.findings import Details, Narrowed
from guardrails.model.reference import Ref
from guardrails.vault.acl import ROOT
from guardrails.vault.containment import Declared, outcomes
from guardrails.vault.narrowing import Paths, clauses_of, narrowed
from guardrails.vault.rules import Policy, Rule
from guardrails.vault.stored import rewritten
from guardrails.vault.templates import Missing
from guardrails.vault.writing import write

__all__ = ["WouldDo"]

_NO_WORDS = "what is declared cannot be said by cutting down the policies one by one"
_NOTHING_LEFT = "nothing in it is declared; take it away"


class WouldDo:
    """Works out what policies would say that give no more than is declared; holders of the same policies ask the same."""

    def __init__(self, held: Holdings, at: datetime) -> None:
        self._held, self._at = held, at
        self._all_paths: dict[str, Paths] = {}
        self._told: dict[tuple[str, frozenset[str], Declared, Knowledge], Details] = {}

    def details(self, holder: Ref, declared: Declared, known: Knowledge) -> Details:
        """What is told of an excess."""
        question = holder.realm, self._held.names(holder), declared, known
        if question not in self._told:
            self._told[question] = Details(narrowed=tuple(self._narrowed(*question)))
        return self._told[question]

    def _narrowed(self, realm: str, names: frozenset[str], declared: Declared, known: Knowledge) -> Iterator[Narrowed]:
        if ROOT in names:
            return
        policies = self._held.policies(realm, names)
        given = (*declared.clauses, *clauses_of(policy for listed in declared.lists for policy in listed))
        beside = partial(self._beside, realm, tuple(policy for policy in policies if whose(policy.name)))
        less = {
            policy.name: policy if policy.name in declared.spared else narrowed(policy, given, partial(beside, policy.name))
            for policy in policies
        }
        after = tuple(less.values())
        says = all(self._is_within(after, ceiling, known) for ceiling in (declared, Declared(lists=(policies,))))
        # whoever has one of them beside others has no more either
        says = says and all(self._is_within((less[policy.name],), Declared(lists=((policy,),)), known) for policy in policies)
        for policy in policies:
            if less[policy.name].rules != policy.rules:
                yield self._said(realm, policy, less[policy.name], "" if says else _NO_WORDS)

    def _beside(self, realm: str, own: tuple[Policy, ...], name: str, path: str) -> Iterator[Rule]:
        """Rules that may be held together with a policy: logins, entities and groups bring all together in ways that nobody has seen yet.

        Of those that are somebody's own no more than the holder's: others never get them.
        """
        if realm not in self._all_paths:
            shared = (policy for ref, policy in self._held.all_policies() if ref.realm == realm and not whose(ref.name))
            self._all_paths[realm] = Paths(shared)
        yield from self._all_paths[realm].beside(name, path)
        yield from (rule for policy in own if policy.name != name for rule in policy.rules)

    def _is_within(self, policies: tuple[Policy, ...], declared: Declared, known: Knowledge) -> bool:
        values = dict(known)
        return all(
            found.verdict == "covered"
            for engine in self._held.engines
            for found in outcomes(policies, declared, engine, at=self._at, values=lambda name: values.get(name, Missing.UNKNOWN))
        )

    def _said(self, realm: str, policy: Policy, less: Policy, note: str) -> Narrowed:
        fact = self._held.fact(realm, policy.name)
        before = write(policy)
        if note or not any(rule.capabilities for rule in less.rules):
            return Narrowed(policy=str(fact.ref), note=note or _NOTHING_LEFT, before=before)
        return Narrowed(policy=str(fact.ref), document=write(less), before=before, kept=rewritten(fact.text, less))
