"""What no plan takes anything from: what is declared so, guardrails itself, and those who approve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from guardrails.drift.world import World
from guardrails.model.actions import Action, RemoveMember, ReplaceMembership, Revoke, RewritePolicy, involved
from guardrails.model.applying import Applying, Guard, Never
from guardrails.model.changes import Image
from guardrails.model.facts import Principal
from guardrails.model.reference import Ref, Reference
from guardrails.model.words import Verdict
from guardrails.plan.entries import coming_by, thing_of
from guardrails.plan.kept import may_lose
from guardrails.plan.stage import Stage
from guardrails.ports import Administering

__all__ = ["NOBODY", "Protected", "managed", "named", "refusal", "unseen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Whom no plan may lock out, beside what is declared.

    Attributes:
        own: As whom guardrails acts, by what the systems say.
        writers: Those of them that write, as far as that is known before they do.
        approvers: The people whose signatures count, by name.
    """

    own: frozenset[Ref] = frozenset()
    writers: frozenset[Ref] = frozenset()
    approvers: frozenset[str] = frozenset()


NOBODY = Protected()


def refusal(action: Action, stage: Stage, protected: Protected) -> str:
    """Why an action must not be made, whatever it is for; empty when it may be."""
    return next(chain(_refusals(action, stage, protected), _out_of_a_thing(action, stage, protected)), "")


def _refusals(action: Action, stage: Stage, protected: Protected) -> Iterator[str]:
    touched = dict.fromkeys((*involved(action), *stage.affected(action), *_whose(action, stage), *_shut_out(action, stage)))
    for never in stage.world.declaration.applying.never:
        if never.guard is Guard.ANY and (hit := [ref for ref in touched if stage.world.is_named(never.reference, ref)]):
            yield f"{hit[0]} is protected: nothing is taken from it{_where(never)}"
    for ref in touched:
        if ref in protected.own:
            yield f"{ref} is guardrails itself, which would lock itself out"
    for ref in touched:
        person = stage.covers.person_of(ref)
        if person is not None and person.name in protected.approvers:
            yield f"{ref} is of {person.name}, whose signature counts: have the roster changed first"
    match action:
        case RemoveMember(group=group, member=member) | ReplaceMembership(group=group, holder=member) if stage.members(group) == {member}:
            yield f"{member} is the last member of {group}"
        case _:
            pass


def _whose(action: Action, stage: Stage) -> Iterator[Ref]:
    """All that somebody has whose credential may end: it is no less theirs for acting as nobody."""
    for ref in (action.ref, *action.ends) if isinstance(action, Revoke) else ():
        if person := stage.covers.person_of(ref):
            yield from (mine.ref for mine in (*person.entries, *person.accounts))


def _shut_out(action: Action, stage: Stage) -> tuple[Ref, ...]:
    """Whoever may become a role by what its policy says now and would not say any more."""
    if not isinstance(action, RewritePolicy) or not stage.guards(action) or thing_of(stage.world, action.holder) is not None:
        return ()
    return coming_by(action, stage, stage.after(action))


def _out_of_a_thing(action: Action, stage: Stage, protected: Protected) -> Iterator[str]:
    """Of an asset or key everybody may have used something: what is protected keeps all of it, and guardrails what it asks for there."""
    if not isinstance(action, RewritePolicy) or thing_of(stage.world, action.holder) is None:
        return
    after = stage.after(action)
    coming = coming_by(action, stage, after)
    for never in stage.world.declaration.applying.never:
        for ref in coming if never.guard is Guard.ANY else ():
            if stage.world.is_named(never.reference, ref) and may_lose(action, stage, after, ref, None).verdict is not Verdict.OK:
                yield f"{ref} is protected, and may lose something of {action.holder} by it: name it in the policy{_where(never)}"
    for ref in coming:
        if ref in protected.own and _is_untended(action, stage, after, ref):
            yield f"{ref} is guardrails itself, which may not reach {action.holder} any more"


def _is_untended(action: RewritePolicy, before: Stage, after: Stage, ref: Ref) -> bool:
    was, will = before.meanings[ref.system], after.meanings[ref.system]
    return not isinstance(will, Administering) or will.tending(ref, action.holder, was).verdict is not Verdict.OK


def _where(never: Never) -> str:
    return f" ({never.place})" if str(never.place) else ""


def managed(applying: Applying, image: Image) -> str:
    """Who else is declared to write an object, by a field `tag KEY` of it; empty when nobody is."""
    for manager in applying.managers:
        key, wanted = manager.tag or ("", "")
        if key and any(wanted in {"", value} for value in image.values(f"tag {key}")):
            return f"it is managed by {manager.name}, which would undo the change"
    return ""


def unseen(world: World) -> Iterator[Never]:
    """What is declared as protected and was not seen, so that a wrong name would protect nothing."""
    refs = [principal.ref for principal in world.facts(Principal)]
    return (never for never in world.declaration.applying.never if not any(world.is_named(never.reference, ref) for ref in refs))


def named(reference: Reference, ref: Ref) -> bool:
    """Whether a reference could mean an object, whatever set it is in: for whoever has only a plan to look at."""
    scope = reference.scope
    return scope is not None and (scope.system, reference.kind, reference.name) == (ref.system, ref.kind, ref.name)
