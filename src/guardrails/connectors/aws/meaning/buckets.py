"""The requests for a bucket that its policy does not deny: what somebody can ask for whom another policy lets in.

What the policy allows narrows nobody: the root user, and whoever an identity policy lets in, need no word of it. Only what it denies to
everybody does, in one statement or in several; a Deny for one user demands nothing of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from guardrails.iam.proof.access import region, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import contexts
from guardrails.iam.proof.statements import Statement
from guardrails.sets import Context, Contexts, Language, Pattern, Region

__all__ = ["Open", "open_requests"]

_OF_SIGNERS = frozenset({"aws:principalaccount", "aws:principalarn"})
"""What every request of a user or a role tells, and no unsigned one and none of a service."""

_WHOLE = re.compile(r"(?:arn:[^:]+:iam::)?([0-9]{12})(?::root)?")
_Name = tuple[str, str]
"""Kind and name, as in Principal; an account by the ARN of its root."""

_ANYBODY: _Name = ("AWS", "")
_UNSIGNED: _Name = ("Anonymous", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Requests of somebody: `sure` is let through, and nothing outside of `possible` is."""

    who: str
    sure: Region
    possible: Region


def open_requests(found: Iterable[Statement], bucket: str) -> Iterator[Open]:
    """Of those whom the policy names nowhere, and of others where it makes a difference."""
    denies = [statement for statement in found if not statement.allow]
    by_caller = any(statement.context.names & _OF_SIGNERS for statement in denies)
    named = {name for statement in denies if by_caller or _written(statement)[1] for name in _written(statement)[0]}
    names = sorted(named - {("AWS", "*")})
    # a whole account is named by its root
    theirs = tuple(name.removesuffix("root") + "*" if name.endswith(":root") else name for _, name in names)
    others, _ = contexts([("StringNotLike", "aws:principalarn", theirs)] if by_caller and theirs else [])
    yield _open("anybody", [s for s in denies if _hits(s, _ANYBODY)], _requests(bucket, others))
    for name in names:
        told = [replace(s, context=s.context.given(_told(name))) for s in denies if _hits(s, name)]
        yield _open(name[1], told, _requests(bucket))
    if by_caller:
        yield _open("somebody unsigned", [_unsigned(s) for s in denies if _hits(s, _UNSIGNED)], _requests(bucket))


def _open(who: str, denies: list[Statement], asked: Region) -> Open:
    sure = possible = asked
    for statement in denies:
        denied = region(statement)
        sure -= denied
        possible = possible - denied if statement.exact else possible
    return Open(who=who, sure=sure, possible=possible)


def _requests(bucket: str, context: Contexts | None = None) -> Region:
    resources = Language.of(Pattern.literal(bucket), Pattern.glob(f"{bucket}/?*"))
    return space().region(action=Actions.of(["s3:*"]), resource=resources, context=context or Contexts.everything())


def _written(statement: Statement) -> tuple[frozenset[_Name], bool]:
    """Whom a statement names, and whether by NotPrincipal; nobody where that is malformed."""
    entry = statement.entry
    negated = "NotPrincipal" in entry
    named = entry.get("NotPrincipal" if negated else "Principal")
    if named == "*":
        return frozenset({("AWS", "*")}), negated
    pairs = named.items() if isinstance(named, dict) else ()
    listed = ((kind, str(name)) for kind, names in pairs for name in (names if isinstance(names, list) else [names]))
    return frozenset((kind, _root(found[1]) if (found := _WHOLE.fullmatch(name)) else name) for kind, name in listed), negated


def _root(account: str) -> str:
    """A whole account; whatever the partition, its number is of one alone."""
    return f"arn:aws:iam::{account}:root"


def _hits(statement: Statement, caller: _Name) -> bool:
    """Whether it is for a caller. IAM User Guide, "NotPrincipal": it is for all but those whom it names."""
    named, negated = _written(statement)
    account = caller[1].split(":")[4] if caller[1].count(":") > 4 else ""  # noqa: PLR2004  # the account is the fifth part
    aliases = {caller, ("AWS", "*"), ("AWS", _root(account))}
    return bool(named) and bool(named & aliases) != negated


def _told(name: _Name) -> Context:
    """What the requests of somebody who is named tell; of an account, a session or a service nothing is certain."""
    own = name[0] == "AWS" and (":user/" in name[1] or ":role/" in name[1])
    return {"aws:principalarn": name[1], "aws:principalaccount": name[1].split(":")[4]} if own else {}


def _unsigned(statement: Statement) -> Statement:
    """As it stands for a request that tells no principal: the keys of it are absent, which the table of keys rules out for signed ones."""
    names = {key: f"aws:requesttag/{key}" for key in _OF_SIGNERS}
    block = [(operator, names.get(key, key), values) for operator, key, values in statement.condition]
    # an exact statement has no variables, whatever the version of its document
    found, _ = contexts(block, variables=not statement.exact)
    return replace(statement, context=found.given(dict.fromkeys(names.values())))
