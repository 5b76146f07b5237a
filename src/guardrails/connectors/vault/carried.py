"""The policies that a holder lists: how one goes, and how one of its own comes, says something else and goes with all it says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from guardrails.connectors.vault.own import OWN, place, whose
from guardrails.connectors.vault.policies import policy_text
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.actions import DetachPolicy, ReplacePolicy, RewritePolicy
from guardrails.model.changes import Edit, Image
from guardrails.model.reference import Ref
from guardrails.vault.errors import PolicyError
from guardrails.vault.stored import restored
from guardrails.vault.writing import write

__all__ = ["POLICIES", "detached", "own_rewritten", "replaced", "require_seen", "require_shared"]

POLICIES = ("token_policies", "allowed_policies", "policies")
"""Under which a login lists its policies: the first that it has is the one that counts."""

_BY_NAME = "auth/token/"
"""The method whose tokens are asked for by the names of policies."""
_PLAIN = frozenset({"engine", "policy"})


def detached(action: DetachPolicy, image: Image) -> tuple[Edit, ...]:
    """A policy that it shares goes from its list."""
    require_shared(action.policy)
    if image.values(f"{OWN}{action.policy.name}"):
        raise ValueError(f"{action.policy} is of its own, and goes with all that it says")
    return (_off(action.holder, action.policy, image),)


def replaced(action: ReplacePolicy, image: Image) -> tuple[Edit, ...]:
    """The new name is listed, then it gets a policy, then the old name goes: while there is such a policy, its holder lists it.

    Names that no policy has give nothing.
    """
    require_shared(action.policy)
    if whose(action.policy.name) == place(action.holder):
        raise ValueError(f"{action.policy} is of its own already")
    if action.holder.id.startswith(_BY_NAME):
        raise ValueError(f"its tokens are asked for by the names of policies: whoever asks for {action.policy} would get none")
    if more := sorted(json.loads(action.text).keys() - _PLAIN):
        raise ValueError(f"{action.policy} has settings that no policy of its own gets: {', '.join(more)}")
    off, name = _off(action.holder, action.policy, image), action.own.name
    if name in image.values(off.field):
        raise ValueError(f"{action.holder} lists {action.own} already")
    text = write(restored(action.text, name))
    return Edit(field=off.field, adds=(name,)), Edit(field=f"{OWN}{name}", adds=(text,)), off


def own_rewritten(action: RewritePolicy, image: Image) -> tuple[Edit, ...]:
    """What one of its own says; without a text the policy goes, and then its name from the list."""
    policy, field = action.policy, f"{OWN}{action.policy.name}"
    now = image.values(field)
    if not now:
        raise ValueError(f"{policy} is not there any more")
    if now[1:]:
        raise ValueError(f"{policy} was given settings that guardrails does not give: {', '.join(now[1:])}")
    require_seen(action, {"policy": now[0]})
    if not action.text:
        return Edit(field=field, removes=now), _off(action.holder, policy, image)
    return (Edit(field=field, removes=now, adds=(write(restored(action.text, policy.name)),)),)


def require_seen(action: RewritePolicy, entry: Mapping[str, object]) -> None:
    """A policy that says something else than what was judged is another one."""
    try:
        now = policy_text(entry, json.loads(action.seen)["engine"], action.policy.name)
    except PolicyError as error:
        raise ValueError(f"{action.policy} cannot be understood any more: {error.message}") from None
    if now != action.seen:
        raise ValueError(f"{action.policy} says something else by now")


def require_shared(policy: Ref) -> None:
    """Of one that every token has nothing is taken from one holder."""
    if policy.name == DEFAULT:
        raise ValueError("every token carries the default policy")


def _off(holder: Ref, policy: Ref, image: Image) -> Edit:
    field = next((name for name in POLICIES if image.values(name)), POLICIES[-1])
    spelled = tuple(name for name in image.values(field) if name.strip().lower() == policy.name)
    if not spelled:
        raise ValueError(f"{holder} does not carry {policy} any more")
    return Edit(field=field, removes=spelled)
