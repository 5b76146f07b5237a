"""Who holds the permission sets of IAM Identity Center, and in which accounts.

It is asked in the region that the path of the roles names which it made, and of those roles only: where there is none, nobody can use an
assignment. A permission set is one thing in all accounts, and the ARN of it is what every assignment of it points at.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from guardrails.connectors.aws.api import Answer, AwsApi, Failed, Found, listed
from guardrails.connectors.aws.gaps import unseen
from guardrails.model.facts import Edge, Gap, Principal, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, State

__all__ = ["assignments"]

Said = Edge | Gap | Principal | Reading

_REGION = re.compile(r":role/aws-reserved/sso\.amazonaws\.com/(?:([a-z0-9-]+)/)?[^/]+")
_FIRST = "us-east-1"
"""The region that the path leaves out."""

_FORMS = {"group": PrincipalForm.GROUP, "user": PrincipalForm.USER}
_STATES = {"ENABLED": State.ACTIVE, "DISABLED": State.DISABLED}
_WHAT = "assignments"
_KEY = "identity-center"
"""By which `people.join` knows a user: its name and its addresses."""


def assignments(system: str, organization: str, api: AwsApi, roles: Iterable[Principal], *, are_all: bool = True) -> Iterator[Said]:
    """Everybody who may become some of the roles that Identity Center made. Only when these `are_all` is anything read to its end."""
    regions: dict[str, list[Ref]] = {}
    for role in roles:
        found = _REGION.search(role.resource)
        regions.setdefault((found and found[1]) or _FIRST, []).append(role.ref)
    for region, made in sorted(regions.items()):
        yield from _Center(system, organization, api, region, are_all=are_all).read(made)


class _Center:
    """The instances of one region."""

    def __init__(self, system: str, organization: str, api: AwsApi, region: str, *, are_all: bool) -> None:
        self._system, self._realm, self._api, self._region = system, organization, api, region
        self._whole = are_all

    def read(self, roles: list[Ref]) -> Iterator[Said]:
        before, edges, missed = self._api.asked.calls, 0, set(roles)
        answer = self._api.ask("sso-admin", "list_instances", self._region)
        if isinstance(answer, Failed):
            yield self._gap(answer)
        for instance in listed(answer, "Instances"):
            arn = str(instance["InstanceArn"])
            sets = yield from self._sets(arn)
            found = []
            for role in (role for role in roles if role.name in sets):
                found += yield from self._assigned(arn, sets[role.name], role)
                missed.discard(role)
            named = yield from self._holders(str(instance["IdentityStoreId"]), {edge.source for edge in found})
            yield from (replace(edge, source=named[edge.source]) for edge in found)
            edges += len(found)
        for role in sorted(missed):
            yield self._gap(Failed(GapReason.INCOMPLETE, f"no permission set of this name was seen in {self._region}"), role)
        if self._whole:
            calls = self._api.asked.calls - before
            yield Reading(system=self._system, realm=self._realm, what=_WHAT, items=edges, pages=calls, calls=calls)

    def _gap(self, failed: Failed, subject: Ref | None = None) -> Gap:
        self._whole = False
        return unseen(self._system, self._realm, _WHAT, failed, subject)

    def _sets(self, instance: str) -> Generator[Gap, None, Mapping[str, str]]:
        """The ARN of each permission set, by the name that the roles made of it have."""
        answer = self._api.ask("sso-admin", "list_permission_sets", self._region, InstanceArn=instance)
        if isinstance(answer, Failed):
            yield self._gap(answer)
        found = {}
        for arn in map(str, listed(answer, "PermissionSets")):
            described = self._api.ask("sso-admin", "describe_permission_set", self._region, InstanceArn=instance, PermissionSetArn=arn)
            if isinstance(described, Found) and "Name" in described.answer["PermissionSet"]:
                found[str(described.answer["PermissionSet"]["Name"])] = arn
            else:
                nameless = Failed(GapReason.INCOMPLETE, "DescribePermissionSet: the answer holds no name")
                yield self._gap(described if isinstance(described, Failed) else nameless)
        return found

    def _assigned(self, instance: str, arn: str, role: Ref) -> Generator[Gap, None, list[Edge]]:
        asked = {"InstanceArn": instance, "AccountId": role.realm, "PermissionSetArn": arn}
        answer = self._api.ask("sso-admin", "list_account_assignments", self._region, **asked)
        if isinstance(answer, Failed):
            yield self._gap(answer, role)
        found = [(str(entry["PrincipalType"]).lower(), str(entry["PrincipalId"])) for entry in listed(answer, "AccountAssignments")]
        return [Edge(kind=EdgeKind.ASSIGNED, source=self._ref(*holder), target=role, provenance=arn) for holder in found]

    def _ref(self, form: str, identifier: str, name: str = "") -> Ref:
        return Ref(system=self._system, realm=self._realm, kind=f"identity-center-{form}", id=identifier, name=name or identifier)

    def _holders(self, store: str, holders: set[Ref]) -> Generator[Said, None, Mapping[Ref, Ref]]:
        """Facts of whoever holds something, also as a member of a group; returns each with its name."""
        groups, users = ({ref for ref in holders if ref.kind == f"identity-center-{form}"} for form in ("group", "user"))
        members = yield from self._members(store, groups)
        named = {ref: ref for ref in holders}
        for form, ids in (("group", groups), ("user", users | {edge.source for edge in members})):
            answer = self._everybody(store, form) if ids else None
            if isinstance(answer, Failed):
                yield self._gap(answer)
                yield from (self._gap(Failed(GapReason.INCOMPLETE, f"the {form}s were not seen"), ref) for ref in sorted(ids))
                continue
            found = {str(entry[f"{form.title()}Id"]): entry for entry in listed(answer, f"{form.title()}s")} if answer else {}
            facts = [self._principal(form, ref.id, found.get(ref.id)) for ref in sorted(ids)]
            named |= {fact.ref: fact.ref for fact in facts}
            yield from facts
        yield from (replace(edge, source=named[edge.source], target=named[edge.target]) for edge in members if edge.source in named)
        return named

    def _everybody(self, store: str, form: str) -> Answer:
        if form == "group":
            return self._api.ask("identitystore", "list_groups", self._region, IdentityStoreId=store)
        return self._api.ask("identitystore", "list_users", self._region, IdentityStoreId=store)

    def _members(self, store: str, groups: set[Ref]) -> Generator[Gap, None, list[Edge]]:
        edges = []
        for group in sorted(groups):
            answer = self._api.ask("identitystore", "list_group_memberships", self._region, IdentityStoreId=store, GroupId=group.id)
            if isinstance(answer, Failed):
                yield self._gap(answer, group)
            for entry in listed(answer, "GroupMemberships"):
                member = self._ref("user", str(entry["MemberId"]["UserId"]))
                edges.append(Edge(kind=EdgeKind.MEMBER, source=member, target=group, provenance=str(entry["MembershipId"])))
        return edges

    def _principal(self, form: str, identifier: str, entry: Mapping[str, Any] | None) -> Principal:
        """An assignment outlives its holder: one that is not there any more is disabled, and has no name."""
        if entry is None:
            return Principal(ref=self._ref(form, identifier), form=_FORMS[form], state=State.DISABLED)
        name = str(entry.get("UserName" if form == "user" else "DisplayName") or identifier)
        mails = [str(mail["Value"]) for mail in entry.get("Emails") or () if "Value" in mail]
        return Principal(
            ref=self._ref(form, identifier, name),
            form=_FORMS[form],
            state=_STATES.get(str(entry.get("UserStatus", "ENABLED")), State.UNKNOWN),
            names=tuple((_KEY, text) for text in sorted({name, *mails})) if form == "user" else (),
        )
