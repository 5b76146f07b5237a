"""Sessions of roles that policies and grants name: the role holds in such a session what they give, and in no other."""

from __future__ import annotations

import re
from dataclasses import replace

from guardrails.iam.proof.conditions import domain
from guardrails.iam.proof.statements import Statement
from guardrails.model.facts import Principal
from guardrails.sets import Contexts, Language, Pattern

__all__ = ["behind", "in_sessions", "role_of"]

_SESSION = re.compile(r"arn:[^:]+:sts::([0-9]{12}):assumed-role/([^/]+)/(.+)")
_USER_ID = "aws:userid"


def behind(name: str) -> str | None:
    """The role of a session, by `ACCOUNT/NAME`, for the ARN of a session does not tell the path; `None` of what is none."""
    found = _SESSION.fullmatch(name)
    return f"{found[1]}/{found[2]}" if found else None


def role_of(principal: Principal) -> str | None:
    """A role, likewise; `None` of what is none."""
    is_role = ":role/" in principal.resource
    return f"{principal.ref.realm}/{principal.resource.rpartition('/')[2]}" if is_role else None


def in_sessions(statement: Statement, principal: Principal) -> Statement:
    """The statement in those sessions of a role that it names."""
    found = (_SESSION.fullmatch(name) for _, name in statement.principals if behind(name) == role_of(principal))
    ids = (Pattern.literal(f"{principal.ref.id}:{each[3]}") for each in found if each)
    return replace(statement, context=statement.context & Contexts.of({_USER_ID: domain(_USER_ID).one(Language.of(*ids))}))
