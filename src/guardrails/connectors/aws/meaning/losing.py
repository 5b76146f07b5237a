"""Who of ours would lose what the own policy of a bucket or key lets them do there, if that policy were another.

What such a policy gives to everybody is held by nobody in particular, and used by many all the same: here it counts. Only what the changed
statements gave can be lost; whatever is not certain of it may be.
"""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.connectors.aws.meaning.keys import is_for_all
from guardrails.iam.proof.access import Bounds, bounds, region, space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.among import among
from guardrails.iam.proof.concrete import concrete
from guardrails.iam.proof.requests import point_in
from guardrails.iam.proof.statements import Statement
from guardrails.model.findings import Comparison
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, Verdict
from guardrails.sets import BudgetExceededError, Language, Pattern, Region

__all__ = ["TENDED", "losing", "tended"]

_TOO_INTRICATE = Comparison(verdict=Verdict.UNDECIDED, reason="the policies are too intricate for the budget of one question")
TENDED = {
    "bucket": (
        "s3:Get?*Configuration", "s3:GetBucket*", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl",
        "s3:PutEncryptionConfiguration",
    ),
    "key": (
        "kms:DescribeKey", "kms:Get*", "kms:List*", "kms:PutKeyPolicy", "kms:EnableKeyRotation", "kms:DisableKeyRotation",
    ),
}  # fmt: skip
"""What guardrails itself asks for, to read each kind of thing and to write it."""


def losing(holder: Ref, thing: Ref, now: Holdings, was: Holdings, wanted: Region) -> Comparison:
    """Whether the holder may still do all that it might do in `was`, of what is wanted."""
    if hole := next(filter(None, (side.hole(holder) for side in (was, now))), ""):
        return Comparison(verdict=Verdict.UNKNOWN, reason=hole)
    try:
        given = _given(holder, thing, now, was) & wanted
        if given.is_empty():
            return Comparison(verdict=Verdict.OK)
        before, after = (_reach(side, holder, thing) for side in (was, now))
        for found, verdict in ((before.lower - after.upper, Verdict.VIOLATION), (before.upper - after.lower, Verdict.UNDECIDED)):
            if point := point_in(given & found, holder.realm):
                witness, sure = was.witness(holder, *concrete(point)), verdict is Verdict.VIOLATION
                reason = "" if sure else f"it is not certain of {witness.action} on {witness.resource}"
                return Comparison(verdict=verdict, witness=witness if sure else None, reason=reason)
    except BudgetExceededError:
        return _TOO_INTRICATE
    return Comparison(verdict=Verdict.OK)


def tended(thing: Ref) -> Region:
    """The requests by which guardrails reads and writes a thing."""
    return space().region(action=Actions.of(TENDED[thing.kind]), resource=_names(thing))


def _given(holder: Ref, thing: Ref, now: Holdings, was: Holdings) -> Region:
    """What statements allow that are not there any more as they were: what is in doubt before and afterwards alike is no loss."""
    kept = {statement.text for statement in _of_thing(now, thing)}
    gone = (one for one in _heard(holder, thing, was) if one.allow and one.text not in kept)
    return space().union(map(region, gone)) & space().region(resource=_names(thing))


def _names(thing: Ref) -> Language:
    """It, and of a bucket what is in it."""
    inner = (Pattern.glob(f"{thing.id}/*"),) if thing.kind == "bucket" else ()
    return Language.of(Pattern.literal(thing.id), *inner)


def _heard(holder: Ref, thing: Ref, side: Holdings) -> Iterator[Statement]:
    """The statements of its policy and list as they stand for the requests of the holder, whether they allow or deny."""
    hearing = side.hearing(holder, side.known(holder))
    for statement in _of_thing(side, thing):
        # the policy of a key speaks of that key, whatever resource it names
        said = hearing(among(statement.within(side.keys.where(thing)) if thing.kind == "key" else statement))
        if not said.context.is_empty():
            yield said


def _of_thing(side: Holdings, thing: Ref) -> tuple[Statement, ...]:
    """What its policy says, and of a bucket its access control list."""
    return (*side.of_objects(EdgeKind.RESOURCE_POLICY, [thing]), *side.lists.statements(thing))


def _reach(side: Holdings, holder: Ref, thing: Ref) -> Bounds:
    """What the holder may do there, by its own policies and by that of the thing."""
    if thing.kind == "key":
        return side.bounds(holder, keys=[thing], with_all=True)
    held, said = side.bounds(holder), list(_heard(holder, thing, side))
    if holder.realm != thing.realm:
        return held & bounds(said)  # across accounts both have to allow
    everybodys = [statement for statement in said if statement.allow and is_for_all(statement)]
    if not everybodys:
        return held
    known = side.known(holder)
    denies = [one for one in (*side.own(holder, known), *side.limits(holder, known), *said) if not one.allow]
    return held | side.organisation.limited(holder, bounds([*everybodys, *denies]))
