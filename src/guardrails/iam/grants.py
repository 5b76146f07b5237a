"""What a grant of KMS gives, as a policy document of the key, for the evaluator and the proofs.

AWS KMS Developer Guide, "Grants in AWS KMS" and "Using grant constraints". A grant gives operations on one key to one principal, wherever
that is, and takes no other policy; every explicit Deny stands above it. An encryption context is demanded of the operations that have one,
and the names in it have no case there. Who may retire a grant may call `kms:RetireGrant`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

__all__ = ["document_of"]

_CONTEXT = "kms:EncryptionContext:"
_WITH_CONTEXT = frozenset(
    {
        "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
    }
)  # fmt: skip
"""The operations of a grant that an encryption context belongs to."""
_RETIRE, _CREATE = "RetireGrant", "CreateGrant"
_KINDS = ("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn")

_Condition = dict[str, dict[str, list[str]]]


def document_of(grant: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The policy of one grant, as `ListGrants` tells it, on the key with this ARN.

    Constraints that nobody knows yet stand as a condition that nobody understands, so that they leave it open.
    """
    return {"Version": "2012-10-17", "Statement": list(_statements(grant, key))}


def _statements(grant: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    operations = [str(one) for one in grant.get("Operations") or ()]
    constraints = grant.get("Constraints") or {}
    if whom := _principal(grant, "Grantee"):
        for those, condition in _parts(operations, constraints):
            if those:
                yield _statement(whom, those, key, condition)
    if whom := _principal(grant, "Retiring"):
        yield _statement(whom, [_RETIRE], key, {})


def _principal(grant: Mapping[str, Any], role: str) -> dict[str, str]:
    service, named = grant.get(f"{role}ServicePrincipal"), grant.get(f"{role}Principal")
    if service or (named and str(named).endswith((".amazonaws.com", ".amazonaws.com.cn"))):
        return {"Service": str(service or named)}
    return {"AWS": str(named)} if named else {}


def _parts(operations: Sequence[str], constraints: Mapping[str, Any]) -> Iterator[tuple[list[str], _Condition]]:
    """The operations that a constraint binds alike, each with what it asks."""
    source = _demanding("ArnEquals", "aws:SourceArn", [str(constraints["SourceArn"])]) if constraints.get("SourceArn") else {}
    strange = {name: [json.dumps(constraints[name], sort_keys=True)] for name in sorted(constraints) if name not in _KINDS}
    more = {"ConstraintOfAGrant": strange} if strange else {}
    with_context = [one for one in operations if one in _WITH_CONTEXT]
    yield with_context, _joined(source, more, *_contexts(constraints))
    yield [one for one in operations if one not in _WITH_CONTEXT | {_CREATE, _RETIRE}], _joined(source, more)
    # whoever makes a further grant gives away no more than was given
    if _CREATE in operations:
        strict = _demanding("StringEquals", "kms:GrantConstraintType", [name for name in _KINDS[:2] if constraints.get(name)])
        given = _demanding("ForAllValues:StringEquals", "kms:GrantOperations", operations)
        yield [_CREATE], _joined(source, more, given, *([strict] if any(map(constraints.get, _KINDS[:2])) else []))
    if _RETIRE in operations:
        yield [_RETIRE], {}


def _contexts(constraints: Mapping[str, Any]) -> Iterator[_Condition]:
    for name in _KINDS[:2]:
        pairs = constraints.get(name) or {}
        for key, value in sorted(pairs.items()):
            yield _demanding("StringEquals", f"{_CONTEXT}{key}", [str(value)])
        if name == _KINDS[0] and pairs:  # and nothing beside
            yield _demanding("ForAllValues:StringEqualsIgnoreCase", "kms:EncryptionContextKeys", sorted(pairs))


def _demanding(operator: str, key: str, values: Iterable[str]) -> _Condition:
    """A test. What looks like a variable of a policy is text in a grant."""
    return {operator: {key: [value.replace("${", "${$}{") for value in values]}}


def _joined(*conditions: _Condition) -> _Condition:
    found: _Condition = {}
    for condition in conditions:
        for operator, keys in condition.items():
            found.setdefault(operator, {}).update(keys)
    return found


def _statement(whom: Mapping[str, str], operations: Sequence[str], key: str, condition: _Condition) -> dict[str, Any]:
    actions = [f"kms:{one}" for one in operations]
    entry = {"Effect": "Allow", "Principal": dict(whom), "Action": actions, "Resource": key, "Condition": condition}
    return {name: value for name, value in entry.items() if value}
