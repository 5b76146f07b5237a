"""Auth methods and mounts of a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from guardrails.connectors.vault.configs import auth_mount
from guardrails.connectors.vault.methods import MAPPINGS, ROLES
from guardrails.connectors.vault.proposed.terraform.context import Context, NotPlacedError, Said
from guardrails.connectors.vault.storage import mount_said
from guardrails.model.facts import Asset, Setting
from guardrails.model.reference import Ref
from guardrails.proposals.terraform import Action
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Unknown, Value

__all__ = ["drop_method", "drop_mount", "keeps_secrets", "make_method", "make_mount"]

_KEEPS = frozenset({"kv", "generic"})
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", re.ASCII)
_TUNED = {"default_lease_ttl": 0, "force_no_cache": False, "max_lease_ttl": 0, "token_type": "default-service"}
_TIMES = ("default_lease_ttl", "max_lease_ttl")


def _path(said: Said, fallback: str = "") -> str:
    found = said.text("path", "path")
    if isinstance(found, str) and found:
        return found.strip("/")
    if fallback and not (isinstance(found, Unknown) and found.is_declared):
        return said.needed(fallback, fallback)
    return said.needed("path", "path")


def _accessor(said: Said) -> str:
    had = said.resource.before.get("accessor")
    return had if isinstance(had, str) and had else own_id(said.address)


def _is_moved(said: Said) -> bool:
    before, after = (str(one.get("path") or "").strip("/") for one in (said.resource.before, said.resource.after))
    return said.resource.action is Action.UPDATE and before != after


def make_method(context: Context, said: Said) -> None:
    """A way to log in."""
    draft, path, form = context.draft, _path(said, "type"), said.needed("type", "type")
    was = draft.mount(path)
    if _is_moved(said):
        raise NotPlacedError("it is moved to another path, and so is all that is in it")
    if form not in ROLES and form not in MAPPINGS:
        raise NotPlacedError(f"logins of a method of type {form} are not read")
    if said.resource.action is not Action.UPDATE and was:
        raise NotPlacedError(f"there is an auth method {path} already")
    if said.resource.action is Action.UPDATE and not was:
        raise NotPlacedError(f"the auth method {path} is changed, and was not observed")
    new: dict[str, Any] = {**_like(context), "accessor": _accessor(said), "config": _TUNED, "local": False, "type": form}
    had: dict[str, Any] = json.loads(was.text) if was else new
    config: dict[str, Any] = dict(had.get("config") or {})
    if said.resource.action is not Action.UPDATE or said.changes("tune"):
        config |= _tuned(said.value("tune"))
    draft.put(auth_mount(draft.speaker, path, form, {**had, "config": config}))


def _like(context: Context) -> dict[str, object]:
    """What is alike of all methods that are built in."""
    token = context.draft.mount("token")
    told = json.loads(token.text) if token else {}
    return {name: told[name] for name in ("plugin_version", "running_plugin_version", "seal_wrap") if name in told}


def _tuned(blocks: Value) -> dict[str, object]:
    if isinstance(blocks, Unknown):
        if not blocks.is_declared:
            return {}
        raise NotPlacedError(f"tune is not known before it is made: {blocks.why}")
    block = blocks[0] if isinstance(blocks, tuple) and blocks else {}
    told = block if isinstance(block, Mapping) else {}
    found: dict[str, object] = {name: _seconds(name, told.get(name)) for name in _TIMES if told.get(name)}
    for name in ("listing_visibility", "token_type"):
        if isinstance(told.get(name), str) and told[name]:
            found[name] = told[name]
    return found


def _seconds(name: str, value: Value) -> int:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise NotPlacedError(f"{name} is not known before it is made")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def drop_method(context: Context, said: Said) -> None:
    """A way to log in that goes, with all that is in it. Aliases stay, and nobody comes by them."""
    draft, path = context.draft, _path(said, "type")
    mount = draft.mount(path)
    if mount is None:
        return
    for ref in [ref for ref in draft.carriers() if ref.id.startswith(f"auth/{path}/")]:
        draft.end(ref)
    for fact in [fact for fact in draft.each(Setting) if fact.ref.kind == "auth-config" and fact.ref.id.startswith(f"auth/{path}/")]:
        draft.remove(fact.ref)
    for kind in ("entity-alias", "group-alias"):
        for fact in [fact for fact in draft.each(Setting) if fact.ref.kind == kind]:
            _unmounted(context, fact, mount.ref)
    draft.remove(mount.ref)


def _unmounted(context: Context, alias: Setting, mount: Ref) -> None:
    entry = json.loads(alias.text)
    if entry.get("mount_accessor") != mount.id:
        return
    kind = alias.ref.kind.removesuffix("-alias")
    owner = context.draft.identity(kind, identifier=alias.pointer.rpartition("/")[2])
    told = context.draft.entry(owner) if owner else None
    if owner and told:
        gone = {"mount_path", "mount_type"}
        aliases = [one if one["id"] != alias.ref.id else {k: v for k, v in one.items() if k not in gone} for one in told["aliases"]]
        context.draft.say(owner, {**told, "aliases": aliases})


def make_mount(context: Context, said: Said) -> None:
    """Something that keeps secrets. A transit mount is what its keys are."""
    path, engine = _path(said), said.needed("type", "type")
    if _is_moved(said):
        raise NotPlacedError("it is moved to another path, and so is all that is in it")
    if said.resource.action is Action.UPDATE or engine == "transit":
        return
    if _asset(context, path):
        raise NotPlacedError(f"there is a mount {path} already")
    for fact in mount_said(context.draft.speaker, path, "kv" if engine == "kv-v2" else engine, _accessor(said)):
        context.draft.put(fact)


def _asset(context: Context, path: str) -> Asset | None:
    return next((fact for fact in context.draft.each(Asset) if fact.ref.kind == "mount" and fact.resource == f"{path}/"), None)


def drop_mount(context: Context, said: Said) -> None:
    """A mount that goes, with all that is in it."""
    path, draft = _path(said), context.draft
    if found := _asset(context, path):
        draft.remove(found.ref)
    refs = (*(fact.ref for fact in draft.each(Asset)), *(fact.ref for fact in draft.each(Setting)))
    for ref in refs:
        if ref.kind in {"transit-key", "pki-role"} and ref.id.startswith(f"{path}/"):
            draft.remove(ref)


def keeps_secrets(context: Context, said: Said) -> bool:
    """Whether something is written where only secrets are kept, so that it says nothing of who may reach what."""
    place = said.text("mount", "path") or said.text("path", "path")
    if not isinstance(place, str):
        return False
    inside = f"{place.strip('/')}/"
    found = [fact for fact in context.draft.each(Asset) if fact.ref.kind == "mount" and inside.startswith(fact.resource)]
    return any(dict(fact.tags).get("type") in _KEEPS for fact in found)
