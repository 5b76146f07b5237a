"""What the rules of web ACLs and rule groups of WAF do with IP sets, in one region and scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guardrails.connectors.aws.api import Answer, AwsApi, Failed, Found, listed
from guardrails.connectors.aws.meaning.firewall import Use, uses_of
from guardrails.model.words import GapReason

__all__ = ["Used", "used"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One use of an IP set.

    Attributes:
        ip_set: Its ARN.
        owner: The ARN of the web ACL or rule group.
        rule: For people: `main/office`.
        use: What becomes of the addresses in it.
    """

    ip_set: str
    owner: str
    rule: str
    use: Use


def used(api: AwsApi, region: str, scope: str) -> tuple[Used, ...] | Failed:
    """Every use, also by what is attached to nothing now; all of them or none.

    A rule that runs a rule group otherwise than it says makes all uses of that group unclear.
    """
    found: list[Used] = []
    for said in _owners(api, region, scope):
        if isinstance(said, Failed):
            return said
        try:
            found += _of(said)
        except KeyError as error:
            return Failed(GapReason.MALFORMED, f"the rules of {said['Name']} lack {error}")
    changed = frozenset(one.ip_set for one in found)
    return tuple(replace(one, use=Use.UNCLEAR) if one.owner in changed else one for one in found)


def _of(said: Mapping[str, Any]) -> Iterator[Used]:
    for rule in said["Rules"]:
        for arn, use in uses_of(rule):
            yield Used(ip_set=arn, owner=str(said["ARN"]), rule=f"{said['Name']}/{rule['Name']}", use=use)


def _owners(api: AwsApi, region: str, scope: str) -> Iterator[Mapping[str, Any] | Failed]:
    acls = api.ask("wafv2", "list_web_acls", region, Scope=scope)
    if isinstance(acls, Failed):
        yield acls
    for one in listed(acls, "WebACLs"):
        yield _whole(api.ask("wafv2", "get_web_acl", region, Name=one["Name"], Scope=scope, Id=one["Id"]), "WebACL")
    groups = api.ask("wafv2", "list_rule_groups", region, Scope=scope)
    if isinstance(groups, Failed):
        yield groups
    for one in listed(groups, "RuleGroups"):
        yield _whole(api.ask("wafv2", "get_rule_group", region, Name=one["Name"], Scope=scope, Id=one["Id"]), "RuleGroup")


def _whole(answer: Answer, part: str) -> Mapping[str, Any] | Failed:
    said: Mapping[str, Any] = answer.answer[part] if isinstance(answer, Found) else {}
    if {"ARN", "Name", "Rules"} <= said.keys():
        return said
    return (
        answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, f"Get{part}: the answer lacks its rules", f"wafv2:Get{part}")
    )
