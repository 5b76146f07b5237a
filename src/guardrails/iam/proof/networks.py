"""From where the requests of a region may come: the region seen from the keys that tell the network, every other question left open.

A request comes straight, and then tells its address; or through a VPC endpoint, and then tells the VPC, the endpoint and the address
there, and no other; or from a service, on somebody's behalf or its own, and then its address is nobody's. IAM User Guide, "AWS global
condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from guardrails.iam.proof.access import space
from guardrails.iam.proof.actions import Actions
from guardrails.iam.proof.conditions import Condition, contexts
from guardrails.iam.proof.requests import point_in
from guardrails.sets import Addresses, BudgetExceededError, Contexts, Region

__all__ = ["ENDPOINT_KEYS", "Reach", "reach"]

ENDPOINT_KEYS = ("aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid")
"""What a request through an endpoint tells of it beside its address, the narrowest first."""

_IP, _VPC_IP = "aws:sourceip", "aws:vpcsourceip"
_ON_BEHALF = "aws:viaawsservice"
_OF_SERVICES = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:principalservicename", "aws:principalservicenameslist")
_SILENT = ("ec2:*", "glue:*", "lakeformation:*", "opsworks:*", "opsworks-cm:*")
"""Services of which it is not sure that they tell whether another service asks on somebody's behalf: both is reckoned with."""
_BUDGET = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """From where requests come.

    Attributes:
        addresses: Of those that come straight.
        endpoints: Of those through a VPC endpoint: what `ENDPOINT_KEYS` and `aws:VpcSourceIp` can be.
        by_services: Whether any comes from a service of AWS.
    """

    addresses: Addresses = field(default_factory=Addresses.nothing)
    endpoints: Contexts = field(default_factory=Contexts.nothing)
    by_services: bool = False

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            addresses=self.addresses | other.addresses,
            endpoints=self.endpoints | (other.endpoints - self.endpoints),
            by_services=self.by_services or other.by_services,
        )

    def covers(self, other: Reach) -> bool:
        """Whether nothing comes from elsewhere in the other."""
        services = self.by_services or not other.by_services
        return services and self.addresses.covers(other.addresses) and (other.endpoints - self.endpoints).is_empty()


def reach(region: Region, account: str = "*") -> Reach:
    """Everything from where some request of the region that AWS could be asked comes; resources of the account are tried first.

    Raises:
        BudgetExceededError: It could not be decided.
    """
    found = Reach()
    purse = [_BUDGET]
    for actions, block in _tellings():
        ways = _ways(block)
        part = region & space().region(action=actions)
        for (own, resources, context), minus in part.cubes:
            for box in _open((own, resources, context), minus, lambda left: not found.covers(_seen(left, ways)), purse):  # noqa: B023  # at once
                if point_in(space().region(action=box[0], resource=box[1]), account):
                    found |= _seen(box[2], ways)
    return found


@cache
def _tellings() -> tuple[tuple[Actions, Condition], ...]:
    """Which actions tell that nobody else asks on one's behalf, and how."""
    # AWS said once that these never tell, and says now that all always do; a request is let in when it is by either
    silent = Actions.of(_SILENT)
    return (~silent, ("Bool", _ON_BEHALF, ("false",))), (silent, ("BoolIfExists", _ON_BEHALF, ("false",)))


@cache
def _ways(alone: Condition) -> tuple[Contexts, Contexts, Contexts]:
    """The contexts of requests that come straight, through an endpoint, and from a service."""
    own = [alone, ("Bool", "aws:principalisawsservice", ("false",)), *(_null(key) for key in _OF_SERVICES)]
    straight = [_null(_IP, "false"), *(_null(key) for key in (*ENDPOINT_KEYS, "aws:vpceorgpaths", _VPC_IP))]
    inside = [_null(_IP), *(_null(key, "false") for key in ("aws:sourcevpce", "aws:sourcevpc", _VPC_IP))]
    services = [("Bool", "aws:principalisawsservice", ("true",))], [("Bool", _ON_BEHALF, ("true",))]
    return contexts(own + straight)[0], contexts(own + inside)[0], contexts(services[0])[0] | contexts(services[1])[0]


def _null(key: str, absent: str = "true") -> Condition:
    return "Null", key, (absent,)


def _seen(context: Contexts, ways: tuple[Contexts, Contexts, Contexts]) -> Reach:
    straight, inside, services = (context & way for way in ways)
    addresses, endpoints = Addresses.nothing(), Contexts.nothing()
    for term in straight.terms:
        addresses |= dict(term)[_IP].one
    for term in inside.terms:
        endpoints |= Contexts.of({key: states for key, states in term if key in {*ENDPOINT_KEYS, _VPC_IP}})
    return Reach(addresses=addresses, endpoints=endpoints, by_services=not services.is_empty())


_Box = tuple[Any, ...]


def _open(box: _Box, minus: tuple[_Box, ...], adds: Callable[[Contexts], bool], purse: list[int]) -> Iterator[_Box]:
    """What is left of a box, in pieces: every action of a piece on each of its resources in all of its contexts."""
    purse[0] -= 1
    if purse[0] < 0:
        raise BudgetExceededError
    actions, resources, context = box
    for at, (their_actions, their_resources, their_context) in enumerate(minus):
        if not adds(context):
            return
        inner = actions & their_actions, resources & their_resources
        if inner[0].is_empty() or inner[1].is_empty() or (context & their_context).is_empty():
            continue
        for outer in ((actions - their_actions, resources), (inner[0], resources - their_resources)):
            if not (outer[0].is_empty() or outer[1].is_empty()):
                yield from _open((*outer, context), minus[at + 1 :], adds, purse)
        (actions, resources), context = inner, context - their_context
    if adds(context):
        yield actions, resources, context
