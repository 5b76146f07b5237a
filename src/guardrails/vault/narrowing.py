"""A policy cut down to what is declared, as far as paths of rules can say it. Whoever uses it proves that it does: `contained`, `loss`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guardrails.sets import Language, Pattern
from guardrails.vault.acl import rank
from guardrails.vault.rules import Policy, Rule, is_exact

__all__ = ["Clause", "clauses_of", "narrowed"]

Clause = tuple[str, frozenset[str]]
"""A path with the capabilities that are declared on it."""


def clauses_of(policies: Iterable[Policy]) -> tuple[Clause, ...]:
    """What policies give by themselves, path by path; which of their rules comes first is left to the proof."""
    rules = (rule for policy in policies for rule in policy.rules if not rule.is_deny)
    return tuple(dict.fromkeys((rule.path, rule.capabilities) for rule in rules))


def narrowed(policy: Policy, declared: Iterable[Clause]) -> Policy:
    """The policy with each rule cut down to the declared paths in it and to what is declared there.

    Rules that deny stay, and so does what limits a rule. One of which not everything is left stays without capabilities beside what is left
    where it kept a wider one from deciding.
    """
    clauses = [_Clause(_pattern(path), path, given) for path, given in declared]
    kept = [tuple(_pieces(rule, policy, clauses)) for rule in policy.rules]
    rules: list[Rule] = []
    for number, (rule, pieces) in enumerate(zip(policy.rules, kept, strict=True)):
        others = (piece.path for at, found in enumerate(kept) if at != number for piece in found)
        if not any(piece.path == rule.path for piece in pieces) and any(_decides_before(rule.path, path) for path in others):
            rules.append(replace(rule, capabilities=frozenset(), response_filter=""))
        rules += pieces
    return replace(policy, rules=tuple(rules))


def _decides_before(one: str, other: str) -> bool:
    """Whether there is a path on which the one decides and not the other."""
    mine, theirs = _pattern(one), _pattern(other)
    return rank(one) > rank(other) and not mine.is_apart(theirs) and not (Language.of(mine) & Language.of(theirs)).is_empty()


@dataclass(frozen=True, slots=True)
class _Clause:
    pattern: Pattern
    path: str
    given: frozenset[str]


def _pieces(rule: Rule, policy: Policy, clauses: list[_Clause]) -> Iterator[Rule]:
    """What is left of a rule, widest first."""
    if rule.is_deny:
        yield rule
        return
    made: list[tuple[Pattern, frozenset[str]]] = []
    paths = {path for clause in clauses if clause.given & rule.capabilities for path in _met(rule.path, clause.path)}
    for path in sorted(paths, key=lambda path: (rank(path), path)):
        pattern = _pattern(path)
        given = frozenset[str]().union(*(clause.given for clause in clauses if clause.pattern.spans(pattern))) & rule.capabilities
        is_said = any(wider.spans(pattern) and given <= had for wider, had in made)
        if given and not is_said and not _is_anothers(path, pattern, rule, policy):
            made.append((pattern, given))
            # a filter is for rules that give a list, and no server takes it elsewhere
            yield replace(rule, path=path, capabilities=given, response_filter=rule.response_filter if "list" in given else "")


def _is_anothers(path: str, pattern: Pattern, rule: Rule, policy: Policy) -> bool:
    """Whether another rule of the policy decides on all of a path that is narrower than the rule's own."""
    if path == rule.path:
        return False
    return any(rank(other.path) > rank(rule.path) and _pattern(other.path).spans(pattern) for other in policy.rules)


def _pattern(path: str) -> Pattern:
    return Pattern.literal(path) if is_exact(path) or "{{" in path else Pattern.segments(path)


def _met(one: str, other: str) -> tuple[str, ...]:
    """The paths that both match, as the path of a rule; none where there are none, or where no rule could say them."""
    mine, theirs = _pattern(one), _pattern(other)
    if theirs.spans(mine):
        return (one,)
    if mine.spans(theirs):
        return (other,)
    if mine.is_apart(theirs) or "{{" in one or "{{" in other:
        return ()
    found = _joined(one.split("/"), other.split("/"))
    return () if found is None else (found,)


def _joined(one: list[str], other: list[str]) -> str | None:
    """Segment by segment; a last one with a star stands for whatever the other goes on with."""
    parts: list[str] = []
    for at in range(max(len(one), len(other))):
        mine, theirs = (_segment(path, at) for path in (one, other))
        if mine is None or theirs is None:
            return None
        if mine.endswith("*") and theirs.endswith("*"):
            longer = max(mine, theirs, key=len)
            return "/".join([*parts, longer]) if longer.startswith(min(mine, theirs, key=len)[:-1]) else None
        for starred, plain in ((mine, theirs), (theirs, mine)):
            if starred == "*":
                return "/".join([*parts, *(one if plain == mine else other)[at:]])
            if starred.endswith("*"):
                return None  # a segment that begins so and goes on as the other path does: no path of a rule says that
        if "+" not in {mine, theirs} and mine != theirs:
            return None
        parts.append(theirs if mine == "+" else mine)
    return "/".join(parts)


def _segment(path: list[str], at: int) -> str | None:
    if at >= len(path):
        return None
    # only the last star is a wildcard
    return path[at] if at == len(path) - 1 or not path[at].endswith("*") else None
