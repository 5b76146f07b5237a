"""Whom a statement speaks of, as two more values of the request: who asks, and the name of the session when a role asks in one.

Who asks is an ARN, `KIND:NAME` as in a Principal element, or `Anonymous`. Of a session it is the role, path and all, which the ARN of the
session does not tell. IAM User Guide, "AWS JSON policy elements: Principal": an account is all that is in it, a role is its sessions too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from guardrails.iam.proof.statements import Statement
from guardrails.sets import Contexts, Domain, Language, Pattern

__all__ = [
    "ANONYMOUSLY",
    "ASKING",
    "AWS",
    "CANONICAL",
    "FEDERATED",
    "FORMS",
    "OTHERS",
    "SERVICES",
    "SESSION",
    "WHOEVER",
    "among",
    "asked_by",
]

ASKING, SESSION = "!principal", "!session"
"""The names of the values; no key of a request has them."""

FORMS = {
    "Account": "arn:aws*:iam::????????????:root",
    "User": "arn:aws*:iam::????????????:user/?*",
    "AssumedRole": "arn:aws*:iam::????????????:role/?*",
    "FederatedUser": "arn:aws*:sts::????????????:federated-user/?*",
}
"""Principals of accounts, by `aws:PrincipalType`."""
AWS = Language.of(*map(Pattern.arn, FORMS.values()))
ANONYMOUSLY = Language.of(Pattern.literal("Anonymous"))
SERVICES = Language.of(Pattern.glob("Service:?*.amazonaws.com"), Pattern.glob("Service:?*.amazonaws.com.cn"))
FEDERATED = Language.of(Pattern.glob("Federated:?*"))
CANONICAL = Language.of(Pattern.glob("CanonicalUser:?*"))
OTHERS = SERVICES | FEDERATED | CANONICAL
"""Who is neither of an account nor unsigned."""
WHOEVER = Domain(AWS | ANONYMOUSLY | OTHERS, may_lack=False)
_SESSIONS = Domain(Language.of(Pattern.glob("?*")))

# a name with a wildcard in it is nobody's, and is no pattern
_ROOT = re.compile(r"arn:([^:]+):iam::(\d{12}):root")
_BEHIND = re.compile(r"arn:([^:*?]+):iam::(\d{12}):(user|role)/(?:.*/)?([^/*?]+)")
_SESSION = re.compile(r"arn:([^:*?]+):sts::(\d{12}):assumed-role/([^/*?]+)/(.+)")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_DIGITS = 12
_EVERYBODY = Pattern.glob("*")


@dataclass(frozen=True, slots=True)
class _Named:
    """Who asks, and in which sessions when that matters."""

    pattern: Pattern
    sessions: Pattern | None = None


def asked_by(kind: str, name: str) -> Contexts:
    """The contexts in which a principal asks whose ARN or name is known; its kind is as in a Principal element, or `Anonymous`."""
    if kind == "AWS" and (found := _SESSION.fullmatch(name)):
        return _contexts(_in_session(found))
    text = name if kind in {"AWS", "Anonymous"} else f"{kind}:{name}"
    return _contexts([_Named(Pattern.literal(text))]) & Contexts.of({SESSION: _SESSIONS.absent()})


def among(statement: Statement, *, by_path: bool = False) -> Statement:
    """The same, speaking only of whom its Principal or NotPrincipal names.

    An account has one role of a name, so what is said of the sessions of another of that name, with another path, says nothing; likewise
    what is said of an account in another partition than that of its ARN. Where it matters, `by_path` leaves them out.
    """
    entry = statement.entry
    negated = "NotPrincipal" in entry
    if negated == ("Principal" in entry):
        doubt = f"malformed principal {json.dumps({key: entry.get(key) for key in ('Principal', 'NotPrincipal')})}"
        return statement.doubted(doubt)
    element = "NotPrincipal" if negated else "Principal"
    named = list(_named(entry[element], by_path=by_path))
    if None in named:
        return statement.doubted(f"whom {element} names: {json.dumps(entry[element])}")
    listed = [each for found in named for each in found or ()]
    if not negated and _Named(_EVERYBODY) in listed:
        return statement  # which needs no proof that everybody is among everybody
    whom = _contexts(listed)
    return replace(statement, context=statement.context & (Contexts.everything() - whom if negated else whom))


def _contexts(listed: Iterable[_Named]) -> Contexts:
    """The contexts in which one of them asks, in few terms."""
    found: dict[Pattern | None, list[Pattern]] = {}
    for each in listed:
        found.setdefault(each.sessions, []).append(each.pattern)
    terms = []
    for sessions, patterns in found.items():
        within = () if sessions is None else ((SESSION, _SESSIONS.one(Language.of(sessions))),)
        terms.append(((ASKING, WHOEVER.one(Language.of(*patterns))), *within))
    return Contexts.united(terms)


def _named(value: Any, *, by_path: bool) -> Iterator[tuple[_Named, ...] | None]:  # noqa: ANN401  # JSON
    if value == "*":
        yield (_Named(_EVERYBODY),)
    elif not isinstance(value, dict) or not value:
        yield None
    else:
        for kind, names in value.items():
            for name in names if isinstance(names, list) else [names]:
                yield _whom(kind, name, by_path=by_path)


def _whom(kind: str, name: object, *, by_path: bool) -> tuple[_Named, ...] | None:
    if kind not in {"AWS", "Service", "Federated", "CanonicalUser"} or not isinstance(name, str) or (name == "*" and kind != "AWS"):
        return None
    if name == "*":
        return (_Named(_EVERYBODY),)
    if kind != "AWS":
        return (_Named(Pattern.literal(f"{kind}:{name}")),) if f"{kind}:{name}" in OTHERS else ()
    return None if _UNIQUE_ID.fullmatch(name) else _of_account(name, by_path=by_path)  # an id is somebody, but no request tells it


def _of_account(name: str, *, by_path: bool) -> tuple[_Named, ...]:
    if root := _ROOT.fullmatch(name):
        return _all_in(root[2], root[1] if by_path else "aws*")
    if len(name) == _DIGITS and name.isdigit():
        return _all_in(name)
    if session := _SESSION.fullmatch(name):
        return _in_session(session)
    itself = (_Named(Pattern.literal(name)),) if name in AWS else ()
    behind = _BEHIND.fullmatch(name)
    return (*itself, *_through(behind, by_path=by_path)) if behind else itself


def _all_in(account: str, partition: str = "aws*") -> tuple[_Named, ...]:
    # form by form, so that nothing is left to intersect
    forms = (form.replace("?" * _DIGITS, account).replace("aws*", partition, 1) for form in FORMS.values())
    return tuple(_Named(Pattern.arn(form)) for form in forms)


def _in_session(found: re.Match[str]) -> tuple[_Named, ...]:
    """A session, whose ARN does not tell the path of its role."""
    return _sessions_of(found, Pattern.literal(found[4]), found[3])


def _sessions_of(found: re.Match[str], sessions: Pattern, role: str) -> tuple[_Named, ...]:
    home = f"arn:{found[1]}:iam::{found[2]}:role/"
    return tuple(_Named(Pattern.arn(f"{home}{path}{role}"), sessions) for path in ("", "*/"))


def _through(found: re.Match[str], *, by_path: bool) -> tuple[_Named, ...]:
    """What acts for a user, and the sessions of roles of its name for a role."""
    partition, account, kind, name = found.groups()
    if kind == "user":
        return (_Named(Pattern.literal(f"arn:{partition}:sts::{account}:federated-user/{name}")),)
    return () if by_path else _sessions_of(found, Pattern.glob("?*"), name)
