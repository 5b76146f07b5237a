"""Roles, users and mappings of auth methods of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from guardrails.connectors.vault.exposures import BOUND
from guardrails.connectors.vault.proposed.defaults import NEW, UNJUDGED
from guardrails.connectors.vault.proposed.terraform.context import Context, Handler, NotPlacedError, Said
from guardrails.connectors.vault.proposed.terraform.written import POLICIES, Written
from guardrails.model.reference import Ref
from guardrails.proposals.terraform import Action
from guardrails.proposals.values import Unknown

__all__ = ["ENDS", "MAKES"]


@dataclass(frozen=True, slots=True)
class _Form:
    """How a type of resources says what it is: the methods, the attribute with its name, its folder and its kind."""

    methods: tuple[str, ...]
    name: str
    folder: str = "role"
    kind: str = "role"

    def new(self, method: str) -> Mapping[str, Any]:
        return NEW[f"ldap-{'user' if self.kind == 'user' else 'group'}" if method == "ldap" else method]


_FORMS: Mapping[str, _Form] = {
    "vault_approle_auth_backend_role": _Form(("approle",), "role_name"),
    "vault_aws_auth_backend_role": _Form(("aws",), "role"),
    "vault_cert_auth_backend_role": _Form(("cert",), "name", "certs"),
    "vault_jwt_auth_backend_role": _Form(("jwt", "oidc"), "role_name"),
    "vault_kubernetes_auth_backend_role": _Form(("kubernetes",), "role_name"),
    "vault_token_auth_backend_role": _Form(("token",), "role_name", "roles"),
    "vault_ldap_auth_backend_group": _Form(("ldap",), "groupname", "groups", "ldap-group"),
    "vault_ldap_auth_backend_user": _Form(("ldap",), "username", "users", "user"),
}


def _placed(form: _Form, context: Context, said: Said) -> tuple[Ref, str]:
    """Which login it is, and of which method."""
    path = said.text("backend", "path")
    if isinstance(path, Unknown) and path.is_declared:
        raise NotPlacedError(f"backend is not known before it is made: {path.why}")
    path = path.strip("/") if isinstance(path, str) and path else form.methods[0]
    mount = context.draft.mount(path)
    if mount is None:
        raise NotPlacedError(f"the auth method {path} is neither planned nor was it observed")
    if mount.form not in form.methods:
        raise NotPlacedError(f"the auth method {path} is of type {mount.form}")
    name = said.needed(form.name, form.name).strip("/")
    name = name if mount.form == "token" else name.lower()
    return context.draft.speaker.ref(form.kind, f"auth/{path}/{form.folder}/{name}", f"{path}/{name}"), mount.form


def _make(form: _Form, context: Context, said: Said) -> None:
    ref, method = _placed(form, context, said)
    had = context.draft.entry(ref)
    updates = said.resource.action is Action.UPDATE and said.resource.before.get(form.name) == said.resource.after.get(form.name)
    if updates and had is None:
        raise NotPlacedError(f"{ref.id} is changed, and was not observed")
    if had is not None and not updates:
        context.assume(f"{said.address}: {ref.id} is there already, and what the plan says is written over it")
    changes = Written(form.new(method), said, method, updates=updates)
    entry = {**(had if had is not None else form.new(method)), **dict(changes.each())}
    if method == "token":
        entry["name"] = ref.name.partition("/")[2]
    if method == "cert" and not entry.get("display_name"):
        entry["display_name"] = ref.name.rpartition("/")[2]
    context.draft.say(ref, entry, method)
    _tell(context, said, ref, changes)


def _tell(context: Context, said: Said, ref: Ref, changes: Written) -> None:
    """What is not known of it."""
    for field, unknown in changes.unknown.items():
        why = f"{field} is not known before it is made: {unknown.why}"
        if field in POLICIES:
            context.hole(ref, said, why)
        elif field in BOUND:
            context.draft.unbind(ref, field)
            context.hole(ref, said, why, "network")
        elif field not in UNJUDGED:
            context.hole(ref, said, why, said.resource.type)


def _end(form: _Form, context: Context, said: Said) -> None:
    if said.resource.action is Action.UPDATE:
        return
    ref, method = _placed(form, context, said)
    name = said.needed(form.name, form.name)
    if method == "ldap" and name != name.lower():  # kept in small letters, and only let go by these; seen on OpenBao 2.6.2
        raise NotPlacedError(f"the server does not find {ref.id} by a name in capital letters, so it stays")
    context.draft.end(ref)


MAKES: dict[str, Handler] = {kind: partial(_make, form) for kind, form in _FORMS.items()}
ENDS: dict[str, Handler] = {kind: partial(_end, form) for kind, form in _FORMS.items()}
