"""Who can log in: the roles and users of auth mounts, the policies that their tokens get, and from where they may come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker, Said, texts
from guardrails.connectors.vault.directory import directory_logins
from guardrails.connectors.vault.exposures import exposures
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm

__all__ = ["FOLDERS", "logins"]

FOLDERS = {"approle": "role", "kubernetes": "role", "jwt": "role", "oidc": "role", "cert": "certs", "userpass": "users", "token": "roles"}
"""Auth methods that are read, `ldap` aside, and where each keeps what can log in. The rest of them are gaps."""


def logins(asker: Asker) -> Iterator[Said]:
    """Every role and user of every auth mount."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    yield from asker.mounts("auth", "sys/auth", found)
    for mount, entry in found:
        method = str(entry.get("type", "")).removeprefix("ns_")
        if method == "ldap":
            yield from directory_logins(asker, mount)
            continue
        if method not in FOLDERS:
            failed = Failed(GapReason.UNSUPPORTED, f"auth/{mount} is of type {method or 'unknown'}, whose logins are not read")
            yield asker.gap("iam", failed, f"auth/{mount}")
            continue
        names: list[str] = []
        folder = f"auth/{mount}/{FOLDERS[method]}"
        yield from asker.each("iam", folder, names)
        for name in names:
            kind = "user" if method == "userpass" else "role"
            yield from _login(asker, asker.ref(kind, f"{folder}/{name}", f"{mount}/{name}"), method)


def _login(asker: Asker, ref: Ref, method: str) -> Iterator[Said]:
    form = PrincipalForm.USER if ref.kind == "user" else PrincipalForm.MACHINE
    yield Principal(ref=ref, form=form, resource=ref.id)
    answer = asker.read(ref.id)
    if isinstance(answer, Failed):
        yield asker.gap("iam", answer, ref.id, ref)
        return
    policies = texts(answer.data, *(("allowed_policies",) if method == "token" else ("token_policies", "policies")))
    if policies is None or answer.data.get("allowed_policies_glob"):
        yield asker.gap("iam", Failed(GapReason.UNSUPPORTED, "its policies are not a list of names"), ref.id, ref)
        return
    bare = answer.data.get("token_no_default_policy") or DEFAULT in (texts(answer.data, "disallowed_policies") or ())
    for name in sorted({*map(_named, policies), *(() if bare else (DEFAULT,))}):
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=asker.ref("policy", name, name), provenance=ref.id)
    yield from exposures(asker, ref, answer.data)


def _named(policy: str) -> str:
    return policy.strip().lower()  # as servers look them up
