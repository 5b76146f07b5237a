"""Policies of a holder's own, where those that it shares with others cannot be cut."""

from __future__ import annotations

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.connectors.vault.own import number_of, own_name, place, whose
from guardrails.model.reference import Ref

__all__ = ["own_policy"]


def own_policy(held: Holdings, holder: Ref, name: str) -> Ref | None:
    """One that neither was seen nor is listed, of this word with the holder's place behind; `None` for who can have none."""
    mine = place(holder)
    if not mine:
        return None
    known = {*held.carried(holder), *(ref.name for ref, _ in held.all_policies() if ref.realm == holder.realm)}
    number = 1 + max((number_of(one) for one in known if whose(one) == mine), default=0)
    own = own_name(holder, name, number)
    return Ref(system=holder.system, realm=holder.realm, kind="policy", id=own, name=own)
