"""Plans of the provider of Vault for tests, written by hand out of resources; and the same resources made at a server, as the provider asks.

No such provider can be had here. What it sends is what its own source says; what comes of that, the server says.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from guardrails.connectors.vault.proposed.terraform import part_of_plan
from guardrails.model.observation import Observation
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import read_plan
from guardrails.proposals.terraform.whole import whole

SERVER = "https://vault.example:8200"
AT = datetime(2026, 11, 26, tzinfo=UTC)


@dataclass(frozen=True)
class Of:
    """An attribute of another resource, as `vault_identity_entity.kim.id`."""

    address: str
    attribute: str = "id"


@dataclass(frozen=True)
class R:
    """One resource as its block in the configuration says it; what nobody wrote is `computed`."""

    address: str
    values: dict[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ("id",)

    @property
    def type(self) -> str:
        return self.address.removeprefix("data.").partition(".")[0]


def r(address: str, **values: Any) -> R:
    computed = {"vault_auth_backend": ("id", "accessor"), "vault_mount": ("id", "accessor")}.get(address.partition(".")[0], ("id",))
    return R(address, values, computed)


def _refers(value: Any) -> list[Of]:
    return [value] if isinstance(value, Of) else [one for item in value for one in _refers(item)] if isinstance(value, list) else []


def _expression(value: Any) -> dict[str, Any]:
    found = _refers(value)
    if not found:
        return {"constant_value": value}
    return {"references": [text for one in found for text in (f"{one.address}.{one.attribute}", one.address)]}


def block(one: R) -> dict[str, Any]:
    mode, name = ("data" if one.address.startswith("data.") else "managed"), one.address.removeprefix("data.").partition(".")[2]
    expressions = {key: _expression(value) for key, value in one.values.items() if value is not None}
    return {
        "address": one.address,
        "mode": mode,
        "type": one.type,
        "name": name.partition("[")[0],
        "provider_config_key": "vault",
        "expressions": expressions,
    }


def entry(one: R, actions: list[str], before: Any = None, after: Any = None, unknown: Any = None, **more: Any) -> dict[str, Any]:
    mode, name = ("data" if one.address.startswith("data.") else "managed"), one.address.removeprefix("data.").partition(".")[2]
    change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}, **more}
    said = {"address": one.address, "mode": mode, "type": one.type, "name": name.partition("[")[0], "change": change}
    return {**said, "provider_name": "registry.example/hashicorp/vault"}


def _resolved(value: Any, known: dict[Of, Any], *, unknown: bool) -> Any:
    """The value with what is known of others put in; where anything is not, `True` in its place for the marks and null for the value."""
    if isinstance(value, Of):
        return (known.get(value) is None) if unknown else known.get(value)
    if isinstance(value, list):
        found = [_resolved(one, known, unknown=unknown) for one in value]
        return (found if any(one is True or one == [True] for one in found) else False) if unknown else found
    return False if unknown else value


def _sides(one: R, known: dict[Of, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    after, marks = {}, {}
    for key, value in one.values.items():
        mark = _resolved(value, known, unknown=True)
        if mark is not True:
            after[key] = _resolved(value, known, unknown=False)
        if mark:
            marks[key] = mark
    for name in one.computed:
        if known.get(Of(one.address, name)) is None:
            marks[name] = True
        else:
            after[name] = known[Of(one.address, name)]
    return after, marks


def plan(changes: list[dict[str, Any]], blocks: list[dict[str, Any]], address: Any = SERVER, **more: Any) -> dict[str, Any]:
    expressions = {"address": {"constant_value": address}} if address else {}
    configuration = {"provider_config": {"vault": {"name": "vault", "expressions": expressions}}, "root_module": {"resources": blocks}}
    return {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": changes, "configuration": configuration, **more}


def between(was: list[R], will: list[R], known: dict[Of, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The plan from some resources to others; `known` has what the server gave to those that are there."""
    known = known or {}
    before = {one.address: _sides(one, known)[0] for one in was}
    settled = dict(known)
    for one in will:
        for key, value in one.values.items():
            if not _refers(value):
                settled.setdefault(Of(one.address, key), value)
    changes, kept = [], {one.address for one in will}
    for one in will:
        after, marks = _sides(one, settled)
        if one.address.startswith("data."):
            changes.append(entry(one, ["read"], None, after, {**marks, "hcl": True}))
        elif one.address not in before:
            changes.append(entry(one, ["create"], None, after, marks))
        else:
            same = before[one.address] == after and not marks
            changes.append(entry(one, ["no-op"] if same else ["update"], before[one.address], after, marks))
    changes += [entry(one, ["delete"], before[one.address], None) for one in was if one.address not in kept]
    return plan(changes, [block(one) for one in will], **more)


def applied(found: dict[str, Any], *observed: Observation, systems: dict[str, str] | None = None) -> Outcome:
    read = read_plan(json.dumps(found).encode(), "plan.json")
    return whole(read, (part_of_plan(observed, read, systems or {}),))


ROLES = {
    "vault_approle_auth_backend_role": ("approle", "role", "role_name"),
    "vault_kubernetes_auth_backend_role": ("kubernetes", "role", "role_name"),
    "vault_jwt_auth_backend_role": ("jwt", "role", "role_name"),
    "vault_cert_auth_backend_role": ("cert", "certs", "name"),
    "vault_token_auth_backend_role": ("token", "roles", "role_name"),
    "vault_ldap_auth_backend_group": ("ldap", "groups", "groupname"),
    "vault_ldap_auth_backend_user": ("ldap", "users", "username"),
}
ORDER = (
    "vault_auth_backend",
    "vault_mount",
    "data",
    "vault_policy",
    *ROLES,
    "vault_identity_entity",
    "vault_identity_group",
    "vault_identity_entity_alias",
    "vault_identity_group_alias",
    "vault_identity_entity_policies",
    "vault_identity_group_policies",
    "vault_identity_group_member_entity_ids",
    "vault_identity_group_member_group_ids",
)
_OURS = {
    "external_policies",
    "external_member_entity_ids",
    "external_member_group_ids",
    "exclusive",
    "backend",
    "disable_bound_claims_parsing",
}


class Made:
    """What was made at a server, as the provider would, and what the server gave to each."""

    def __init__(self, ask) -> None:
        self.ask = ask
        self.there: dict[str, R] = {}
        self.known: dict[Of, Any] = {}

    def apply(self, will: list[R]) -> None:
        wanted = {one.address: one for one in will}
        for one in sorted(self.there.values(), key=self._order, reverse=True):
            if one.address not in wanted:
                self._drop(one)
                del self.there[one.address]
        for one in sorted(wanted.values(), key=self._order):
            if self.there.get(one.address) != one or any(True for value in one.values.values() for _ in _refers(value)):
                self._write(one, self.there.get(one.address))
            self.there[one.address] = copy.deepcopy(one)
            for key in one.values:
                if not _refers(one.values[key]):
                    self.known.setdefault(Of(one.address, key), one.values[key])

    def _order(self, one: R) -> tuple[int, bool]:
        # a group that has others as members comes after them
        return ORDER.index("data" if one.address.startswith("data.") else one.type), bool(one.values.get("member_group_ids"))

    def _body(self, one: R) -> dict[str, Any]:
        found = {key: _resolved(value, self.known, unknown=False) for key, value in one.values.items() if key not in _OURS}
        return {key: value for key, value in found.items() if value is not None}

    def _write(self, one: R, was: R | None) -> None:
        body = self._body(one)
        match one.type:
            case "vault_policy":
                self.ask("PUT", f"sys/policies/acl/{body['name']}", {"policy": body["policy"]})
                self.known[Of(one.address)] = body["name"]
            case "vault_auth_backend" | "vault_mount":
                table, path = ("auth" if "auth" in one.type else "mounts"), body.get("path", body["type"])
                if was is None:
                    self.ask("POST", f"sys/{table}/{path}", {"type": body["type"], "options": body.get("options")})
                if body.get("tune"):
                    self.ask("POST", f"sys/{table}/{path}/tune", body["tune"][0])
                self.known[Of(one.address)] = path
                self.known[Of(one.address, "accessor")] = self.ask("GET", f"sys/{table}")["data"][f"{path}/"]["accessor"]
            case kind if kind in ROLES:
                self._role(one, was, body)
            case "vault_identity_entity" | "vault_identity_group":
                self._identity(one, was, body)
            case "vault_identity_entity_alias" | "vault_identity_group_alias":
                place = "identity/" + one.type.removeprefix("vault_identity_").replace("_", "-")
                had = self.known.get(Of(one.address)) if was else None
                told = self.ask("POST", f"{place}/id/{had}" if had else place, body)
                self.known[Of(one.address)] = had or told["data"]["id"]
            case _:
                self._attach(one, was, body)

    def _role(self, one: R, was: R | None, body: dict[str, Any]) -> None:
        method, folder, key = ROLES[one.type]
        had = self._body(was) if was else {}
        # lists and texts that are empty are only sent to take something away
        sent = {name: value for name, value in body.items() if name != key and (value or value is False or had.get(name))}
        if one.type == "vault_ldap_auth_backend_user" and "groups" in sent:
            sent["groups"] = ",".join(sent["groups"])
        if "bound_claims" in sent:
            sent["bound_claims"] = {name: text.split(",") for name, text in sent["bound_claims"].items()}
        self.ask("POST", f"auth/{one.values.get('backend', method)}/{folder}/{body[key]}", sent)

    def _identity(self, one: R, was: R | None, body: dict[str, Any]) -> None:
        kind, had = one.type.removeprefix("vault_identity_"), self.known.get(Of(one.address)) if was else None
        lists = ("policies", "member_entity_ids", "member_group_ids") if kind == "group" else ("policies",)
        ours = {
            "policies": "external_policies",
            "member_entity_ids": "external_member_entity_ids",
            "member_group_ids": "external_member_group_ids",
        }
        for name in lists:
            outside = one.values.get(ours[name]) or (name != "policies" and body.get("type", "internal") == "external")
            if outside:
                body.pop(name, None)
            elif kind == "group" or had:
                body.setdefault(name, [])
        if had:
            body |= {"metadata": body.get("metadata", {}), **({"disabled": body.get("disabled", False)} if kind == "entity" else {})}
        elif kind == "group":
            body.setdefault("type", "internal")
        told = self.ask("POST", f"identity/{kind}/id/{had}" if had else f"identity/{kind}", body)
        self.known[Of(one.address)] = had or told["data"]["id"]

    def _attach(self, one: R, was: R | None, body: dict[str, Any], *, gone: bool = False) -> None:
        kind = "entity" if one.type == "vault_identity_entity_policies" else "group"
        name = one.type.removeprefix("vault_identity_group_") if "member" in one.type else "policies"
        path = f"identity/{kind}/id/{body.get(f'{kind}_id')}"
        wanted = [] if gone else body[name]
        if one.values.get("exclusive") is False:
            there = self.ask("GET", path)["data"][name] or []
            mine = self._body(was)[name] if was else []
            wanted = [*(item for item in there if item not in mine), *(item for item in wanted if item not in there or item in mine)]
        self.ask("POST", path, {name: wanted})

    def _drop(self, one: R) -> None:
        body = self._body(one)
        match one.type:
            case "vault_policy":
                self.ask("DELETE", f"sys/policies/acl/{body['name']}")
            case "vault_auth_backend" | "vault_mount":
                self.ask("DELETE", f"sys/{'auth' if 'auth' in one.type else 'mounts'}/{body.get('path', body['type'])}")
            case "vault_policy_document":
                pass
            case kind if kind in ROLES:
                method, folder, key = ROLES[kind]
                self.ask("DELETE", f"auth/{one.values.get('backend', method)}/{folder}/{body[key]}")
            case "vault_identity_entity" | "vault_identity_group" | "vault_identity_entity_alias" | "vault_identity_group_alias":
                place = "identity/" + one.type.removeprefix("vault_identity_").replace("_", "-")
                self.ask("DELETE", f"{place}/id/{self.known[Of(one.address)]}")
            case _:
                self._attach(one, one, body, gone=True)
        for key in [key for key in self.known if key.address == one.address]:
            del self.known[key]
