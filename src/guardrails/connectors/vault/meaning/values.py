"""The values that servers put into templated paths for an entity: of itself, its aliases and its groups, as far as they were seen.

As servers look them up: an alias by the accessor of its mount, a group by its id or name up to the next dot, and only one that the entity
belongs to, by itself or through groups. What cannot be looked up makes the rule fall away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from guardrails.model.facts import Principal, Setting
from guardrails.model.reference import Ref
from guardrails.vault.templates import Known, Missing

__all__ = ["EntityValues"]

_ENTITY, _GROUPS, _ALIASES = "identity.entity.", "identity.groups.", "aliases."
_CUT = "://"
"""What is kept of a value with an address in it may lack the login that stood in there."""
_Entry = Mapping[str, Any]


class EntityValues:
    """Of one namespace, indexed once."""

    def __init__(self, principals: Mapping[Ref, Principal], aliases: Iterable[Setting], groups: Iterable[Setting]) -> None:
        self._principals = principals
        self._groups = {fact.ref: json.loads(fact.text) for fact in groups}
        self._aliases: dict[str, list[_Entry]] = {}
        for fact in aliases:
            entry = json.loads(fact.text)
            self._aliases.setdefault(fact.pointer.rpartition("/")[2], []).append(entry | {"id": entry.get("id") or fact.ref.id})

    def value(self, entity: Ref, groups: Iterable[Ref], expression: str) -> Known:
        """The value of an expression for an entity and all groups that it is in."""
        if expression.startswith(_GROUPS):
            return self._of_group(expression.removeprefix(_GROUPS), groups)
        word = expression.removeprefix(_ENTITY)
        if entity not in self._principals or word == expression:
            return Missing.UNKNOWN
        if word.startswith(_ALIASES):
            return self._of_alias(entity, word.removeprefix(_ALIASES))
        tags: _Entry = dict(self._principals[entity].tags)
        return _field(word, {"id": entity.id, "name": entity.name, "metadata": tags}, "metadata")

    def _of_group(self, word: str, groups: Iterable[Ref]) -> Known:
        by, _, rest = word.partition(".")
        wanted, _, field = rest.partition(".")
        if by not in {"ids", "names"} or not field:
            return Missing.UNKNOWN
        found = next((ref for ref in groups if wanted == (ref.id if by == "ids" else ref.name)), None)
        if found is None:
            return Missing.ABSENT
        if found not in self._groups:
            return Missing.UNKNOWN
        return _field(field, self._groups[found] | {"id": found.id, "name": found.name}, "metadata")

    def _of_alias(self, entity: Ref, word: str) -> Known:
        accessor, _, field = word.partition(".")
        found = [entry for entry in self._aliases.get(entity.id, ()) if entry.get("mount_accessor") == accessor]
        if not field or len(found) > 1:
            return Missing.UNKNOWN
        return _field(field, found[0], "metadata", "custom_metadata") if found else Missing.ABSENT


def _field(word: str, entry: _Entry, *maps: str) -> Known:
    """An `id`, a `name`, or what one of the maps has under a key, which may hold dots."""
    name, _, key = word.partition(".")
    if name in maps and key:
        told = (entry.get(name) or {}).get(key)
        if told is None:
            return Missing.ABSENT
    else:
        told = entry.get(word) if word in {"id", "name"} else None
    return told if isinstance(told, str) and _CUT not in told else Missing.UNKNOWN
