"""Whether the policy of a resource lets in anybody in the world, with one request of a stranger as the proof.

A stranger brings what it likes, but no identity of somebody else: not an organisation, an account, a principal, a VPC or an endpoint that
the policy names, and no address that is not on the internet or that was declared as ours. What it can have of its own, it brings: an
organisation, a VPC with any private addresses, a resource of a service that acts for it. So `StringLike aws:PrincipalOrgID *` keeps
nobody out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guardrails.iam.account import body_of
from guardrails.iam.decisions import Policies, Request, evaluate
from guardrails.iam.documents import Effect, Kind
from guardrails.iam.layers import Unknown
from guardrails.iam.possible import Allowed
from guardrails.iam.principals import ANONYMOUS, Reach, caller, reaches
from guardrails.iam.proof.access import bounds, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import FORMS
from guardrails.iam.proof.conditions import domain
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement
from guardrails.iam.rules import Rule, rules
from guardrails.iam.trust import may_assume
from guardrails.iam.truth import Doubt
from guardrails.model.words import Verdict
from guardrails.sets import Addresses, BudgetExceededError, Context, Contexts, Language, Pattern, States

__all__ = ["Opening", "opening"]

_OWNED = frozenset(
    {
        "aws:principalorgid", "aws:principalaccount", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc",
        "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid", "kms:calleraccount", "s3:dataaccesspointaccount",
    }
)  # fmt: skip
_FORMS = {
    "aws:principalorgid": "o-?*",
    "aws:sourceorgid": "o-?*",
    "aws:vpceorgid": "o-?*",
    "aws:sourcevpc": "vpc-?*",
    "aws:sourcevpce": "vpce-?*",
}
_OWNED_ARNS = frozenset({"aws:principalarn", "aws:sourcearn", "aws:sourcevpcarn", "s3:dataaccesspointarn"})
_OWNED_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"})
_USER_ID = "aws:userid"
_ID_LENGTH = 16
"""So many letters and digits of an id belong to one user or role."""
_NOT_ON_THE_INTERNET = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_TRIES = 6
_NOBODYS = "000000000000"
"""The account of a resource that does not say which, when somebody of another one asks."""
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
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

    `ours` are networks on the internet that are not anybody's. With `to`, an account or the ARN of somebody in one, it is asked of that one
    alone. Public access blocks and access control lists are not looked at.

    Raises:
        AddressError: one of `ours` is no network.
    """
    body = body_of(policy)
    found = None if isinstance(body, Unknown) else rules(body, kind)
    if found is None or isinstance(body, Unknown):
        return Opening(verdict=Verdict.UNKNOWN, reasons=("the policy was not seen, or is none",))
    search = _Search(found, body, resource, kind, is_named=bool(to))
    try:
        asking = [_somebody(to, _brought(found, ours))] if to else _strangers(found, body, ours)
        witness = next(filter(None, map(search.request, asking)), None)
    except BudgetExceededError:
        return Opening(verdict=Verdict.UNDECIDED, reasons=("the policy is too intricate for the budget of one question",))
    if witness is not None:
        return Opening(verdict=Verdict.VIOLATION, witness=witness.request, statements=tuple(map(str, witness.because)))
    return Opening(verdict=Verdict.UNDECIDED if search.doubts else Verdict.OK, reasons=tuple(dict.fromkeys(search.doubts)))


@dataclass(frozen=True, slots=True)
class _Stranger:
    """Who asks, and in which contexts it can."""

    principal: str
    context: Contexts


def _strangers(found: Iterable[Rule], text: str, ours: Iterable[str] = ()) -> Iterator[_Stranger]:
    """One without credentials, and one of each account that somebody could have, for all that the policy says."""
    brought = _brought(found, ours)
    yield _Stranger(ANONYMOUS, Contexts.of({key: states for key, states in brought.items() if not key.startswith("aws:principal")}))
    yield from (_somebody(number, brought) for number in _accounts(_named(found), text))


def _somebody(whom: str, brought: Mapping[str, States]) -> _Stranger:
    """Anybody of an account, or the one of an ARN."""
    is_account = _ACCOUNT.fullmatch(whom) is not None or whom.endswith(":root")
    number = whom.split(":")[4] if whom.count(":") > 4 else whom  # noqa: PLR2004  # the fifth part
    arns = [f"arn:aws:iam::{number}:{kind}/?*" for kind in ("role", "user")] if is_account else [whom]
    own = {
        "aws:principalaccount": domain("aws:principalaccount").one(_literal(number)),
        "aws:principalarn": domain("aws:principalarn").one(Language.of(*map(Pattern.arn, arns))),
        "aws:principaltype": domain("aws:principaltype").one(Language.of(*map(Pattern.literal, FORMS))),
    }
    return _Stranger(f"arn:aws:iam::{number}:role/anybody" if is_account else whom, Contexts.of({**brought, **own}))


def _named(found: Iterable[Rule]) -> dict[str, set[str]]:
    """The operands of each key that conditions speak of."""
    named: dict[str, set[str]] = {}
    for rule in found:
        for _, key, operands in rule.says.condition:
            named.setdefault(key, set()).update(operands)
    return named


def _brought(found: Iterable[Rule], ours: Iterable[str]) -> dict[str, States]:
    return {key: states for key, operands in _named(found).items() if (states := _brings(key, operands, ours)) is not None}


def _accounts(named: Mapping[str, set[str]], text: str) -> Iterator[str]:
    """An account that the policy does not name, and for each pattern of accounts one that it matches."""
    yield next(number for number in (str(digit) * 12 for digit in range(9, 0, -1)) if number not in text)
    arns = {operand.split(":")[4] for operand in named.get("aws:principalarn", ()) if operand.count(":") > 4}  # noqa: PLR2004  # the fifth part
    for pattern in sorted(arns | named.get("aws:principalaccount", set())):
        number = pattern.replace("?", "7").replace("*", "7" * (12 - len(pattern) + pattern.count("*")), 1).replace("*", "")
        if number != pattern and _ACCOUNT.fullmatch(number) and number not in text:
            yield number


def _brings(key: str, operands: set[str], ours: Iterable[str]) -> States | None:
    """The states of a key that a stranger can bring about; `None` for all."""
    of = domain(key)
    if key == "aws:sourceip":
        return of.one(Addresses.everything() - Addresses.parse([*_NOT_ON_THE_INTERNET, *ours])) | of.absent()
    if key in _OWNED | _OWNED_ARNS | _OWNED_PATHS | {_USER_ID}:
        left = Language.of(Pattern.glob(_FORMS.get(key, "?*"))) - Language.of(*filter(None, (_somebodys(key, one) for one in operands)))
        return of.every(left) | of.absent()
    return None


def _somebodys(key: str, operand: str) -> Pattern | None:
    """What of a key belongs to whom the operand names; `None` when it names nobody for sure."""
    if key in _OWNED_ARNS and operand.count(":") > 4 and (owner := operand.split(":")[4]):  # noqa: PLR2004  # the fifth part
        return Pattern.arn(f"arn:*:*:*:{owner}:*") if not set(owner) & set("*?") else None
    if key in _OWNED_PATHS:
        organization, _, rest = operand.partition("/")
        return Pattern.glob(f"{organization}/*") if rest and not set(organization) & set("*?") else None
    pattern = Pattern.glob(operand)
    if key == _USER_ID:
        return pattern if len(pattern.head) >= _ID_LENGTH else None
    return pattern if pattern.is_literal else None


def _literal(text: str) -> Language:
    return Language.of(Pattern.literal(text))


class _Search:
    """Looks for a request that a policy lets a stranger make."""

    def __init__(self, found: tuple[Rule, ...], body: str, resource: str, kind: Kind, *, is_named: bool = False) -> None:
        self._found, self._kind, self._resource = found, kind, resource
        # a resource whose ARN tells no account would count as the stranger's own, and be had without its policy
        abroad = self._resource.split(":")[4:5] not in ([], [""])
        self._policies = Policies(identity=_EVERYTHING if abroad or is_named else None, resource=body)
        self._told: Context = {"aws:resourceaccount": _NOBODYS} if is_named and not abroad else {}
        inner = (Pattern.glob(f"{resource}/?*"), Pattern.glob(f"{resource}:?*")) if kind is Kind.RESOURCE else ()
        self._where = Language.of(Pattern.literal(resource), *inner)
        self.doubts: list[str] = []

    def request(self, stranger: _Stranger) -> Allowed | None:
        """One that the evaluator allows."""
        if self._kind is Kind.TRUST and stranger.principal == ANONYMOUS:
            return None  # to become a role, a request must be signed
        where = space().region(
            action=may_assume("AWS", "stranger") if self._kind is Kind.TRUST else Actions.everything(),
            resource=self._where,
            context=stranger.context,
        )
        found = bounds(self._to(stranger))
        for region in (where & found.lower, where & found.upper):
            left = region
            for _ in range(_TRIES):
                point = point_in(left, self._resource.split(":")[4] or "*")
                if point is None:
                    break
                if (allowed := self._asked(stranger, *point)) is not None:
                    return allowed
                left -= space().region(action=Actions.of([point[0]]))
        return None

    def _to(self, stranger: _Stranger) -> Iterator[Statement]:
        """The statements as they are for one stranger."""
        who = caller(stranger.principal)
        absent = {"aws:principalservicename": None, "aws:principalservicenameslist": None}
        known = {**absent, **(_UNSIGNED if who.kind == ANONYMOUS else {"aws:principalisawsservice": "false"})}
        for rule in self._found:
            to = True if rule.principals is None else reaches(rule.principals, who, Reach.ACCOUNT)
            if to is not False:
                said = rule.seen(known, ("aws:principal",) if who.kind == ANONYMOUS else ())
                unsure = isinstance(to, Doubt) or rule.principals is None or len(rule.effects) > 1
                for effect in rule.effects:
                    mine = replace(said, allow=effect is Effect.ALLOW)
                    yield mine.doubted("whom it is for") if unsure else mine

    def _asked(self, stranger: _Stranger, action: str, resource: str, context: Context) -> Allowed | None:
        said = {key: state for key, state in {**self._told, **context}.items() if state is not None}
        arn = said.get("aws:principalarn")
        who = arn if isinstance(arn, str) and stranger.principal != ANONYMOUS else stranger.principal
        request = Request(principal=who, action=action, resource=resource, context=said)
        decision = evaluate(request, self._policies)
        if decision.allowed:
            return Allowed(request, decision.because)
        self.doubts += (
            map(str, decision.because) if decision.allowed is None else [f"a condition that is not understood decides about {action}"]
        )
        return None
