"""A policy cut down to what is declared, as far as paths of rules can say it. Whoever uses it proves that it does: `contained`, `loss`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile

from guardrails.sets import Language, Pattern
from guardrails.vault.acl import rank
from guardrails.vault.rules import Policy, Rule, is_exact

__all__ = ["Beside", "Clause", "Paths", "alone", "clauses_of", "narrowed"]

Clause = tuple[str, frozenset[str]]
"""A path with the capabilities that are declared on it."""

Beside = Callable[[str], Iterable[Rule]]
"""The rules of other policies that may match what a path matches."""

_LISTING = frozenset({"list", "scan"})


def clauses_of(policies: Iterable[Policy]) -> tuple[Clause, ...]:
    """What policies give by themselves, path by path; which of their rules comes first is left to the proof."""
    rules = (rule for policy in policies for rule in policy.rules if not rule.is_deny)
    return tuple(dict.fromkeys((rule.path, rule.capabilities) for rule in rules))


def alone(_path: str) -> Iterable[Rule]:
    """For a policy that nobody holds together with another."""
    return ()


def narrowed(policy: Policy, declared: Iterable[Clause], beside: Beside = alone) -> Policy:
    """The policy with each rule cut down to the declared paths in it and to what is declared there.

    Rules that deny stay, and so does what limits a rule. One of which not everything is left stays without capabilities beside what is left
    where it kept a wider one from deciding.

    `beside` tells of the policies that somebody may hold together with this one. Where one of them decides on a path of what is left, and
    did not have to give way to the rule before, that part is left out: whoever holds both would get more than now, or less.
    """
    clauses = [_Clause(_pattern(path), path, given) for path, given in declared]
    kept = [tuple(_pieces(rule, policy, clauses, beside)) for rule in policy.rules]
    rules: list[Rule] = []
    for number, (rule, pieces) in enumerate(zip(policy.rules, kept, strict=True)):
        others = (piece for at, found in enumerate(kept) if at != number for piece in found)
        is_whole = any(piece.path == rule.path for piece in pieces)
        if not is_whole and any(_decides_before(rule.path, other) for other in chain(others, beside(rule.path))):
            rules.append(replace(rule, capabilities=frozenset(), response_filter=""))
        rules += pieces
    return replace(policy, rules=tuple(rules))


def _decides_before(path: str, other: Rule) -> bool:
    """Whether a rule at a path may keep another from deciding."""
    return (rank(path) > rank(other.path) and _may_meet(path, other.path)) or (
        bool(other.capabilities & _LISTING) and _by_slash(path, other.path)
    )


def _may_meet(one: str, other: str) -> bool:
    """Whether some path is matched by both; of a path that holds a value nobody knows which it is."""
    if "{{" in one or "{{" in other:
        return True
    mine, theirs = _pattern(one), _pattern(other)
    return not mine.is_apart(theirs) and not (Language.of(mine) & Language.of(theirs)).is_empty()


def _by_slash(one: str, other: str) -> bool:
    """Whether a LIST may find the one with its slash and the other without: which of them decides then is no matter of rank."""
    return any(_may_meet(mine, theirs) for mine in _ends(one) for theirs in _ends(other))


def _ends(path: str) -> tuple[str, ...]:
    return (path,) if path.endswith("*") else (path.removesuffix("/"), f"{path.removesuffix('/')}/")


class Paths:
    """Paths of the rules of many policies by how they begin: those that may meet one are found without looking at all of them."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._root = _Node()
        for policy in policies:
            for rule in policy.rules:
                node = self._root
                for segment in _literal(rule.path):
                    node = node.below.setdefault(segment, _Node())
                node.here.append(rule if rule.policy == policy.name else replace(rule, policy=policy.name))

    def beside(self, name: str, path: str) -> Iterator[Rule]:
        """Those of other policies than the named one that begin as the path does, or as whose beginning it begins."""
        node: _Node | None = self._root
        for segment in _literal(path):
            if node is None:
                return
            yield from (rule for rule in node.here if rule.policy != name)
            node = node.below.get(segment)
        todo = [node] if node is not None else []
        for found in todo:  # it grows
            yield from (rule for rule in found.here if rule.policy != name)
            todo += found.below.values()


@dataclass(slots=True)
class _Node:
    here: list[Rule] = field(default_factory=list)
    below: dict[str, _Node] = field(default_factory=dict)


def _literal(path: str) -> Iterator[str]:
    """The segments before the first that holds a wildcard or a value."""
    return takewhile(lambda segment: not any(sign in segment for sign in ("*", "+", "{{")), path.split("/"))


@dataclass(frozen=True, slots=True)
class _Clause:
    pattern: Pattern
    path: str
    given: frozenset[str]


def _pieces(rule: Rule, policy: Policy, clauses: list[_Clause], beside: Beside) -> Iterator[Rule]:
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
        if given and not is_said and not _is_anothers(path, pattern, rule, policy) and not _is_between(path, given, rule.path, beside):
            made.append((pattern, given))
            # a filter is for rules that give a list, and no server takes it elsewhere
            yield replace(rule, path=path, capabilities=given, response_filter=rule.response_filter if "list" in given else "")


def _is_anothers(path: str, pattern: Pattern, rule: Rule, policy: Policy) -> bool:
    """Whether another rule of the policy decides on all of a path that is narrower than the rule's own."""
    if path == rule.path:
        return False
    return any(rank(other.path) > rank(rule.path) and _pattern(other.path).spans(pattern) for other in policy.rules)


def _is_between(path: str, given: frozenset[str], wider: str, beside: Beside) -> bool:
    """Whether another policy has a rule that the wider path did not keep from deciding, and that the narrower one would."""
    if path == wider:
        return False
    for other in beside(path):
        is_ranked = "{{" in other.path or rank(wider) <= rank(other.path) <= rank(path)
        # an exact path is looked up before all patterns, also without its slash
        listed = not path.endswith("*") and bool((given | other.capabilities) & _LISTING)
        if (is_ranked and _may_meet(path, other.path)) or (listed and _by_slash(path, other.path)):
            return True
    return False


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
