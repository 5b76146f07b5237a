"""Requests of the past, from what an audit device of Vault or OpenBao wrote: a JSON object a line, secrets as HMAC.

Its answers are read, not its requests, and those that were refused are left out. OpenBao and Vault docs, "Audit Devices".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.model.facts import Setting
from guardrails.model.findings import Witness
from guardrails.model.observation import Observation
from guardrails.model.past import Login, Past
from guardrails.model.reference import Ref

__all__ = ["past"]

_NAMES = ("role_name", "role", "username", "cert_name")
"""Where methods tell, beside a token, by which role or user it was had."""
_DENIED = "permission denied"
_BY_DIRECTORY = "ldap"


def past(observation: Observation, entries: Iterable[Mapping[str, Any]], namespace: str) -> Iterator[tuple[datetime, Past | None]]:
    """Each request of a namespace that was let through, with its moment; nothing in its place where nobody known made it.

    Raises:
        ValueError: An entry is none of an audit device.
    """
    whose = _Whose(Holdings(observation))
    for entry in entries:
        try:
            if entry["type"] != "response" or not _is_let_through(entry) or _namespace(entry) != namespace.strip("/"):
                continue
            auth, request = entry["auth"], entry["request"]
            at = datetime.fromisoformat(entry["time"])
            holders, logins = whose.holders(auth), whose.logins(auth)
            asked = Witness(principal=str(auth.get("display_name", "")), action=request["operation"], resource=request["path"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no entry of an audit device: {error}") from None
        yield at, Past(holders=holders, request=asked, logins=logins, last=at) if holders or logins else None


def _is_let_through(entry: Mapping[str, Any]) -> bool:
    """It had a token, and was not refused. A login has none yet, and no policy lets it in."""
    told = ((entry.get("auth") or {}).get("policy_results") or {}).get("allowed")
    return bool(entry["request"].get("client_token")) and told is not False and _DENIED not in (entry.get("error") or "")


def _namespace(entry: Mapping[str, Any]) -> str:
    return str(entry["request"].get("namespace", {}).get("path", "")).strip("/")


class _Whose:
    """Finds those who were seen by what the log tells of a token."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._entities = {ref.id: ref for ref in held.principals if ref.kind == "entity"}
        self._logins: dict[str, list[Ref]] = {}
        for ref in held.principals:
            if ref.id.startswith("auth/"):
                self._logins.setdefault(ref.id.rpartition("/")[2], []).append(ref)
        self._methods = {_config(fact): fact.form for kind in ("auth-config", "auth-mount") for fact in held.settings(kind)}

    def holders(self, auth: Mapping[str, Any]) -> tuple[Ref, ...]:
        entity = self._entities.get(str(auth.get("entity_id") or ""))
        found = (entity, self._login(auth), self._token(auth))
        return tuple(ref for ref in found if ref is not None)

    def _login(self, auth: Mapping[str, Any]) -> Ref | None:
        """By the name of its role or user, on the method whose path begins the name that is shown."""
        shown, metadata = str(auth.get("display_name", "")), auth.get("metadata") or {}
        named = [ref for key in _NAMES if (name := metadata.get(key)) for ref in self._logins.get(str(name), ())]
        on = [(path, ref) for ref in named if _begins(shown, path := _method(ref))]
        return max(on, key=lambda one: len(one[0]))[1] if on else None

    def logins(self, auth: Mapping[str, Any]) -> tuple[Login, ...]:
        """By the name of its token: that of the method, and of who logged in. Methods may have names that look alike there."""
        name = str((auth.get("metadata") or {}).get("username") or "")
        shown = str(auth.get("display_name", ""))
        alike = [way for way in self._methods if name and shown == f"{_shown(way)}-{name}"]
        return tuple(Login(way, name) for way in alike if self._methods[way] == _BY_DIRECTORY)

    def _token(self, auth: Mapping[str, Any]) -> Ref | None:
        """One that is alive, of the same name and policies: the log tells accessors as HMAC, and such tokens may do the same."""
        shown, carried = auth.get("display_name"), sorted(auth.get("token_policies") or auth.get("policies") or ())
        alike = (one.ref for one in self._held.bearers if one.entry.get("display_name") == shown)
        return next((ref for ref in alike if sorted(policy.name for policy in self._held.attached(ref)) == carried), None)


def _config(fact: Setting) -> Ref:
    """Where a method is set up, read or not."""
    at = fact.ref.id if fact.ref.kind == "auth-config" else f"auth/{fact.ref.name}config"
    return replace(fact.ref, kind="auth-config", id=at, name=at)


def _shown(way: Ref) -> str:
    """The path of a method, as it begins the names of its tokens: `auth/team/ldap/config` gives `team-ldap`."""
    return "-".join(way.id.split("/")[1:-1])


def _method(login: Ref) -> str:
    """The path of the method of a login, as it begins the names of its tokens: `auth/team/approle/role/ci` gives `team-approle`."""
    return "-".join(login.id.split("/")[1:-2])


def _begins(shown: str, method: str) -> bool:
    return shown == method or shown.startswith(f"{method}-")
