"""Logins by auth methods that map groups and people of another system to policies, such as `ldap`.

A mapping of a group is a principal of its own, because everybody whom the other system puts into that group can log in with it. Who that
is, the other system says, and it is not joined here. Of the configuration only what concerns tokens is used, never a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Failed, Found
from guardrails.connectors.vault.asking import Asker, Said, Speaker, texts
from guardrails.connectors.vault.exposures import exposures
from guardrails.connectors.vault.kept import kept
from guardrails.connectors.vault.methods import MAPPINGS
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Principal, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm

__all__ = ["anybody_said", "mapped_logins", "mapping_said", "of_tokens"]

_OF_TOKENS = ("token_policies", "policies", "token_no_default_policy", "token_bound_cidrs", "bound_cidrs")


def mapped_logins(asker: Asker, mount: str, method: str, config: Mapping[str, Any]) -> Iterator[Said]:
    """Every mapping of one mount, with what its configuration gives to all of its tokens."""
    tokens = of_tokens(config)
    yield from anybody_said(asker, mount, config)
    for folder, kind in MAPPINGS[method].items():
        names: list[str] = []
        place = f"auth/{mount}/{folder}"
        yield from asker.each("iam", place, names)
        for name, (path, answer) in zip(names, asker.reads(f"{place}/{name}" for name in names), strict=True):
            yield from mapping_said(asker, asker.ref(kind, path, f"{mount}/{name}"), method, answer, tokens)


def anybody_said(speaker: Speaker, mount: str, config: Mapping[str, Any]) -> Iterator[Said]:
    """Whoever the other system lets in, when the method itself gives more than the default policy."""
    path = f"auth/{mount}/config"
    ref = speaker.ref("role", path, f"{mount}/anybody")
    tokens, strangers = of_tokens(config), _names(config, "unregistered_user_policies")
    if strangers is None:
        yield speaker.gap("iam", Failed(GapReason.UNSUPPORTED, "unregistered_user_policies is no list of names"), path, ref)
    if strangers or texts(tokens, "token_policies", "policies"):
        yield Principal(ref=ref, form=PrincipalForm.MACHINE, resource=path)
        yield from _policies(speaker, ref, strangers or (), tokens)


def of_tokens(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a method gives to all of its tokens."""
    return {name: config[name] for name in _OF_TOKENS if name in config}


def mapping_said(speaker: Speaker, ref: Ref, method: str, answer: Found | Failed, config: Mapping[str, Any]) -> Iterator[Said]:
    """One mapping of a mount, as it was answered."""
    is_user, name = ref.kind == "user", ref.id.rpartition("/users/")[2]
    form = PrincipalForm.USER if is_user else PrincipalForm.MACHINE
    # the name in the directory is the alias by which the identity store knows who logs in
    yield Principal(ref=ref, form=form, resource=ref.id, names=(("alias", name),) if is_user else ())
    # a GitHub mapping has one value
    policies = None if isinstance(answer, Failed) else _names(answer.data, "value" if method == "github" else "policies")
    groups = None if isinstance(answer, Failed) else _names(answer.data, "groups")
    if policies is None or groups is None:
        failed = answer if isinstance(answer, Failed) else Failed(GapReason.UNSUPPORTED, "its policies or groups are not lists of names")
        yield speaker.gap("iam", failed, ref.id, ref)
        return
    if not isinstance(answer, Failed):
        yield Setting(ref=ref, form=method, text=kept("login", answer.data), pointer=ref.id)
    yield from _policies(speaker, ref, policies, config)
    mount = ref.id.rpartition("/users/")[0]
    for group in groups:
        target = speaker.ref(MAPPINGS[method]["groups"], f"{mount}/groups/{group}", f"{mount.removeprefix('auth/')}/{group}")
        yield Edge(kind=EdgeKind.MEMBER, source=ref, target=target, provenance=ref.id)
    yield from exposures(speaker, ref, config)


def _policies(speaker: Speaker, ref: Ref, policies: tuple[str, ...], config: Mapping[str, Any]) -> Iterator[Edge]:
    everybodys = texts(config, "token_policies", "policies") or ()
    default = () if config.get("token_no_default_policy") else (DEFAULT,)
    for name in sorted({policy.strip().lower() for policy in (*policies, *everybodys, *default)}):
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=speaker.ref("policy", name, name), provenance=ref.id)


def _names(entry: Mapping[str, Any], field: str) -> tuple[str, ...] | None:
    """Names, which servers give as a list or with commas between; `None` for anything else."""
    value = entry.get(field) or []
    if isinstance(value, str):
        value = [name for part in value.split(",") if (name := part.strip())]
    return texts({field: value}, field)
