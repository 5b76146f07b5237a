"""Whom the policy of an asset or key lets in when it names everybody, or strangers under conditions: decided where it can be.

A request of a stranger is looked for in what strangers can bring, of one statement and all that denies. Where there is none, the
conditions name somebody all the same: the accounts and organisations that they demand, or the services. Addresses that they demand may be
anybody's or ours, which nobody here can tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from guardrails.iam.documents import Kind
from guardrails.iam.public import opening
from guardrails.iam.strangers import DEPUTIES
from guardrails.iam.trust import Trusted
from guardrails.model.words import Verdict
from guardrails.sets import AddressError, Addresses, Language, States

__all__ = ["ANY_SERVICE", "Opened"]

ANY_SERVICE = ("service", "*")
"""As `TrustSeen` has it."""
_Name = tuple[str, str]
"""Kind and name, likewise."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_OWNERS = ("aws:principalaccount", "kms:calleraccount", "aws:sourceaccount", "aws:sourceowner", "aws:principalorgid", "aws:sourceorgid")
_SERVICE = "aws:principalservicename"
_ARNS = ("aws:principalarn", "aws:sourcearn")
_FEW = {4: 8, 6: 32}
"""From this prefix length on addresses can be somebody's; AWS takes wider ones for everybody (S3 User Guide, "The meaning of public")."""


class Opened:
    """One policy of one resource. `organisation` is the id of ours, as far as it was seen."""

    def __init__(self, policy: str, resource: str, organisation: str = "", *, kind: Kind = Kind.RESOURCE) -> None:
        self._policy, self._resource, self._organisation, self._kind = policy, resource, organisation, kind

    def whom(self, named: Trusted) -> tuple[_Name, ...] | None:
        """Who it is that a statement lets in, everybody and any service among them; `None` where that hangs on something not evaluated."""
        to = "" if named.kind == "any" else named.name
        # nobody says who may become a role by where it is asked for
        ours = () if to or self._kind is Kind.TRUST else tuple(_addresses(named))
        found = opening(self._alone(named), self._resource, kind=self._kind, ours=ours, to=to)
        if found.witness is not None:
            return (ANY_SERVICE if found.witness.principal.startswith("Service:") else (named.kind, named.name),)
        return self._owners(named) if found.verdict is Verdict.OK and not to else None

    def is_deputy(self, named: Trusted, service: str) -> bool:
        """Whether it is any service, or one that a statement lets in and that surely acts for some strangers as well."""
        if service not in DEPUTIES:
            return service == "*"
        return opening(self._alone(named), self._resource, to=f"Service:{service}").verdict is Verdict.VIOLATION

    def _alone(self, named: Trusted) -> str:
        """The policy without what other statements allow: who comes in by this one comes in by this one alone."""
        document = json.loads(self._policy)
        listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        others = [one for one in listed if not isinstance(one, dict) or one.get("Effect") != "Allow"]
        return json.dumps({**document, "Statement": [named.says.entry, *others]})

    def _owners(self, named: Trusted) -> tuple[_Name, ...] | None:
        found: dict[_Name, None] = {}
        for term in named.context.terms:
            owners = self._of(dict(term))
            if owners is None:
                return None
            found.update(dict.fromkeys(owners))
        found.pop(("aws", self._organisation), None)
        unknown = any(kind == "aws" and not _ACCOUNT.fullmatch(name) for kind, name in found)
        return None if unknown else tuple(sorted(found))

    def _of(self, states: Mapping[str, States]) -> set[_Name] | None:
        """The accounts, organisations or services one of which it must be, in one set of contexts."""
        for key in (*_OWNERS, *_ARNS, _SERVICE):
            if key in states and (owners := _owned(key, states[key])) is not None:
                return {("service" if key == _SERVICE else "aws", owner) for owner in owners}
        return None


def _owned(key: str, states: States) -> set[str] | None:
    if states.absent or not states.lists.is_empty() or not isinstance(states.one, Language):
        return None
    found = set()
    for term in states.one.terms:
        parts = [pattern.text.split(":")[4:5] if key in _ARNS else [pattern.text] for pattern in term.included]
        known = [part[0] for part in parts if part and part[0] and not set(part[0]) & set("*?")]
        if not known:
            return None
        found.add(known[0])
    return found


def _addresses(named: Trusted) -> Iterator[str]:
    """The addresses that a statement demands and that can be somebody's."""
    for operator, key, operands in named.says.condition:
        for operand in operands if key == "aws:sourceip" and operator.lower().startswith("ipaddress") else ():
            try:
                network = ip_network(operand)
                Addresses.parse([str(network)])
            except (ValueError, AddressError):
                continue
            if network.prefixlen >= _FEW[network.version]:
                yield str(network)
