"""How long the tokens of a login live at most, and how weak the way to the server may be."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.meaning.holdings import Holdings
from guardrails.connectors.vault.methods import MAPPINGS
from guardrails.model.facts import NotSeen, Setting
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, Transit
from guardrails.ports import TransitSeen

__all__ = ["is_loopback", "is_on", "listened", "lives"]

_DEFAULT_SECONDS = 32 * 86400
"""The longest life of a token where neither its role, its mount nor the server says anything."""
_LEVELS = {"tls10": Transit.TLS, "tls11": Transit.TLS, "tls12": Transit.TLS1_2, "tls13": Transit.TLS1_3}
_DEFAULT_TLS = "tls12"
_OFF = frozenset({"", "0", "f", "false", "none"})


def lives(held: Holdings, holder: Ref) -> int | NotSeen | None:
    """Seconds at most, 0 for as long as it is renewed, which a batch token never is; of what is no login `None`."""
    own = held.set_up(holder)
    if own is None or holder.kind not in {"role", "user", "ldap-group", "login-group"}:
        return None
    mount = _mount(held, holder)
    # of a mapping its method says how long its tokens live
    entry = json.loads(own.text) | (_of_method(held, mount) if own.form in MAPPINGS else {})
    explicit = _seconds(entry, "token_explicit_max_ttl", "explicit_max_ttl")
    if _seconds(entry, "token_period", "period"):
        return explicit
    limits = [explicit, _seconds(entry, "token_max_ttl", "max_ttl"), _of_mount(mount, "max_lease_ttl")]
    if own.form != "token" and _is_batch(entry, mount):  # whoever makes tokens of tokens says how long they live
        limits.append(_seconds(entry, "token_ttl", "ttl") or _of_mount(mount, "default_lease_ttl") or _usual(held))
    found = [limit for limit in limits if limit]
    return min(found) if found else _of_server(held)


def _mount(held: Holdings, holder: Ref) -> Setting | None:
    mounts = [fact for fact in held.settings("auth-mount") if holder.id.startswith(f"auth/{fact.ref.name}")]
    return max(mounts, key=lambda fact: len(fact.ref.name), default=None)


def _of_method(held: Holdings, mount: Setting | None) -> Mapping[str, Any]:
    place = f"auth/{mount.ref.name}config" if mount else ""
    return next((json.loads(fact.text) for fact in held.settings("auth-config") if fact.ref.id == place), {})


def _of_mount(mount: Setting | None, name: str) -> int:
    return _seconds(_tuned(mount), name)


def _tuned(mount: Setting | None) -> Mapping[str, Any]:
    return (json.loads(mount.text).get("config") or {}) if mount else {}


def _is_batch(entry: Mapping[str, Any], mount: Setting | None) -> bool:
    """Whether a login gives batch tokens: a mount may say so for all, or for those that do not say; seen on OpenBao."""
    tuned, own = _tuned(mount).get("token_type"), entry.get("token_type")
    return tuned == "batch" or (tuned != "service" and (own == "batch" or (tuned == "default-batch" and own != "service")))


def _usual(held: Holdings) -> int:
    """How long a server lets tokens live of which nothing else says it; 0 where it was not seen."""
    return next((_seconds(entry, "default_lease_ttl") or _DEFAULT_SECONDS for entry in _sanitized(held)), 0)


def _of_server(held: Holdings) -> int | NotSeen:
    for entry in _sanitized(held):
        return _seconds(entry, "max_lease_ttl") or _DEFAULT_SECONDS
    return NotSeen(GapReason.NOT_READ, "neither its role nor its mount limits it, and the server's own limit was not seen")


def _seconds(entry: Mapping[str, Any], *names: str) -> int:
    return next((value for name in names if isinstance(value := entry.get(name), int) and value > 0), 0)


def _sanitized(held: Holdings) -> Iterator[Mapping[str, Any]]:
    return (json.loads(fact.text) for fact in held.settings("server") if fact.form == "sanitized")


def listened(held: Holdings) -> TransitSeen | None:
    """The weakest way that a listener takes requests by, those for the machine itself aside; `None` where none was seen."""
    levels = [
        Transit.OPTIONAL
        if is_on(one.get("tls_disable"))
        else _LEVELS.get(str(one.get("tls_min_version") or _DEFAULT_TLS), Transit.OPTIONAL)
        for entry in _sanitized(held)
        for one in entry.get("listeners") or ()
        if isinstance(one, Mapping) and one.get("type") == "tcp" and not is_loopback(str(one.get("address") or ""))
    ]
    return TransitSeen(level=min(levels)) if levels else None


def is_on(value: object) -> bool:
    """Whether a switch of a server's file is on: it may be spelled in several ways, and what is no way to say no is a yes."""
    return str(value).strip().casefold() not in _OFF


def is_loopback(address: str) -> bool:
    """Whether only the machine itself reaches it."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
