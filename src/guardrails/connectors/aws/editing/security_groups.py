"""Incoming rules of security groups, each by its own id. One call makes one rule another or takes it away, so nothing is ever half done.

A rule that should become several is held: no call does that at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from guardrails.connectors.aws.editing.kind import TAG, Statement, canonical, made, marked, require_own
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.rules import ports_of
from guardrails.connectors.aws.single import SingleApi
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Action, Edit, Image, SetAddresses, difference
from guardrails.model.reference import Ref
from guardrails.sets import Addresses, Ports

__all__ = ["SecurityGroups"]

_SOURCES = ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo")
_REGION, _FROM = "region", " from "


class SecurityGroups:
    """Each incoming rule is a field of its own: `443/tcp from 192.0.2.0/24`. Those of ICMP for several kinds of messages share one."""

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """In whichever region it is."""
        for region in api.regions():
            told = api.found("ec2", "describe_security_groups", region, GroupIds=[ref.id])
            if told and (groups := told["SecurityGroups"]):
                rules: dict[str, Iterable[str]] = {}
                for rule in _rules(api, region, ref.id):
                    rules[_name(rule)] = sorted([*rules.get(_name(rule), ()), _kept(rule)])
                about = {_REGION: (region,), "vpc": (str(groups[0].get("VpcId")),)}
                return Image.of({**rules, **marked(tags_of(groups[0])), **about})
        return None

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """The rule goes, and what it is to let in and no other rule does comes in its place."""
        require_own(image)
        if not isinstance(action, SetAddresses):
            raise ValueError("a security group has rules about addresses alone")  # noqa: TRY004  # the port's word for it
        named = (name.partition(_FROM) for name in _rule_names(image))
        ports = next((ports for ports, _, source in named if f"{action.target.id}/{ports}/{source}" == action.rule.id), "")
        if not ports:
            raise ValueError(f"{action.rule} is not there any more")
        field = f"{ports}{_FROM}{action.rule.id.removeprefix(f'{action.target.id}/{ports}/')}"
        if len(image.values(field)) > 1:
            raise ValueError(f"{len(image.values(field))} rules differ in the kinds of messages alone: change them by hand")
        missing = Addresses.parse(action.addresses) - _let_in(image, ports, but=field)
        come = missing.cidrs()
        if len(come) > 1:
            raise ValueError(f"{len(come)} rules would have to take its place, and no call makes them at once: use a prefix list")
        wanted = Edit(field=f"{ports}{_FROM}{come[0]}", adds=(_other(image.values(field)[0], come[0]),)) if come else None
        return (Edit(field=field, removes=image.values(field)), *([wanted] if wanted else []))

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call: a rule is modified, taken away, or made again."""
        (region,) = now.values(_REGION)
        changed = difference(now, after)
        gone = [edit.field for edit in changed if edit.removes]
        come = [json.loads(edit.adds[0]) for edit in changed if edit.adds]
        known = {_name(rule): str(rule["SecurityGroupRuleId"]) for rule in _rules(api, region, ref.id)}
        if not set(gone) <= known.keys():
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        match [known[name] for name in gone], come:
            case [rule], [new]:
                entry = {"SecurityGroupRuleId": rule, "SecurityGroupRule": _asked(new)}
                made(api, "ec2", "modify_security_group_rules", region, GroupId=ref.id, SecurityGroupRules=[entry])
            case [*rules], [] if rules:
                made(api, "ec2", "revoke_security_group_ingress", region, GroupId=ref.id, SecurityGroupRuleIds=rules)
            case [], [new]:
                given = {"TagSpecifications": [{"ResourceType": "security-group-rule", "Tags": new["Tags"]}]} if new.get("Tags") else {}
                made(api, "ec2", "authorize_security_group_ingress", region, GroupId=ref.id, IpPermissions=[_permission(new)], **given)
            case _:
                raise ConnectorError(f"{ref}: {len(come)} rules cannot be made at once", remedy="plan again")

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Of this group; its rules have no names before they are made."""
        names = ["DescribeSecurityGroups", "DescribeSecurityGroupRules", "DescribeRegions"]
        reads = {"Effect": "Allow", "Action": [f"ec2:{name}" for name in names], "Resource": ["*"]}
        writes = ["ModifySecurityGroupRules", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"]
        where = [f"arn:aws:ec2:*:{ref.realm}:security-group/{ref.id}", f"arn:aws:ec2:*:{ref.realm}:security-group-rule/*"]
        values = [value for edit in edits for value in (*edit.removes, *edit.adds)]
        writes += ["CreateTags"] if any('"Tags":' in value for value in values) else []  # of a rule that comes back with its tags
        return (reads, {"Effect": "Allow", "Action": [f"ec2:{name}" for name in writes], "Resource": where}) if values else (reads,)


def _rules(api: SingleApi, region: str, group: str) -> Iterator[Mapping[str, Any]]:
    filters = [{"Name": "group-id", "Values": [group]}]
    found = api.whole("ec2", "describe_security_group_rules", region, Filters=filters)["SecurityGroupRules"]
    return (rule for rule in found if not rule.get("IsEgress") and rule.get("GroupId", group) == group)


def _name(rule: Mapping[str, Any]) -> str:
    return f"{ports_of(rule)}{_FROM}{_source(rule)}"


def _source(rule: Mapping[str, Any]) -> str:
    found = next(rule[key] for key in _SOURCES if rule.get(key))
    return str(found["GroupId"]) if isinstance(found, Mapping) else str(found)


def _kept(rule: Mapping[str, Any]) -> str:
    """All of a rule that has to come back; its id is another then."""
    kept = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort", "Description", *_SOURCES) if rule.get(key) not in (None, "")}
    tags = [{"Key": key, "Value": value} for key, value in tags_of(rule)]
    return canonical({**kept, **({"Tags": tags} if tags else {})})


def _other(text: str, cidr: str) -> str:
    """The same rule for other addresses."""
    rule = {key: value for key, value in json.loads(text).items() if key not in _SOURCES}
    return canonical({**rule, "CidrIpv6" if ":" in cidr else "CidrIpv4": cidr})


def _rule_names(image: Image) -> list[str]:
    return [name for name, _ in image.fields if _FROM in name and not name.startswith(TAG)]


def _let_in(image: Image, ports: str, but: str) -> Addresses:
    """What the other rules for these ports let in."""
    found = Addresses.nothing()
    for name in _rule_names(image):
        theirs, _, source = name.partition(_FROM)
        if name != but and "/" in source and Ports.parse([theirs]).covers(Ports.parse([ports])):
            found |= Addresses.parse([source])
    return found


def _asked(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as a request to modify says it."""
    told = {
        key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort", "Description", "CidrIpv4", "CidrIpv6", "PrefixListId") if key in rule
    }
    other = rule.get("ReferencedGroupInfo")
    return {**told, **({"ReferencedGroupId": other["GroupId"]} if other else {})}


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as a request to authorize says it."""
    note = {"Description": rule["Description"]} if "Description" in rule else {}
    told: dict[str, Any] = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    for key, listing, name in (
        ("CidrIpv4", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("PrefixListId", "PrefixListIds", "PrefixListId"),
    ):
        told |= {listing: [{name: rule[key], **note}]} if key in rule else {}
    other = rule.get("ReferencedGroupInfo")
    return {**told, **({"UserIdGroupPairs": [{"GroupId": other["GroupId"], **note}]} if other else {})}
