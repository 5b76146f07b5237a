"""Seeded requests over real policies: the AWS managed policies that moto ships, as they are and mutated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/build"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/run-7"
STRANGER = f"arn:aws:iam::{OTHER}:user/mallory"
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

_WORDS = ("", "a", "prod", "team-x", "Object", "alice", "x/y", "7", "${*}")
_KEYS: dict[str, tuple[str, ...]] = {
    "String": ("aws:PrincipalTag/team", "aws:ResourceTag/team", "aws:RequestedRegion", "s3:prefix"),
    "Numeric": ("s3:max-keys", "aws:MultiFactorAuthAge"),
    "Date": ("aws:CurrentTime", "aws:TokenIssueTime"),
    "Bool": ("aws:SecureTransport", "aws:ViaAWSService"),
    "Binary": ("guardrails:blob",),
    "Ip": ("aws:SourceIp", "aws:VpcSourceIp"),
    "Arn": ("aws:SourceArn", "aws:PrincipalArn"),
}
_OPERATORS: dict[str, tuple[str, ...]] = {
    "String": (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ),
    "Numeric": tuple(
        f"Numeric{sign}" for sign in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "Date": tuple(f"Date{sign}" for sign in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")),
    "Bool": ("Bool",),
    "Binary": ("BinaryEquals",),
    "Ip": ("IpAddress", "NotIpAddress"),
    "Arn": ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
}
_OPERANDS: dict[str, tuple[str, ...]] = {
    "String": (
        "x",
        "X",
        "team-x",
        "team-*",
        "t?am-x",
        "${aws:username}",
        "${aws:PrincipalTag/team}",
        "${aws:PrincipalTag/team, 'x'}",
        "a${*}b",
        "",
    ),
    "Numeric": ("0", "5", "10", "10.5", "-3", "many"),
    "Date": ("2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "2026-01-01", "1767225600", "soon"),
    "Bool": ("true", "false", "True"),
    "Binary": ("QUJD", "eA=="),
    "Ip": ("10.0.0.0/8", "0.0.0.0/0", "203.0.113.7", "2001:db8::/32", "2001:db8::1", "office"),
    "Arn": (f"arn:aws:sns:*:{ACCOUNT}:*", "arn:aws:sns:eu-west-1:*:top?c", USER, "arn:aws:iam::*:user/${aws:username}", "*"),
}
_VALUES: dict[str, tuple[str, ...]] = {
    "String": ("x", "X", "team-x", "team-", "alice", "a*b", "eu-west-1", ""),
    "Numeric": ("0", "5", "7", "10", "10.50", "11", "few"),
    "Date": ("2026-01-01T00:00:00Z", "2026-06-01T10:00:00Z", "2025-12-31T23:59:59Z", "1767225600", "late"),
    "Bool": ("true", "false"),
    "Binary": ("QUJD", "eA=="),
    "Ip": ("10.1.2.3", "203.0.113.7", "198.51.100.1", "2001:db8::1", "2001:db9::1", "here"),
    "Arn": (f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic", USER, ROLE, "topic"),
}
_TYPES = {key.lower(): kind for kind, keys in _KEYS.items() for key in keys}
Document = dict[str, Any]
Case = dict[str, Any]


@cache
def managed() -> tuple[Document, ...]:
    """The documents of the AWS managed policies, in the order of their names."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data  # noqa: PLC0415  # 3 MB that only this reads

    found = json.loads(aws_managed_policies_data)
    return tuple(found[name]["Document"] for name in sorted(found))


@cache
def _literal_actions() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for document in managed():
        for statement in _statements(document):
            for action in _listed(statement.get("Action", [])):
                if "*" not in action and ":" in action:
                    found.setdefault(action.split(":")[0].lower(), set()).add(action)
    return {service: tuple(sorted(actions)) for service, actions in found.items()}


def cases(seed: int, count: int) -> Iterator[Case]:
    """That many cases, the same for the same seed."""
    rng = Random(seed)  # noqa: S311  # a sample, no secret
    for _ in range(count):
        yield _case(rng)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(document: Document) -> list[Document]:
    return _listed(document["Statement"])


def _case(rng: Random) -> Case:
    document = _drawn(rng)
    statement = rng.choice(_statements(document))
    principal = rng.choices((USER, ROLE, SESSION, "ec2.amazonaws.com"), (8, 3, 4, 1))[0]
    context: dict[str, Any] = {} if principal == "ec2.amazonaws.com" else {"aws:username": "alice"}
    for _ in range(rng.choice((0, 0, 1, 2))):
        kind = rng.choice(tuple(_KEYS))
        context[rng.choice(_KEYS[kind])] = _value(rng, kind, ())
    action, resource = _action(rng, statement), _resource(rng, statement, context)
    if action.startswith("sts:") and ":role/" not in resource:
        resource = rng.choice(("*", ROLE))
    policies = _around(rng, document, action, resource)
    if resource == "*":  # which has no policy; the peer would trust none but whom it names
        policies.pop("resource", None)
    if principal == "ec2.amazonaws.com":  # it has none of the others; the peer would have them bind it
        policies = {name: found for name, found in policies.items() if name in {"resource", "endpoint"}}
    for one in _documents(policies):
        for key, operator, operands in _tested(one):
            if rng.random() < 0.8 and key not in context:
                kind = next(
                    (kind for kind, operators in _OPERATORS.items() if operator.split(":")[-1].removesuffix("IfExists") in operators),
                    "String",
                )
                context[key] = _value(rng, _TYPES.get(key.lower(), kind), operands)
    account = rng.choices((ACCOUNT, OTHER), (5, 1))[0]
    parts = resource.split(":")
    account = parts[4] if len(parts) > 4 and parts[4].isdigit() else account
    context["aws:ResourceAccount"] = account
    return {"principal": principal, "action": action, "resource": resource, "account": account, "context": context, "policies": policies}


def _drawn(rng: Random) -> Document:
    document = copy.deepcopy(rng.choice(managed()))
    if len(_statements(document)) > 6:
        document["Statement"] = rng.sample(_statements(document), 6)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        rng.choice(_MUTATIONS)(rng, document)
    return document


def _around(rng: Random, document: Document, action: str, resource: str) -> dict[str, Any]:
    """The document as identity policy, and sometimes others beside it and around it."""
    found: dict[str, Any] = {"identity": [document]}
    if rng.random() < 0.2:
        found["identity"].append(_drawn(rng))
    for name, chance in (("boundary", 0.15), ("session", 0.12), ("endpoint", 0.08)):
        if rng.random() < chance:
            found[name] = _limit(rng, action, resource)
            if name == "endpoint":
                for statement in _statements(found[name]):
                    statement["Principal"] = "*"
    if rng.random() < 0.15:
        found["scps"] = [[FULL], [_limit(rng, action, resource)]]
    if rng.random() < 0.35:
        found["resource"] = _resource_policy(rng, action, resource)
    return found


def _limit(rng: Random, action: str, resource: str) -> Document:
    """A document that has to do with the request, mostly."""
    if rng.random() < 0.3:
        return _drawn(rng)
    service = action.split(":", maxsplit=1)[0]
    limits = [
        {
            "Effect": "Allow",
            "Action": rng.choice(("*", f"{service}:*", action, f"{service}:Get*")),
            "Resource": rng.choice(("*", resource)),
        },
        {"Effect": "Deny", "NotAction": [f"{service}:*", "iam:*"], "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": copy.deepcopy(limits)}
    if rng.random() < 0.5:
        rng.choice(_MUTATIONS)(rng, document)
    return document


def _resource_policy(rng: Random, action: str, resource: str) -> Document:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    named = rng.choice(
        (
            "*",
            {"AWS": "*"},
            {"AWS": ACCOUNT},
            {"AWS": root},
            {"AWS": USER},
            {"AWS": ROLE},
            {"AWS": SESSION},
            {"AWS": [STRANGER, ROLE]},
            {"Service": "ec2.amazonaws.com"},
        )
    )
    statement = {
        "Effect": rng.choices(("Allow", "Deny"), (4, 1))[0],
        rng.choices(("Principal", "NotPrincipal"), (9, 1))[0]: named,
        "Action": rng.choice((action, "*", f"{action.split(':', maxsplit=1)[0]}:*")),
        "Resource": rng.choice((resource, "*")),
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    if rng.random() < 0.4:
        _add_condition(rng, document)
    return document


def _documents(policies: dict[str, Any]) -> Iterator[Document]:
    for found in policies.values():
        yield from _nested(found)


def _nested(found: Any) -> Iterator[Document]:
    if isinstance(found, dict):
        yield found
    else:
        for one in found:
            yield from _nested(one)


def _tested(document: Document) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for statement in _statements(document):
        for operator, block in statement.get("Condition", {}).items():
            for key, operands in block.items():
                yield key, operator, tuple(str(operand) for operand in _listed(operands))


def _filled(rng: Random, pattern: str, context: dict[str, Any]) -> str:
    for key in ("aws:username", "aws:PrincipalTag/team"):
        pattern = pattern.replace(f"${{{key}}}", str(context.get(key, "nobody")) if isinstance(context.get(key, ""), str) else "nobody")
    while "${" in pattern and "}" in pattern.split("${", 1)[1]:
        head, _, tail = pattern.partition("${")
        pattern = head + rng.choice(("x", "alice")) + tail.partition("}")[2]
    return "".join(rng.choice(_WORDS[:-1]) if character == "*" else "q" if character == "?" else character for character in pattern)


def _value(rng: Random, kind: str, operands: tuple[str, ...]) -> Any:
    one = _filled(rng, rng.choice(operands), {}) if operands and rng.random() < 0.6 else rng.choice(_VALUES[kind])
    if rng.random() < 0.12:
        return [one] if rng.random() < 0.5 else [one, rng.choice(_VALUES[kind])]
    return one


def _action(rng: Random, statement: Document) -> str:
    pattern = rng.choice(_listed(statement.get("Action", statement.get("NotAction"))))
    service = pattern.split(":")[0].lower()
    if service not in _literal_actions():
        service = rng.choice(("s3", "ec2", "iam", "kms", "sts"))
    if rng.random() < 0.6 and ":" in pattern:
        made = service + ":" + _filled(rng, pattern.split(":", 1)[1], {}).replace("/", "").replace("-", "")
        return made if made[-1] != ":" else f"{service}:Get"
    return service + ":" + rng.choice(_literal_actions()[service]).split(":", 1)[1]


def _resource(rng: Random, statement: Document, context: dict[str, Any]) -> str:
    pattern = rng.choice(_listed(statement.get("Resource", statement.get("NotResource", "*"))))
    if pattern == "*" or rng.random() < 0.1:
        return rng.choice(
            (
                "*",
                "arn:aws:s3:::prod/alice",
                f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-7",
                f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k1",
                ROLE,
            )
        )
    parts = (
        [_filled(rng, part, context) for part in pattern.split(":", 5)]
        if "${" not in pattern
        else _filled(rng, pattern, context).split(":", 5)
    )
    parts += [rng.choice(("prod", "eu-west-1", "x"))] * (6 - len(parts))
    parts = ["arn", *(part.replace(":", "") for part in parts[1:5]), parts[5] or "x"]
    parts[4] = parts[4] if parts[4] in {"", "aws"} or (parts[4].isdigit() and len(parts[4]) == 12) else ACCOUNT
    if rng.random() < 0.08:
        parts[rng.choice((2, 3, 5))] += "z"
    return ":".join(parts)


def _condition(rng: Random) -> tuple[str, str, Any]:
    kind = rng.choice(tuple(_KEYS))
    operator = rng.choice(_OPERATORS[kind])
    if rng.random() < 0.25:
        operator = f"{rng.choice(('ForAllValues', 'ForAnyValue'))}:{operator}"
    if rng.random() < 0.25:
        operator += "IfExists"
    if rng.random() < 0.1:
        return "Null", rng.choice(_KEYS[kind]), rng.choice(("true", "false"))
    operands = rng.sample(_OPERANDS[kind], rng.choice((1, 1, 2)))
    return operator, rng.choice(_KEYS[kind]), operands if len(operands) > 1 else operands[0]


def _add_condition(rng: Random, document: Document) -> None:
    operator, key, operands = _condition(rng)
    rng.choice(_statements(document)).setdefault("Condition", {}).setdefault(operator, {})[key] = operands


def _swap(name: str, other: str) -> Callable[[Random, Document], None]:
    def mutate(rng: Random, document: Document) -> None:
        statement = rng.choice(_statements(document))
        if name in statement:
            statement[other] = statement.pop(name)

    return mutate


def _deny_one(rng: Random, document: Document) -> None:
    rng.choice(_statements(document))["Effect"] = "Deny"


def _deny_beside(rng: Random, document: Document) -> None:
    denied = copy.deepcopy(rng.choice(_statements(document)))
    denied |= {"Effect": "Deny", "Sid": "Beside"}
    document["Statement"] = [*_statements(document), denied]
    operator, key, operands = _condition(rng)
    denied.setdefault("Condition", {}).setdefault(operator, {})[key] = operands


def _variable(rng: Random, document: Document) -> None:
    statement = rng.choice(_statements(document))
    if isinstance(statement.get("Resource"), str) and statement["Resource"].endswith("/*"):
        statement["Resource"] = statement["Resource"][:-1] + rng.choice(
            ("${aws:username}", "${aws:PrincipalTag/team, 'x'}/*", "${s3:prefix}")
        )


def _drop_version(_rng: Random, document: Document) -> None:
    document.pop("Version", None)


_MUTATIONS: tuple[Callable[[Random, Document], None], ...] = (
    _add_condition,
    _add_condition,
    _add_condition,
    _swap("Action", "NotAction"),
    _swap("Resource", "NotResource"),
    _deny_one,
    _deny_beside,
    _variable,
    _drop_version,
)
