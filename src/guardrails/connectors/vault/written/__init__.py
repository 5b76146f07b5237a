"""What should become of an object of Vault, as patches of the sources of Terraform that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from guardrails.connectors.vault.editing import ADDRESSES, POLICIES
from guardrails.connectors.vault.written.policies import PolicyAim
from guardrails.hcl.tree import Text
from guardrails.model.actions import RewritePolicy
from guardrails.model.changes import Edit, Patch
from guardrails.model.written import Wanted, WorkingCopy
from guardrails.written.aims import AttributeAim, Find, ListAim
from guardrails.written.proving import Aim, patch_for, telling
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import Configuration, Resource, configuration_of

__all__ = ["patches"]

_LOGINS = {
    "vault_approle_auth_backend_role": ("role", "role_name", "approle"),
    "vault_aws_auth_backend_role": ("role", "role", "aws"),
    "vault_cert_auth_backend_role": ("certs", "name", "cert"),
    "vault_jwt_auth_backend_role": ("role", "role_name", "jwt"),
    "vault_kubernetes_auth_backend_role": ("role", "role_name", "kubernetes"),
    "vault_ldap_auth_backend_group": ("groups", "groupname", "ldap"),
    "vault_ldap_auth_backend_user": ("users", "username", "ldap"),
    "vault_token_auth_backend_role": ("roles", "role_name", "token"),
}
"""Of each type that makes logins: the folder below the mount, the attribute that names one, and the mount where none is named."""
_SAID_AS = {"policies": ("policies", "token_policies")}


def patches(wanted: Wanted, copies: Iterable[WorkingCopy]) -> tuple[Patch, ...]:
    """A patch for each part of the change, of each working copy that has it; where none has, what was found of it."""
    found: list[Patch] = []
    for copy in copies:
        if copy.kind == "terraform":
            found += _of(wanted, configuration_of(copy))
    return telling(found)


def _of(wanted: Wanted, sources: Configuration) -> Iterator[Patch]:
    try:
        aims = list(_aims(wanted))
    except NoPatch as error:
        yield Patch(place="", note=str(error))
        return
    yield from (patch_for(sources, aim) for aim in aims)


def _aims(wanted: Wanted) -> Iterator[Aim[Configuration]]:
    find = _finder(wanted)
    if isinstance(wanted.action, RewritePolicy):
        yield PolicyAim(find, wanted.action)
        return
    for edit in wanted.edits:
        yield _of_field(edit, find)


def _of_field(edit: Edit, find: Find) -> Aim[Configuration]:
    if edit.field in ADDRESSES:
        return ListAim(find, (edit.field,), edit.removes, edit.adds, form=_network)
    if edit.field in {*POLICIES, "member_entity_ids", "member_group_ids"}:
        return ListAim(find, _SAID_AS.get(edit.field, (edit.field,)), edit.removes, edit.adds)
    if edit.field == "disabled":
        return AttributeAim(find, {"disabled": edit.adds == ("true",)})
    if edit.field == "auto_rotate_period":
        return AttributeAim(find, {"auto_rotate_period": int(edit.adds[0])})
    raise NoPatch(f"how {edit.field} is written in sources is not known here")


def _network(text: str) -> str:
    """Servers leave the mask of a single address out."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def _finder(wanted: Wanted) -> Find:
    kind = wanted.ref.kind
    match kind:
        case "policy":
            return lambda sources: _one(sources, wanted, _named(sources, "vault_policy", wanted))
        case "entity" | "group":
            return lambda sources: _one(sources, wanted, _named(sources, f"vault_identity_{kind}", wanted))
        case "role" | "user" | "ldap-group":
            return lambda sources: _one(sources, wanted, _logins(sources, wanted))
        case "transit-key":
            return lambda sources: _one(sources, wanted, _keys(sources, wanted))
        case _:
            raise NoPatch(f"how a {kind} of Vault is written in sources is not known here")


def _one(sources: Configuration, wanted: Wanted, found: list[Resource]) -> Resource:
    there = [one for one in found if any(one.path.endswith(told.strip("./")) for told in wanted.told)] or found
    if len(there) != 1:
        places = f": {', '.join(one.place for one in there[:3])}" if there else ""
        why = sources.problem or f"{wanted.ref.kind} {wanted.ref.name} is written out in {len(there)} places{places}"
        raise NoPatch(why, there[0].place if there else "")
    return there[0]


def _named(sources: Configuration, kind: str, wanted: Wanted) -> list[Resource]:
    found = []
    for one in sources.of(kind):
        state = sources.known(one)
        if state is not None and "id" in state:
            found += [one] if state["id"] == wanted.ref.id else []
        elif sources.written_out(one, one.body.get("name")) == wanted.ref.name:
            found.append(one)
    return found


def _logins(sources: Configuration, wanted: Wanted) -> list[Resource]:
    found = []
    for kind, (folder, attribute, usual) in _LOGINS.items():
        for one in sources.of(kind):
            name, mount = sources.written_out(one, one.body.get(attribute)), _mount(sources, one, usual)
            if name is not None and f"auth/{mount}/{folder}/{name}".lower() == wanted.ref.id.lower():
                found.append(one)
    return found


def _keys(sources: Configuration, wanted: Wanted) -> list[Resource]:
    found = []
    for one in sources.of("vault_transit_secret_backend_key"):
        name, mount = sources.written_out(one, one.body.get("name")), _mount(sources, one, "transit")
        if name is not None and f"{mount}/keys/{name}" == wanted.ref.id:
            found.append(one)
    return found


def _mount(sources: Configuration, resource: Resource, usual: str) -> str:
    """The path of what a resource is within; that of its type where a mount says none."""
    node = resource.body.get("backend")
    if node is None:
        return usual
    if (told := sources.written_out(resource, node)) is not None:
        return told.strip("/")
    path = getattr(node, "path", ())
    found = sources.referred(resource, path[:-1]) if path else None
    kind = found.body.get("type") if found else None
    return kind.value if isinstance(kind, Text) and found is not None and found.body.get("path") is None else "?"
