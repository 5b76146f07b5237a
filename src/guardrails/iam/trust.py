"""Who may become a role, and under what: every principal that its trust policy names, less what its Denies surely take away.

What a condition asks is read from the exact set of contexts that are left, so it does not matter with which operators it is written.
IAM User Guide, "How to use an external ID", "The confused deputy problem", "Creating a role for OpenID Connect federation".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from guardrails.errors import AuthorError
from guardrails.iam.account import Account, Body
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Effect, Kind, Principals
from guardrails.iam.layers import UNKNOWN, Unknown
from guardrails.iam.principals import Caller, Reach
from guardrails.iam.proof.access import region, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement
from guardrails.iam.rules import Rule, rules
from guardrails.sets import BudgetExceededError, Context, Contexts, Language, States

__all__ = ["Claim", "Trusted", "admitted", "covers", "may_assume", "trusted"]

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_KINDS = {"AWS": "aws", "Service": "service", "Federated": "federated"}
_EVERYBODY = ("AWS", "*")
_SOURCES = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
_EXTERNAL = "sts:externalid"
_ASSUME, _SAML, _OIDC = "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"
_SOMEBODY = "arn:aws:iam::999999999999:role/anybody"
_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

_Pair = tuple[str, str]
"""Kind and name of a principal, as in `Principals`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The values that a claim of a token may have, and whether the token `may_lack` it."""

    name: str
    values: Language
    may_lack: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A principal that a statement lets in, and `context`: at most in which contexts.

    `kind` is `aws`, `service`, `federated` or `any`. `sure` is whether the evaluator allows one request of it; what is not sure may yet be.
    """

    kind: str
    name: str
    pointer: str
    says: Statement
    context: Contexts
    sure: bool = False

    @property
    def account(self) -> str:
        """The number of its account, where it tells one."""
        if _ACCOUNT.fullmatch(self.name):
            return self.name
        return self.name.split(":")[4] if self.name.startswith("arn:") and self.name.count(":") > 4 else ""  # noqa: PLR2004  # the fifth part

    @property
    def is_whole_account(self) -> bool:
        """Whether an account is named, which then decides itself who of it may."""
        return self.kind == "aws" and (self.name == self.account or self.name.endswith(":root"))

    @property
    def is_deleted(self) -> bool:
        """Whether it is the unique id of a user or role that is no more; nobody comes in by it."""
        return self.kind == "aws" and _UNIQUE_ID.fullmatch(self.name) is not None

    @property
    def is_conditional(self) -> bool:
        """Whether the statement that lets it in asks anything of the context that the principal does not bring by itself."""
        return bool(self.says.condition) and not (self.says.exact and self.says.context == Contexts.everything())

    @property
    def external_id(self) -> bool | None:
        """Whether it must bring one of some external ids; one that may be any text of a form is none. `None`: that cannot be told."""
        if all(_is_one_of(states) for states in self._states(_EXTERNAL)):
            return True
        return None if self._may_ask(_EXTERNAL) else False

    @property
    def subjects(self) -> tuple[str, ...] | None:
        """Patterns of the subjects that an identity provider may name, together not too narrow; `None` for all."""
        return self._patterns("saml:sub" if self._is_saml else f"{self._provider}:sub")

    @property
    def audiences(self) -> tuple[str, ...] | None:
        """Likewise of the audiences for which the provider's token may be."""
        return self._patterns("saml:aud" if self._is_saml else f"{self._provider}:aud")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Whatever is asked of a token of the provider, claim by claim; of one that is not named, nothing."""
        prefix = "saml:" if self._is_saml else f"{self._provider}:"
        names = sorted(name for name in self.context.names if name.startswith(prefix))
        return tuple(self._claim(name.removeprefix(prefix), name) for name in names) if self.kind == "federated" else ()

    def _claim(self, claim: str, key: str) -> Claim:
        found = list(self._states(key))
        # a claim has one value, unless a set operator says that it may have several: which of them these are is not told
        if self._may_be_several(key) or any(states is None or not isinstance(states.one, Language) for states in found):
            return Claim(claim, Language.everything(), may_lack=any(states is None or states.absent for states in found))
        known = [states for states in found if states is not None]
        return Claim(claim, reduce(or_, (one.one for one in known), Language.nothing()), may_lack=any(one.absent for one in known))

    def _may_be_several(self, key: str) -> bool:
        return any(name == key and operator.lower().startswith("forany") for operator, name, _ in self.says.condition)

    @property
    def asks(self) -> frozenset[str]:
        """The keys that must be there and not with just any value, such as `aws:principalorgid`."""
        return frozenset(name for name in self.context.names if all(_is_pinned(states) for states in self._states(name)))

    @property
    def is_confusable(self) -> bool:
        """Whether a service may come in on behalf of anybody: nothing says of whose resources."""
        return self.kind == "service" and not self.asks & _SOURCES

    @property
    def _is_saml(self) -> bool:
        return ":saml-provider/" in self.name

    @property
    def _provider(self) -> str:
        return self.name.rpartition("oidc-provider/")[2].lower()

    def _states(self, key: str) -> Iterator[States | None]:
        return (dict(term).get(key) for term in self.context.terms)

    def _may_ask(self, key: str) -> bool:
        return not self.says.exact and any(name in {key, ""} for _, name, _ in self.says.condition)

    def _patterns(self, key: str) -> tuple[str, ...] | None:
        found: set[str] = set()
        for states in self._states(key):
            if states is None or states.absent or not states.lists.is_empty() or not isinstance(states.one, Language):
                return None
            # of several patterns that all must match, any one is not too narrow; the longest says most
            found |= {max((pattern.text for pattern in term.included), key=len) for term in states.one.terms}
        return None if "*" in found or not found else tuple(sorted(found))


def _is_one_of(states: States | None) -> bool:
    if states is None or states.absent or not isinstance(states.one, Language):
        return False
    return all(any(pattern.is_literal for pattern in term.included) for term in states.one.terms)


def _is_pinned(states: States | None) -> bool:
    return states is not None and not states.absent and not (~states & states.domain.some(states.domain.whole)).is_empty()


def trusted(account: Account, role: str) -> tuple[Trusted, ...] | Unknown:
    """Who may become a role, which is an ARN or `role/NAME`. A trust policy that was not seen is `UNKNOWN`.

    Raises:
        OperatorError: the account has no such role.
    """
    holder = account.holder(role)
    body = UNKNOWN if holder.trust is None else holder.trust
    found = None if isinstance(body, Unknown) else rules(body, Kind.TRUST)
    if found is None:
        return UNKNOWN
    return tuple(replace(each, sure=_is_sure(each, body, holder.arn)) for each in admitted(found, may_assume))


def may_assume(kind: str, name: str) -> Actions:
    """The actions by which a principal of a kind may become a role: each kind has its own."""
    if kind in {"AWS", "Service"} and name != "*":
        return Actions.of([_ASSUME])
    if kind == "Federated":
        return Actions.of([_SAML if ":saml-provider/" in name else _OIDC])
    return Actions.of([_ASSUME, _SAML, _OIDC])


def admitted(found: Sequence[Rule], within: Callable[[str, str], Actions]) -> Iterator[Trusted]:
    """Every principal of every Allow to whom anything is left of the actions that are its own by `within`."""
    for rule in found:
        for kind, name in _named(rule) if Effect.ALLOW in rule.effects else ():
            known = _known(kind, name)
            said = replace(rule.seen(known), actions=rule.says.actions & within(kind, name))
            denies = [deny.seen(known) for deny in found if _surely_denies(deny, (kind, name))]
            if not said.actions.is_empty() and _leaves(said, denies):
                shown = "any" if name == "*" else _KINDS.get(kind, "any")
                yield Trusted(kind=shown, name=name, pointer=said.pointer, says=said, context=_context(said, denies))


def _named(rule: Rule) -> Iterable[_Pair]:
    if rule.principals is None:
        return rule.says.principals  # whatever could be read of them
    return (_EVERYBODY,) if rule.principals.negated else rule.principals.named


def _known(kind: str, name: str) -> Context:
    """What a principal brings always."""
    if kind == "Service":
        return {"aws:principalisawsservice": "true", "aws:principalservicename": name}
    parts = name.split(":", 5)
    if kind != "AWS" or name == "*" or (len(parts) < 6 and not _ACCOUNT.fullmatch(name)):  # noqa: PLR2004  # six parts
        return {}
    known: dict[str, str | None] = {"aws:principalisawsservice": "false", "aws:principalaccount": name if len(parts) == 1 else parts[4]}
    if len(parts) > 1 and parts[5].startswith(("user/", "role/")):
        known["aws:principalarn"] = name
    return known


def _surely_denies(rule: Rule, who: _Pair) -> bool:
    return rule.effects == (Effect.DENY,) and rule.says.exact and rule.principals is not None and covers(rule.principals, who)


def covers(principals: Principals, who: _Pair) -> bool:
    """Whether they mean everybody whom `who` stands for; an account stands for all of its users and roles."""
    if principals.negated:
        return not any(_meet(named, who) for named in principals.named)
    return any(_holds(named, who) for named in principals.named)


def _holds(wide: _Pair, narrow: _Pair) -> bool:
    return wide == _EVERYBODY or (wide[0] == narrow[0] and (wide[1] == narrow[1] or _is_account(wide, narrow[1])))


def _meet(one: _Pair, other: _Pair) -> bool:
    return _holds(one, other) or _holds(other, one) or _acts_for(one, other) or _acts_for(other, one)


def _acts_for(session: _Pair, other: _Pair) -> bool:
    """Whether it is a session of the other, which is a role, or the other as a federated user."""
    return session[1].startswith("arn:") and ":sts::" in session[1] and isinstance(Caller(*session).reached_by(*other), Reach)


def _is_account(pair: _Pair, name: str) -> bool:
    """Whether the pair is the account of an ARN, or the same account in its other spelling."""
    number = pair[1] if _ACCOUNT.fullmatch(pair[1]) else pair[1].split(":")[4] if pair[1].endswith(":root") else ""
    return pair[0] == "AWS" and bool(number) and (name == number or name.split(":")[4:5] == [number])


def _leaves(said: Statement, denies: Iterable[Statement]) -> bool:
    try:
        return not (region(said) - space().union(map(region, denies))).is_empty()
    except BudgetExceededError:
        return True  # what is not proved to be taken away is there


def _context(said: Statement, denies: Iterable[Statement]) -> Contexts:
    left = said.context
    try:
        for deny in denies:
            if (said.actions - deny.actions).is_empty() and deny.loose.covers(said.loose):
                left -= deny.context
    except BudgetExceededError:
        return said.context
    return left


def _is_sure(found: Trusted, trust: Body, role: str) -> bool:
    """Whether the evaluator lets in one whom it stands for; what the caller's own account allows is not looked at."""
    if found.is_deleted or found.context.is_empty():
        return False
    kind = next((kind for kind, shown in _KINDS.items() if shown == found.kind), "AWS")
    states = {**_known(kind, found.name), **(found.context.witness() or {})}
    said = {key: state for key, state in states.items() if state is not None}
    who = _sample(kind, found.name, said)
    policies = Policies(identity=_EVERYTHING, resource=trust)
    actions = [action for action in (_ASSUME, _SAML, _OIDC) if action in may_assume(kind, found.name)]
    requests = [Request(principal=who, action=action, resource=role, context=said) for action in actions]
    try:
        return any(evaluate(request, policies).allowed for request in requests)
    except AuthorError:
        return False  # a trust policy may name what is nobody


def _sample(kind: str, name: str, said: Context) -> str:
    if kind != "AWS":
        return f"{kind}:{name}"
    told = said.get("aws:principalarn")
    return name if name != "*" else told if isinstance(told, str) and told.startswith("arn:") else _SOMEBODY
