"""Policy documents that a plan does not hold yet, rebuilt from the data source that will make them.

What a resource is built of is taken as that object and what is below it (`ARN`, `ARN/*`, `ARN:*`), for plans do not tell the words around a
reference. A Deny takes that away only where two of its items are built of the object, which are then taken for the object and all that is
below it. Both are said wherever they are assumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from guardrails.connectors.aws.proposed.draft import Text
from guardrails.connectors.aws.proposed.terraform.symbols import DOCUMENTS, Symbols
from guardrails.connectors.aws.proposed.wellformed import is_policy
from guardrails.iam.documents import parsed
from guardrails.proposals.terraform import Resource, documents
from guardrails.proposals.values import Unknown, Value

__all__ = ["Documents"]

_SOURCES = ("source_json", "source_policy_documents")
_OVERRIDES = ("override_policy_documents", "override_json")
_BELOW = ("", "/*", ":*")


class _NotKnownError(Exception):
    """A part of a document is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.why)
        self.unknown = unknown


class Documents(documents.Documents):
    """Rebuilds documents; `assume` hears what was taken for granted."""

    def __init__(self, symbols: Symbols, assume: Callable[[str], None]) -> None:
        super().__init__(symbols)
        self._assume = assume

    def made(self, found: Resource, attribute: str, depth: int) -> Text | None:
        """That of a data source, or the one that another resource has."""
        if found.is_data and found.type == "aws_iam_policy_document" and attribute in {"", "json", "minified_json"}:
            return self._rebuilt(found, depth)
        inner = found.now.get(attribute) if attribute in DOCUMENTS else None
        return None if inner is None else self.text(inner, depth - 1)

    def _rebuilt(self, found: Resource, depth: int) -> Text:
        try:
            statements = [one for name in _SOURCES for one in self._others(found.after.get(name), depth)]
            own = [self._statement(found, one) for one in _items(found.after.get("statement"))]
            for one in (*own, *(one for name in _OVERRIDES for one in self._others(found.after.get(name), depth))):
                _merge(statements, one)
        except _NotKnownError as error:
            return Unknown(f"{found.address}: {error.unknown.why}")
        version = found.after.get("version")
        return json.dumps({"Version": version if isinstance(version, str) else "2012-10-17", "Statement": statements})

    def _others(self, value: Value, depth: int) -> Iterator[dict[str, Any]]:
        """The statements of documents that this one takes in."""
        for one in _items(value if isinstance(value, tuple) else (value,) if value else ()):
            text = self.text(one, depth - 1)
            if isinstance(text, Unknown):
                raise _NotKnownError(text)
            yield from _statements(text)

    def _statement(self, found: Resource, one: Value) -> dict[str, Any]:
        if not isinstance(one, Mapping):
            raise _NotKnownError(one if isinstance(one, Unknown) else Unknown("a statement is not told"))
        effect = _known(one.get("effect")) or "Allow"
        is_deny = effect != "Allow"
        sid, conditions = _known(one.get("sid")), _items(one.get("condition"))
        said: dict[str, Any] = {
            "Effect": effect,
            "Sid": sid or None,
            "Action": [_known(item) for item in _items(one.get("actions"))],
            "NotAction": [_known(item) for item in _items(one.get("not_actions"))],
            "Resource": self._resources(found, _items(one.get("resources")), is_certain=is_deny),
            "NotResource": self._resources(found, _items(one.get("not_resources")), is_certain=not is_deny),
            "Principal": self._principals(_items(one.get("principals"))),
            "NotPrincipal": self._principals(_items(one.get("not_principals"))),
            "Condition": self._conditions(conditions),
        }
        return {name: value for name, value in said.items() if value}

    def _resources(self, found: Resource, items: Sequence[Value], *, is_certain: bool) -> list[str]:
        """Each resource; what hangs on a reference as it and what is below, unless it `is_certain` what it takes away."""
        known = [_escaped(item) for item in items if isinstance(item, str)]
        hanging = [item for item in items if not isinstance(item, str)]
        arns = [_arn(self._built_of(item)) for item in hanging]
        for arn in dict.fromkeys(arns):
            if is_certain and arns.count(arn) < 2:  # noqa: PLR2004  # the object, and what is in it
                raise _NotKnownError(Unknown(f"whether it is {arn} or what is below it is not told"))
            whole = (
                "what is built of it twice is it and all that is below it"
                if is_certain
                else "a resource that is built of it is it, or below it"
            )
            self._assume(f"{found.address}: of {arn}, {whole}")
            known += [f"{arn}{below}" for below in (_BELOW[:2] if is_certain else _BELOW)]
        return known

    def _built_of(self, item: Value) -> str:
        lost = _lost(item)
        return _found(lost, self._symbols.of(lost.target, "arn") if lost.target else None)

    def _text(self, item: Value) -> str:
        """A text; what hangs on one attribute is that attribute."""
        lost = _lost(item)
        return _escaped(item) if isinstance(item, str) else _found(lost, self._symbols.alone(lost, "arn"))

    def _identifier(self, item: Value) -> str:
        if not isinstance(item, str):
            _arn(self._built_of(item))
        return self._text(item)

    def _principals(self, items: Sequence[Value]) -> Any:  # noqa: ANN401  # a document has both shapes
        named: dict[str, list[str]] = {}
        for one in items:
            if not isinstance(one, Mapping):
                raise _NotKnownError(one if isinstance(one, Unknown) else Unknown("a principal is not told"))
            kind = str(_known(one.get("type")))
            found = [self._identifier(each) for each in _items(one.get("identifiers"))]
            if kind == "*":
                return "*"
            named.setdefault(kind, []).extend(found)
        return named

    def _conditions(self, items: Sequence[Value]) -> dict[str, dict[str, list[str]]]:
        said: dict[str, dict[str, list[str]]] = {}
        for one in items:
            if not isinstance(one, Mapping):
                raise _NotKnownError(one if isinstance(one, Unknown) else Unknown("a condition is not told"))
            values = [self._text(each) for each in _items(one.get("values"))]
            said.setdefault(str(_known(one.get("test"))), {}).setdefault(str(_known(one.get("variable"))), []).extend(values)
        return said


def _statements(text: str) -> list[dict[str, Any]]:
    try:
        found = parsed(text)
    except (ValueError, RecursionError):
        raise _NotKnownError(Unknown("a document that it takes in is no JSON")) from None
    if not is_policy(found):
        raise _NotKnownError(Unknown("a document that it takes in is no policy document"))
    said = found["Statement"]
    return said if isinstance(said, list) else [said]


def _lost(item: Value) -> Unknown:
    return item if isinstance(item, Unknown) else Unknown("it is no text")


def _found(lost: Unknown, text: str | None) -> str:
    if not text:
        raise _NotKnownError(lost)
    return text


def _arn(text: str) -> str:
    """An ARN. Of a name alone, the words that stand around it decide what it names, and plans do not tell them."""
    if not text.startswith("arn:"):
        raise _NotKnownError(Unknown("it is built of a name, and what is written around that is not told; build it of the ARN"))
    return text


def _merge(statements: list[dict[str, Any]], one: dict[str, Any]) -> None:
    """A statement takes the place of the one with its Sid."""
    sid = one.get("Sid")
    at = next((at for at, other in enumerate(statements) if sid and other.get("Sid") == sid), None)
    if at is None:
        statements.append(one)
    else:
        statements[at] = one


def _items(value: Value) -> Sequence[Value]:
    if isinstance(value, Unknown):
        raise _NotKnownError(value)
    return value if isinstance(value, tuple) else ()


def _known(value: Value) -> str:
    if isinstance(value, Unknown):
        raise _NotKnownError(value)
    return _escaped(str(value)) if value is not None else ""


def _escaped(text: str) -> str:
    """Variables of policies are written `&{...}` in the data source, for `${...}` is Terraform's own."""
    return text.replace("&{", "${")
