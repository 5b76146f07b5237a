"""What one user or role is able to do in the end: by its own policies, as whom it can become, and by the known ways to more.

Not here: sessions of federated people and of services (`trust` tells who may become a role), and what a company's own software lets do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from guardrails.iam.account import Account, Body, Holder
from guardrails.iam.context import Values
from guardrails.iam.decisions import Decision, Policies, Request, evaluate
from guardrails.iam.layers import UNKNOWN
from guardrails.iam.possible import Allowed
from guardrails.iam.powers import Doubtful, Powers, Realm, Tried, brought
from guardrails.iam.ways import ANYTHING, Escalation, Onward, escalations

__all__ = ["ANYTHING", "Effective", "Reached", "Step", "effective"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a chain: how `source` comes to the permissions of `target`, and the requests with the statements that allow them."""

    how: str
    source: str
    target: str
    allowed: tuple[Allowed, ...]
    supposes: str = ""

    def __str__(self) -> str:
        why = "; ".join(dict.fromkeys(str(reason) for each in self.allowed for reason in each.because))
        return f"{self.source} -> {self.target} by {self.how}" + (f", if there is {self.supposes}" if self.supposes else "") + f" ({why})"


@dataclass(frozen=True, slots=True)
class Reached:
    """Whose permissions it has in the end: an ARN, or `*` for any permission that boundary and SCPs leave; and by which chain."""

    principal: str
    chain: tuple[Step, ...]


def effective(account: Account, principal: str, *, among: Iterable[Account] = ()) -> Effective:
    """What a user or role is able to do; `principal` is an ARN, `user/NAME` or `role/NAME`.

    `among` are further accounts whose roles count as those that it may become. What is asked is worked out when it is asked for.

    Raises:
        OperatorError: the account has no such user or role.
    """
    return Effective(Powers(Realm((account, *among)), account.holder(principal)))


class Effective:
    """Made by `effective`. Everything told as possible has requests that the evaluator allows; what cannot be told is in `unknown`."""

    def __init__(self, powers: Powers) -> None:
        self._powers = powers
        self._account = powers.realm.of(powers.holder)
        self._seen: dict[Holder, tuple[tuple[_Edge, ...], tuple[Doubtful, ...]]] = {}
        self._found: dict[Holder, tuple[tuple[Onward, ...], tuple[Doubtful, ...]]] = {}

    @property
    def principal(self) -> str:
        """Its ARN."""
        return self._powers.holder.arn

    @property
    def policies(self) -> Policies:
        """What decides on its requests, but for the policy of the resource."""
        return self._account.policies(self._powers.holder)

    def evaluate(self, action: str, resource: str = "*", context: Mapping[str, Values] | None = None) -> Decision:
        """The decision on one request, with the resource's own policy, which for a role that is assumed is its trust policy.

        The context holds what it always brings (its tags, its ids) beside what is given. A resource of a foreign account has a policy that
        was not seen, unless the account was given it.
        """
        own = {key: value for key, value in brought(self._powers.holder).items() if value is not None}
        given = {key.lower(): value for key, value in (context or {}).items()}
        request = Request(principal=self.principal, action=action, resource=resource, context={**own, **given})
        return evaluate(request, self._account.policies(self._powers.holder, self._policy_of(action, resource)))

    def _policy_of(self, action: str, resource: str) -> Body | None:
        role = next((role for role in self._powers.realm.roles if role.arn == resource), None)
        if action.lower().startswith("sts:") and role is not None:
            return self._powers.realm.trust(role)
        owner = resource.split(":")[4] if resource.count(":") > 4 else ""  # noqa: PLR2004  # the fifth part of an ARN
        # an object of S3 has the policy of its bucket
        bucket = resource.partition("/")[0] if ":s3:::" in resource else resource
        found = self._account.resources.get(resource, self._account.resources.get(bucket))
        return UNKNOWN if found is None and owner.isdigit() and owner != self._account.number else found

    @cached_property
    def becomes(self) -> tuple[Reached, ...]:
        """The roles that it may become, one after the other, nearest first. A service or provider that becomes a role is no step."""
        return self._closure(self._powers.holder, lambda holder: self._assumed(holder)[0])

    @property
    def escalations(self) -> tuple[Escalation, ...]:
        """The known ways to more that it has itself."""
        return tuple(each.found for each in self._ways(self._powers.holder)[0])

    @cached_property
    def reaches(self) -> tuple[Reached, ...]:
        """Whose permissions it has in the end, by becoming and by the known ways together; from `*` nothing more is followed."""
        return self._closure(self._powers.holder, self._all_of)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Why something of all this cannot be told: what was not in the answer, and what is not understood; empty when all is told."""
        _ = self.reaches  # asks everything
        lacking = [f"{self.principal}: {what} was not in the answer" for what in self._powers.holder.missing]
        doubts = [*(doubt for _, found in self._seen.values() for doubt in found), *(d for _, found in self._found.values() for d in found)]
        return tuple(dict.fromkeys([*lacking, *map(str, doubts)]))

    def _closure(self, start: Holder, edges: Callable[[Holder], Iterable[_Edge]]) -> tuple[Reached, ...]:
        reached: dict[str, Reached] = {}
        queue: list[tuple[Holder, tuple[Step, ...]]] = [(start, ())]
        seen = {start}
        for holder, chain in queue:  # it grows
            for step, onward in edges(holder):
                longer = (*chain, step)
                if onward != start:  # it is that already
                    reached.setdefault(step.target, Reached(step.target, longer))
                if onward is not None and onward not in seen:
                    seen.add(onward)
                    queue.append((onward, longer))
        return tuple(reached.values())

    def _all_of(self, holder: Holder) -> Iterator[_Edge]:
        yield from self._assumed(holder)[0]
        for each in self._ways(holder)[0]:
            found = each.found
            how = found.way.name
            yield _step(how, holder, found.leads_to, found.allowed, found.way.supposes), each.holder

    def _assumed(self, holder: Holder) -> tuple[tuple[_Edge, ...], tuple[Doubtful, ...]]:
        """The roles that a holder may become at once."""
        if holder not in self._seen:
            edges, doubts = [], []
            for role in self._powers.realm.roles:
                tried, may = self._powers.of(holder).assume(role) if role.arn != holder.arn else (Tried(), False)
                doubts += tried.unknown
                if may:
                    edges.append((_step("sts:AssumeRole", holder, role.arn, tuple(tried.allowed)), role))
            self._seen[holder] = tuple(edges), tuple(doubts)
        return self._seen[holder]

    def _ways(self, holder: Holder) -> tuple[tuple[Onward, ...], tuple[Doubtful, ...]]:
        if holder not in self._found:
            becomes = self._closure(holder, lambda one: self._assumed(one)[0])
            named = {reached.principal for reached in becomes}
            also = [role for role in self._powers.realm.roles if role.arn in named and role.account == holder.account]
            self._found[holder] = escalations(self._powers.of(holder), also)
        return self._found[holder]


def _step(how: str, source: Holder, target: str, allowed: tuple[Allowed, ...], supposes: str = "") -> Step:
    return Step(how=how, source=source.arn, target=target, allowed=allowed, supposes=supposes)


_Edge = tuple[Step, Holder | None]
"""A step, and as whom it goes on."""
