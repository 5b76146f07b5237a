"""What a login by a directory will give: how each `ldap` mount finds people and groups, and what it then hands to whoever logs in.

A mapping is looked up by the name of the group, in small letters unless the mount tells letters apart; an external group by the name of
its alias in any letters. Membership in the external groups of the mount is made anew at each login; all others stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.meaning.filters import USER_FILTER, filter_of
from guardrails.connectors.vault.meaning.holdings import Bearer, Holdings
from guardrails.model.facts import Setting
from guardrails.model.reference import Ref
from guardrails.ports import AtLogin, DirectoryLogin

__all__ = ["NextLogin"]

_KEYS = {"uid": "uid", "mail": "mail", "samaccountname": "samaccountname"}
"""Attributes by which a person is known to a directory connector, and under which name."""
_Entry = Mapping[str, Any]


class NextLogin:
    """The `ldap` mounts of one observation."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._accessors = {fact.ref.name: fact.ref.id for fact in held.settings("auth-mount")}
        self._aliases = [(fact, json.loads(fact.text)) for fact in held.settings("group-alias")]
        self._groups = {ref.id: ref for ref in held.principals if ref.kind == "group"}
        self._config = {fact.ref: json.loads(fact.text) for fact in held.settings("auth-config") if fact.form == "ldap"}
        self._entities = self._by_alias()

    def directories(self) -> Iterator[DirectoryLogin]:
        """How each mount finds whom it lets in."""
        for fact in self._held.settings("auth-config"):
            if fact.form == "ldap":
                yield self._directory(fact, self._config[fact.ref])

    def _directory(self, fact: Setting, config: _Entry) -> DirectoryLogin:
        found = filter_of(str(config.get("groupfilter") or ""))
        key = str(config.get("userattr") or "cn").lower()
        doubts, told = _doubts(config), _untold(config, key)

        def finds(listed: frozenset[str], deeper: bool) -> bool | None:  # noqa: FBT001  # as it is asked
            if config.get("use_token_groups"):
                return None if listed or deeper else False
            sure = found.finds(listed, deeper=deeper)
            return None if sure and config.get("anonymous_group_search") else sure

        return DirectoryLogin(
            ref=fact.ref,
            key=_KEYS.get(key, ""),
            people=str(config.get("userdn") or ""),
            directly=_is_direct(config),
            groups=str(config.get("groupdn") or "") if config.get("groupfilter") or config.get("use_token_groups") else "",
            names=frozenset(name.casefold() for name, _ in self._mapped(fact.ref, None)),
            finds=finds,
            folded=not config.get("case_sensitive_names"),
            doubt=doubts,
            untold=told,
        )

    def _mapped(self, mount: Ref, wanted: frozenset[str] | None) -> Iterator[tuple[str, Ref]]:
        """Mappings and external groups of a mount, with the names of those groups of a directory that they are for."""
        path = mount.id.removesuffix("/config")
        exact = bool(self._config[mount].get("case_sensitive_names"))
        folded = {name.casefold() for name in wanted or ()}
        for ref in self._held.principals:
            if ref.kind == "ldap-group" and ref.id.startswith(f"{path}/groups/"):
                name = ref.id.removeprefix(f"{path}/groups/")
                if wanted is None or (name in wanted if exact else name.casefold() in folded):
                    yield name, ref
        for fact, entry in self._aliases:
            group = self._group(fact, entry)
            if group is not None and self._is_of(entry, mount) and (wanted is None or fact.ref.name.casefold() in folded):
                yield fact.ref.name, group

    def _is_of(self, alias: _Entry, mount: Ref) -> bool:
        return alias.get("mount_accessor") == self._accessors.get(mount.id.removeprefix("auth/").removesuffix("config"))

    def _by_alias(self) -> dict[tuple[str, str], Ref]:
        entities = {ref.id: ref for ref in self._held.principals if ref.kind == "entity"}
        found = {}
        for fact in self._held.settings("entity-alias"):
            accessor = str(json.loads(fact.text).get("mount_accessor"))
            if entity := entities.get(fact.pointer.rpartition("/")[2]):
                found[accessor, fact.ref.name.casefold()] = entity
        return found

    def at_login(self, mount: Ref, name: str, groups: frozenset[str]) -> AtLogin:
        """Who somebody is after a login by that name, found in groups of these names: one more holder."""
        path = mount.id.removesuffix("/config")
        accessor = self._accessors.get(path.removeprefix("auth/") + "/", "")
        entity = self._entities.get((accessor, _alias(self._config[mount], name).casefold()))
        users = [ref for ref in self._held.principals if ref.kind == "user" and ref.id.casefold() == f"{path}/users/{name}".casefold()]
        local = frozenset(ref.name.rpartition("/")[2] for user in users for ref in self._held.member_of(user))
        by = tuple(self._mapped(mount, groups | local))
        everybodys = [ref for ref in self._held.principals if ref.kind == "role" and ref.id == mount.id]
        kept = [ref for ref in self._held.member_of(entity) if not self._is_external(ref, mount)] if entity else []
        shown = f"{path}|{name}|{'|'.join(sorted(groups))}"
        ref = Ref(system=mount.system, realm=mount.realm, kind="login", id=shown, name=f"{path.removeprefix('auth/')}/{name}")
        sources = tuple(dict.fromkeys((*users, *everybodys, *(group for _, group in by), *kept)))
        # an entity that is not there yet has values all the same, which nobody knows
        self._held.add(
            Bearer(ref, {"entity_id": entity.id if entity else name}, entity), sources, self._held.attached(entity) if entity else ()
        )
        return AtLogin(ref=ref, by=by, sources=sources, entity=entity)

    def _is_external(self, group: Ref, mount: Ref) -> bool:
        return any(self._group(fact, entry) == group and self._is_of(entry, mount) for fact, entry in self._aliases)

    def _group(self, alias: Setting, entry: _Entry) -> Ref | None:
        return self._groups.get(str(entry.get("canonical_id") or alias.pointer.rpartition("/")[2]))


def _is_direct(config: _Entry) -> bool:
    """Whether nobody is searched for: the name to log in by is put together from what is typed."""
    return not config.get("binddn") and not config.get("discoverdn")


def _alias(config: _Entry, name: str) -> str:
    """By which name the identity store knows who logs in; seen on OpenBao 2.6.2."""
    if _is_direct(config) and not config.get("username_as_alias"):
        return f"{config.get('userattr') or 'cn'}={name},{config.get('userdn') or ''}"
    return name


def _doubts(config: _Entry) -> str:
    """Why it is not certain that somebody whom the directory has can log in."""
    if str(config.get("userfilter") or USER_FILTER).replace(" ", "") != USER_FILTER:
        return "its userfilter decides whether they can log in"
    return "it binds by upndomain, which is not looked up" if config.get("upndomain") else ""


def _untold(config: _Entry, key: str) -> str:
    if key not in _KEYS:
        return f"people are found by {key}, which is not read"
    if str(config.get("groupattr") or "cn").lower() != "cn":
        return f"groups are named by {config.get('groupattr')}, which is not read"
    return ""
