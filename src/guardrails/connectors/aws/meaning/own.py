"""Policies of a holder's own, where those that it shares with others cannot be changed for it alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.proof.denying import denial
from guardrails.iam.proof.meeting import NoWordsError
from guardrails.iam.proof.narrowing import Narrowing
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.sets import BudgetExceededError

__all__ = ["denied", "kept", "own_policy"]

_WITH_OWN = frozenset({"user", "role", "group"})


def own_policy(held: Holdings, holder: Ref, name: str) -> Ref | None:
    """An inline policy that was not seen, of this name or with a number behind it; `None` for who has none in this account."""
    if holder.kind not in _WITH_OWN:
        return None
    taken = {policy.id.lower() for policy in held.targets(EdgeKind.IDENTITY_POLICY, holder)}
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    free = next(each for each in names if f"{holder.id}/{each}".lower() not in taken)
    return Ref(system=holder.system, realm=holder.realm, kind="inline-policy", id=f"{holder.id}/{free}", name=f"{holder.name}/{free}")


def denied(held: Holdings, holder: Ref, surplus: Callable[[], Narrowing]) -> str:
    """What a policy says that denies all that is beyond.

    Raises:
        ValueError: None can say that, or it is not certain what is held, and why.
    """
    return _said("no policy can deny just what is too much", held.hole(holder), lambda: denial(surplus()))


def kept(held: Holdings, holder: Ref, group: Ref, surplus: Callable[[], Narrowing]) -> str:
    """What a policy says that gives what is declared of what a group gives.

    Raises:
        ValueError: None can say that, or it is not certain what is held, and why.
    """
    texts = [held.texts[policy] for policy in held.targets(EdgeKind.IDENTITY_POLICY, group)]
    return _said(f"no policy can say what is declared of {group}", held.hole(holder), lambda: surplus().together(texts))


def _said(not_so: str, hole: str, text: Callable[[], str]) -> str:
    if hole:
        raise ValueError(f"{not_so}: not all of its policies were seen: {hole}")
    try:
        return text()
    except NoWordsError as error:
        raise ValueError(f"{not_so}: {error}") from None
    except BudgetExceededError:
        raise ValueError(f"{not_so}: its policies are too intricate") from None
