"""Policy documents as statements. What is malformed or not understood is kept and told as a doubt, never dropped.

A doubt is a claim that a request fulfils or does not, we cannot say which; the same words are the same claim wherever they stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.iam.proof.variables import lettered, widened
from guardrails.sets import Contexts, Language, Pattern

__all__ = ["Statement", "claim", "statements", "widened"]

_OF_IDENTITIES = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ELEMENTS = _OF_IDENTITIES | {"Principal", "NotPrincipal"}
_DOCUMENT = frozenset({"Version", "Id", "Statement"})
_WITH_VARIABLES = "2012-10-17"
_VERSIONS = ("2008-10-17", _WITH_VARIABLES)
_ARN_COLONS = 5
_as_json = json.JSONEncoder(sort_keys=True).encode
_ALWAYS: tuple[tuple[Condition, ...], Contexts, tuple[str, ...]] = ((), Contexts.everything(), ())
"""What no Condition lets through."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement:
    """One statement, equal to itself alone; `text` is its own JSON.

    `firm` and `loose` are its resources in the narrowest and the widest reading of its variables (see `variables`); `context` is the widest
    reading of its conditions, and it applies only where each of the `doubts` holds as well. It is `exact` when nothing is left open.
    """

    allow: bool
    actions: Actions
    firm: Language
    loose: Language
    principals: tuple[tuple[str, str], ...]
    condition: tuple[Condition, ...]
    pointer: str
    context: Contexts = field(default_factory=Contexts.everything)
    doubts: tuple[str, ...] = ()
    text: str = "{}"
    effects: int = 1
    """How many it may have: two where that is not understood; then `allow` is set."""

    @property
    def exact(self) -> bool:
        """Whether actions, resources and context tell the whole truth."""
        return not self.doubts and self.firm is self.loose and self.effects == 1

    @property
    def entry(self) -> dict[str, Any]:
        """Its own JSON, empty where that is no object."""
        found = json.loads(self.text or "{}")
        return found if isinstance(found, dict) else {}

    def doubted(self, why: str) -> Statement:
        """The same where it is not known whether it speaks of a request."""
        return replace(self, doubts=(*self.doubts, why))

    def either_way(self, why: str) -> tuple[Statement, Statement]:
        """Where it is not known whether it allows or denies: both of them in doubt."""
        return (
            replace(self, allow=True, effects=1, doubts=(*self.doubts, f"{why}: it allows")),
            replace(self, allow=False, effects=1, doubts=(*self.doubts, f"{why}: it denies")),
        )

    def in_all_effects(self) -> tuple[Statement, ...]:
        """What it may be: itself, or an Allow and a Deny."""
        return (self,) if self.effects == 1 else _both_ways(self)

    def within(self, resources: Language) -> Statement:
        """The same on these resources alone."""
        loose = self.loose & resources
        return replace(self, loose=loose, firm=loose if self.firm is self.loose else self.firm & resources)


@lru_cache(maxsize=65536)
def statements(text: str, *, padded: bool = True, named: bool | None = None, whoever: bool = False) -> tuple[Statement, ...]:
    """The statements of a document of canonical JSON.

    A document that cannot be read is one doubtful Allow of everything. `padded`: an ARN that stops early means all that begins so, which it
    does in policies of identities alone. `whoever`: others than users and roles ask too.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or "Statement" not in document:
        return (_unreadable("document", text),)
    version = document.get("Version", _VERSIONS[0])
    doubts = tuple(sorted(f"unknown element {name}" for name in document if name not in _DOCUMENT))
    if version not in _VERSIONS:
        doubts += (f"unknown Version {version}",)
    # IAM User Guide, "Policy variables": under the older version ${...} is just text
    reading = _Reading(
        variables=version != _VERSIONS[0],
        padded=padded,
        named=not padded if named is None else named,
        whoever=whoever,
        doubts=doubts,
    )
    listed = _list(document["Statement"])
    if doubts and not listed:
        return (_unreadable("document", text),)
    return tuple(_statement(entry, number, reading) for number, entry in enumerate(listed))


def _list(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    return value if isinstance(value, list) else [value]


def _unreadable(pointer: str, text: str) -> Statement:
    return Statement(
        allow=True,
        actions=Actions.everything(),
        firm=Language.everything(),
        loose=Language.everything(),
        principals=(),
        condition=(),
        pointer=f"{pointer} (not readable)",
        doubts=(f"not readable: {text}",),
        text=text,
        effects=2,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """How a document is read, and what is doubtful in all of it."""

    variables: bool
    padded: bool
    named: bool
    """Whether statements say for whom they are; where not, saying so is a mistake."""
    whoever: bool
    doubts: tuple[str, ...]


def _statement(entry: Any, number: int, reading: _Reading) -> Statement:  # noqa: ANN401  # JSON
    sid = entry.get("Sid") if isinstance(entry, dict) else None
    return _read(_as_json(entry), str(sid or f"statement {number}"), reading)


@lru_cache(maxsize=131072)
def _read(text: str, pointer: str, reading: _Reading) -> Statement:
    """A statement of any document, of JSON with sorted keys: the same words are read once."""
    entry = json.loads(text)
    if not isinstance(entry, dict):
        return _unreadable(pointer, text)
    actions, strange = _actions(entry)
    firm, loose, malformed = _resources(entry, reading)
    condition, context, unclear = _when(json.dumps(entry["Condition"]), reading) if "Condition" in entry else _ALWAYS
    known = _ELEMENTS if reading.named else _OF_IDENTITIES
    unknown = [f"unknown element {name}: {json.dumps(entry[name])}" for name in sorted(set(entry) - known)]
    return Statement(
        allow=entry.get("Effect") != "Deny",
        effects=1 if entry.get("Effect") in {"Allow", "Deny"} else 2,
        actions=actions,
        firm=firm,
        loose=loose,
        principals=_principals(entry),
        condition=condition,
        context=context,
        doubts=(*reading.doubts, *unknown, *strange, *malformed, *unclear),
        pointer=pointer,
        text=text,
    )


@lru_cache(maxsize=65536)
def _when(text: str, reading: _Reading) -> tuple[tuple[Condition, ...], Contexts, tuple[str, ...]]:
    """A condition block, the contexts that it lets through, and the claims that it makes beside them."""
    condition = _condition(json.loads(text))
    context, unclear = contexts(condition, variables=reading.variables, whoever=reading.whoever)
    return condition, context, tuple(claim(test, variables=reading.variables) for test in unclear)


def claim(condition: Condition, *, variables: bool = True) -> str:
    """The claim that a condition holds which is not understood; without variables, the same words are another one."""
    operator, key, values = condition
    literal = "" if variables or not any("${" in value for value in values) else "literal "
    return f"{literal}condition {json.dumps([operator.lower(), key, list(values)])}"


def _element(entry: Mapping[str, Any], name: str) -> tuple[str, tuple[str, ...] | None]:
    """Which of the two forms is written, and its texts; `None` for what is none of both or not well formed."""
    written = [form for form in (name, f"Not{name}") if form in entry]
    if len(written) != 1:
        return name, None
    listed = _list(entry[written[0]])
    texts = tuple(text for text in listed if isinstance(text, str))
    return written[0], texts if texts and len(texts) == len(listed) else None


def _actions(entry: Mapping[str, Any]) -> tuple[Actions, tuple[str, ...]]:
    form, texts = _element(entry, "Action")
    if texts is None or any(":" not in text and set(text) != {"*"} for text in texts):
        return Actions.everything(), (_about(entry, "Action"),)
    return _action_set(texts, negated=form == "NotAction"), ()


@lru_cache(maxsize=65536)
def _action_set(texts: tuple[str, ...], *, negated: bool) -> Actions:
    found = Actions.of(texts)
    return ~found if negated else found


def _about(entry: Mapping[str, Any], name: str) -> str:
    return f"malformed {json.dumps({key: entry[key] for key in (name, f'Not{name}') if key in entry}, sort_keys=True)}"


def _resources(entry: Mapping[str, Any], reading: _Reading) -> tuple[Language, Language, tuple[str, ...]]:
    """The narrowest and the widest reading, and what is doubtful; a policy of a resource needs not name it."""
    form, texts = _element(entry, "Resource")
    whole = Language.everything()
    if form not in entry and ("Principal" in entry or "NotPrincipal" in entry):
        return whole, whole, ()  # one object, as an exact statement has it
    if texts is None or not all(_is_arn(widened(text) if reading.variables else text, reading) for text in texts):
        return whole, whole, (_about(entry, "Resource"),)
    return (*_languages(texts, negated=form == "NotResource", variables=reading.variables, padded=reading.padded), ())


def _is_arn(text: str, reading: _Reading) -> bool:
    whole = reading.padded or text.endswith("*") or text.count(":") >= _ARN_COLONS
    broken = reading.variables and "${" in text
    return (text != "" and not text.strip("*")) or (text.partition(":")[0] == "arn" and whole and not broken)


@lru_cache(maxsize=65536)
def _languages(texts: tuple[str, ...], *, negated: bool, variables: bool, padded: bool) -> tuple[Language, Language]:
    if not variables or not any("${" in text for text in texts):
        plain = _language(iter(texts), padded=padded)
        only = ~plain if negated else plain
        return only, only
    wide, narrow = (_language(map(read, texts), padded=padded) for read in (widened, lettered))
    return (~wide, ~narrow) if negated else (narrow, wide)


def _language(texts: Iterator[str], *, padded: bool) -> Language:
    return Language.of(*(Pattern.arn(_padded(text) if padded else text) for text in texts))


def _padded(text: str) -> str:
    return text if text.endswith("*") or text.count(":") >= _ARN_COLONS else f"{text}:*"


def _principals(entry: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if "NotPrincipal" in entry:
        return (("any", "*"),)
    found = entry.get("Principal", {})
    if not isinstance(found, dict):
        return (("any", "*"),) if found else ()
    return tuple(sorted((kind, str(name)) for kind, names in found.items() for name in _list(names)))


def _condition(found: Any) -> tuple[Condition, ...]:  # noqa: ANN401  # JSON
    if not isinstance(found, dict):
        return (("unreadable", "", ()),)
    return tuple(
        sorted(
            (str(operator), str(key).lower(), _operands(values))
            for operator, block in found.items()
            for key, values in (block.items() if isinstance(block, dict) else [("", block)])
        )
    )


def _operands(values: Any) -> tuple[str, ...]:  # noqa: ANN401  # JSON
    """The operands as texts, numbers and truths as JSON writes them; none where one of them is something else."""
    listed = _list(values)
    if not all(isinstance(value, (str, bool, int, float)) for value in listed):
        return ()
    return tuple(sorted(value if isinstance(value, str) else json.dumps(value) for value in listed))


@lru_cache(maxsize=4096)
def _both_ways(statement: Statement) -> tuple[Statement, ...]:
    return statement.either_way(f"the effect of {statement.text} is not known")
