"""The way to whom somebody can come: the nearest first, what is sure before what cannot be told, and at last what supposes something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from guardrails.connectors.aws.meaning.accounts import Accounts, heard_in
from guardrails.iam.account import Holder
from guardrails.iam.escalation import WAYS, Gain, Way
from guardrails.iam.possible import Allowed
from guardrails.iam.powers import Doubtful, Powers
from guardrails.iam.proof.actions import Actions
from guardrails.iam.ways import ANYTHING, Escalation, Finder
from guardrails.model.reference import Ref
from guardrails.ports import BoundClause, Ceiling
from guardrails.sets import BudgetExceededError, Pattern

__all__ = ["ASSUME", "Expected", "Found", "Walk", "is_risky"]

ASSUME, _PASS = "sts:AssumeRole", "iam:PassRole"
_COUNTED = tuple(way for way in WAYS if not way.supposes)
_SUPPOSING = tuple(way for way in WAYS if way.supposes)
_MOST_STEPS = 4
_MOST_TRIED = 60
"""Roles and other things that are tried for one principal before it cannot be told, and as many again that suppose something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What `who` does with its requests, whom it leads to, and as whom it goes on."""

    who: Holder
    how: str
    allowed: tuple[Allowed, ...]
    leads_to: str
    onward: Holder | None
    of: str = ""
    """Whose policies are changed, where it leads to more of the same."""
    doubt: Doubtful | None = None
    """What cannot be told, where it is not known whether `who` may."""
    supposes: str = ""
    """What must be there besides, which nobody has seen."""


_Place = tuple[tuple[Holder, ...], tuple[Found, ...]]
"""Everybody whom somebody has become so far, and by which steps."""


class Expected:
    """Whom somebody is meant to become."""

    def __init__(self, accounts: Accounts, ceiling: Ceiling, declared: frozenset[Ref]) -> None:
        self._accounts, self._ceiling, self._declared = accounts, ceiling, declared
        self._named: dict[tuple[str, str], tuple[Pattern, ...]] = {}

    def meant(self, action: str, arn: str) -> bool:
        """Whether a declared trust or the ceiling names the role for the action."""
        ref = self._accounts.refs.get(arn)
        if ref is None or ref in self._declared:
            return ref is not None
        key = (action, ref.realm)
        if key not in self._named:
            self._named[key] = tuple(chain.from_iterable(_named(bound, action) for bound in self._ceiling(ref)))
        return any(pattern.matches(arn) for pattern in self._named[key])


def _named(bound: BoundClause, action: str) -> Iterator[Pattern]:
    """The patterns of roles that a clause allows an action on, but for those that say nothing of a role's name."""
    clause = bound.clause
    if action.lower() in Actions.of(clause.actions) and action.lower() not in Actions.of(clause.but_actions):
        yield from (Pattern.arn(text) for text in clause.resources if ":role/" in text and text.partition(":role/")[2].strip("*?/"))


class Walk:
    """Everybody whom somebody comes to who is not expected."""

    def __init__(self, accounts: Accounts, start: Holder, expected: Expected) -> None:
        self._accounts, self._start, self._expected = accounts, start, expected
        self._seen = {start.arn}
        self._places: list[_Place] = []
        """Where it has been, and did not look yet for what supposes something."""
        self._left = _MOST_TRIED
        self._is_supposing = False

    def paths(self) -> Iterator[tuple[Found, ...]]:
        """Each path once.

        Raises:
            BudgetExceededError: There are too many.
        """
        queue: list[_Place] = [((self._start,), ())]
        open_ways: list[_Place] = []
        while queue or open_ways or self._places:
            if queue:
                selves, path = queue.pop(0)
                if len(path) == _MOST_STEPS:
                    raise BudgetExceededError
                self._places.append((selves, path))
                steps = self._steps(selves)
            elif open_ways:
                selves, path = open_ways.pop(0)
                if path[-1].leads_to == ANYTHING or path[-1].leads_to not in self._seen:
                    yield from self._gone(selves, path, queue)
                continue
            else:
                selves, path = self._places.pop(0)
                steps = self._supposing(selves)
            for found in steps:
                if found.doubt:
                    open_ways.append((selves, (*path, found)))
                else:
                    yield from self._gone(selves, (*path, found), queue)

    def _gone(self, selves: tuple[Holder, ...], path: tuple[Found, ...], queue: list[_Place]) -> Iterator[tuple[Found, ...]]:
        """A path, from whose end the walk goes on."""
        last = path[-1]
        self._seen.add(last.leads_to)
        yield path
        if last.onward is not None:
            queue.append(((*selves, last.onward), path))

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BudgetExceededError

    def _steps(self, selves: tuple[Holder, ...]) -> Iterator[Found]:
        powers = Powers(self._accounts.realm, selves[-1])
        for role in self._accounts.nearby(powers.holder):
            if role.arn in self._seen or self._expected.meant(ASSUME, role.arn):
                continue
            self._spend()
            tried, may = powers.assume(role)
            found = Found(who=powers.holder, how=ASSUME, allowed=tuple(tried.allowed), leads_to=role.arn, onward=role)
            if may or tried.unknown:
                yield found if may else replace(found, doubt=tried.unknown[0])
        yield from self._ways(powers, selves, _COUNTED)

    def _supposing(self, selves: tuple[Holder, ...]) -> Iterator[Found]:
        """The steps that suppose something."""
        if not self._is_supposing:
            self._is_supposing, self._left = True, _MOST_TRIED
        powers = Powers(self._accounts.realm, selves[-1])
        yield from self._ways(powers, selves, [way for way in _SUPPOSING if _speaks(powers.holder, _least(way))])

    def _ways(self, powers: Powers, selves: tuple[Holder, ...], ways: Sequence[Way]) -> Iterator[Found]:
        also = [one for one in selves if one.account == powers.holder.account]
        finder = Finder(powers, also, self._is_known, ways=ways, spend=self._spend)
        for each in finder.found():
            yield _found(powers.holder, each.found, each.holder)
        for each, doubt in finder.perhaps:
            yield replace(_found(powers.holder, each.found, each.holder), doubt=doubt)

    def _is_known(self, arn: str) -> bool:
        return arn in self._seen or self._expected.meant(_PASS, arn)


def _found(who: Holder, way: Escalation, onward: Holder | None) -> Found:
    same = way.way.gain in {Gain.OWN_USER, Gain.OWN_ROLE, Gain.OWN_BOUNDARY}
    of = way.target if same else onward.arn if onward and way.way.gain is Gain.OWN_VERSION else ""
    return Found(who=who, how=way.way.name, allowed=way.allowed, leads_to=way.leads_to, onward=onward, of=of, supposes=way.way.supposes)


def is_risky(holder: Holder) -> bool:
    """Whether its own policies give anything that a step takes; quick."""
    return _speaks(holder, _risky())


def _speaks(holder: Holder, actions: Actions) -> bool:
    return any(one.allow for one in heard_in(holder, actions))


@cache
def _risky() -> Actions:
    """What it takes at least."""
    first = [need.action for way in _COUNTED if way.gain is not Gain.PASSED for need in way.needs]
    return Actions.of([ASSUME, _PASS, *first, *(way.needs[0].action for way in _SUPPOSING)])


@cache
def _least(way: Way) -> Actions:
    """What a way takes at least; what the policy of a resource gives is not counted here."""
    return Actions.of([way.needs[0].action])
