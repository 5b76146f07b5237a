"""Policy documents as statements. What is malformed or unknown is kept with the statement as a mistake, never dropped.

IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

__all__ = ["ConditionTest", "Document", "Effect", "Kind", "Patterns", "Principals", "Statement", "parsed", "read"]


class Kind(Enum):
    """What a document is attached to. Managed, inline and group policies are all of kind identity: they mean the same."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    RESOURCE = "resource"
    TRUST = "trust"
    ENDPOINT = "endpoint"

    __hash__ = object.__hash__  # that of an enum is slow, and this is a part of every question that is remembered

    @property
    def names_principals(self) -> bool:
        """Whether its statements say to whom they apply."""
        return self in _NAMING

    @property
    def pads_arns(self) -> bool:
        """Whether an ARN that stops early means all that begins so."""
        return self in _OF_IDENTITIES

    @property
    def has_own_resource(self) -> bool:
        """Whether a statement without Resource speaks of what the document is attached to."""
        return self in _OF_OBJECTS


_NAMING = (Kind.RCP, Kind.RESOURCE, Kind.TRUST, Kind.ENDPOINT)
_OF_IDENTITIES = (Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION)
_OF_OBJECTS = (Kind.RESOURCE, Kind.TRUST)


class Effect(Enum):
    """Deny wins."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Action, Resource, or the Not form of either."""

    texts: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Principals:
    """Principal or NotPrincipal, as pairs of kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and name; `*` has the kind `AWS`."""

    named: tuple[tuple[str, str], ...]
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTest:
    """One operator on one key of a Condition."""

    operator: str
    key: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `None` is an element that is missing or not understood; `mistakes` says why, unless it may be missing.

    `variables` is whether `${...}` is one: only since Version 2012-10-17.
    """

    pointer: str
    effect: Effect | None = None
    principals: Principals | None = None
    actions: Patterns | None = None
    resources: Patterns | None = None
    tests: tuple[ConditionTest, ...] = ()
    variables: bool = True
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a kind."""

    kind: Kind
    statements: tuple[Statement, ...]


_EFFECTS = {effect.value: effect for effect in Effect}
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_ELEMENTS = frozenset({"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_VERSIONS = ("2008-10-17", "2012-10-17")


def read(source: Mapping[str, Any] | str, kind: Kind) -> Document:
    """A document from JSON text or from what such a text was parsed to."""
    return _from_text(source, kind) if isinstance(source, str) else _document(source, kind)


@lru_cache(maxsize=4096)
def _from_text(text: str, kind: Kind) -> Document:
    try:
        return _document(parsed(text), kind)
    except ValueError as error:
        return Document(kind, (Statement(pointer="document", mistakes=(f"it is not JSON: {error}",)),))


def parsed(text: str) -> Any:  # noqa: ANN401  # what JSON holds
    """JSON as values; a name that stands twice in an object is kept as an element that nothing understands.

    Raises:
        ValueError: It is not JSON.
    """
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name that stands twice would hide one of the two, so it adds a name that nothing understands."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return found | {f"{name} (twice)": None for name in found if names.count(name) > 1}


def _document(found: object, kind: Kind) -> Document:
    if not isinstance(found, Mapping) or "Statement" not in found:
        return Document(kind, (Statement(pointer="document", mistakes=("it has no Statement",)),))
    version = found.get("Version", _VERSIONS[0])
    mistakes = [f"unknown element {name}" for name in found if name not in {"Version", "Id", "Statement"}]
    if version not in _VERSIONS:
        mistakes.append(f"unknown Version {version!r}")
    reader = _Reader(kind, tuple(mistakes), variables=version != _VERSIONS[0])
    listed = found["Statement"] if isinstance(found["Statement"], list) else [found["Statement"]]
    if mistakes and not listed:
        return Document(kind, (Statement(pointer="document", mistakes=tuple(mistakes)),))
    return Document(kind, tuple(reader.statement(entry, number) for number, entry in enumerate(listed)))


class _Reader:
    """Reads the statements of one document."""

    def __init__(self, kind: Kind, mistakes: tuple[str, ...], *, variables: bool) -> None:
        self._kind, self._inherited, self._variables = kind, mistakes, variables
        self._mistakes: list[str] = []

    def statement(self, entry: object, number: int) -> Statement:
        if not isinstance(entry, Mapping):
            return Statement(pointer=f"Statement[{number}]", mistakes=(*self._inherited, "the statement is no object"))
        self._mistakes = [*self._inherited, *(f"unknown element {name}" for name in entry if name not in _ELEMENTS)]
        said = entry.get("Effect")
        effect = _EFFECTS.get(said) if isinstance(said, str) else None
        if effect is None:
            self._mistakes.append(f"unknown Effect {said!r}")
        sid = entry.get("Sid")
        return Statement(
            pointer=f"Statement[{number}]" + (f" {sid}" if isinstance(sid, str) and sid else ""),
            effect=effect,
            principals=self._principals(entry),
            actions=self._patterns(entry, "Action", needed=True),
            resources=self._patterns(entry, "Resource", needed=not self._kind.has_own_resource),
            tests=tuple(self._tests(entry.get("Condition", {}))),
            variables=self._variables,
            mistakes=tuple(self._mistakes),
        )

    def _chosen(self, entry: Mapping[str, Any], name: str, *, needed: bool) -> str | None:
        """The name of the form that is written; exactly one must be."""
        written = [form for form in (name, f"Not{name}") if form in entry]
        if len(written) == 1:
            return written[0]
        if written or needed:
            self._mistakes.append(f"both {name} and Not{name}" if written else f"no {name}")
        return None

    def _patterns(self, entry: Mapping[str, Any], name: str, *, needed: bool) -> Patterns | None:
        chosen = self._chosen(entry, name, needed=needed)
        if chosen is None:
            return None
        texts = _texts(entry[chosen])
        if texts is None:
            self._mistakes.append(f"malformed {chosen}")
            return None
        return Patterns(texts, negated=chosen != name)

    def _principals(self, entry: Mapping[str, Any]) -> Principals | None:
        chosen = self._chosen(entry, "Principal", needed=self._kind.names_principals)
        if chosen is None:
            return None
        if not self._kind.names_principals:
            self._mistakes.append(f"{chosen} has no place in a policy of kind {self._kind.value}")
            return None
        named = _named(entry[chosen])
        if named is None:
            self._mistakes.append(f"malformed {chosen}")
            return None
        return Principals(named, negated=chosen != "Principal")

    def _tests(self, condition: object) -> list[ConditionTest]:
        found: list[ConditionTest] = []
        for operator, block in _entries(condition, self._mistakes, "Condition"):
            for key, value in _entries(block, self._mistakes, f"Condition {operator}"):
                operands = _operands(value)
                if operands:
                    found.append(ConditionTest(operator=operator, key=key, operands=operands))
                else:
                    self._mistakes.append(f"malformed value of {operator} {key}")
        return found


def _entries(value: object, mistakes: list[str], what: str) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    mistakes.append(f"malformed {what}")
    return []


def _texts(value: object) -> tuple[str, ...] | None:
    listed = value if isinstance(value, list) else [value]
    texts = tuple(text for text in listed if isinstance(text, str))
    return texts if texts and len(texts) == len(listed) else None


def _named(value: object) -> tuple[tuple[str, str], ...] | None:
    if value == "*":
        return (("AWS", "*"),)
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_KINDS):
        return None
    found: list[tuple[str, str]] = []
    for kind, names in value.items():
        texts = _texts(names)
        if texts is None or (kind != "AWS" and "*" in texts):
            return None
        found += [(kind, text) for text in texts]
    return tuple(found)


def _operands(value: object) -> tuple[str, ...]:
    """The operands as texts; none when one of them is no text, number or truth value."""
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(operand, (str, bool, int, float)) for operand in listed):
        return ()
    return tuple(operand if isinstance(operand, str) else json.dumps(operand) for operand in listed)
