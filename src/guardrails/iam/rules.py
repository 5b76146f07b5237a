"""Statements in both readings at once: as the evaluator reads them, and as exact sets.

What either of them does not understand makes the set inexact, and a document that is none is `None`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.iam import documents
from guardrails.iam.documents import Effect, Kind, Principals
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement, statements
from guardrails.sets import Context, Language

__all__ = ["Rule", "filled", "rule_of", "rules", "unseen"]

_VARIABLE = re.compile(r"\$\{\s*([A-Za-z0-9:/_.+=@-]+)\s*\}")
_CURRENT = re.compile(r'"Version":\s*"2012-10-17"')
"""Under any other version there are no variables."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement as a set, and whom it names; `None` where its kind names nobody, or nobody understands whom."""

    says: Statement
    principals: Principals | None
    effects: tuple[Effect, ...]
    """One, or both when that is not understood."""

    def seen(self, fixed: Context, bare: tuple[str, ...] = ()) -> Statement:
        """As it stands where the states of some keys are known; of the keys that begin like `bare`, all others are absent."""
        context = self.says.context
        if not context.names:
            return self.says
        absent: dict[str, str | tuple[str, ...] | None] = {name: None for name in context.names if name.startswith(bare)}
        return replace(self.says, context=context.given({**absent, **fixed}))


def unseen(*, allow: bool) -> Statement:
    """What a document that was not seen may say."""
    return Statement(
        allow=allow,
        actions=Actions.everything(),
        loose=Language.everything(),
        exact=False,
        principals=(),
        condition=(),
        pointer="not seen",
    )


def filled(text: str, known: Context) -> str:
    """A document with what is known put in place of its variables; the others stay, and so does a value that would read as a pattern."""
    if "${" not in text or not _CURRENT.search(text):
        return text

    def value(found: re.Match[str]) -> str:
        state = known.get(found[1].lower())
        return json.dumps(state)[1:-1] if isinstance(state, str) and not set(state) & set("*?$") else found[0]

    return _VARIABLE.sub(value, text)


@lru_cache(maxsize=16384)
def rules(text: str, kind: Kind) -> tuple[Rule, ...] | None:
    """The statements of a document; `None` when it is none, so it may say anything."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    if not isinstance(parsed, Mapping):
        return None
    read, said = documents.read(text, kind).statements, statements(text)
    if len(read) != len(said):
        return None
    return tuple(_rule(mine, theirs, kind) for mine, theirs in zip(read, said, strict=True))


def rule_of(said: Statement, kind: Kind) -> Rule:
    """The rule of one statement that was read as a set already."""
    document = {"Version": "2012-10-17", "Statement": [json.loads(said.text)]}
    return _rule(documents.read(document, kind).statements[0], said, kind)


def _rule(read: documents.Statement, said: Statement, kind: Kind) -> Rule:
    exact = said.exact and not read.mistakes and not _is_short(read, kind)
    return Rule(
        replace(said, exact=exact),
        read.principals,
        (read.effect,) if read.effect is not None else tuple(Effect),
    )


def _is_short(read: documents.Statement, kind: Kind) -> bool:
    """Whether it names resources by ARNs that stop early, which the evaluator doubts outside of policies of principals."""
    texts = read.resources.texts if read.resources is not None else ()
    return kind not in {Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION} and any(text != "*" and text.count(":") < 5 for text in texts)  # noqa: PLR2004  # six parts
