"""One kind of policy as it speaks of one request: what it allows, what it denies, and which statements say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from guardrails.iam.context import Context
from guardrails.iam.documents import Document, Effect, Kind, Statement, read
from guardrails.iam.index import indexed
from guardrails.iam.principals import Caller, Reach, reaches
from guardrails.iam.statements import speaks_of
from guardrails.iam.truth import Doubt, Reason, Truth, every, some

__all__ = ["UNKNOWN", "Asked", "Layer", "Source", "Sources", "Unknown", "is_silent", "sources_in", "unread_policy"]


class Unknown(Enum):
    """There is a policy, and its body was not seen. It is not the same as no policy."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
Source = Document | Mapping[str, Any] | str | Unknown
"""A document: read already, parsed JSON, JSON text, or one that was not seen."""
Sources = Source | Sequence[Source] | None

_ACCOUNT = 4
"""The part of an ARN that tells it, from nought."""

_UNDER_RCPS = frozenset({"s3", "sts", "kms", "sqs", "secretsmanager"})
"""Services that RCPs surely bind; the list grows, so for any other it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, read."""

    who: Caller
    action: str
    resource: str
    context: Context

    @property
    def service(self) -> str:
        """What stands before the colon of the action."""
        return self.action.partition(":")[0].lower()

    @property
    def in_own_account(self) -> bool:
        """Whether the resource is in the account of the caller; see `Request`."""
        told = self.context.get("aws:ResourceAccount")
        parts = self.resource.split(":")
        account = told if isinstance(told, str) else parts[4] if len(parts) > 4 else ""  # noqa: PLR2004  # the fifth part of an ARN
        return not (account.isascii() and account.isdigit()) or account == self.who.account

    @property
    def is_explicit_trust(self) -> bool:
        """Whether the resource is a key of KMS, or a role that is assumed: identity policies alone do not reach those."""
        within = self.resource.split(":", 5)[-1]
        return (self.service == "kms" and within.startswith("key/")) or (self.service == "sts" and within.startswith("role/"))

    @property
    def is_under_rcps(self) -> bool:
        """Whether RCPs surely bind it; for other services that is not known."""
        return self.service in _UNDER_RCPS

    @property
    def resource_kind(self) -> Kind:
        """A role's policy is its trust policy."""
        return Kind.TRUST if self.service == "sts" else Kind.RESOURCE

    def needs(self, resource: Sources) -> Sources:
        """The policy of the resource. Every key and every role has one, so there `None` is one that was not seen."""
        return UNKNOWN if resource is None and self.is_explicit_trust else resource


@dataclass(frozen=True, slots=True, kw_only=True)
class _Voice:
    """A statement and whether it speaks of the request."""

    document: str
    statement: Statement
    speaks: Truth


class Layer:
    """All documents of one kind at one level. `bounded` is whether the caller has a boundary."""

    def __init__(self, asked: Asked, kind: Kind, sources: Sources, *, at: str = "", bounded: bool = False) -> None:
        self.name = f"{kind.value}{at}"
        self.present = sources is not None
        self._asked, self._kind, self._bounded = asked, kind, bounded
        listed = sources_in(sources)
        self._unseen = [f"{self.name}[{number}]" for number, source in enumerate(listed) if isinstance(source, Unknown)]
        self._voices = [voice for number, source in enumerate(listed) for voice in self._heard(f"{self.name}[{number}]", source)]

    def _heard(self, name: str, source: Source) -> Iterator[_Voice]:
        if isinstance(source, Unknown):
            return
        asked = self._asked
        for statement in self._named(source):
            speaks = speaks_of(statement, self._kind, action=asked.action, resource=asked.resource, context=asked.context)
            if speaks is not False:
                yield _Voice(document=name, statement=statement, speaks=speaks)

    def _named(self, source: Document | Mapping[str, Any] | str) -> Iterable[Statement]:
        """The statements, without some that surely speak of other actions."""
        if isinstance(source, str):
            return indexed(source, self._kind).of(self._asked.action)
        return (source if isinstance(source, Document) else read(source, self._kind)).statements

    def allows(self, at_least: Reach = Reach.ACCOUNT) -> Truth:
        """Whether a statement allows it to the caller, named as closely as that."""
        return some([*self._said(Effect.ALLOW, at_least), *self._doubts()])

    def denies(self) -> Truth:
        """Whether a statement denies it to the caller."""
        return some([*self._said(Effect.DENY, Reach.ACCOUNT), *self._doubts()])

    def limits(self) -> Truth:
        """Whether it lets the request pass: what is not there limits nothing."""
        return self.allows() if self.present else True

    def spoken(self, effect: str) -> Iterator[Reason]:
        """The statements that surely have this effect on the request."""
        for voice in self._voices:
            if voice.statement.effect is Effect(effect) and self._to_caller(voice, Reach.ACCOUNT) is True:
                yield Reason(layer=voice.document, statement=voice.statement.pointer, says=effect)

    def _said(self, effect: Effect, at_least: Reach) -> Iterator[Truth]:
        return (
            self._to_caller(voice, at_least) for voice in self._voices if voice.statement.effect is effect or voice.statement.effect is None
        )

    def _to_caller(self, voice: _Voice, at_least: Reach) -> Truth:
        named = voice.statement.principals
        denies = voice.statement.effect is Effect.DENY
        truths = [voice.speaks]
        # "NotPrincipal with Deny" always hits a caller that has a boundary.
        if named is not None and not (named.negated and denies and self._bounded):
            truths.append(reaches(named, self._asked.who, at_least))
        if denies and self._kind is Kind.RCP and not self._asked.is_under_rcps:
            truths.append(Doubt.of(f"it is not known whether RCPs bind {self._asked.service}"))
        found = every(truths)
        return found.at(voice.document, voice.statement.pointer) if isinstance(found, Doubt) else found

    def _doubts(self) -> Iterator[Doubt]:
        return (Doubt.of("there is a policy that was not seen").at(name, "") for name in self._unseen)


def is_silent(kind: Kind, sources: Sources, action: str) -> bool:
    """Whether no statement may speak of an action, looked up; only in texts of documents it can be."""
    return all(isinstance(source, str) and indexed(source, kind).is_silent_on(action) for source in sources_in(sources))


def sources_in(sources: Sources) -> Sequence[Source]:
    """The documents of a layer, one or several."""
    if sources is None or isinstance(sources, (tuple, list)):
        return sources or ()
    return (sources,) if isinstance(sources, (Document, Mapping, str, Unknown)) else sources


def unread_policy(request_action: str, resource: str, account: str) -> Sources:
    """What to take for the policy of a resource that nobody has read: keys, roles and what is in other accounts leave it to the account.

    Most do. For anything else none is needed.
    """
    parts = resource.split(":", _ACCOUNT + 1)
    elsewhere = len(parts) > _ACCOUNT and parts[_ACCOUNT] not in {"", account}
    return _to_account(account) if elsewhere or request_action.lower().startswith(("kms:", "sts:")) else None


@cache
def _to_account(account: str) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"}}
