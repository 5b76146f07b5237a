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
from guardrails.iam.ways import ANYTHING, Escalation, Finder, Onward

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
        self._assumes: dict[Holder, tuple[_Edge, ...]] = {}
        self._doubts: list[Doubtful] = []

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
        policies = self._account.policies(self._powers.holder, self._policy_of(action, resource), self._account.grants.get(resource))
        return evaluate(request, policies)

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
        return self._closure(self._powers.holder, self._assumed)

    @cached_property
    def escalations(self) -> tuple[Escalation, ...]:
        """The known ways to more that it has itself."""
        return tuple(each.found for each in self._ways(self._powers.holder))

    @cached_property
    def reaches(self) -> tuple[Reached, ...]:
        """Whose permissions it has in the end, by becoming and by the known ways together; from `*` nothing more is followed."""
        return self._closure(self._powers.holder, self._all_of)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Why something of all this cannot be told: what was not in the answer, and what is not understood; empty when all is told."""
        _ = self.becomes, self.escalations, self.reaches  # asks everything
        lacking = [f"{self.principal}: {what} was not in the answer" for what in self._powers.holder.missing]
        return tuple(dict.fromkeys([*lacking, *map(str, self._doubts)]))

    def _closure(self, start: Holder, edges: _Edges) -> tuple[Reached, ...]:
        reached: dict[str, Reached] = {}
        queue: list[tuple[Holder, tuple[Step, ...]]] = [(start, ())]
        seen = {start}
        for holder, chain in queue:  # it grows
            for step, onward in edges(holder, reached.__contains__):
                longer = (*chain, step)
                if onward != start:  # it is that already
                    reached.setdefault(step.target, Reached(step.target, longer))
                if onward is not None and onward not in seen:
                    seen.add(onward)
                    queue.append((onward, longer))
        return tuple(reached.values())

    def _all_of(self, holder: Holder, known: Callable[[str], bool]) -> Iterator[_Edge]:
        yield from self._assumed(holder)
        for each in self._ways(holder, known):
            found = each.found
            yield _step(found.way.name, holder, found.leads_to, found.allowed, found.way.supposes), each.holder

    def _assumed(self, holder: Holder, _: Callable[[str], bool] | None = None) -> tuple[_Edge, ...]:
        """The roles that a holder may become at once."""
        if holder not in self._assumes:
            edges = []
            for role in self._powers.realm.roles:
                tried, may = self._powers.of(holder).assume(role) if role.arn != holder.arn else (Tried(), False)
                self._doubts += tried.unknown
                if may:
                    edges.append((_step("sts:AssumeRole", holder, role.arn, tuple(tried.allowed)), role))
            self._assumes[holder] = tuple(edges)
        return self._assumes[holder]

    def _ways(self, holder: Holder, known: Callable[[str], bool] = lambda _: False) -> Iterator[Onward]:
        named = {reached.principal for reached in self._closure(holder, self._assumed)}
        also = [role for role in self._powers.realm.roles if role.arn in named and role.account == holder.account]
        finder = Finder(self._powers.of(holder), also, known)
        yield from finder.found()
        self._doubts += finder.doubts


def _step(how: str, source: Holder, target: str, allowed: tuple[Allowed, ...], supposes: str = "") -> Step:
    return Step(how=how, source=source.arn, target=target, allowed=allowed, supposes=supposes)


_Edge = tuple[Step, Holder | None]
"""A step, and as whom it goes on."""
_Edges = Callable[[Holder, Callable[[str], bool]], Iterable[_Edge]]
"""The steps of a holder; those to whom is known already may be left out."""
