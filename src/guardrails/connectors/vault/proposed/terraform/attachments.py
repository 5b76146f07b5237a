"""Policies, members and aliases of entities and groups that a plan keeps as resources of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from guardrails.connectors.vault.proposed import members
from guardrails.connectors.vault.proposed.terraform.context import Context, Handler, NotPlacedError, Said, known
from guardrails.model.facts import Setting
from guardrails.model.reference import Ref
from guardrails.proposals.terraform import Action
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Unknown, Value

__all__ = ["ENDS", "MAKES"]

_KINDS = ("entity", "group")


def _of(context: Context, said: Said, kind: str, attribute: str) -> tuple[Ref, dict[str, Any]]:
    """The entity or group that a resource is about, as it is so far."""
    found = context.draft.identity(kind, identifier=said.needed(attribute, "id"))
    entry = context.draft.entry(found) if found else None
    if found is None or entry is None:
        raise NotPlacedError(f"its {kind} is neither planned nor was it observed")
    return found, entry


def _is_gone(context: Context, said: Said, kind: str, attribute: str) -> bool:
    """Whether what it hung on is not there any more, so that nothing is left to end."""
    return context.draft.identity(kind, identifier=said.needed(attribute, "id")) is None


def _kept(said: Said, had: Iterable[str], wanted: Iterable[str], attribute: str, *, lower: bool = False) -> list[str]:
    """Only what is wanted where that is all there is to be; else beside what others put there."""
    if said.flag("exclusive", default=True) is not False:
        return sorted(set(wanted))
    before = said.resource.before.get(attribute)
    mine = {str(one).lower() if lower else str(one) for one in before} if isinstance(before, tuple) else set()
    return sorted((set(had) - mine) | set(wanted))


def _policies(kind: str, context: Context, said: Said) -> None:
    ref, entry = _of(context, said, kind, f"{kind}_id")
    wanted = [name.lower() for name in context.policies(ref, said, "policies")]
    context.draft.say(ref, {**entry, "policies": _kept(said, entry.get("policies") or (), wanted, "policies", lower=True)})


def _no_policies(kind: str, context: Context, said: Said) -> None:
    if said.resource.action is Action.UPDATE or _is_gone(context, said, kind, f"{kind}_id"):
        return
    ref, entry = _of(context, said, kind, f"{kind}_id")
    context.draft.say(ref, {**entry, "policies": _kept(said, entry.get("policies") or (), (), "policies", lower=True)})


def _members(kind: str, context: Context, said: Said) -> None:
    field = members.FIELDS[kind]
    ref, entry = _of(context, said, "group", "group_id")
    found, unknown = known(said.texts(field))
    members.set_members(context.draft, ref, kind, _kept(said, entry.get(field) or (), found, field))
    for one in unknown[:1]:
        context.hole(ref, said, f"who belongs to it is not known before it is made: {one.why}")


def _no_members(kind: str, context: Context, said: Said) -> None:
    if said.resource.action is Action.UPDATE or _is_gone(context, said, "group", "group_id"):
        return
    field = members.FIELDS[kind]
    ref, entry = _of(context, said, "group", "group_id")
    members.set_members(context.draft, ref, kind, _kept(said, entry.get(field) or (), (), field))


def _alias(kind: str, context: Context, said: Said) -> None:
    """A name by which a method knows somebody, or a group."""
    name, accessor = said.needed("name", "name"), said.needed("mount_accessor", "accessor")
    ref, entry = _of(context, said, kind, "canonical_id")
    updates = said.resource.action is Action.UPDATE
    had = said.resource.before.get("id")
    identifier = had if isinstance(had, str) and had else own_id(said.address)
    if not updates and context.draft.has_alias(kind, name, accessor):
        raise NotPlacedError(f"the alias {name} of that method is there already, and Terraform does not take it over")
    if kind == "group" and entry["aliases"] and entry["aliases"][0]["id"] != identifier:
        raise NotPlacedError(f"the group {ref.name} has an alias already, and a group has one")
    was: dict[str, Any] = next((one for one in entry["aliases"] if one["id"] == identifier), {})
    if updates and not was:
        _no_alias(kind, context, said, identifier)
    alias = {**_NEW_ALIAS, **was, "id": identifier, "name": name, "mount_accessor": accessor, "canonical_id": ref.id}
    if kind == "entity":
        alias |= {"local": was.get("local", False), "custom_metadata": _metadata(said.value("custom_metadata"))}
    alias |= _mounted(context, accessor)
    context.draft.say(ref, {**entry, "aliases": [*(one for one in entry["aliases"] if one["id"] != identifier), alias]})


_NEW_ALIAS = {"merged_from_canonical_ids": None, "metadata": None}
"""What servers say of an alias of which nothing else was said."""


def _metadata(value: Value) -> dict[str, Any]:
    if isinstance(value, Unknown) and not value.is_declared:
        return {}
    found = value if isinstance(value, dict) else {}
    if isinstance(value, Unknown) or any(isinstance(one, Unknown) for one in found.values()):
        raise NotPlacedError("its custom_metadata is not known before it is made")
    return found


def _mounted(context: Context, accessor: str) -> dict[str, str]:
    mount = context.draft.get(Setting, context.draft.speaker.ref("auth-mount", accessor, ""))
    if mount is None:
        raise NotPlacedError("its auth method is neither planned nor was it observed")
    return {"mount_path": f"auth/{mount.ref.name}", "mount_type": mount.form}


def _no_alias(kind: str, context: Context, said: Said, identifier: str = "") -> None:
    """Whoever has it has it no longer."""
    if said.resource.action is Action.UPDATE and not identifier:
        return
    gone = identifier or said.needed("id")
    fact = context.draft.get(Setting, context.draft.speaker.ref(f"{kind}-alias", gone, ""))
    owner = context.draft.identity(kind, identifier=fact.pointer.rpartition("/")[2]) if fact else None
    entry = context.draft.entry(owner) if owner else None
    if owner and entry:
        context.draft.say(owner, {**entry, "aliases": [one for one in entry["aliases"] if one["id"] != gone]})


def _of_each(pattern: str, handler: Callable[[str, Context, Said], None]) -> dict[str, Handler]:
    return {pattern.format(kind): partial(handler, kind) for kind in _KINDS}


MAKES: dict[str, Handler] = {
    **_of_each("vault_identity_{}_policies", _policies),
    **_of_each("vault_identity_group_member_{}_ids", _members),
    **_of_each("vault_identity_{}_alias", _alias),
}
ENDS: dict[str, Handler] = {
    **_of_each("vault_identity_{}_policies", _no_policies),
    **_of_each("vault_identity_group_member_{}_ids", _no_members),
    **_of_each("vault_identity_{}_alias", _no_alias),
}
