"""What one user or role is able to do to roles and by actions, asked of the exact sets and told by the evaluator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from operator import and_
from typing import Self

from guardrails.iam.account import Account, Body, Holder
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Effect, Kind
from guardrails.iam.layers import UNKNOWN, Sources, Unknown
from guardrails.iam.possible import Allowed, Answer, Question, possible, turns_on
from guardrails.iam.principals import Reach, caller, reaches
from guardrails.iam.proof.conditions import domain
from guardrails.iam.rules import rules
from guardrails.iam.truth import Reason
from guardrails.sets import Context, Contexts, Language, Pattern

__all__ = ["Doubtful", "Powers", "Realm", "Tried", "brought"]

_TAGGED = ("aws:principaltag/",)
_OF_TARGET = ("aws:resourcetag/", "iam:resourcetag/")
_ID = re.compile(r'"(A[A-Z]{3}[A-Z0-9]{12,})"')
_GONE = "arn:aws:iam::000000000000:user/"
"""Nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """Something that cannot be told: whether the principal may take the action on the resource."""

    principal: str
    action: str
    resource: str
    why: tuple[Reason, ...]

    def __str__(self) -> str:
        return f"whether {self.principal} may {self.action} on {self.resource}: {'; '.join(map(str, self.why))}"


@dataclass(slots=True)
class Tried:
    """What was asked for one thing: the requests that are allowed, and what cannot be told."""

    allowed: list[Allowed] = field(default_factory=list)
    unknown: list[Doubtful] = field(default_factory=list)

    def took(self, principal: str, action: str, resource: str, answer: Answer) -> bool:
        """Whether the answer is a request; keeps it, or the doubt."""
        if answer.allowed is not None:
            self.allowed.append(answer.allowed)
        elif answer.unknown:
            self.unknown.append(Doubtful(principal=principal, action=action, resource=resource, why=answer.unknown))
        return answer.allowed is not None


class Realm:
    """The accounts that are looked at together."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.accounts: Mapping[str, Account] = {account.number: account for account in accounts}
        self._ids = {holder.id: arn for account in self.accounts.values() for arn, holder in account.holders.items()}
        self._trusts: dict[tuple[str, str], Answer] = {}
        self._naming: dict[str, tuple[tuple[Holder, frozenset[str] | None], ...]] = {}
        self._trusting: dict[tuple[str, str], tuple[Holder, ...]] = {}

    def of(self, holder: Holder) -> Account:
        """The account of a holder."""
        return self.accounts[holder.account]

    @property
    def roles(self) -> Iterator[Holder]:
        """The roles of all accounts."""
        return (role for account in self.accounts.values() for role in account.roles)

    def trust(self, role: Holder) -> Body:
        """The trust policy with the ids of principals resolved: one that no account knows is of somebody who was deleted."""
        body = role.trust if role.trust is not None else UNKNOWN
        return body if isinstance(body, Unknown) else _ID.sub(lambda found: f'"{self._ids.get(found[1], _GONE + found[1])}"', body)

    def naming(self, account: str, service: str) -> tuple[Holder, ...]:
        """The roles of an account whose trust policies could let a service in, going by whom they name."""
        if account not in self._naming:
            self._naming[account] = tuple((role, _services(self.trust(role))) for role in self.accounts[account].roles)
        if (account, service) not in self._trusting:
            found = tuple(role for role, named in self._naming[account] if named is None or service in named)
            self._trusting[account, service] = found
        return self._trusting[account, service]

    def lets_in(self, role: Holder, service: str) -> Answer:
        """Whether a role trusts a service that acts for what is in the role's own account."""
        if (role.arn, service) not in self._trusts:
            question = Question(
                principal=f"Service:{service}",
                action="sts:AssumeRole",
                on=role.arn,
                policies=Policies(resource=self.trust(role), rcps=self.of(role).rcps),
                fixed={"aws:principalisawsservice": "true", "aws:principalservicename": service, **_tags(role)},
                bare=_OF_TARGET,
                within=_absent_or("aws:sourceaccount", role.account),
            )
            self._trusts[role.arn, service] = possible(question)
        return self._trusts[role.arn, service]


def _absent_or(key: str, *values: str) -> Contexts:
    of = domain(key)
    states = of.absent()
    for value in values:
        states |= of.one(Language.of(Pattern.literal(value)))
    return Contexts.of({key: states})


def brought(holder: Holder) -> Context:
    """The keys that requests of a user or role have always the same; a role's session without tags of its own has those of the role."""
    is_user = holder.kind == "user"
    known: dict[str, str | None] = {
        "aws:principalarn": holder.arn,
        "aws:principalaccount": holder.account,
        "aws:principaltype": "User" if is_user else "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:principalservicename": None,
        "aws:username": holder.name if is_user else None,
    }
    return known | ({"aws:userid": holder.id} if is_user else {}) | {f"aws:principaltag/{key.lower()}": value for key, value in holder.tags}


def _tags(role: Holder) -> dict[str, str]:
    return {f"{start}{key.lower()}": value for key, value in role.tags for start in _OF_TARGET}


@dataclass(frozen=True, slots=True)
class Powers:
    """Of one holder among the accounts of a realm."""

    realm: Realm
    holder: Holder

    def of(self, holder: Holder) -> Self:
        """Of another holder, or of the same with other policies."""
        return replace(self, holder=holder)

    def hears(self, action: str) -> bool:
        """Whether any of its own policies speaks of an action; `False` is sure."""
        return any(_speaks_of(body, action) for body in self.holder.identity)

    def ask(self, action: str, on: str | None, *, target: Holder | None = None, fixed: Context | None = None) -> Answer:
        """Whether it may take the action, and the simplest request; `target` is the user or role that it is done to."""
        found = self._possible(action, on, target=target, fixed=fixed or {})
        for arn, policy in self.realm.of(self.holder).resources.items():
            if found.allowed is not None or target is not None:
                break
            if Pattern.arn(on or "*").matches(arn) and _speaks_of(policy, action):
                found = self._possible(action, arn, target=None, fixed=fixed or {}, resource=policy)
        return found

    def assume(self, role: Holder) -> tuple[Tried, bool]:
        """Whether it may become a role: by the requests that this takes, one more each where tags or an identity must be passed on."""
        tried = Tried()
        trust = self.realm.trust(role)
        reach = _reach(trust, self.holder)
        # an account that is named hands the decision to policies that must then speak of it
        if reach is None or (reach is Reach.ACCOUNT and not self.hears("sts:AssumeRole")):
            return tried, False
        answer = self._possible("sts:AssumeRole", role.arn, target=role, fixed={}, resource=trust, within=_nothing_passed_on())
        if answer.allowed is None:
            answer = self._possible("sts:AssumeRole", role.arn, target=role, fixed={}, resource=trust)
        if not tried.took(self.holder.arn, "sts:AssumeRole", role.arn, answer) or answer.allowed is None:
            return tried, False
        return tried, all(self._also(action, answer.allowed.request, trust, role, tried) for action in _besides(answer.allowed.request))

    def if_trusted(self, role: Holder) -> Answer:
        """Whether it could become a role whose trust policy named it."""
        statement = {"Effect": "Allow", "Principal": {"AWS": self.holder.arn}, "Action": "sts:AssumeRole"}
        named = {"Version": "2012-10-17", "Statement": [statement]}
        return self._possible("sts:AssumeRole", role.arn, target=role, fixed={}, resource=named)

    def _also(self, action: str, request: Request, trust: Body, role: Holder, tried: Tried) -> bool:
        """The same request for what has to be allowed besides."""
        again = replace(request, action=action)
        decision = evaluate(again, self._policies(trust, role))
        answer = Answer(Allowed(again, decision.because)) if decision.allowed else Answer(unknown=decision.because)
        return tried.took(self.holder.arn, action, role.arn, answer if decision.allowed is not False else Answer())

    def _possible(
        self,
        action: str,
        on: str | None,
        *,
        target: Holder | None,
        fixed: Context,
        resource: Sources = None,
        within: Contexts | None = None,
    ) -> Answer:
        question = Question(
            principal=self.holder.arn,
            action=action,
            on=on,
            policies=self._policies(resource, target),
            fixed={**brought(self.holder), **(_tags(target) if target else {}), **fixed},
            bare=_TAGGED + (_OF_TARGET if target else ()),
            within=within or Contexts.everything(),
        )
        found = possible(question)
        if found.allowed is None and self.holder.kind == "role" and turns_on(question, _TAGGED):
            # whoever assumes the role may have tagged the session
            free = {key: state for key, state in question.fixed.items() if not key.startswith(_TAGGED)}
            tagged = possible(replace(question, fixed=free, bare=question.bare[len(_TAGGED) :]))
            found = tagged if tagged.allowed is not None or not found.unknown else found
        return found

    def _policies(self, resource: Sources, target: Holder | None) -> Policies:
        account = self.realm.of(self.holder)
        # RCPs are of the account of the resource; of an account that is not looked at they are not known, and only take away
        there = self.realm.accounts.get(target.account) if target else account
        return replace(account.policies(self.holder, resource), rcps=there.rcps if there else None)


def _besides(request: Request) -> Iterator[str]:
    """What else has to be allowed, for what is passed on to the session."""
    if any(key.startswith(("aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys")) for key in request.context):
        yield "sts:TagSession"
    if "sts:sourceidentity" in request.context:
        yield "sts:SetSourceIdentity"


@cache
def _nothing_passed_on() -> Contexts:
    """The contexts in which the session gets neither tags nor an identity."""
    return reduce(and_, (_absent_or(key) for key in ("sts:sourceidentity", "aws:tagkeys", "sts:transitivetagkeys")))


def _reach(trust: Body, holder: Holder) -> Reach | None:
    """How closely a trust policy may name the holder at most; quick, for most roles trust services alone."""
    found = None if isinstance(trust, Unknown) else rules(trust, Kind.TRUST)
    if found is None:
        return Reach.ITSELF
    allows = [rule for rule in found if Effect.ALLOW in rule.effects and "sts:assumerole" in rule.says.actions]
    if any(rule.principals is None for rule in allows):
        return Reach.ITSELF
    who = caller(holder.arn)
    named = [rule.principals for rule in allows if rule.principals is not None]
    return next((reach for reach in reversed(Reach) if any(reaches(each, who, reach) is not False for each in named)), None)


def _services(trust: Body) -> frozenset[str] | None:
    """The services that a trust policy names; `None` when it may mean any."""
    found = None if isinstance(trust, Unknown) else rules(trust, Kind.TRUST)
    if found is None or any(rule.principals is None or rule.principals.negated for rule in found):
        return None
    named = {pair for rule in found if rule.principals is not None for pair in rule.principals.named}
    return None if ("AWS", "*") in named else frozenset(name for kind, name in named if kind == "Service")


def _speaks_of(policy: Body, action: str) -> bool:
    found = None if isinstance(policy, Unknown) else rules(policy, Kind.RESOURCE)
    return found is None or any(action.lower() in rule.says.actions for rule in found)
