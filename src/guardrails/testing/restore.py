"""Writes an export of Vault into a fresh server through its API, so that a server says what the export says.

The server chooses ids, accessors and times itself; what the export says about members and aliases is carried over to them. Not restored is
what no export holds (secrets, passwords of users, material of keys) and groups that another system fills.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guardrails.connectors.vault.answers import Found
from guardrails.connectors.vault.export import Export
from guardrails.connectors.vault.methods import ROLES
from guardrails.errors import OperatorError
from guardrails.testing.openbao import OpenBao

__all__ = ["restore"]

_BUILT_IN = frozenset({"system", "identity", "cubbyhole", "token"})


def restore(server: OpenBao, folder: Path) -> None:
    """Make a fresh server what an export says.

    Raises:
        ConnectorError: The folder is no export.
        OperatorError: It says less than a server needs, or the server refuses a part of it.
    """
    export = Export(folder)
    engines, methods = _mounted(server, export, "sys/mounts"), _mounted(server, export, "sys/auth")
    copied = ["sys/policies/acl", *(f"auth/{mount}{ROLES[form]}" for mount, form in methods.items())]
    for path in (*copied, *(f"{mount}keys" for mount, form in engines.items() if form == "transit")):
        for name in _names(export, path):
            server.ask("POST", f"{path}/{name}", _entry(export, f"{path}/{name}"))
    _identities(server, export)


def _mounted(server: OpenBao, export: Export, path: str) -> dict[str, str]:
    """The mounts of a table by type, once the server has those and no others."""
    wanted = {name: entry for name, entry in _entry(export, path).items() if entry["type"] not in _BUILT_IN}
    there = {name for name, entry in server.ask("GET", path)["data"].items() if entry["type"] not in _BUILT_IN}
    for name in there - wanted.keys():
        server.ask("DELETE", f"{path}/{name.rstrip('/')}")
    for name in wanted.keys() - there:
        told = {key: wanted[name][key] for key in ("type", "options") if key in wanted[name]}
        server.ask("POST", f"{path}/{name.rstrip('/')}", told)
    return {name: str(entry["type"]) for name, entry in wanted.items()}


def _identities(server: OpenBao, export: Export) -> None:
    accessors = {f"auth/{name}": entry["accessor"] for name, entry in server.ask("GET", "sys/auth")["data"].items()}
    made: dict[str, str] = {}
    for kind in ("entity", "group"):
        for identifier in _names(export, f"identity/{kind}/id"):
            entry = _entry(export, f"identity/{kind}/id/{identifier}")
            told = {key: entry[key] for key in ("name", "type", "policies", "disabled", "metadata") if key in entry}
            made[identifier] = server.ask("POST", f"identity/{kind}", told)["data"]["id"]
            for alias in entry.get("aliases") or ():
                named = {"name": alias["name"], "canonical_id": made[identifier], "mount_accessor": accessors[alias["mount_path"]]}
                server.ask("POST", "identity/entity-alias", named)
    for identifier in _names(export, "identity/group/id"):
        entry = _entry(export, f"identity/group/id/{identifier}")
        members = {key: [made[member] for member in entry.get(key) or ()] for key in ("member_entity_ids", "member_group_ids")}
        server.ask("POST", f"identity/group/id/{made[identifier]}", members)


def _names(export: Export, path: str) -> list[str]:
    return [str(name) for name in _found(export.listed(path))["keys"]]


def _entry(export: Export, path: str) -> Mapping[str, Any]:
    return _found(export.read(path))


def _found(answer: object) -> Mapping[str, Any]:
    if isinstance(answer, Found):
        return answer.data
    raise OperatorError(f"the export cannot be restored: {answer}", remedy="export that as well")
