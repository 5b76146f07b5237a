"""Answers saved in a folder by `vault read -format=json`, laid out by kind. What it lacks was not read; an empty folder says "none".

`policies/NAME.hcl` or `.json`, `auth/MOUNT/role/NAME.json` (`users`, `certs`, `roles`, `groups`, `map/teams`, `map/users` likewise),
`auth/MOUNT/config.json` (of `aws` and `kerberos` also `config/client.json` and so on) of a method that is set up, and `{"errors": []}`
in it of one that is not. `auth/MOUNT/role/NAME/secret-id/ACCESSOR.json` and `tokens/ACCESSOR.json` are what lookups of accessors say; then
`identity/entity/*.json`, `identity/group/*.json`, `transit/MOUNT/NAME.json`, `pki/MOUNT/NAME.json` of roles, and
`quotas/rate-limit/NAME.json` and `quotas/lease-count/NAME.json`. `mounts.json`, `auth.json`, `audit.json`, `cors.json`,
`key-status.json`, `quotas.json`, `rotation.json`, `sanitized.json` are `sys/mounts`, `sys/auth`, `sys/audit`, `sys/config/cors`,
`sys/key-status`, `sys/quotas/config`, `sys/rotate/config`, `sys/config/state/sanitized`; `seal.json` is what `vault status -format=json`
says, or the answer of `sys/seal-status`, `leases.json` and `namespaces.json` are what `vault list -format=json` says of
`sys/leases/lookup` and `sys/namespaces`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from guardrails.connectors.vault.answers import LEASES, NAMESPACES, QUOTAS, SEAL, TOKENS, Absent, Answer, Failed, Found
from guardrails.connectors.vault.methods import MAPPINGS, PLACES, ROLES, SECRET_IDS
from guardrails.errors import ConnectorError
from guardrails.model.words import GapReason

__all__ = ["Export"]

_TABLES = {"mounts.json": "sys/mounts", "auth.json": "sys/auth", "audit.json": "sys/audit", "seal.json": SEAL, "leases.json": LEASES}
_TABLES["namespaces.json"] = NAMESPACES
_TABLES |= {
    "cors.json": "sys/config/cors",
    "key-status.json": "sys/key-status",
    "rotation.json": "sys/rotate/config",
    "quotas.json": "sys/quotas/config",
    "sanitized.json": "sys/config/state/sanitized",
}
_SAVED = frozenset({LEASES, NAMESPACES})
"""Lists that are saved as such, for nothing is read of what they name."""
_LOGINS = re.compile(r"auth/(?P<mount>.+?)/(?P<folder>(?:map/)?[^/]+)")
_METHODS = {
    **{folder: method for method, folder in reversed(tuple(ROLES.items()))},
    "groups": "ldap",
    "map/teams": "github",
    "map/users": "github",
}
"""The method that a folder tells; of several, the most common one."""
_NONE: dict[str, object] = {"errors": []}
"""What a server answers with status 404 where nothing is configured; `vault read` prints nothing then."""
_REMEDY = "save it by vault read -format=json PATH, where guardrails looks for it"


class Export:
    """An export of one namespace."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir() or not any(folder.iterdir()):
            raise ConnectorError(f"{folder}: there is no export", remedy="name a folder of answers of vault read -format=json")
        self.calls = 0
        self.parallel = 1
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._lists: dict[str, dict[str, None]] = {}  # in order, each name once
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_dir():
                for place in _place(parts):
                    self._lists.setdefault(place, {})
                    if parts[-1] == SECRET_IDS:  # whose role is there, even where nothing else of it was saved
                        self._lists.setdefault(place.rsplit("/", 2)[0], {})[parts[-2]] = None
            elif path.suffix in {".json", ".hcl"}:
                self._keep(path, parts)

    def _keep(self, path: Path, parts: tuple[str, ...]) -> None:
        if len(parts) == 1 and parts[0] in _TABLES:
            self._files[_TABLES[parts[0]]] = path
            return
        if parts[0] == "auth" and "config" in {path.stem, *parts[2:-1][-1:]} and not any(_place(parts[:-1])):
            self._files["/".join((*parts[:-1], path.stem))] = path
            return
        place = next(_place(parts[:-1]), "") if parts[0] != "policies" else "sys/policies/acl"
        if not place or (path.suffix == ".hcl" and parts[0] != "policies"):
            raise ConnectorError(f"{path}: is no part of an export", remedy=_REMEDY)
        name = path.stem if parts[0] != "policies" else "/".join((*parts[1:-1], path.stem)).lower()
        name = _identifier(path) if parts[0] == "identity" else name
        if f"{place}/{name}" in self._files:
            raise ConnectorError(f"{path}: {name} is exported twice", remedy="keep one of the files")
        self._lists.setdefault(place, {})[name] = None
        self._files[f"{place}/{name}"] = path

    def read(self, path: str) -> Answer:
        """The saved answer."""
        if path not in self._files:
            return Failed(GapReason.NOT_READ, f"the export {self._folder.name} holds no {path}")
        file = self._files[path]
        try:
            text = file.read_text(encoding="utf-8")
            found = {"data": {"policy": text}} if file.suffix == ".hcl" else json.loads(text)
        except OSError as error:
            return Failed(GapReason.DENIED, f"{file.name} of the export: {error.strerror}", (f"read the file {file.name}",))
        except ValueError:
            return Failed(GapReason.MALFORMED, f"{file.name} of the export is not JSON")
        found = _enveloped(path, found, text)
        if found == _NONE:
            return Absent()
        if not isinstance(found, dict) or not isinstance(found.get("data"), dict):
            return Failed(GapReason.MALFORMED, f"{file.name} of the export is not an answer of vault read -format=json")
        return Found(found["data"])

    def listed(self, path: str) -> Answer:
        """The names for which the export holds an answer; of leases and namespaces, those in the saved list."""
        if path in _SAVED and path in self._files:
            return _names(self.read(path), self._files[path].name)
        if path not in self._lists:
            return Failed(GapReason.NOT_READ, f"the export {self._folder.name} holds no {path}")
        return Found({"keys": [*self._lists[path]]})

    def looked_up(self, folder: str, accessor: str) -> Answer:
        """The saved answer to the lookup of an accessor."""
        return self.read(f"{folder}/{accessor}")

    def glimpsed(self, kind: str) -> tuple[tuple[str, str], ...]:
        """Mounts of which the export holds something."""
        if kind == "transit":
            return tuple((place.removesuffix("/keys"), kind) for place in sorted(self._lists) if place.endswith("/keys"))
        found: dict[str, str] = {}
        for place in sorted(self._lists):
            parts = _LOGINS.fullmatch(place)
            method = _METHODS.get(parts["folder"]) if parts else None
            if parts and method:
                # where groups are mapped, users are as well
                found[parts["mount"]] = method if method in MAPPINGS else found.get(parts["mount"], method)
        return tuple(found.items())


def _enveloped(path: str, found: object, text: str) -> object:
    """What commands print without the envelope of answers: the seal, lists, and policies."""
    if path in _SAVED and isinstance(found, list):
        return {"data": {"keys": found}}
    if path == NAMESPACES and found == {}:  # as a command prints an empty list
        return _NONE
    if isinstance(found, dict) and path == SEAL and "data" not in found:
        return {"data": found}
    if isinstance(found, dict) and path.startswith("sys/policies/") and "path" in found:
        return {"data": {"policy": text}}
    return found


def _names(answer: Answer, file: str) -> Answer:
    keys = answer.data.get("keys") if isinstance(answer, Found) else []
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return Failed(GapReason.MALFORMED, f"{file} of the export is no list of names")
    return answer


def _place(parts: tuple[str, ...]) -> Iterator[str]:
    """The path of the API whose names stand in a folder; nothing for a folder that only leads to others."""
    match parts:
        case ("policies", *_):
            yield "sys/policies/acl"
        case ("auth", _, *_, folder) if folder in PLACES:
            yield "/".join(parts)
        case ("tokens",):
            yield TOKENS
        case ("identity", ("entity" | "group") as kind):
            yield f"identity/{kind}/id"
        case ("transit", _, *_):
            yield f"{'/'.join(parts[1:])}/keys"
        case ("pki", _, *_):
            yield f"{'/'.join(parts[1:])}/roles"
        case ("quotas", _) if f"sys/{'/'.join(parts)}" in QUOTAS:
            yield f"sys/{'/'.join(parts)}"
        case _:
            return


def _identifier(path: Path) -> str:
    """The id that an identity is known by; the name of a file that does not tell one, which is then no answer about anybody."""
    try:
        return str(json.loads(path.read_bytes())["data"]["id"])
    except (OSError, ValueError, KeyError, TypeError):
        return path.stem
