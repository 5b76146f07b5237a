"""Who can log in: the roles and users of auth mounts, the policies that their tokens get, and from where they may come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker, Said, texts
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Exposure, Gap, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, EdgeKind, GapReason, PrincipalForm

__all__ = ["FOLDERS", "logins"]

FOLDERS = {"approle": "role", "kubernetes": "role", "jwt": "role", "oidc": "role", "cert": "certs", "userpass": "users", "token": "roles"}
"""Auth methods that are read, and where each keeps what can log in. The rest of them are gaps."""

_ANYWHERE = ("0.0.0.0/0", "::/0")


def logins(asker: Asker) -> Iterator[Said]:
    """Every role and user of every auth mount."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    yield from asker.mounts("auth", "sys/auth", found)
    for mount, entry in found:
        method = str(entry.get("type", "")).removeprefix("ns_")
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
    yield from _exposures(asker, ref, answer.data)


def _named(policy: str) -> str:
    return policy.strip().lower()  # as servers look them up


def _exposures(asker: Asker, ref: Ref, entry: Mapping[str, Any]) -> Iterator[Exposure | Gap]:
    # a token is worth nothing where it may not be used, so an unbound secret id opens nothing that bound tokens close
    used = texts(entry, "token_bound_cidrs", "bound_cidrs") if {"token_bound_cidrs", "bound_cidrs"} & set(entry) else ()
    login = texts(entry, "secret_id_bound_cidrs", "bound_cidr_list") if {"secret_id_bound_cidrs", "bound_cidr_list"} & set(entry) else ()
    for field, cidrs in (("token_bound_cidrs", used), ("secret_id_bound_cidrs", login)):
        addresses = _addresses(cidrs)
        if addresses is None:
            yield asker.gap("network", Failed(GapReason.MALFORMED, f"{field} does not hold addresses"), ref.id, ref)
        elif addresses or field == "token_bound_cidrs":
            yield Exposure(
                ref=asker.ref("bound-cidrs", f"{ref.id}/{field}", f"{ref.name}/{field}"),
                target=ref,
                direction=Direction.IN,
                ports=("all",),
                addresses=addresses or _ANYWHERE,
            )


def _addresses(cidrs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """In one form: servers keep host bits and drop the mask of a single address."""
    try:
        return None if cidrs is None else tuple(sorted(str(ip_network(cidr, strict=False)) for cidr in cidrs))
    except ValueError:
        return None
