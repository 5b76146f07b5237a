"""Who can administer a key, and who can put its policy back: asked of its policy and of those of identities together.

AWS KMS Developer Guide, "Key policies": a key that its policy leaves to nobody cannot be opened again by anybody but AWS. A role counts
only where somebody may become it.
"""

from __future__ import annotations

from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.documents import Kind
from guardrails.iam.proof.concrete import concrete
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.requests import point_in
from guardrails.iam.rules import rule_of
from guardrails.iam.trust import admitted, may_assume
from guardrails.model.findings import Witness
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm, State
from guardrails.sets import BudgetExceededError

__all__ = ["ADMINISTERED", "RESTORED", "administers", "restores"]

ADMINISTERED = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DescribeKey")
"""What it takes to be the one who administers a key."""
RESTORED = ("kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListResourceTags")
"""What taking a change of its policy back takes."""
_OUR_OWN = {"kms:PutKeyPolicy": (("kms:bypasspolicylockoutsafetycheck", "false"),)}
"""What calls of ours bring besides."""


def administers(held: Holdings, holder: Ref, key: Ref) -> bool:
    """Whether it is certain, in some context for each, and an active user or role that somebody may become."""
    fact = held.principals.get(holder)
    if fact is None or fact.form not in {PrincipalForm.USER, PrincipalForm.ROLE} or fact.state is not State.ACTIVE:
        return False
    if held.hole(holder) or not held.keys.is_known(key):
        return False
    return (fact.form is PrincipalForm.USER or _is_open_to_somebody(held, holder)) and _may_all(held, holder, key)


def _may_all(held: Holdings, holder: Ref, key: Ref) -> bool:
    try:
        sure = held.bounds(holder, keys=[key], with_all=True).lower
        for action in ADMINISTERED:
            point = point_in(sure & Declared(actions=(action,), resources=frozenset({key.id})).region(), holder.realm)
            if point is None or not held.allows(holder, held.witness(holder, *concrete(point))):
                return False
    except BudgetExceededError:
        return False  # what is not proven is not certain
    return True


def _is_open_to_somebody(held: Holdings, role: Ref) -> bool:
    rules = [rule_of(statement, Kind.TRUST) for statement in held.of_objects(EdgeKind.TRUST_POLICY, [role], whoever=True)]
    return any(not one.is_deleted for one in admitted(rules, may_assume))


def restores(held: Holdings, holder: Ref, key: Ref) -> bool:
    """Whether it is certain of each call that putting the policy back takes."""
    if holder not in held.principals or held.hole(holder) or not held.keys.is_known(key):
        return False
    asked = (Witness(principal=held.name(holder), action=one, resource=key.id, context=_OUR_OWN.get(one, ())) for one in RESTORED)
    return all(held.allows(holder, one) for one in asked)
