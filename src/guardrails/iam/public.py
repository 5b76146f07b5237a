"""Whether the policy of a resource lets in anybody in the world, with one request of a stranger as the proof.

Who a stranger is, and what it can bring to a request, `strangers` knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guardrails.errors import AuthorError
from guardrails.iam.account import body_of
from guardrails.iam.context import Values
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Effect, Kind
from guardrails.iam.layers import Unknown
from guardrails.iam.possible import Allowed
from guardrails.iam.principals import ANONYMOUS, Reach, caller, reaches
from guardrails.iam.proof.access import bounds, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.requests import Point, point_in
from guardrails.iam.proof.statements import Statement
from guardrails.iam.rules import Rule, rules
from guardrails.iam.strangers import UNTOLD, Stranger, Strangers
from guardrails.iam.trust import may_assume
from guardrails.iam.truth import Doubt, Reason
from guardrails.model.words import Verdict
from guardrails.sets import BudgetExceededError, Context, Language, Pattern

__all__ = ["Opening", "opening"]

_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_TRIES = 6
_NOBODYS = "000000000000"
"""The account of a resource that does not say which, when somebody of another one asks."""
_OF_SERVICES = frozenset({"aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"})
_OF_ACCOUNTS = ("aws:principal", "aws:username")
"""How the keys begin that tell of a principal, of which services have their own and no others."""
_NOT_TOLD = "which aws:PrincipalAccount, aws:PrincipalArn and aws:PrincipalType services have is documented nowhere"
_UNSIGNED: Context = {name.lower(): value for name, value in caller(ANONYMOUS).keys().items()} | {"aws:username": None}
"""What is known of a request without credentials; of what is told of principals it lacks all else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """`violation` with the request of a stranger that is allowed; `ok` when there is none; `undecided` or `unknown` with the reasons."""

    verdict: Verdict
    witness: Request | None = None
    statements: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def opening(
    policy: Mapping[str, Any] | str | Unknown,
    resource: str,
    *,
    kind: Kind = Kind.RESOURCE,
    ours: Iterable[str] = (),
    to: str = "",
) -> Opening:
    """Whether anybody in the world is let in to a resource by its own policy; of a role, by its trust policy (`kind`).

    `ours` are networks on the internet that are not anybody's. With `to`, an account or the ARN of somebody in one, or a service
    (`Service:NAME`) that acts for a stranger, it is asked of that one alone. Public access blocks and access control lists are not
    looked at.

    Raises:
        AddressError: one of `ours` is no network.
    """
    body = body_of(policy)
    found = None if isinstance(body, Unknown) else rules(body, kind)
    if found is None or isinstance(body, Unknown):
        return Opening(verdict=Verdict.UNKNOWN, reasons=("the policy was not seen, or is none",))
    parts = resource.split(":")
    if parts[0] != "arn" or len(parts) < 6:  # noqa: PLR2004  # an ARN has six
        return Opening(verdict=Verdict.UNKNOWN, reasons=(f"{resource} is no ARN",))
    strangers = Strangers(found, body, partition=parts[1], ours=ours, become=kind is Kind.TRUST)
    search = _Search(found, body, resource, kind, is_named=bool(to))
    try:
        witness = search.request(strangers.one(to)) if to else search.of_anybody(strangers)
    except AuthorError:
        return Opening(verdict=Verdict.UNKNOWN, reasons=(f"{to} names nobody who could ask",))
    except BudgetExceededError:
        return Opening(verdict=Verdict.UNDECIDED, reasons=("the policy is too intricate for the budget of one question",))
    if witness is not None:
        return Opening(verdict=Verdict.VIOLATION, witness=witness.request, statements=tuple(map(str, witness.because)))
    return Opening(verdict=Verdict.UNDECIDED if search.doubts else Verdict.OK, reasons=tuple(dict.fromkeys(search.doubts)))


class _Search:
    """Looks for a request that a policy lets a stranger make."""

    def __init__(self, found: tuple[Rule, ...], body: str, resource: str, kind: Kind, *, is_named: bool = False) -> None:
        self._found, self._kind = found, kind
        # a resource whose ARN tells no account would count as the stranger's own, and be had without its policy
        abroad = bool(resource.split(":")[4])
        self._policies = Policies(identity=_EVERYTHING if abroad or is_named else None, resource=body)
        self._told: Context = {"aws:resourceaccount": _NOBODYS} if is_named and not abroad else {}
        self._where = Language.of(Pattern.literal(resource), Pattern.glob(f"{resource}/?*"), Pattern.glob(f"{resource}:?*"))
        self.doubts: list[str] = []

    def of_anybody(self, strangers: Strangers) -> Allowed | None:
        """One of anybody who could ask; where there is none and nothing is in doubt, there is none at all."""
        return self._of_accounts(strangers) or self._of_services(strangers)

    def _of_accounts(self, strangers: Strangers) -> Allowed | None:
        if found := next(filter(None, map(self.request, strangers.likely())), None):
            return found
        wide = strangers.anywhere()
        for _, _, context in self._points(wide) if wide else ():
            if found := next(filter(None, map(self.request, strangers.like(context))), None):
                return found
            self.doubts.append("which accounts it lets in")
        return None

    def _of_services(self, strangers: Strangers) -> Allowed | None:
        if found := self.request(strangers.deputy()):
            return found
        if not self.doubts and next(self._points(strangers.service()), None):
            self.doubts.append("whether a service that it lets in acts for strangers")
        return None

    def request(self, stranger: Stranger) -> Allowed | None:
        """One that the evaluator allows."""
        return next(filter(None, (self._asked(stranger, *point) for point in self._points(stranger))), None)

    def _points(self, stranger: Stranger) -> Iterator[Point]:
        """Requests that it may be let in with, those that are sure first, each of another action."""
        if self._kind is Kind.TRUST and stranger.principal == ANONYMOUS:
            return  # to become a role, a request must be signed
        where = space().region(
            action=may_assume("AWS", "stranger") if self._kind is Kind.TRUST else Actions.everything(),
            resource=self._where,
            context=stranger.context,
        )
        found = bounds(self._to(stranger))
        for region in (where & found.lower, where & found.upper):
            left = region
            for _ in range(_TRIES):
                point = point_in(left, "*")
                if point is None:
                    break
                yield point
                left -= space().region(action=Actions.of([point[0]]))

    def _to(self, stranger: Stranger) -> Iterator[Statement]:
        """The statements as they are for one stranger."""
        who = caller(stranger.principal)
        for rule in self._found:
            to = True if rule.principals is None else reaches(rule.principals, who, Reach.ACCOUNT)
            if to is not False:
                said = _seen(rule, who.kind)
                unsure = isinstance(to, Doubt) or rule.principals is None or len(rule.effects) > 1
                for effect in rule.effects:
                    mine = replace(said, allow=effect is Effect.ALLOW)
                    yield mine.doubted("whom it is for") if unsure else mine

    def _asked(self, stranger: Stranger, action: str, resource: str, context: Context) -> Allowed | None:
        said = {key: state for key, state in {**self._told, **context}.items() if state is not None}
        request = Request(principal=_who(stranger, said), action=action, resource=resource, context=said)
        decision = evaluate(request, self._policies)
        if decision.allowed and stranger.principal.startswith("Service:"):
            other = evaluate(replace(request, context={**UNTOLD, **said}), self._policies)
            decision = decision if other.allowed else replace(decision, allowed=None, because=(Reason(says=_NOT_TOLD),))
        if decision.allowed:
            return Allowed(request, decision.because)
        self.doubts += (
            map(str, decision.because) if decision.allowed is None else [f"a condition that is not understood decides about {action}"]
        )
        return None


def _who(stranger: Stranger, said: Mapping[str, Values]) -> str:
    """The very one whom a context is of."""
    arn, service = said.get("aws:principalarn"), said.get("aws:principalservicename")
    return arn if isinstance(arn, str) else f"Service:{service}" if isinstance(service, str) else stranger.principal


def _seen(rule: Rule, kind: str) -> Statement:
    """A statement as it stands for somebody of a kind."""
    if kind == "Service":
        return _seen_by_services(rule)
    absent = {"aws:principalservicename": None, "aws:principalservicenameslist": None}
    known = {**absent, **(_UNSIGNED if kind == ANONYMOUS else {"aws:principalisawsservice": "false"})}
    return rule.seen(known, ("aws:principal",) if kind == ANONYMOUS else ())


def _seen_by_services(rule: Rule) -> Statement:
    """Where it hangs on what services may tell or not, it may be either way."""
    lacking = {name: None for name in rule.says.context.names if name.startswith(_OF_ACCOUNTS) and name not in _OF_SERVICES}
    known: Context = {**lacking, "aws:principalisawsservice": "true"}
    bare, telling = (rule.seen({**known, **told}) for told in (dict.fromkeys(UNTOLD), UNTOLD))
    same = bare.context == telling.context
    return bare if same else replace(bare, context=bare.context | telling.context).doubted(_NOT_TOLD)
