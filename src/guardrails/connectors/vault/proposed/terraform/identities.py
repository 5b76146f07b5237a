"""Entities and groups of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guardrails.connectors.vault.proposed import members
from guardrails.connectors.vault.proposed.terraform.context import Context, NotPlacedError, Said, known
from guardrails.model.reference import Ref
from guardrails.proposals.terraform import Action
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Unknown

__all__ = ["drop_entity", "drop_group", "make_entity", "make_group"]

_NEW: Mapping[str, Mapping[str, Any]] = {
    "entity": {"disabled": False, "merged_entity_ids": None, "metadata": None, "policies": []},
    "group": {"member_entity_ids": [], "member_group_ids": [], "metadata": None, "parent_group_ids": None, "policies": []},
}
"""What servers say of one of whom nothing else was said."""


def _begun(context: Context, said: Said, kind: str) -> tuple[Ref, dict[str, Any]]:
    """One that is changed as it was observed, or a new one. The provider takes over none that is there."""
    draft, identifier, name = context.draft, said.resource.before.get("id"), said.text("name", "name")
    if said.resource.action is Action.UPDATE:
        found = draft.identity(kind, identifier=str(identifier))
        entry = draft.entry(found) if found else None
        if found is None or entry is None:
            raise NotPlacedError(f"the {kind} is changed, and was not observed")
        new_name = name if isinstance(name, str) and name else found.name
        return draft.speaker.ref(kind, found.id, new_name), {**entry, "name": new_name}
    if isinstance(name, Unknown) or not name:
        name = said.address  # the server chooses one
    if draft.identity(kind, name=name):
        raise NotPlacedError(f"the {kind} {name} is there already, and Terraform does not take it over")
    chosen = identifier if isinstance(identifier, str) and identifier else own_id(said.address)
    ref = draft.speaker.ref(kind, chosen, name)
    return ref, {**_NEW[kind], "id": ref.id, "name": name, "namespace_id": draft.namespace_id}


def _written(context: Context, said: Said, ref: Ref, entry: dict[str, Any]) -> None:
    """What entities and groups have alike."""
    metadata = said.value("metadata")
    if isinstance(metadata, Mapping):
        if any(isinstance(one, Unknown) for one in metadata.values()):
            raise NotPlacedError("its metadata is not known before it is made")
        entry["metadata"] = dict(metadata)
    elif isinstance(metadata, Unknown) and metadata.is_declared:
        raise NotPlacedError(f"its metadata is not known before it is made: {metadata.why}")
    elif metadata is None and entry.get("metadata"):
        entry["metadata"] = {}
    if said.flag("external_policies", default=False) is False:
        entry["policies"] = [name.lower() for name in context.policies(ref, said, "policies")]


def make_entity(context: Context, said: Said) -> None:
    """Somebody, with the policies that stand in its own block."""
    ref, entry = _begun(context, said, "entity")
    _written(context, said, ref, entry)
    disabled = said.flag("disabled", default=False)
    entry["disabled"] = disabled is True  # one that is not known may be in use
    context.draft.say(ref, entry)


def make_group(context: Context, said: Said) -> None:
    """A group, with the members that stand in its own block."""
    ref, entry = _begun(context, said, "group")
    form = said.text("type", "type")
    if isinstance(form, Unknown) and form.is_declared:
        raise NotPlacedError(f"its type is not known before it is made: {form.why}")
    entry["type"] = form if isinstance(form, str) and form else entry.get("type") or "internal"
    _written(context, said, ref, entry)
    context.draft.say(ref, entry)
    if entry["type"] != "internal":
        return
    for kind, field in members.FIELDS.items():
        if said.flag(f"external_{field}", default=False) is False:
            found, unknown = known(said.texts(field))
            members.set_members(context.draft, ref, kind, found)
            for one in unknown[:1]:
                context.hole(ref, said, f"who belongs to it is not known before it is made: {one.why}")


def _dropped(context: Context, said: Said, kind: str) -> None:
    if found := context.draft.identity(kind, identifier=said.needed("id")):
        members.leave_all(context.draft, found)
        context.draft.end(found)


def drop_entity(context: Context, said: Said) -> None:
    """Somebody who goes."""
    _dropped(context, said, "entity")


def drop_group(context: Context, said: Said) -> None:
    """A group that goes."""
    _dropped(context, said, "group")
