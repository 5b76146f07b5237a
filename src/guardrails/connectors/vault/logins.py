"""Who can log in: the roles and users of auth mounts, the policies that their tokens get, and from where they may come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Failed, Found
from guardrails.connectors.vault.asking import Asker, Said, Speaker, texts
from guardrails.connectors.vault.configs import auth_mount, method_configs
from guardrails.connectors.vault.exposures import exposures
from guardrails.connectors.vault.kept import kept
from guardrails.connectors.vault.mappings import mapped_logins
from guardrails.connectors.vault.methods import MAPPINGS, ROLES
from guardrails.connectors.vault.persons import the_only_one
from guardrails.connectors.vault.tokens import secret_ids
from guardrails.connectors.vault.words import DEFAULT, SecretIds
from guardrails.model.facts import Edge, Principal, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm

__all__ = ["login_said", "logins"]


def logins(asker: Asker, wanted: SecretIds) -> Iterator[Said]:
    """Every auth mount with its method, and every role, user and mapping of each."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    yield from asker.mounts("auth", "sys/auth", found)
    for mount, entry in found:
        method = str(entry.get("type", "")).removeprefix("ns_")
        config: dict[str, Any] = {}
        if entry.keys() != {"type"}:  # more than a guess by what an export holds
            yield auth_mount(asker, mount, method, entry)
        yield from method_configs(asker, mount, method, config)
        if method in MAPPINGS:
            yield from mapped_logins(asker, mount, method, config)
        elif method in ROLES:
            yield from _roles(asker, mount, method, wanted)
        else:
            failed = Failed(GapReason.UNSUPPORTED, f"auth/{mount} is of type {method or 'unknown'}, whose logins are not read")
            yield asker.gap("iam", failed, f"auth/{mount}")


def _roles(asker: Asker, mount: str, method: str, wanted: SecretIds) -> Iterator[Said]:
    names: list[str] = []
    folder = f"auth/{mount}/{ROLES[method]}"
    yield from asker.each("iam", folder, names)
    kind = "user" if method == "userpass" else "role"
    for path, answer in asker.reads(f"{folder}/{name}" for name in names):
        yield from login_said(asker, asker.ref(kind, path, f"{mount}/{path.removeprefix(f'{folder}/')}"), method, answer)
    if method == "approle":
        yield from secret_ids(asker, mount, names, wanted)


def login_said(speaker: Speaker, ref: Ref, method: str, answer: Found | Failed) -> Iterator[Said]:
    """One role or user of a mount, as it was answered."""
    form = PrincipalForm.USER if ref.kind == "user" else PrincipalForm.MACHINE
    # the name of a user is the alias by which the identity store knows who logs in
    alias = ref.id.rpartition("/")[2] if ref.kind == "user" else the_only_one(method, answer.data) if isinstance(answer, Found) else ""
    yield Principal(ref=ref, form=form, resource=ref.id, names=(("alias", alias),) if alias else ())
    if isinstance(answer, Failed):
        yield speaker.gap("iam", answer, ref.id, ref)
        return
    yield Setting(ref=ref, form=method, text=kept("login", answer.data), pointer=ref.id)
    policies = texts(answer.data, *(("allowed_policies",) if method == "token" else ("token_policies", "policies")))
    if policies is None or answer.data.get("allowed_policies_glob"):
        yield speaker.gap("iam", Failed(GapReason.UNSUPPORTED, "its policies are not a list of names"), ref.id, ref)
        return
    if templated := [name for name in policies if answer.data.get("token_policies_template_claims") and "{{" in name]:
        message = f"claims of whoever logs in name its policies: {', '.join(templated)}"
        yield speaker.gap("iam", Failed(GapReason.UNSUPPORTED, message), ref.id, ref)
        return
    bare = answer.data.get("token_no_default_policy") or DEFAULT in (texts(answer.data, "disallowed_policies") or ())
    for name in sorted({*map(_named, policies), *(() if bare else (DEFAULT,))}):
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=speaker.ref("policy", name, name), provenance=ref.id)
    yield from exposures(speaker, ref, answer.data)


def _named(policy: str) -> str:
    return policy.strip().lower()  # as servers look them up
