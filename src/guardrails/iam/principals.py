"""Who asks, and whether a policy names that one.

IAM User Guide, "AWS JSON policy elements: Principal" and "AWS JSON policy elements: NotPrincipal".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from guardrails.errors import AuthorError
from guardrails.iam.context import Values
from guardrails.iam.documents import Principals
from guardrails.iam.truth import Doubt, Truth, negate, some

__all__ = ["ANONYMOUS", "Caller", "Reach", "caller", "reaches"]

ANONYMOUS = "Anonymous"
"""The principal of an unsigned request; only `*` names it."""
_UNSIGNED = {"aws:PrincipalAccount": "anonymous", "aws:PrincipalType": ANONYMOUS, "aws:userid": "anonymous"}
"""What an unsigned request tells of who asks."""
_IS_SERVICE = "aws:PrincipalIsAWSService"

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_FORMS = {
    "Federated": re.compile(r"arn:[^:]+:iam::\d*:(saml|oidc)-provider/.+"),
    "AWS": re.compile(r"arn:[^:]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/.+)"),
    "Service": re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?"),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
}
_TYPES = {"root": "Account", "user": "User", "role": "AssumedRole", "assumed-role": "AssumedRole", "federated-user": "FederatedUser"}
"""IAM User Guide, "Principal key values", by the beginning of the last part of the ARN."""
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")


class Reach(IntEnum):
    """How closely a policy names the caller, which decides what else the caller needs."""

    ACCOUNT = 1
    """Its account, which hands the decision to the policies of that account."""
    BEHIND = 2
    """The role, or the user behind a federated session: boundary and session policy still limit what is granted."""
    ITSELF = 3
    """The very user or session, or everyone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`kind` as in `Principals`, or `Anonymous`; `name` is an ARN, a service, a provider or an id."""

    kind: str
    name: str

    @property
    def account(self) -> str:
        """Its account; nothing for a caller that has none."""
        return self.name.split(":")[4] if self.kind == "AWS" else ""

    @property
    def is_root(self) -> bool:
        """Whether it is the root user of an account."""
        return self.kind == "AWS" and self._resource == "root"

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a role with the path that only AWS can give."""
        return self.kind == "AWS" and self._resource.startswith("role/aws-service-role/")

    @property
    def _resource(self) -> str:
        return self.name.split(":", 5)[5]

    def keys(self) -> dict[str, Values]:
        """The context keys that it decides by itself. IAM User Guide, "AWS global condition context keys", "Principal key values"."""
        if self.kind == ANONYMOUS:
            return {**_UNSIGNED}
        if self.kind == "Service":
            return {_IS_SERVICE: "true", "aws:PrincipalServiceName": self.name}
        # who brings a token of a provider signs nothing with credentials of AWS
        signed: dict[str, Values] = {} if self.kind == "Federated" else {_IS_SERVICE: "false"}
        return signed | (self._of_account() if self.kind == "AWS" else {})

    def _of_account(self) -> dict[str, Values]:
        found: dict[str, Values] = {"aws:PrincipalAccount": self.account, "aws:PrincipalType": _TYPES[self._resource.partition("/")[0]]}
        if not self._resource.startswith("assumed-role/"):  # the ARN of its role has a path that the session does not tell
            found["aws:PrincipalArn"] = self.name
        if self._resource.startswith("user/"):
            found["aws:username"] = self._resource.rsplit("/", 1)[1]
        return found

    def reached_by(self, kind: str, name: str) -> Reach | Doubt | None:
        """How a pair of `Principals` names it, if it does."""
        if name == "*":
            return Reach.ITSELF
        if kind != self.kind:
            return None
        if name == self.name:
            return Reach.BEHIND if kind == "AWS" and self._resource.startswith("role/") else Reach.ITSELF
        return self._reached_through(name) if kind == "AWS" else None

    def _reached_through(self, name: str) -> Reach | Doubt | None:
        partition = self.name.split(":")[1]
        if name in {self.account, f"arn:{partition}:iam::{self.account}:root"}:
            return Reach.ACCOUNT
        if _UNIQUE_ID.fullmatch(name):
            return Doubt.of(f"principal {name} is named by an id that the request does not tell")
        session = self._resource.split("/")
        behind = {"assumed-role": "role", "federated-user": "user"}.get(session[0])
        home = f"arn:{partition}:iam::{self.account}:{behind}/"
        found = behind is not None and name.startswith(home) and name.rsplit("/", 1)[1] == session[1]
        return Reach.BEHIND if found else None


def caller(text: str) -> Caller:
    """Who a text names: an ARN, an account, a service, `Anonymous`, or `KIND:NAME` with a kind of `Principals`.

    Raises:
        AuthorError: it names nobody.
    """
    kind, _, name = text.partition(":")
    if text == ANONYMOUS:
        return Caller(ANONYMOUS, text)
    if kind in {"Service", "Federated", "CanonicalUser"} and name:
        return Caller(kind, name)
    if _ACCOUNT.fullmatch(text):
        return Caller("AWS", f"arn:aws:iam::{text}:root")
    for meant, form in _FORMS.items():
        if form.fullmatch(text):
            return Caller(meant, text)
    remedy = f"give an ARN, an account, a service, {ANONYMOUS}, or Federated:NAME"
    raise AuthorError(f"{text!r} is no principal that could ask for anything", remedy=remedy)


def reaches(principals: Principals, who: Caller, at_least: Reach) -> Truth:
    """Whether Principal names the caller as closely as that, or NotPrincipal does not name it at all."""
    if principals.negated:
        return negate(some(_close(principals.named, who, Reach.ACCOUNT)))
    return some(_close(principals.named, who, at_least))


def _close(named: Iterable[tuple[str, str]], who: Caller, at_least: Reach) -> Iterable[Truth]:
    for kind, name in named:
        found = who.reached_by(kind, name)
        yield found if isinstance(found, Doubt) else found is not None and found >= at_least
