"""Whom the policy of an asset or key lets in when it names everybody, or strangers under conditions: decided where it can be.

A request of a stranger is looked for in what strangers can bring. Where there is none, the conditions name somebody all the same: the
accounts and organisations that they demand. Addresses that they demand may be anybody's or ours, which nobody here can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network

from guardrails.iam.public import opening
from guardrails.iam.trust import Trusted
from guardrails.model.words import Verdict
from guardrails.sets import AddressError, Addresses, Language, States

__all__ = ["Opened"]

_ACCOUNT = re.compile(r"[0-9]{12}")
_OWNERS = ("aws:principalaccount", "kms:calleraccount", "aws:sourceaccount", "aws:sourceowner", "aws:principalorgid", "aws:sourceorgid")
_ARNS = ("aws:principalarn", "aws:sourcearn")
_FEW = {4: 8, 6: 32}
"""From this prefix length on addresses can be somebody's; AWS takes wider ones for everybody (S3 User Guide, "The meaning of public")."""


class Opened:
    """One policy of one resource. `organisation` is the id of ours, as far as it was seen."""

    def __init__(self, policy: str, resource: str, organisation: str) -> None:
        self._policy, self._resource, self._organisation = policy, resource, organisation

    def whom(self, named: Trusted) -> tuple[str, ...] | None:
        """Who it is that a statement lets in, as accounts or `*` for everybody; `None` where that hangs on something not evaluated."""
        to = "" if named.kind == "any" else named.name
        verdict = opening(self._policy, self._resource, ours=tuple(_addresses(named)) if not to else (), to=to).verdict
        if verdict is Verdict.VIOLATION:
            return (to or "*",)
        return self._owners(named) if verdict is Verdict.OK and not to else None

    def _owners(self, named: Trusted) -> tuple[str, ...] | None:
        found: dict[str, None] = {}
        for term in named.context.terms:
            owners = self._of(dict(term))
            if owners is None:
                return None
            found.update(dict.fromkeys(owners))
        found.pop(self._organisation, None)
        return None if any(not _ACCOUNT.fullmatch(owner) for owner in found) else tuple(sorted(found))

    def _of(self, states: Mapping[str, States]) -> set[str] | None:
        """The accounts or organisations of which somebody must be, in one set of contexts."""
        listed = (_owned(key, states[key]) for key in (*_OWNERS, *_ARNS) if key in states)
        return next((owners for owners in listed if owners is not None), None)


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
