"""Entities and groups of the identity store, who belongs to what, and the policies that both carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker, Said, Speaker, texts
from guardrails.connectors.vault.kept import kept
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Gap, Principal, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, State

__all__ = ["identities", "identity_said"]

_FORMS = {"entity": PrincipalForm.USER, "group": PrincipalForm.GROUP}
_Entries = dict[Ref, Mapping[str, Any]]


def identities(asker: Asker) -> Iterator[Said]:
    """Every entity and group. Whoever carries policies of an entity carries the default one too, for it holds a token."""
    found: dict[str, _Entries] = {"group": {}, "entity": {}}
    for kind, entries in found.items():
        yield from _read(asker, kind, entries)
    groups = {ref.id: ref for ref in found["group"]}
    entities = {ref.id: ref for ref in found["entity"]}
    for ref, entry in found["group"].items():
        members = [*_members(entities, entry, "member_entity_ids"), *_members(groups, entry, "member_group_ids")]
        yield from (Edge(kind=EdgeKind.MEMBER, source=member, target=ref, provenance=_path(ref)) for member in members)
    for ref, entry in found["entity"].items():
        yield from _belongs(asker, ref, entry, groups)


def _path(ref: Ref) -> str:
    return f"identity/{ref.kind}/id/{ref.id}"


def _members(known: Mapping[str, Ref], entry: Mapping[str, Any], field: str) -> list[Ref]:
    return [known[identifier] for identifier in texts(entry, field) or () if identifier in known]


def _read(asker: Asker, kind: str, entries: _Entries) -> Iterator[Said]:
    names: list[str] = []
    yield from asker.each("iam", f"identity/{kind}/id", names)
    for identifier, (path, told) in zip(names, asker.reads(f"identity/{kind}/id/{name}" for name in names), strict=True):
        is_it = isinstance(told, Failed) or (told.data.get("id") == identifier and texts(told.data, "policies") is not None)
        answer = told if is_it else Failed(GapReason.MALFORMED, f"{path} is not that {kind}")
        if isinstance(answer, Failed):
            ref = asker.ref(kind, identifier, identifier)
            yield Principal(ref=ref, form=_FORMS[kind], state=State.UNKNOWN, resource=_path(ref))
            yield asker.gap("iam", answer, _path(ref), ref)
            continue
        ref = asker.ref(kind, identifier, str(answer.data.get("name") or identifier))
        entries[ref] = answer.data
        yield from identity_said(asker, ref, answer.data)


def identity_said(speaker: Speaker, ref: Ref, entry: Mapping[str, Any]) -> Iterator[Said]:
    """One entity or group as it was answered, without who belongs to it."""
    yield _principal(ref, entry)
    yield from _settings(speaker, ref, entry)
    policies = {policy.strip().lower() for policy in texts(entry, "policies") or ()}
    for name in sorted(policies | ({DEFAULT} if ref.kind == "entity" else set())):
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=speaker.ref("policy", name, name), provenance=_path(ref))


def _aliases(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of an entity there are several, of a group one."""
    return [alias for alias in (entry.get("alias"), *(entry.get("aliases") or ())) if isinstance(alias, Mapping) and alias]


def _settings(speaker: Speaker, ref: Ref, entry: Mapping[str, Any]) -> Iterator[Said]:
    """The entry itself, and its aliases, which stand in it."""
    yield Setting(ref=ref, form=str(entry.get("type") or ref.kind), text=kept(ref.kind, entry), pointer=_path(ref))
    for alias in _aliases(entry):
        name, kind = str(alias.get("name", "")), f"{ref.kind}-alias"
        identifier = str(alias.get("id") or f"{ref.id}/{alias.get('mount_accessor', '')}/{name}")
        form = str(alias.get("mount_type", ""))
        yield Setting(ref=speaker.ref(kind, identifier, name), form=form, text=kept(kind, alias), pointer=_path(ref))


def _principal(ref: Ref, entry: Mapping[str, Any]) -> Principal:
    return Principal(
        ref=ref,
        form=_FORMS[ref.kind],
        state=State.DISABLED if entry.get("disabled") else State.ACTIVE,
        resource=_path(ref),
        # the alias of a group is the name of a group elsewhere, and nobody's
        names=tuple(
            sorted({("alias", str(alias["name"])) for alias in _aliases(entry) if alias.get("name")} if ref.kind == "entity" else ())
        ),
        tags=tuple(sorted((str(key), str(value)) for key, value in (entry.get("metadata") or {}).items())),
        created_at=_moment(entry.get("creation_time")),
    )


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _belongs(asker: Asker, ref: Ref, entry: Mapping[str, Any], groups: Mapping[str, Ref]) -> Iterator[Edge | Gap]:
    direct = texts(entry, "direct_group_ids") or ()
    for identifier in direct:
        if identifier in groups:
            yield Edge(kind=EdgeKind.MEMBER, source=ref, target=groups[identifier], provenance=_path(groups[identifier]))
    for identifier in sorted({*direct, *(texts(entry, "group_ids") or ())} - set(groups)):
        failed = Failed(GapReason.INCOMPLETE, f"group {identifier}, to which it belongs, was not seen")
        yield asker.gap("iam", failed, f"identity/group/id/{identifier}", ref)
