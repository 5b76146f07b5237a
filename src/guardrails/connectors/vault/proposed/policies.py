"""What policies of a namespace would say, and who holds them then: whoever carries the name, which may be before there is any policy."""

from __future__ import annotations

import json

from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.model.facts import Policy
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind
from guardrails.vault.stored import stored

__all__ = ["carried_by", "end_policy", "holders_of", "named", "write_policy"]


def named(draft: Namespace, name: str) -> Ref:
    """The policy of a name, as servers look it up."""
    name = name.strip().lower()
    return draft.speaker.ref("policy", name, name)


def write_policy(draft: Namespace, name: str, text: str) -> Ref:
    """A policy says this, and everybody who carries its name holds it.

    When it ends does not stay, for one that never ends gives more; what values may bring into its paths stays, for the same reason.

    Raises:
        PolicyError: The server would not take it.
    """
    ref = named(draft, name)
    was = draft.get(Policy, ref)
    had = json.loads(was.text) if was else {"engine": draft.engine}
    said = stored(text, had["engine"], name=ref.name, unblocked=frozenset(had.get("unblocked", "")))
    draft.put(Policy(ref=ref, text=said))
    draft.forget_gaps(ref)
    if was is None:
        draft.give(ref)
    return ref


def carried_by(draft: Namespace, policy: Ref, holder: Ref) -> bool:
    """Have somebody carry a policy beside those that it carries; whether it can carry any."""
    if holder not in draft.carriers():
        return False
    draft.link(EdgeKind.IDENTITY_POLICY, holder, policy, f"proposed {policy.name}")
    return True


def holders_of(draft: Namespace, policy: Ref) -> tuple[Ref, ...]:
    """Everything that carries a policy."""
    return tuple(draft.linking(EdgeKind.IDENTITY_POLICY, policy))


def end_policy(draft: Namespace, ref: Ref) -> None:
    """A policy that nobody holds any longer, whoever carries its name."""
    draft.remove(ref)
    draft.forget_gaps(ref)
