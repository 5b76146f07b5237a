"""What is told of an access finding beside its witness: what is in excess, its last use, and the policies that would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from guardrails.connectors.aws.meaning.uses import recorded, said_of
from guardrails.iam.proof.meeting import texts_of
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.iam.proof.summary import summary
from guardrails.model.facts import LastUsed, Use
from guardrails.model.findings import Details, Excess, Narrowed
from guardrails.model.reference import Ref
from guardrails.sets import BudgetExceededError, Region

__all__ = ["details", "use_of"]


def details(narrowing: Narrowing, excess: Region, used: str, use: Use | None = None) -> Details:
    """Whatever of it could be worked out; the finding stands without it."""
    parts: tuple[Excess, ...] = ()
    would_do: tuple[Narrowed, ...] = ()
    uses: tuple[LastUsed, ...] = ()
    with suppress(BudgetExceededError):
        parts = summary(excess, _written(narrowing))
    with suppress(BudgetExceededError):
        would_do = narrowing.policies_that_would_do()
    if use is not None and parts:
        uses = recorded(parts, use)
        used = f"{used}; {said_of(uses)}"
    return Details(excess=parts, narrowed=would_do, used=used, uses=uses)


def use_of(holder: Ref, moments: Iterable[datetime | None]) -> str:
    """When it was last used, as far as AWS tells: that says nothing of one permission."""
    last = max(filter(None, moments), default=None)
    if last is None:
        return f"no use of the {holder.kind} is on record{'' if holder.kind == 'user' else '; AWS remembers 400 days of it'}"
    return f"last on {last:%Y-%m-%d}: the {holder.kind}, which need not have been this permission"


def _written(narrowing: Narrowing) -> Iterator[str]:
    """The patterns of actions that people know already."""
    for part in narrowing.ceiling:
        yield from (*part.actions, *part.but_actions)
    for _, text in narrowing.policies:
        for statement in narrowing.read(text):
            entry = statement.entry
            yield from (text for element in ("Action", "NotAction") for text in texts_of(entry.get(element, [])))
