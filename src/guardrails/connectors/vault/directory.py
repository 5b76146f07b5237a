"""Logins by an `ldap` auth method: which policies it gives to the groups and people of a directory.

A mapping of a group is a principal of its own, because everybody whom the directory puts into that group can log in with it. Who that is,
the directory says, and it is not joined here. Of the method's configuration only what concerns tokens is used, never its password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker, Said, texts
from guardrails.connectors.vault.exposures import exposures
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm

__all__ = ["LDAP_FOLDERS", "directory_logins"]

LDAP_FOLDERS = {"groups": "ldap-group", "users": "user"}
"""Where an `ldap` method keeps what it maps, and what a mapping is called."""

_OF_TOKENS = ("token_policies", "policies", "token_no_default_policy", "token_bound_cidrs", "bound_cidrs")


def directory_logins(asker: Asker, mount: str) -> Iterator[Said]:
    """Every mapping of one mount, with what all of its tokens get."""
    path = f"auth/{mount}/config"
    answer = asker.read(path)
    config: Mapping[str, Any] = {}
    if isinstance(answer, Failed):
        yield asker.gap("iam", answer, path)
    else:
        config = {name: answer.data[name] for name in _OF_TOKENS if name in answer.data}
        yield from _anybody(asker, mount, path, config)
    for folder, kind in LDAP_FOLDERS.items():
        names: list[str] = []
        yield from asker.each("iam", f"auth/{mount}/{folder}", names)
        for name in names:
            ref = asker.ref(kind, f"auth/{mount}/{folder}/{name}", f"{mount}/{name}")
            yield from _mapping(asker, ref, name, config)


def _anybody(asker: Asker, mount: str, path: str, config: Mapping[str, Any]) -> Iterator[Said]:
    """Whoever the directory lets in, when the method itself gives more than the default policy."""
    policies = texts(config, "token_policies", "policies")
    if policies:
        ref = asker.ref("role", path, f"{mount}/anybody")
        yield Principal(ref=ref, form=PrincipalForm.MACHINE, resource=path)
        yield from _policies(asker, ref, (), config)


def _mapping(asker: Asker, ref: Ref, name: str, config: Mapping[str, Any]) -> Iterator[Said]:
    is_user = ref.kind == "user"
    form = PrincipalForm.USER if is_user else PrincipalForm.MACHINE
    # the name in the directory is the alias by which the identity store knows who logs in
    yield Principal(ref=ref, form=form, resource=ref.id, names=(("alias", name),) if is_user else ())
    answer = asker.read(ref.id)
    policies = None if isinstance(answer, Failed) else _names(answer.data, "policies")
    groups = None if isinstance(answer, Failed) else _names(answer.data, "groups")
    if policies is None or groups is None:
        failed = answer if isinstance(answer, Failed) else Failed(GapReason.UNSUPPORTED, "its policies or groups are not lists of names")
        yield asker.gap("iam", failed, ref.id, ref)
        return
    yield from _policies(asker, ref, policies, config)
    mount = ref.id.rpartition("/users/")[0]
    for group in groups:
        target = asker.ref("ldap-group", f"{mount}/groups/{group}", f"{mount.removeprefix('auth/')}/{group}")
        yield Edge(kind=EdgeKind.MEMBER, source=ref, target=target, provenance=ref.id)
    yield from exposures(asker, ref, config)


def _policies(asker: Asker, ref: Ref, policies: tuple[str, ...], config: Mapping[str, Any]) -> Iterator[Edge]:
    everybodys = texts(config, "token_policies", "policies") or ()
    default = () if config.get("token_no_default_policy") else (DEFAULT,)
    for name in sorted({policy.strip().lower() for policy in (*policies, *everybodys, *default)}):
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=asker.ref("policy", name, name), provenance=ref.id)


def _names(entry: Mapping[str, Any], field: str) -> tuple[str, ...] | None:
    """Names, which servers give as a list or with commas between; `None` for anything else."""
    value = entry.get(field) or []
    if isinstance(value, str):
        value = [name for part in value.split(",") if (name := part.strip())]
    return texts({field: value}, field)
