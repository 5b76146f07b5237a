"""Statements in both readings at once: as the evaluator reads them, and as exact sets.

What either of them does not understand makes the set inexact, and a document that is none is `None`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.iam import documents
from guardrails.iam.documents import Effect, Kind, Principals
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.statements import Statement, statements
from guardrails.sets import Context, Language

__all__ = ["Rule", "rule_of", "rules", "unseen"]


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
        firm=Language.everything(),
        loose=Language.everything(),
        principals=(),
        condition=(),
        pointer="not seen",
        doubts=("a document was not seen",),
    )


@lru_cache(maxsize=16384)
def rules(text: str, kind: Kind) -> tuple[Rule, ...] | None:
    """The statements of a document; `None` when it is none, so it may say anything."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    if not isinstance(parsed, Mapping):
        return None
    named = kind.names_principals
    read, said = documents.read(text, kind).statements, statements(text, padded=kind.pads_arns, named=named, whoever=named)
    if len(read) != len(said):
        return None
    return tuple(_rule(mine, theirs, kind) for mine, theirs in zip(read, said, strict=True))


def rule_of(said: Statement, kind: Kind) -> Rule:
    """The rule of one statement that was read as a set already."""
    document = {"Version": "2012-10-17", "Statement": [said.entry]}
    return _rule(documents.read(document, kind).statements[0], said, kind)


def _rule(read: documents.Statement, said: Statement, kind: Kind) -> Rule:
    mistaken = said if not read.mistakes or said.doubts else said.doubted(f"{kind.value}: {', '.join(read.mistakes)}")
    return Rule(mistaken, read.principals, (read.effect,) if read.effect is not None else tuple(Effect))
