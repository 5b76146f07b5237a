"""Who belongs to which group, on both sides: at the group and, for groups in groups, at the member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind

__all__ = ["FIELDS", "leave_all", "set_members"]

FIELDS: Mapping[str, str] = {"entity": "member_entity_ids", "group": "member_group_ids"}
"""Where a group says who belongs to it, by the kind of member."""


def set_members(draft: Namespace, group: Ref, kind: str, wanted: Iterable[str]) -> None:
    """The members of one kind, by their ids, in place of those that there are. Who is not there is no member, as servers say."""
    entry = draft.entry(group)
    if entry is None:
        return
    had, will = set(entry.get(FIELDS[kind]) or ()), set(wanted)
    draft.say(group, {**entry, FIELDS[kind]: sorted(will)})
    for identifier in had | will:
        member = draft.identity(kind, identifier=identifier)
        if member is None:
            continue
        draft.unlink(EdgeKind.MEMBER, member, group)
        if identifier in will:
            draft.link(EdgeKind.MEMBER, member, group, f"identity/group/id/{group.id}")
        if kind == "group":
            _within(draft, member, group, is_member=identifier in will)


def _within(draft: Namespace, member: Ref, group: Ref, *, is_member: bool) -> None:
    """The same at a group that is a member."""
    if (entry := draft.entry(member)) is not None:
        above = set(entry.get("parent_group_ids") or ()) - {group.id} | ({group.id} if is_member else set())
        draft.say(member, {**entry, "parent_group_ids": sorted(above) or None})


def leave_all(draft: Namespace, member: Ref) -> None:
    """Somebody who goes belongs to no group any longer. Groups that were in it go on naming it, as servers leave them."""
    for group in draft.linked(EdgeKind.MEMBER, member):
        if (entry := draft.entry(group)) is not None:
            kept = [one for one in entry.get(FIELDS[member.kind]) or () if one != member.id]
            draft.say(group, {**entry, FIELDS[member.kind]: kept})
