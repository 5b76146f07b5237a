"""That a key can still be administered after its policy is another, and that guardrails can take the change back: proven, or not made.

KMS asks only whether the one who writes could write again. So a key that a plan changes needs somebody beside guardrails who could
administer it before and surely can afterwards, by its policy and their own together.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.model.changes import Action, RewritePolicy
from guardrails.model.facts import Key, Principal
from guardrails.model.reference import Ref
from guardrails.plan.entries import thing_of
from guardrails.plan.protection import Protected
from guardrails.plan.stage import Stage
from guardrails.ports import Administering

__all__ = ["Locked", "unlocked"]


class Locked(Exception):
    """It is not proven that a key can still be administered, or that the change can be taken back."""


def unlocked(action: Action, before: Stage, after: Stage, protected: Protected) -> str:
    """Who can administer the key afterwards, and who can take the change back, for the proof; empty for all other actions.

    Raises:
        Locked: Nobody is certain to, and why.
    """
    if not isinstance(action, RewritePolicy) or not isinstance(thing_of(before.world, action.holder), Key):
        return ""
    key, was, will = action.holder, before.meanings[action.holder.system], after.meanings[action.holder.system]
    if not isinstance(was, Administering) or not isinstance(will, Administering):
        raise Locked(f"who could administer {key} afterwards cannot be proven in {key.system} yet")
    able = [ref for ref in _candidates(before, key, protected) if was.administers(ref, key)]
    if not able:
        raise Locked(f"nobody but guardrails is certain to administer {key} now, so it is not proven that anybody could afterwards")
    still = next((ref for ref in able if will.administers(ref, key)), None)
    if still is None:
        raise Locked(f"nobody who can administer {key} now, such as {able[0]}, is certain to afterwards")
    return f"{still} can administer the key afterwards, and {_restoring(key, will, protected)} can take the change back"


def _restoring(key: Ref, will: Administering, protected: Protected) -> Ref:
    here = sorted(ref for ref in protected.writers if (ref.system, ref.realm) == (key.system, key.realm))
    if not here:
        raise Locked(f"as whom guardrails writes in {key.realm} is not known, so it is not proven that the change can be taken back")
    unable = [ref for ref in here if not will.restores(ref, key)]
    if unable:
        raise Locked(f"{unable[0]} writes for guardrails, and is not certain to be able to take the change of {key} back")
    return here[0]


def _candidates(stage: Stage, key: Ref, protected: Protected) -> Iterator[Ref]:
    """Whoever may count: not guardrails, and nobody who has left."""
    for principal in stage.facts(Principal, key.system):
        person = stage.covers.person_of(principal.ref)
        if principal.ref not in protected.own | protected.writers and (person is None or not person.has_left):
            yield principal.ref
