"""A policy as JSON, for programs that write policies and have no HCL."""

from __future__ import annotations

import json
from collections.abc import Iterator

from guardrails.errors import AuthorError
from guardrails.vault.rules import Parameters, Policy, Rule, Value
from guardrails.vault.writing import duration, moment

__all__ = ["write_json"]


def write_json(policy: Policy) -> str:
    """JSON that engines read as these rules, in their order. Two rules of one path stay two.

    Raises:
        AuthorError: It is the policy `root`; or it holds what engines read differently when it comes as JSON: approvals, and lists or
            objects as values of parameters.
    """
    if policy.name == "root":
        raise AuthorError("the policy root has no text", remedy="leave it out")
    # a path may begin with one slash, which is taken away
    blocks = [{f"/{rule.path}" if rule.path.startswith("/") else rule.path: dict(_attributes(rule))} for rule in policy.rules]
    return json.dumps({"path": blocks} if blocks else {}, indent=2, ensure_ascii=False) + "\n"


def _attributes(rule: Rule) -> Iterator[tuple[str, object]]:
    if rule.control_group:
        raise _unfit(rule, "a control_group")
    said = {
        "comment": rule.comment,
        "allowed_parameters": None if rule.allowed is None else _parameters(rule, rule.allowed),
        "denied_parameters": None if rule.denied is None else _parameters(rule, rule.denied),
        "required_parameters": rule.required,
        "mfa_methods": rule.mfa_methods,
        "subscribe_event_types": rule.events,
        "min_wrapping_ttl": duration(rule.min_wrapping_seconds),
        "max_wrapping_ttl": duration(rule.max_wrapping_seconds),
        "pagination_limit": rule.pagination_limit,
        "list_scan_response_keys_filter_path": rule.response_filter,
        "expiration": moment(rule.expires_at),
    }
    # always there: a rule of nothing but objects would be laid out as several
    yield "capabilities", sorted(rule.capabilities)
    yield from ((name, value) for name, value in said.items() if value or isinstance(value, dict))


def _parameters(rule: Rule, parameters: Parameters) -> dict[str, object]:
    return {name: [_value(rule, value) for value in values] for name, values in parameters}


def _value(rule: Rule, value: Value) -> object:
    if isinstance(value, tuple):  # of two brackets that close the first would end both
        raise _unfit(rule, "a list as a value")
    if isinstance(value, frozenset):
        raise _unfit(rule, "an object as a value")
    return value


def _unfit(rule: Rule, what: str) -> AuthorError:
    return AuthorError(f"path {rule.path} has {what}, which engines read differently when it is JSON", remedy="write this policy as HCL")
