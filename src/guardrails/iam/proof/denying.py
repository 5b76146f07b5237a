"""The policy that denies what is held and not declared, and the proof that it is that: all of what is beyond, and nothing declared.

What is beyond is no list of statements: it is what is held less what is declared. So statements are proposed in a few forms, each is kept
only when it denies something beyond, nothing declared, and nothing that is not held either: who gives that may not have been seen. Together
they have to leave nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import MappingProxyType

from guardrails.iam.proof.access import region, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition
from guardrails.iam.proof.declared import Declared, declared
from guardrails.iam.proof.meeting import Entry, NoWordsError, patterns_within, texts_of
from guardrails.iam.proof.naming import widest
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.requests import point_in
from guardrails.sets import Contexts, Language, Pattern, Region

__all__ = ["denial"]

_MOST_NAMES = 20
"""Above so many names it is said shorter what is not denied."""
_MOST_PLACES = 10
_SERVICE = 2
"""Where an ARN tells its service."""
_OPPOSITES: Mapping[str, str] = MappingProxyType(
    {
        one.lower(): other
        for pair in (
            ("StringEquals", "StringNotEquals"),
            ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
            ("StringLike", "StringNotLike"),
            ("ArnEquals", "ArnNotEquals"),
            ("ArnLike", "ArnNotLike"),
            ("IpAddress", "NotIpAddress"),
        )
        for one, other in (pair, pair[::-1])
    }
)
"""Of two of them just one holds, also where the key is absent: then it is the negated one (IAM User Guide, "Condition operators")."""
_TRUTHS = {"true": "false", "false": "true"}


def denial(held: Narrowing) -> str:
    """The document of that policy.

    Raises:
        NoWordsError: No policy can say just that.
        BudgetExceededError: It is too intricate.
    """
    kept: list[Entry] = []
    left, ours, reach = held.beyond, declared(held.ceiling, held.known), _reach(held.beyond)
    for entry in _Proposed(held).entries():
        denied = _denied(held, entry)
        if denied is None or not (denied & ours).is_empty() or point_in(left & denied, held.account) is None:
            continue
        if point_in((denied & _asked_of(entry)) - reach, held.account):
            continue
        kept.append(entry)
        left -= denied
    if missed := point_in(left, held.account):
        raise NoWordsError(f"none denies {missed[0]} on {missed[1]} and lets be what is declared or not held")
    if kept == [_deny({"Action": ["*"]}, {"Resource": ["*"]})]:
        raise NoWordsError("it would be denied everything, for nothing of it is declared")
    return _document(kept)


def _document(entries: list[Entry]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": entries}, separators=(",", ":"))


def _denied(held: Narrowing, entry: Entry) -> Region | None:
    """What a statement denies; `None` where that is not certain."""
    read = held.read(_document([entry]))
    return space().union(map(region, read)) if all(one.exact for one in read) else None


def _reach(beyond: Region) -> Region:
    """The actions and resources of what is held, declared or not, whatever the conditions are."""
    return space().union(space().region(action=actions, resource=resources) for (actions, resources, _), _ in beyond.cubes)


def _asked_of(entry: Entry) -> Region:
    """Requests that somebody unseen could let be made: those of the services whose resources are named, published or not."""
    services = {text.split(":")[_SERVICE] if text.count(":") > _SERVICE else "*" for text in entry.get("Resource", ["*"])}
    return space().region(action=Actions.of(f"{service}:*" for service in services))


@dataclass(frozen=True, slots=True)
class _Proposed:
    """Statements that may deny a part of what is beyond; whether they do no harm is asked of each."""

    held: Narrowing

    def entries(self) -> Iterator[Entry]:
        """Of all actions that are not declared, then of those that are on other resources, then of those that are on other conditions."""
        parts = [part for part in self.held.ceiling if not part.region(self.held.known).is_empty()]
        yield from self._undeclared(parts)
        for part in parts:
            yield from self._elsewhere(part, parts)
        for part in parts:
            yield from self._others_there(part, parts)
        for part in parts:
            yield from self._left_out(part, parts)
            yield from self._unconditioned(part)

    def _undeclared(self, parts: list[Declared]) -> Iterator[Entry]:
        """Place by place: what is held on some resources alone is not denied on others."""
        named = _together(part.parts[0] for part in parts)
        found: dict[tuple[str, ...], Actions] = {}
        for actions, resources in self._boxes(Actions.everything() - named):
            where = _places(resources)
            found[where] = _together([found[where], actions]) if where in found else actions
        for where, actions in sorted(found.items(), key=lambda item: item[0]):
            yield _deny(self._said(actions, parts) or _all_but(parts), {"Resource": list(where)})

    def _elsewhere(self, part: Declared, parts: list[Declared]) -> Iterator[Entry]:
        """On all resources for which nobody declares any of these actions."""
        found = self._beyond(part.parts[0])
        if found.is_empty():
            return
        said = self._said(found, parts)
        spoken = found if said else Actions.of(part.actions)
        where = _resources(each for each in parts if not (each.parts[0] & spoken).is_empty())
        yield _deny(said or {"Action": list(part.actions)}, {"NotResource": where})

    def _others_there(self, part: Declared, parts: list[Declared]) -> Iterator[Entry]:
        """On the resources of one part whatever no part declares that speaks of any of them."""
        there = [each for each in parts if not (each.parts[1] & _language(part.resources)).is_empty()]
        yield _deny(_all_but(there), {"Resource": sorted(part.resources)})

    def _left_out(self, part: Declared, parts: list[Declared]) -> Iterator[Entry]:
        """What a part names and leaves out again."""
        if part.but_actions:
            spoken = Actions.of(part.but_actions)
            where = _resources(each for each in parts if not (each.parts[0] & spoken).is_empty())
            yield _deny({"Action": list(part.but_actions)}, {"NotResource": where} if where else {"Resource": ["*"]})
        if part.but_resources:
            yield _deny({"Action": list(part.actions)}, {"Resource": sorted(part.but_resources)})

    def _unconditioned(self, part: Declared) -> Iterator[Entry]:
        """Where a condition of a part does not hold."""
        ((_, _, when), _) = part.region(self.held.known).cubes[0]
        if (Contexts.everything() - when).is_empty():
            return
        found = self._beyond(part.parts[0])
        said = self._said(found, [part]) or {"Action": list(part.actions)}
        for condition in part.conditions:
            if opposite := _opposite(condition):
                yield _deny(said, {"Resource": sorted(part.resources)}, opposite)

    def _beyond(self, among: Actions) -> Actions:
        """Those of which something is beyond."""
        return _together(actions for actions, _ in self._boxes(among))

    def _boxes(self, among: Actions) -> Iterator[tuple[Actions, Language]]:
        """Actions and resources in which something of them is beyond."""
        for cube in (self.held.beyond & space().region(action=among)).cubes:
            if point_in(Region(space(), (cube,)), self.held.account):
                (actions, resources, _), _ = cube
                yield actions, resources

    def _said(self, found: Actions, parts: Iterable[Declared]) -> Entry | None:
        """The element that names just these; `None` where patterns cannot, or only by very many names."""
        written = [text for part in parts for text in part.actions]
        for _, text in self.held.policies:
            written += [word for one in self.held.read(text) for word in texts_of(one.entry.get("Action", []))]
        known = widest({text for text in written if ":" in text or text == "*"})
        mean = Actions.of(text for text in known if (Actions.of([text]) - found).is_empty())
        if not Actions(found.listed - found.listed, found.other - mean.other).is_empty():
            return None  # what is not published has no other names
        words = patterns_within(found, known)
        is_all = (found - Actions.of(words)).is_empty()
        return {"Action": words} if is_all and 0 < len(words) <= _MOST_NAMES else None


def _places(resources: Language) -> tuple[str, ...]:
    """Patterns for some resources, or for all where these have none, or too many."""
    texts = {term.included[0].text for term in resources.terms if len(term.included) == 1 and not term.excluded}
    return tuple(sorted(texts)) if len(texts) == len(resources.terms) <= _MOST_PLACES else ("*",)


def _together(found: Iterable[Actions]) -> Actions:
    return reduce(or_, found, Actions.of(()))


def _deny(actions: Entry, where: Entry, condition: Entry | None = None) -> Entry:
    return {"Effect": "Deny", **actions, **where, **({"Condition": condition} if condition else {})}


def _all_but(parts: Iterable[Declared]) -> Entry:
    texts = widest({text for part in parts for text in part.actions})
    return {"NotAction": list(texts)} if texts else {"Action": ["*"]}


def _resources(parts: Iterable[Declared]) -> list[str]:
    return sorted({text for part in parts for text in part.resources})


def _language(texts: Iterable[str]) -> Language:
    return Language.of(*map(Pattern.arn, texts))


def _opposite(condition: Condition) -> Entry | None:
    """A condition that holds just where another does not; `None` where there is no such."""
    operator, key, values = condition
    if other := _OPPOSITES.get(operator.lower()):
        return {other: {key: list(values)}}
    if operator.lower() in {"bool", "null"} and len(values) == 1 and values[0] in _TRUTHS:
        # a truth that is absent is neither
        return {"BoolIfExists" if operator.lower() == "bool" else "Null": {key: _TRUTHS[values[0]]}}
    return None
