"""Policies of a plan."""

from __future__ import annotations

from guardrails.connectors.vault.proposed.policies import end_policy, named, write_policy
from guardrails.connectors.vault.proposed.terraform.context import Context, NotPlacedError, Said
from guardrails.model.facts import Policy
from guardrails.proposals.values import Unknown
from guardrails.vault.errors import PolicyError

__all__ = ["drop_policy", "make_policy"]


def make_policy(context: Context, said: Said) -> None:
    """A policy. What it says of which nothing is known counts no longer, and is told."""
    name = said.needed("name", "name")
    text = context.documents.text(said.value("policy"))
    why = text.why if isinstance(text, Unknown) else ""
    if isinstance(text, str):
        try:
            write_policy(context.draft, name, text)
        except PolicyError:  # its message may hold parts of a text that is secret
            why = "the server would not take it"
    if why:
        ref = named(context.draft, name)
        context.draft.give(ref)
        context.draft.remove(ref, Policy)
        context.hole(ref, said, f"what the policy {ref.name} says is not known before it is made: {why}")


def drop_policy(context: Context, said: Said) -> None:
    """A policy that goes."""
    name = said.needed("name", "name")
    if name == "default":
        raise NotPlacedError("no server lets go of the policy default")
    end_policy(context.draft, named(context.draft, name))
