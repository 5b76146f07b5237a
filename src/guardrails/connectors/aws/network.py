"""Who can reach what: security groups and managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import tags_of
from guardrails.model.facts import AddressList, Asset, Exposure, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, GapReason

__all__ = ["network", "ports_of"]

Said = AddressList | Asset | Exposure | Gap | Reading


def network(system: str, account: str, api: AwsApi, regions: tuple[str, ...]) -> Iterator[Said]:
    """Every ingress rule of every security group, and the lists that rules name."""
    for region in regions:
        groups = api.ask("ec2", "describe_security_groups", region)
        if isinstance(groups, Failed):
            yield unseen(system, account, "network", groups)
            continue
        found = list(listed(groups, "SecurityGroups"))
        for group in found:
            yield from _rules(system, account, group)
        calls = groups.calls if isinstance(groups, Found) else 1
        yield Reading(system=system, realm=account, what=f"security-groups/{region}", items=len(found), pages=calls, calls=calls)
        used = {str(item["PrefixListId"]) for group in found for rule in group["IpPermissions"] for item in rule.get("PrefixListIds", ())}
        for identifier in sorted(used):
            yield from _prefix_list(system, account, api, region, identifier)


def _ref(system: str, account: str, kind: str, identifier: str, name: str) -> Ref:
    return Ref(system=system, realm=account, kind=kind, id=identifier, name=name)


def _rules(system: str, account: str, group: Mapping[str, Any]) -> Iterator[Exposure]:
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


def _prefix_list(system: str, account: str, api: AwsApi, region: str, identifier: str) -> Iterator[Said]:
    described = api.ask("ec2", "describe_managed_prefix_lists", region, PrefixListIds=[identifier])
    entries = api.ask("ec2", "get_managed_prefix_list_entries", region, PrefixListId=identifier)
    ref = _ref(system, account, "prefix-list", identifier, identifier)
    if not isinstance(entries, Found) or not isinstance(described, Found):
        failed = next((a for a in (entries, described) if isinstance(a, Failed)), Failed(GapReason.INCOMPLETE, "prefix list: no answer"))
        yield unseen(system, account, "network", failed, ref)
        return
    meta: Mapping[str, Any] = next(iter(described.answer["PrefixLists"]), {})
    yield AddressList(
        ref=_ref(system, account, "prefix-list", identifier, str(meta.get("PrefixListName") or identifier)),
        addresses=tuple(sorted(str(entry["Cidr"]) for entry in entries.answer["Entries"])),
        version=str(meta.get("Version") or ""),
        tags=tags_of(meta),
    )
    yield Reading(system=system, realm=account, what=f"prefix-list/{identifier}", items=len(entries.answer["Entries"]), calls=2)
