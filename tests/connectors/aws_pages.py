"""Pages where moto has none: each list is given in three parts, with the marker of the service's own protocol.

A transform for `http_proxy`. A marker is the number of its page, so that a request tells which page it asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from guardrails.testing.faults import Answer
from guardrails.testing.loopback import Ask, Request, Through

_PARTS = 3
_LISTS = {
    "GetAccountAuthorizationDetails": (("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"), "Marker", "Marker", "IsTruncated"),
    "ListAccessKeys": (("AccessKeyMetadata",), "Marker", "Marker", "IsTruncated"),
    "GetServiceLastAccessedDetails": (("ServicesLastAccessed",), "Marker", "Marker", "IsTruncated"),
    "DescribeDBInstances": (("DBInstances",), "Marker", "Marker", ""),
    "DescribeDBSnapshots": (("DBSnapshots",), "Marker", "Marker", ""),
    "DescribeSecurityGroups": (("securityGroupInfo",), "NextToken", "nextToken", ""),
    "DescribeManagedPrefixLists": (("prefixListSet",), "NextToken", "nextToken", ""),
    "GetManagedPrefixListEntries": (("entrySet",), "NextToken", "nextToken", ""),
    "GET /": (("Buckets",), "continuation-token", "ContinuationToken", ""),
    "TrentService.ListKeys": (("Keys",), "Marker", "NextMarker", "Truncated"),
    "TrentService.ListGrants": (("Grants",), "Marker", "NextMarker", "Truncated"),
    "TrentService.ListAliases": (("Aliases",), "Marker", "NextMarker", "Truncated"),
    **{
        f"AWSWAF_20190729.{name}": ((items,), "NextMarker", "NextMarker", "")
        for name, items in {"ListIPSets": "IPSets", "ListWebACLs": "WebACLs", "ListRuleGroups": "RuleGroups"}.items()
    },
    **{
        f"AWSOrganizationsV20161128.{name}": ((items,), "NextToken", "NextToken", "")
        for name, items in {
            "ListRoots": "Roots", "ListOrganizationalUnitsForParent": "OrganizationalUnits", "ListAccountsForParent": "Accounts",
            "ListAccounts": "Accounts", "ListParents": "Parents", "ListPoliciesForTarget": "Policies",
        }.items()
    },
    **{
        name: ((items,), "NextToken", "NextToken", "")
        for name, items in {
            "SWBExternalService.ListInstances": "Instances", "SWBExternalService.ListPermissionSets": "PermissionSets",
            "SWBExternalService.ListAccountAssignments": "AccountAssignments", "AWSIdentityStore.ListUsers": "Users",
            "AWSIdentityStore.ListGroups": "Groups", "AWSIdentityStore.ListGroupMemberships": "GroupMemberships",
        }.items()
    },
}  # fmt: skip
"""By call: the lists in its answer, how a request names the page, and how an answer names the next and says that there is one."""

PAGED = frozenset(_LISTS)


def call(request: Request) -> str:
    """The call that a request makes, as its protocol writes it."""
    if header := request.headers.get("x-amz-target"):
        return header
    if action := dict(parse_qsl(request.body.decode("latin-1"))).get("Action"):
        return action
    path, _, query = request.path.partition("?")
    return f"GET {path}" if path == "/" or not query else f"GET ?{query.split('&')[0].rstrip('=')}"


def page(request: Request) -> int:
    """Which page is asked for, from 0."""
    marker = _LISTS[call(request)][1] if call(request) in PAGED else ""
    return _without(request, marker)[1]


def paged(below: Through) -> Through:
    """The same with pages."""

    def through(request: Request, ask: Ask) -> Answer:
        if call(request) not in PAGED:
            return below(request, ask)
        lists, asks, names, says = _LISTS[call(request)]
        whole, number = _without(request, asks)
        answer = below(whole, ask)
        if answer.status >= 300:
            return answer
        cut = _cut_json if answer.body.lstrip().startswith(b"{") else _cut_xml
        return replace(answer, body=cut(answer.body, lists, number, names, says))

    return through


def _without(request: Request, marker: str) -> tuple[Request, int]:
    """The request for the whole, and the page that it asked for."""
    if "x-amz-target" in request.headers:
        asked = json.loads(request.body or b"{}")
        number = int(asked.pop(marker, 0))
        return replace(request, body=json.dumps(asked, sort_keys=True).encode()), number
    path, _, query = request.path.partition("?")
    form = dict(parse_qsl(query if not request.body else request.body.decode(), keep_blank_values=True))
    number = int(form.pop(marker, 0))
    if request.body:
        return replace(request, body=urlencode(form).encode()), number
    return replace(request, path=f"{path}?{urlencode(form)}" if form else path), number


def _part(found: Iterable, number: int) -> tuple[list, bool]:
    """One of three parts, and whether more follow; short lists have fewer."""
    items = list(found)
    size = max(1, -(-len(items) // _PARTS))
    return items[number * size : (number + 1) * size], (number + 1) * size < len(items)


def _cut_json(body: bytes, lists: tuple[str, ...], number: int, names: str, says: str) -> bytes:
    found = json.loads(body)
    more = False
    for name in lists:
        found[name], goes_on = _part(found[name], number)
        more |= goes_on
    if says:
        found[says] = more
    return json.dumps(found | ({names: str(number + 1)} if more else {})).encode()


def _cut_xml(body: bytes, lists: tuple[str, ...], number: int, names: str, says: str) -> bytes:
    root = ET.fromstring(body)  # noqa: S314  # the answer of a test's own server
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    inner = next((child for child in root if child.tag.endswith("Result")), root)
    more = False
    for parent in [child for child in inner if child.tag.removeprefix(space) in lists]:
        kept, goes_on = _part(parent, number)
        more |= goes_on
        for item in [item for item in parent if item not in kept]:
            parent.remove(item)
    for old in [child for child in inner if child.tag.removeprefix(space) in {names, says}]:
        inner.remove(old)
    if says:
        ET.SubElement(inner, f"{space}{says}").text = str(more).lower()
    if more:
        ET.SubElement(inner, f"{space}{names}").text = str(number + 1)
    return ET.tostring(root, xml_declaration=True, encoding="utf-8")
