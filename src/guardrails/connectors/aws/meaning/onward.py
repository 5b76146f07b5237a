"""To whose permissions somebody can come, step by step: by assuming roles, passing them to services, and the known ways to more.

A way that supposes what IAM does not tell, such as a function that runs as the role already, is looked for when all others are at an end,
and what lies behind it is never sure. A role that the ceiling names for `sts:AssumeRole` or `iam:PassRole`, by more than a wildcard, is
meant to be become: what it may do is its own ceiling's question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from guardrails.connectors.aws.meaning.accounts import Accounts
from guardrails.connectors.aws.meaning.holdings import Holdings, Known
from guardrails.connectors.aws.meaning.walk import ASSUME, Expected, Found, Walk, is_risky
from guardrails.iam.account import Holder
from guardrails.iam.decisions import Request, evaluate
from guardrails.iam.layers import Unknown
from guardrails.iam.powers import brought
from guardrails.iam.proof.compare import Access, beyond
from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.truth import Reason
from guardrails.iam.ways import ANYTHING
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import Verdict
from guardrails.ports import BoundClause, Ceiling, Onward, Step
from guardrails.sets import BudgetExceededError

__all__ = ["Becoming"]

_ALL = '{"Statement":{"Action":"*","Effect":"Allow","Resource":"*"},"Version":"2012-10-17"}'
_WHATEVER = "any permission that its boundary and the organisation leave"
_OK = Comparison(verdict=Verdict.OK)


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
        if start is None or not (self._accounts.is_named(start) or is_risky(start)):
            return Onward(comparison=_OK)
        walk = Walk(self._accounts, start, Expected(self._accounts, ceiling, expected))
        unsure: Onward | None = None
        try:
            for path in walk.paths():
                compared = self._compared(path[-1], ceiling)
                if compared.verdict is Verdict.OK:
                    continue
                if compared.verdict is Verdict.VIOLATION and not any(found.doubt or found.supposes for found in path):
                    return self._told(start, path, compared)
                unsure = unsure or self._unsure(path, compared)
                if any(found.supposes for found in path):
                    break  # one is told, and whatever follows supposes something too
        except BudgetExceededError:
            unsure = _undecided("there are more ways, or longer ones, than are looked at")
        return unsure or Onward(comparison=_OK)

    def allows(self, holder: Ref, witness: Witness) -> bool:
        """Whether the evaluator lets somebody become a role, with its trust policy."""
        asking, role = self._accounts.of(holder), self._role(witness.resource)
        if asking is None or role is None or witness.action != ASSUME:
            return False
        known = {key: state for key, state in brought(asking).items() if state is not None}
        request = Request(principal=asking.arn, action=ASSUME, resource=role.arn, context={**known, **dict(witness.context)})
        return evaluate(request, self._accounts.realm.of(asking).policies(asking, self._accounts.realm.trust(role))).allowed is True

    def _role(self, arn: str) -> Holder | None:
        found = self._accounts.refs.get(arn)
        holder = None if found is None else self._accounts.of(found)
        return holder if holder is not None and holder.kind == "role" else None

    def _compared(self, found: Found, ceiling: Ceiling) -> Comparison:
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

    def _changed(self, found: Found, known: Known) -> list[Statement]:
        """What its policies say then; nothing where that was not seen."""
        if found.leads_to == ANYTHING:
            return list(statements(_ALL))
        if found.onward is not None:
            return [one for body in found.onward.identity if not isinstance(body, Unknown) for one in known.read(body)]
        return [one for ref, text in self._holdings.texts.items() if ref.id == found.leads_to for one in known.read(text)]

    def _unsure(self, path: tuple[Found, ...], compared: Comparison) -> Onward:
        """The path is told only where all that is open on it is what nobody has seen."""
        if open_step := next((found.doubt for found in path if found.doubt), None):
            return _undecided(f"it cannot be told {open_step}")
        supposed = " and ".join(dict.fromkeys(found.supposes for found in path if found.supposes))
        more = f"whether {path[-1].leads_to} may do more cannot be told: {compared.reason}"
        if not supposed:
            return _undecided(more)
        more = _more(compared) if compared.verdict is Verdict.VIOLATION else more
        return _undecided(f"{more}; this takes {supposed}, and whether there is one was not read", tuple(map(self._step, path)))

    def _told(self, start: Holder, path: tuple[Found, ...], compared: Comparison) -> Onward:
        first = next(one for one in path[0].allowed if one.request.principal == start.arn)
        context = tuple((key, value) for key, state in first.needs for value in ((state,) if isinstance(state, str) else state))
        witness = Witness(principal=start.arn, action=first.request.action, resource=first.request.resource, context=context)
        steps = tuple(self._step(found) for found in path)
        by = tuple(dict.fromkeys(pointer for step in steps for pointer in step.by))
        return Onward(comparison=Comparison(verdict=Verdict.VIOLATION, witness=witness, granted_by=by, reason=_more(compared)), path=steps)

    def _step(self, found: Found) -> Step:
        mine = (one for one in found.allowed if one.request.principal == found.who.arn)
        by = dict.fromkeys(self._pointer(found.who, one.request.resource, reason) for one in mine for reason in one.because)
        return Step(source=self._name(found.who.arn), how=found.how, target=self._name(found.leads_to), by=tuple(by))

    def _pointer(self, who: Holder, resource: str, reason: Reason) -> str:
        """A statement with the policy that it stands in."""
        role = self._accounts.refs.get(resource) if reason.layer.startswith("trust") else None
        return f"{role}/trust {reason.statement}" if role else f"{self._accounts.policy(who, reason.layer)} {reason.statement}"

    def _name(self, arn: str) -> str:
        return _WHATEVER if arn == ANYTHING else str(self._accounts.refs.get(arn, arn))


def _undecided(reason: str, path: tuple[Step, ...] = ()) -> Onward:
    return Onward(comparison=Comparison(verdict=Verdict.UNDECIDED, reason=reason), path=path)


def _more(compared: Comparison) -> str:
    return f"it may {compared.witness.action} on {compared.witness.resource}" if compared.witness else compared.reason
