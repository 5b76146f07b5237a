"""The incoming rules of a security group, from the shape in which AWS tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.model.facts import Exposure
from guardrails.model.reference import Ref
from guardrails.model.words import Direction

__all__ = ["ports_of", "rules"]


def rules(system: str, account: str, group: Mapping[str, Any]) -> Iterator[Exposure]:
    """One for each source of each rule."""
    target = _ref(system, account, "security-group", str(group["GroupId"]), str(group["GroupName"]))
    for rule in group["IpPermissions"]:
        ports = ports_of(rule)
        for cidr, note in _sources(rule):
            label = f"{target.id}/{ports}/{cidr}"
            yield Exposure(
                ref=_ref(system, account, "rule", label, f"{ports} from {cidr}"),
                target=target,
                direction=Direction.IN,
                ports=(ports,),
                addresses=(cidr,),
                description=note,
            )
        for other in _others(system, account, rule):
            yield Exposure(
                ref=_ref(system, account, "rule", f"{target.id}/{ports}/{other.id}", f"{ports} from {other.name}"),
                target=target,
                direction=Direction.IN,
                ports=(ports,),
                through=other,
            )


def ports_of(rule: Mapping[str, Any]) -> str:
    """Protocol and ports of a rule, as everywhere here."""
    protocol = str(rule["IpProtocol"])
    if protocol == "-1":
        return "all"
    name = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}.get(protocol, protocol if protocol.isalpha() else f"proto-{protocol}")
    low, high = rule.get("FromPort"), rule.get("ToPort")
    if name not in {"tcp", "udp"} or low is None or low < 0:
        return name
    return f"{low}/{name}" if low == high else f"{low}-{high}/{name}"


def _sources(rule: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in rule.get("IpRanges", ()):
        yield str(entry["CidrIp"]), str(entry.get("Description") or "")
    for entry in rule.get("Ipv6Ranges", ()):
        yield str(entry["CidrIpv6"]), str(entry.get("Description") or "")


def _others(system: str, account: str, rule: Mapping[str, Any]) -> Iterator[Ref]:
    for entry in rule.get("PrefixListIds", ()):
        yield _ref(system, account, "prefix-list", str(entry["PrefixListId"]), str(entry["PrefixListId"]))
    for entry in rule.get("UserIdGroupPairs", ()):
        yield _ref(system, account, "security-group", str(entry["GroupId"]), str(entry.get("GroupName") or entry["GroupId"]))


def _ref(system: str, account: str, kind: str, identifier: str, name: str) -> Ref:
    return Ref(system=system, realm=account, kind=kind, id=identifier, name=name)
