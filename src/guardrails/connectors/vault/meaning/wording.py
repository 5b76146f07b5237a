"""Policies in the words of an entitlement, and entitlements as policies."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.connectors.vault.words import CAPABILITIES, DEFAULT, POLICY, mistaken
from guardrails.ports import BoundClause
from guardrails.vault.acl import ROOT
from guardrails.vault.containment import Declared
from guardrails.vault.rules import Policy, Rule

__all__ = ["declared_by", "said", "wanted"]


def said(held: Holdings, name: str, realm: str) -> dict[str, object]:
    """The paths of a policy; it itself where the declaration has no words for one of them, and for what comes with every token."""
    if name in {DEFAULT, ROOT} or not held.is_seen(realm, name):
        return {POLICY: name}
    paths: dict[str, set[str]] = {}
    for rule in (rule for policy in held.policies(realm, [name]) for rule in policy.rules):
        paths.setdefault(rule.path, set()).update(rule.capabilities & set(CAPABILITIES))
    if POLICY in paths or any(mistaken(path) for path, given in paths.items() if given):
        return {POLICY: name}
    return {path: sorted(given) for path, given in sorted(paths.items()) if given}


def wanted(declared: Declared) -> list[tuple[Policy, ...]]:
    """Each part of a floor as policies of somebody who has that and nothing else."""
    return [*((Policy(name="", rules=(Rule(path=path, capabilities=given),)),) for path, given in declared.clauses), *declared.lists]


def declared_by(held: Holdings, realm: str, clauses: Sequence[BoundClause]) -> Declared:
    """Paths with their capabilities, and policies by name: each gives what it gives by itself, and what it gives where it decides."""
    lists: list[tuple[Policy, ...]] = []
    paths: dict[tuple[str, frozenset[str]], None] = {}
    names: set[str] = set()
    for clause in (bound.clause for bound in clauses):
        if clause.actions == (POLICY,):
            lists.append(held.policies(realm, clause.resources))
            names.update(clause.resources)
        elif given := frozenset(clause.actions) & frozenset(CAPABILITIES):
            paths |= dict.fromkeys((path, given) for path in clause.resources)
    return Declared(lists=tuple(filter(None, dict.fromkeys(lists))), clauses=tuple(paths), spared=frozenset(names))
