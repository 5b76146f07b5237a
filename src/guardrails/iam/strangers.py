"""Who a stranger is to a policy, and what it can bring to a request.

A stranger brings what it likes, but no identity of somebody else: not an organisation, an account, a principal, a VPC or an endpoint that
the policy names, and no address that is not on the internet or that was declared as ours. What it can have of its own, it brings: an
organisation, a VPC with any private addresses, a resource of a service that acts for it. So `StringLike aws:PrincipalOrgID *` keeps
nobody out.

A service of AWS that acts for a stranger is one as well: it tells the stranger's account as that of the source. IAM User Guide, "The
confused deputy problem". Of a service that the policy names that is asked by its name alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count

from guardrails.iam.principals import ANONYMOUS, caller
from guardrails.iam.proof.among import FORMS
from guardrails.iam.proof.conditions import domain
from guardrails.iam.rules import Rule
from guardrails.sets import Addresses, Context, Contexts, Language, Pattern, States

__all__ = ["DEPUTIES", "UNTOLD", "Stranger", "Strangers"]

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
_ANY_ARN = "arn:?*:?*:*:*:?*"
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
_LAST = 5
"""So many parts of an ARN stand before the last one."""


DEPUTIES = tuple(f"{name}.amazonaws.com" for name in ("cloudfront", "cloudtrail", "config", "delivery.logs", "events", "s3", "sns"))
"""Services that act on what a resource of whoever sets them names, and tell whose it is: the pages of each on the confused deputy."""
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?")
_ANY_SERVICE = Language.of(Pattern.glob("?*.amazonaws.com"), Pattern.glob("?*.amazonaws.com.cn"))
_CONTEXT = "kms:encryptioncontext:aws:"
"""How the keys begin by which a service tells what it encrypts."""
_NAME, _SOURCE = "aws:principalservicename", "aws:sourceaccount"
UNTOLD = {"aws:principalaccount": "service", "aws:principalarn": "service", "aws:principaltype": "Service"}
"""Keys of which nothing says whether a request of a service has them, each with a value that stands for all that it could be."""

_DIGITS, _FROM_NINE = 12, "9876543210"
_NAMED = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_ACCOUNT, _ARN, _TYPE = "aws:principalaccount", "aws:principalarn", "aws:principaltype"
_MOST = ("AssumedRole", "User")
"""Who can ask for anything. A root user and a federated user become no role: IAM User Guide, "Compare AWS STS credentials"."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who asks, and in which contexts it can."""

    principal: str
    context: Contexts


class Strangers:
    """Those of one policy: of accounts that it does not name, in the partition of its resource. `ours` are networks that are not theirs."""

    def __init__(self, found: Iterable[Rule], text: str, *, partition: str, ours: Iterable[str] = (), become: bool = False) -> None:
        self._text, self._partition, self._become = text, partition, become
        self._named: dict[str, set[str]] = {}
        for rule in found:
            for _, key, operands in rule.says.condition:
                self._named.setdefault(key, set()).update(operands)
        brought = {key: _brings(key, operands, ours) for key, operands in self._named.items()}
        self._brought = {key: states for key, states in brought.items() if states is not None}
        self._bare = {key: states for key, states in self._brought.items() if not key.startswith("aws:principal")}

    def likely(self) -> Iterator[Stranger]:
        """One without credentials, and those of an account that the policy does not name."""
        yield Stranger(ANONYMOUS, Contexts.of(self._bare))
        yield from self._of(self._unnamed())

    def one(self, whom: str) -> Stranger:
        """Anybody of an account, or the one of an ARN.

        Raises:
            AuthorError: It names nobody who could ask, such as the id of a user or role that was deleted.
        """
        who = caller(whom)
        if who.kind == "Service":
            return self.deputy(who.name)
        if who.is_root:
            return self._anybody(who.account, whom.split(":")[1] if ":" in whom else self._partition, FORMS)
        return self._stranger(whom, _literal(who.account), Language.of(Pattern.arn(whom)))

    def anywhere(self) -> Stranger | None:
        """Whoever could ask, and some who could not, for whom the account and the ARN may be of two; `None` where all accounts are alike.

        Who is not let in as this one is not let in at all.
        """
        if not any(set(one) & set("*?") for one in self._named.get(_ACCOUNT, ())) and all(map(_tells, self._named.get(_ARN, ()))):
            return None
        named = _NAMED.findall(self._text)
        theirs = Language.of(Pattern.glob("?" * _DIGITS)) - Language.of(*map(Pattern.literal, named))
        arns = self._arns("?" * _DIGITS, self._partition, _MOST if self._become else FORMS)
        return self._stranger(
            f"arn:{self._partition}:iam::{self._unnamed()}:role/anybody",
            theirs,
            arns - Language.of(*(Pattern.arn(f"arn:*:*:*:{number}:*") for number in named)),
        )

    def deputy(self, name: str = "") -> Stranger:
        """A service of a name, or one that surely acts for strangers and that the policy does not name; it tells a stranger's account."""
        listed = Language.of(*map(Pattern.literal, [name] if name else [each for each in DEPUTIES if each not in self._text]))
        accounts = Language.of(*(Pattern.literal(digit * _DIGITS) for digit in _FROM_NINE[:-1] if digit * _DIGITS not in self._text))
        return self._service({_NAME: domain(_NAME).one(listed), _SOURCE: domain(_SOURCE).one(accounts)}, name)

    def service(self) -> Stranger:
        """Whatever service there may be, and whatever it tells of whom it acts for; who is not let in as this one is not let in at all."""
        named = Language.of(*map(Pattern.literal, _SERVICE.findall(self._text)))
        return self._service({_NAME: domain(_NAME).one(_ANY_SERVICE - named)})

    def _service(self, told: dict[str, States], name: str = "") -> Stranger:
        # for what of whom it encrypts the service tells
        encrypted = {key: _foreign(key, operands) for key, operands in self._named.items() if key.startswith(_CONTEXT)}
        return Stranger(f"Service:{name or 'unnamed.amazonaws.com'}", Contexts.of({**self._bare, **encrypted, **told}))

    def like(self, context: Context) -> Iterator[Stranger]:
        """Those of the accounts for which one of anywhere stands in a context: what is no digit in their numbers can be any."""
        told = (str(context[_ARN]).split(":")[4], str(context[_ACCOUNT]))
        for account in dict.fromkeys(re.sub(r"\D", digit, text, flags=re.ASCII) for text in told for digit in _FROM_NINE):
            if account not in self._text:
                yield from self._of(account)

    def _of(self, number: str) -> Iterator[Stranger]:
        yield self._anybody(number, self._partition, _MOST)
        if not self._become and _ARN in self._named:
            yield self._anybody(number, self._partition, FORMS)

    def _anybody(self, number: str, partition: str, kinds: Iterable[str]) -> Stranger:
        return self._stranger(f"arn:{partition}:iam::{number}:role/anybody", _literal(number), self._arns(number, partition, kinds))

    @staticmethod
    def _arns(number: str, partition: str, kinds: Iterable[str]) -> Language:
        forms = (FORMS[kind].replace("?" * _DIGITS, number).replace("aws*", partition) for kind in kinds)
        return Language.of(*map(Pattern.arn, forms))

    def _stranger(self, principal: str, accounts: Language, arns: Language) -> Stranger:
        types = Language.of(*map(Pattern.literal, FORMS))
        own = {_ACCOUNT: domain(_ACCOUNT).one(accounts), _ARN: domain(_ARN).one(arns), _TYPE: domain(_TYPE).one(types)}
        return Stranger(principal, Contexts.of({**self._brought, **own}))

    def _unnamed(self) -> str:
        plain = (digit * _DIGITS for digit in _FROM_NINE)
        return next(number for number in chain(plain, (f"{each:012}" for each in count())) if number not in self._text)


def _tells(arn: str) -> bool:
    """Whether a pattern of ARNs leaves no choice of the account."""
    return not set("".join(arn.split(":")[:_LAST])) & set("*?")


def _brings(key: str, operands: set[str], ours: Iterable[str]) -> States | None:
    """The states of a key that a stranger can bring about; `None` for all."""
    of = domain(key)
    if key == "aws:sourceip":
        return of.one(Addresses.everything() - Addresses.parse([*_NOT_ON_THE_INTERNET, *ours])) | of.absent()
    return _foreign(key, operands) if key in _OWNED | _OWNED_ARNS | _OWNED_PATHS | {_USER_ID} else None


def _foreign(key: str, operands: Iterable[str]) -> States:
    """What belongs to nobody whom the operands name."""
    of, form = domain(key), Pattern.arn(_ANY_ARN) if key in _OWNED_ARNS else Pattern.glob(_FORMS.get(key, "?*"))
    left = Language.of(form) - Language.of(*filter(None, (_somebodys(key, one) for one in operands)))
    return of.every(left) | of.absent()


def _somebodys(key: str, operand: str) -> Pattern | None:
    """What of a key belongs to whom the operand names; `None` when it names nobody for sure."""
    if (key in _OWNED_ARNS or key.startswith(_CONTEXT)) and operand.count(":") > 4 and (owner := operand.split(":")[4]):  # noqa: PLR2004  # the fifth part
        return Pattern.arn(f"arn:*:*:*:{owner}:*") if not set(owner) & set("*?") else None
    if key in _OWNED_PATHS:
        organization = operand.partition("/")[0]
        return Pattern.glob(f"{organization}/*") if not set(organization) & set("*?") else None
    pattern = Pattern.glob(operand)
    if key == _USER_ID:
        return pattern if len(pattern.head) >= _ID_LENGTH else None
    return pattern if pattern.is_literal else None


def _literal(text: str) -> Language:
    return Language.of(Pattern.literal(text))
