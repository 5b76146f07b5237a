"""Who can reach what: security groups and managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.rules import rules
from guardrails.model.facts import AddressList, Asset, Exposure, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

__all__ = ["network"]

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
            yield from rules(system, account, group)
        calls = groups.calls if isinstance(groups, Found) else 1
        yield Reading(system=system, realm=account, what=f"security-groups/{region}", items=len(found), pages=calls, calls=calls)
        used = {str(item["PrefixListId"]) for group in found for rule in group["IpPermissions"] for item in rule.get("PrefixListIds", ())}
        for identifier in sorted(used):
            yield from _prefix_list(system, account, api, region, identifier)


def _ref(system: str, account: str, kind: str, identifier: str, name: str) -> Ref:
    return Ref(system=system, realm=account, kind=kind, id=identifier, name=name)


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
