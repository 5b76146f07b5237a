"""From where a bucket is reached and a user or role acts, as rules, so that an allowlist judges them like those of a security group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_

from guardrails.iam.proof.networks import ENDPOINT_KEYS, Reach, reach
from guardrails.model.facts import Exposure
from guardrails.model.reference import Ref
from guardrails.model.words import Direction
from guardrails.sets import Addresses, BudgetExceededError, Contexts, Region

__all__ = ["KINDS", "named", "rules_of", "spoken"]

KINDS = ("bucket", "role", "user")
"""What is guarded by policies and by no rules."""

_THROUGH = " through "
_ALL = Addresses.everything()
_VPC_IP = "aws:vpcsourceip"

_Parts = Iterable[tuple[Region, Region]]
"""Requests that are surely let in, and those that are at most."""


def spoken(kind: str, name: str, through: Iterable[str]) -> str:
    """The words for a target: `bucket/cdr`, with the VPCs and endpoints of which other rules say who reaches them."""
    listed = ",".join(sorted(through))
    return f"{kind}/{name}{_THROUGH}{listed}" if listed else f"{kind}/{name}"


def named(target: str) -> tuple[str, frozenset[str]]:
    """What a target names, and the VPCs and endpoints it says."""
    if not target.startswith(tuple(f"{kind}/" for kind in KINDS)):
        return target, frozenset()
    name, _, through = target.partition(_THROUGH)
    return name, frozenset(through.split(",")) - {""}


def rules_of(target: Ref, asked: Callable[[], _Parts | None], through: frozenset[str]) -> Iterator[Exposure]:
    """One rule with the addresses that surely reach it, and others for what may and for endpoints; `None` was asked: nothing is known."""
    try:
        parts = asked()
        sure, most = _reaches(target, parts) if parts is not None else (Reach(), None)
    except BudgetExceededError:
        sure, most = Reach(), None
    addresses, unseen = _through_endpoints(sure.endpoints, through)
    addresses |= sure.addresses
    yield _rule(target, "addresses", addresses)
    yield from (_rule(target, name, at_most=_ALL, through=("vpc-endpoint", name)) for name in sorted(unseen))
    if most is None:
        yield _rule(target, "not known", at_most=_ALL, through=("condition", target.name))
        return
    possible, hidden = _through_endpoints(most.endpoints, through)
    at_most = _ALL if hidden - unseen else (possible | most.addresses) - addresses
    if not at_most.is_empty():
        yield _rule(target, "not known", at_most=at_most, through=("condition", target.name))


def _reaches(target: Ref, parts: _Parts) -> tuple[Reach, Reach]:
    listed = tuple(parts)
    sure = reduce(or_, (reach(region, target.realm) for region, _ in listed), Reach())
    return sure, reduce(or_, (reach(most, target.realm) for region, most in listed if most != region), sure)


def _through_endpoints(found: Contexts, through: frozenset[str]) -> tuple[Addresses, set[str]]:
    """The addresses that come in through VPC endpoints, and the VPCs or endpoints of which it is not known who reaches them.

    An address inside a VPC means something only together with the VPC: anybody can have one with that address. IAM User Guide,
    "aws:VpcSourceIp".
    """
    addresses, unseen = Addresses.nothing(), set()
    for term in found.terms:
        states = dict(term)
        pinned = [texts for key in ENDPOINT_KEYS if key in states and not states[key].absent and (texts := states[key].one.listed())]
        if any(through.issuperset(texts) for texts in pinned):
            continue
        if pinned and states[_VPC_IP].one == _ALL:
            unseen |= set(pinned[0]) - through
        else:
            addresses |= states[_VPC_IP].one if pinned else _ALL
    return addresses, unseen


def _rule(
    target: Ref, name: str, addresses: Addresses | None = None, *, at_most: Addresses | None = None, through: tuple[str, str] | None = None
) -> Exposure:
    def ref(kind: str, own: str) -> Ref:
        return Ref(system=target.system, realm=target.realm, kind=kind, id=f"{target.id}/{own}", name=own)

    return Exposure(
        ref=ref("policies", name),
        target=target,
        direction=Direction.IN,
        ports=("all",),
        addresses=(addresses or at_most or Addresses.nothing()).cidrs(),
        through=ref(*through) if through else None,
    )
