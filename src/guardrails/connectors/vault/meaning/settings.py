"""Remarks on how a server is set up: logins that let in more than they seem to, tokens that do not end, ways in the clear, and no log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from guardrails.connectors.vault.meaning.holdings import CARRIED, as_list
from guardrails.connectors.vault.meaning.issuers import issuing
from guardrails.connectors.vault.meaning.lifetimes import is_loopback, is_on
from guardrails.model.facts import Policy, Setting, Trail
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import Kind
from guardrails.ports import Remark
from guardrails.vault.acl import ROOT

__all__ = ["settings_remarked"]

_AUDIT = "sys/audit"
_TLS = ("tls10", "tls11")
_CARRIERS = frozenset({"role", "user", "ldap-group", "login-group", "entity", "group"})
_SOMEBODY = re.compile(r"\{\{-?\s*\.(UserDN|Username)\b")
_Entry = Mapping[str, Any]
_Told = tuple[Kind, str, str]
"""The kind, what tells it apart, and the sentence after the object."""


def settings_remarked(observation: Observation) -> Iterator[Remark]:
    """Everything worth a remark; what was not read is told as a gap elsewhere."""
    for fact in observation.facts:
        if isinstance(fact, Setting) and (judge := _judge(fact)):
            entry = json.loads(fact.text)
            yield from (_remark(fact.ref, told, fact.pointer) for told in judge(entry, fact.form))
        if isinstance(fact, Trail) and dict(fact.attributes).get("log_raw") == "true":
            told = (Kind.AUDIT_WEAK, "log_raw", "writes secrets down as they are: log_raw")
            yield _remark(fact.ref, told, _AUDIT)
    yield from _nothing_written(observation)
    yield from _absent(observation)


def _judge(fact: Setting) -> Callable[[_Entry, str], Iterator[_Told]] | None:
    if fact.ref.kind in {"role", "user"}:
        return _login
    return {"auth-config": _method, "token": _token, "server": _server, "pki-role": issuing}.get(fact.ref.kind)


def _remark(ref: Ref, told: _Told, pointer: str) -> Remark:
    kind, facet, says = told
    return Remark(ref=ref, kind=kind, facet=facet, message=f"{ref} {says}", actual=pointer)


def _nothing_written(observation: Observation) -> Iterator[Remark]:
    """No audit device at all, where that was read and is an answer."""
    for reading in observation.readings:
        if reading.what == _AUDIT and reading.items == 0:
            ref = Ref(system=observation.system, realm=reading.realm, kind="server", id=_AUDIT, name="audit")
            told = (Kind.AUDIT_WEAK, "none", "has no audit device, so nobody can tell afterwards who asked for what")
            yield _remark(ref, told, _AUDIT)


def _absent(observation: Observation) -> Iterator[Remark]:
    """Names of policies that none has: whoever makes a policy of that name gives it to all who carry the name."""
    seen = {(fact.ref.realm, fact.ref.name) for fact in observation.facts if isinstance(fact, Policy)}
    blind = {gap.realm for gap in observation.gaps if gap.what == "iam" and gap.subject is None}
    unread = {(gap.realm, gap.subject.name) for gap in observation.gaps if gap.subject is not None and gap.subject.kind == "policy"}
    for fact in observation.facts:
        if not isinstance(fact, Setting) or fact.ref.kind not in _CARRIERS or fact.ref.realm in blind:
            continue
        entry = json.loads(fact.text)
        for name in sorted({str(name).strip().lower() for field in CARRIED for name in as_list(entry.get(field))} - {ROOT, ""}):
            is_template = bool(entry.get("token_policies_template_claims")) and "{{" in name  # a gap of its own
            if (fact.ref.realm, name) not in seen | unread and not is_template:
                told = (Kind.POLICY_ABSENT, name, f"carries the policy {name}, which does not exist: whoever makes it gives it")
                yield _remark(fact.ref, told, fact.pointer)


def _login(entry: _Entry, method: str) -> Iterator[_Told]:
    match method:
        case "approle" if entry.get("bind_secret_id") is False:
            bound = entry.get("secret_id_bound_cidrs") or entry.get("token_bound_cidrs")
            yield (
                Kind.LOGIN_OPEN,
                "bind_secret_id",
                f"asks for no secret id{', only for an address' if bound else ''}: its role id is enough",
            )
        case "kubernetes" if _is_any(entry, "bound_service_account_names") and _is_any(entry, "bound_service_account_namespaces"):
            yield Kind.LOGIN_OPEN, "bound_service_account", "lets in every service account of every namespace"
        case "jwt" | "oidc" if not any(entry.get(name) for name in ("bound_audiences", "bound_claims", "bound_subject")):
            if method == "jwt" or entry.get("role_type") == "jwt":
                yield Kind.LOGIN_OPEN, "bound_claims", "lets in every token of its issuer: neither audience, subject nor claims are bound"
        case "cert" if not any(value for name, value in entry.items() if name.startswith(("allowed_", "required_"))):
            yield Kind.LOGIN_OPEN, "allowed_names", "lets in every certificate of its authority, whatever name it bears"


def _is_any(entry: _Entry, name: str) -> bool:
    return "*" in (entry.get(name) or ())


def _method(entry: _Entry, method: str) -> Iterator[_Told]:
    if method != "ldap":
        return
    groups = str(entry.get("groupfilter") or "")
    if groups and not _SOMEBODY.search(groups):
        yield Kind.LOGIN_OPEN, "groupfilter", "finds the same groups for everybody: its groupfilter names neither UserDN nor Username"
    if entry.get("deny_null_bind") is False:
        yield Kind.LOGIN_OPEN, "deny_null_bind", "lets in an empty password where the directory does: deny_null_bind is off"
    urls = [url for url in str(entry.get("url") or "").split(",") if url]
    if any(urlsplit(url).scheme == "ldap" for url in urls) and not entry.get("starttls"):
        yield Kind.LOGIN_IN_THE_CLEAR, "url", "sends passwords to the directory in the clear: ldap:// without starttls"
    if entry.get("insecure_tls"):
        yield Kind.LOGIN_IN_THE_CLEAR, "insecure_tls", "sends passwords to whoever answers as the directory: insecure_tls"
    if entry.get("tls_min_version") in _TLS:
        yield Kind.LOGIN_IN_THE_CLEAR, "tls_min_version", f"accepts {entry['tls_min_version']} from the directory"


def _token(entry: _Entry, _form: str) -> Iterator[_Told]:
    if ROOT in (entry.get("policies") or ()):
        yield Kind.TOKEN_ENDLESS, ROOT, "is a root token that is alive: it may do everything, from anywhere"
    elif "expire_time" in entry and entry["expire_time"] is None:
        yield Kind.TOKEN_ENDLESS, "expire_time", "does not end"


def _server(entry: _Entry, form: str) -> Iterator[_Told]:
    if form != "sanitized":
        return
    for number, listener in enumerate(entry.get("listeners") or ()):
        if not isinstance(listener, Mapping):
            continue
        address = str(listener.get("address") or "")
        where = address or f"listener {number}"
        if is_on(listener.get("tls_disable")) and not is_loopback(address):
            yield Kind.LOGIN_IN_THE_CLEAR, f"tls_disable {where}", f"answers on {where} in the clear: tls_disable"
        if listener.get("tls_min_version") in _TLS:
            yield Kind.LOGIN_IN_THE_CLEAR, f"tls_min_version {where}", f"accepts {listener['tls_min_version']} on {where}"
        if any(_is_everywhere(text) for text in as_list(listener.get("x_forwarded_for_authorized_addrs"))):
            yield Kind.LOGIN_OPEN, f"x_forwarded_for {where}", f"believes anybody on {where} who they say they come from: X-Forwarded-For"


def _is_everywhere(text: str) -> bool:
    return text in {"0.0.0.0/0", "::/0"}
