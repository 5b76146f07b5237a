"""Whom a statement speaks of, as one more value of the request: `KIND:NAME` as in a Principal element, or `Anonymous`.

IAM User Guide, "AWS JSON policy elements: Principal": an account is all that is in it, a role is its sessions too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from guardrails.iam.proof.statements import Statement
from guardrails.sets import Contexts, Domain, Language, Pattern, States

__all__ = ["ASKING", "among"]

ASKING = "!principal"
"""The name of the value; no key of a request has it."""

_FORMS = (
    "AWS:arn:aws*:iam::????????????:root",
    "AWS:arn:aws*:iam::????????????:user/?*",
    "AWS:arn:aws*:iam::????????????:role/?*",
    "AWS:arn:aws*:sts::????????????:assumed-role/?*/?*",
    "AWS:arn:aws*:sts::????????????:federated-user/?*",
    "Service:?*.amazonaws.com",
    "Service:?*.amazonaws.com.cn",
    "Federated:?*",
    "CanonicalUser:?*",
)
_ANYBODY = Language.of(Pattern.literal("Anonymous"), *map(Pattern.glob, _FORMS))
_DOMAIN = Domain(_ANYBODY, may_lack=False)
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_ROLE = re.compile(r"arn:([^:]+):iam::(\d{12}):role/(?:.*/)?([^/]+)")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_DIGITS = 12
_EVERYBODY = Pattern.glob("*")


def among(statement: Statement) -> Statement:
    """The same, speaking only of whom its Principal or NotPrincipal names."""
    entry = statement.entry
    negated = "NotPrincipal" in entry
    if negated == ("Principal" in entry):
        doubt = f"malformed principal {json.dumps({key: entry.get(key) for key in ('Principal', 'NotPrincipal')})}"
        return statement.doubted(doubt)
    element = "NotPrincipal" if negated else "Principal"
    named = list(_named(entry[element]))
    if None in named:
        return statement.doubted(f"whom {element} names: {json.dumps(entry[element])}")
    if not negated and (_EVERYBODY,) in named:
        return statement  # which needs no proof that everybody is among everybody
    found = Language.of(*(pattern for patterns in named for pattern in patterns or ()))
    whom: States = _DOMAIN.one(_ANYBODY - found if negated else found)
    return replace(statement, context=statement.context & Contexts.of({ASKING: whom}))


def _named(value: Any) -> Iterator[tuple[Pattern, ...] | None]:  # noqa: ANN401  # JSON
    if value == "*":
        yield (_EVERYBODY,)
    elif not isinstance(value, dict) or not value:
        yield None
    else:
        for kind, names in value.items():
            for name in names if isinstance(names, list) else [names]:
                yield _patterns(kind, name)


def _patterns(kind: str, name: object) -> tuple[Pattern, ...] | None:
    if kind not in {"AWS", "Service", "Federated", "CanonicalUser"} or not isinstance(name, str) or (name == "*" and kind != "AWS"):
        return None
    if name == "*":
        return (_EVERYBODY,)
    if kind == "AWS" and _UNIQUE_ID.fullmatch(name):
        return None  # somebody, but no request tells the id
    account = name if len(name) == _DIGITS and name.isdigit() else (root[1] if (root := _ROOT.fullmatch(name)) else "")
    if kind == "AWS" and account:
        # form by form, so that nothing is left to intersect
        return tuple(Pattern.glob(form.replace("?" * _DIGITS, account)) for form in _FORMS if form.startswith("AWS:"))
    if kind == "AWS" and (role := _ROLE.fullmatch(name)):
        return Pattern.literal(f"AWS:{name}"), Pattern.glob(f"AWS:arn:{role[1]}:sts::{role[2]}:assumed-role/{role[3]}/?*")
    return (Pattern.literal(f"{kind}:{name}"),) if f"{kind}:{name}" in _ANYBODY else ()
