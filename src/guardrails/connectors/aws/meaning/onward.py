"""To whose permissions somebody can come, step by step: by assuming roles, passing them to services, and the known ways to more.

Only ways count that take nothing which IAM does not tell, such as a function that runs as the role already. A role that the ceiling names
for `sts:AssumeRole` or `iam:PassRole`, by more than a wildcard, is meant to be become: what it may do is its own ceiling's question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain

from guardrails.connectors.aws.meaning.accounts import Accounts, heard_in
from guardrails.connectors.aws.meaning.holdings import Holdings, Known
from guardrails.iam.account import Holder
from guardrails.iam.decisions import Request, evaluate
from guardrails.iam.escalation import WAYS, Gain
from guardrails.iam.layers import Unknown
from guardrails.iam.possible import Allowed
from guardrails.iam.powers import Doubtful, Powers, brought
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.compare import Access, beyond
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.truth import Reason
from guardrails.iam.ways import ANYTHING, Escalation, Finder
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.ports import BoundClause, Ceiling, Onward, Step
from guardrails.sets import BudgetExceededError, Pattern

__all__ = ["Becoming"]

_ASSUME, _PASS = "sts:AssumeRole", "iam:PassRole"
_COUNTED = tuple(way for way in WAYS if not way.supposes)
_MOST_STEPS = 4
_MOST_TRIED = 60
"""Roles and other things that are tried for one principal before it cannot be told."""

_ALL = '{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"}'
_WHATEVER = "any permission that its boundary and the organisation leave"
_OK = Comparison(verdict=Verdict.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
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


_Place = tuple[tuple[Holder, ...], tuple[_Found, ...]]
"""Everybody whom somebody has become so far, and by which steps."""


class Becoming:
    """What the principals of one observation can come to. `excess` compares a principal, `declared` reads clauses."""

    def __init__(
        self,
        holdings: Holdings,
        excess: Callable[[Ref, Sequence[BoundClause]], Comparison],
        declared: Callable[[Iterable[BoundClause], Known], tuple[Statement, ...]],
    ) -> None:
        self._holdings, self._excess, self._declared = holdings, excess, declared
        self._accounts = Accounts(holdings)

    def onward(self, holder: Ref, ceiling: Ceiling, expected: frozenset[Ref]) -> Onward:
        """The first step of the shortest path to somebody beyond the ceiling, and those after it."""
        start = self._accounts.of(holder)
        if start is None or not (self._accounts.is_named(start) or any(one.allow for one in heard_in(start, _risky()))):
            return Onward(comparison=_OK)
        walk = _Walk(self._accounts, start, _Expected(self._accounts, ceiling, expected))
        doubt = ""
        try:
            for path in walk.paths():
                compared = self._compared(path[-1], ceiling)
                open_step = next((found.doubt for found in path if found.doubt), None)
                if compared.verdict is Verdict.VIOLATION and not open_step:
                    return self._told(start, path, compared)
                if compared.verdict is not Verdict.OK:
                    open_end = f"whether {path[-1].leads_to} may do more cannot be told: {compared.reason}"
                    doubt = doubt or (f"it cannot be told {open_step}" if open_step else open_end)
        except BudgetExceededError:
            doubt = "there are more ways, or longer ones, than are looked at"
        return Onward(comparison=Comparison(verdict=Verdict.UNDECIDED, reason=doubt) if doubt else _OK)

    def allows(self, holder: Ref, witness: Witness) -> bool:
        """Whether the evaluator lets somebody become a role, with its trust policy."""
        asking, role = self._accounts.of(holder), self._role(witness.resource)
        if asking is None or role is None or witness.action != _ASSUME:
            return False
        known = {key: state for key, state in brought(asking).items() if state is not None}
        request = Request(principal=asking.arn, action=_ASSUME, resource=role.arn, context={**known, **dict(witness.context)})
        return evaluate(request, self._accounts.realm.of(asking).policies(asking, self._accounts.realm.trust(role))).allowed is True

    def _role(self, arn: str) -> Holder | None:
        found = self._accounts.refs.get(arn)
        holder = None if found is None else self._accounts.of(found)
        return holder if holder is not None and holder.kind == "role" else None

    def _compared(self, found: _Found, ceiling: Ceiling) -> Comparison:
        """What it leads to, against the ceiling."""
        ref = self._accounts.refs.get(found.leads_to)
        if ref is not None and not found.of:
            return self._excess(ref, ceiling(ref))
        changed = self._accounts.refs[found.of or found.who.arn]
        known = self._holdings.known(changed)
        own = self._changed(found, known)
        if not own:
            return Comparison(verdict=Verdict.UNKNOWN, reason=f"the body of {found.leads_to} was not in the answer")
        limits = self._holdings.limits(changed, known) if found.onward is None or found.onward.boundary is not None else []
        above, denies = self._holdings.organisation.above(changed)
        held = Access.of([own, *([limits] if limits else []), *above]).less(denies)
        declared = self._declared(ceiling(changed), known)
        possible = False
        for one in beyond(held, Access.of([declared]), changed.realm):
            if one.sure:
                return Comparison(verdict=Verdict.VIOLATION, reason="not all of that is declared")
            possible = True
        return Comparison(verdict=Verdict.UNDECIDED, reason="what its limits leave is not understood") if possible else _OK

    def _changed(self, found: _Found, known: Known) -> list[Statement]:
        """What its policies say then; nothing where that was not seen."""
        if found.leads_to == ANYTHING:
            return list(statements(_ALL))
        if found.onward is not None:
            return [one for body in found.onward.identity if not isinstance(body, Unknown) for one in known.read(body)]
        return [one for ref, text in self._holdings.texts.items() if ref.id == found.leads_to for one in known.read(text)]

    def _told(self, start: Holder, path: tuple[_Found, ...], compared: Comparison) -> Onward:
        first = next(one for one in path[0].allowed if one.request.principal == start.arn)
        context = tuple((key, value) for key, state in first.needs for value in ((state,) if isinstance(state, str) else state))
        witness = Witness(principal=start.arn, action=first.request.action, resource=first.request.resource, context=context)
        steps = tuple(self._step(found) for found in path)
        may = f"it may {compared.witness.action} on {compared.witness.resource}" if compared.witness else compared.reason
        by = tuple(dict.fromkeys(pointer for step in steps for pointer in step.by))
        return Onward(comparison=Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=by, reason=may), path=steps)

    def _step(self, found: _Found) -> Step:
        mine = (one for one in found.allowed if one.request.principal == found.who.arn)
        by = dict.fromkeys(self._pointer(found.who, one.request.resource, reason) for one in mine for reason in one.because)
        return Step(source=self._name(found.who.arn), how=found.how, target=self._name(found.leads_to), by=tuple(by))

    def _pointer(self, who: Holder, resource: str, reason: Reason) -> str:
        """A statement with the policy that it stands in."""
        role = self._accounts.refs.get(resource) if reason.layer.startswith("trust") else None
        return f"{role}/trust {reason.statement}" if role else f"{self._accounts.policy(who, reason.layer)} {reason.statement}"

    def _name(self, arn: str) -> str:
        return _WHATEVER if arn == ANYTHING else str(self._accounts.refs.get(arn, arn))


class _Expected:
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


class _Walk:
    """Everybody whom somebody comes to who is not expected, the nearest first; then those behind a step that cannot be told."""

    def __init__(self, accounts: Accounts, start: Holder, expected: _Expected) -> None:
        self._accounts, self._start, self._expected = accounts, start, expected
        self._seen = {start.arn}
        self._tried = 0

    def paths(self) -> Iterator[tuple[_Found, ...]]:
        """Each path once.

        Raises:
            BudgetExceededError: There are too many.
        """
        selves: tuple[Holder, ...]
        queue: list[_Place] = [((self._start,), ())]
        open_ways: list[_Place] = []
        while queue or open_ways:
            if not queue:
                selves, path = open_ways.pop(0)
                if path[-1].leads_to == ANYTHING or path[-1].leads_to not in self._seen:
                    yield from self._gone(selves, path, queue)
                continue
            selves, path = queue.pop(0)
            if len(path) == _MOST_STEPS:
                raise BudgetExceededError
            for found in self._steps(selves):
                if found.doubt:
                    open_ways.append((selves, (*path, found)))
                else:
                    yield from self._gone(selves, (*path, found), queue)

    def _gone(self, selves: tuple[Holder, ...], path: tuple[_Found, ...], queue: list[_Place]) -> Iterator[tuple[_Found, ...]]:
        """A path, from whose end the walk goes on."""
        last = path[-1]
        self._seen.add(last.leads_to)
        yield path
        if last.onward is not None:
            queue.append(((*selves, last.onward), path))

    def _spend(self) -> None:
        self._tried += 1
        if self._tried > _MOST_TRIED:
            raise BudgetExceededError

    def _steps(self, selves: tuple[Holder, ...]) -> Iterator[_Found]:
        powers = Powers(self._accounts.realm, selves[-1])
        for role in self._accounts.nearby(powers.holder):
            if role.arn in self._seen or self._expected.meant(_ASSUME, role.arn):
                continue
            self._spend()
            tried, may = powers.assume(role)
            found = _Found(who=powers.holder, how=_ASSUME, allowed=tuple(tried.allowed), leads_to=role.arn, onward=role)
            if may or tried.unknown:
                yield found if may else replace(found, doubt=tried.unknown[0])
        also = [one for one in selves if one.account == powers.holder.account]
        finder = Finder(powers, also, self._is_known, ways=_COUNTED, spend=self._spend)
        for each in finder.found():
            yield _found(powers.holder, each.found, each.holder)
        for each, doubt in finder.perhaps:
            yield replace(_found(powers.holder, each.found, each.holder), doubt=doubt)

    def _is_known(self, arn: str) -> bool:
        return arn in self._seen or self._expected.meant(_PASS, arn)


def _found(who: Holder, way: Escalation, onward: Holder | None) -> _Found:
    same = way.way.gain in {Gain.OWN_USER, Gain.OWN_ROLE, Gain.OWN_BOUNDARY}
    of = way.target if same else onward.arn if onward and way.way.gain is Gain.OWN_VERSION else ""
    return _Found(who=who, how=way.way.name, allowed=way.allowed, leads_to=way.leads_to, onward=onward, of=of)


@cache
def _risky() -> Actions:
    """What it takes at least."""
    first = [need.action for way in _COUNTED if way.gain is not Gain.PASSED for need in way.needs]
    return Actions.of([_ASSUME, _PASS, *first])
