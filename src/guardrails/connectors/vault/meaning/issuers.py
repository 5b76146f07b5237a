"""Remarks on roles that issue certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.meaning.holdings import as_list
from guardrails.model.words import Kind

__all__ = ["issuing"]

_LEAST_BITS = {"rsa": 2048, "ec": 224}
_EVERYTHING = frozenset({"*", "*.*"})


def issuing(entry: Mapping[str, Any], _form: str) -> Iterator[tuple[Kind, str, str]]:
    """What a role lets be asked for that says nothing about who asks, and keys that are too short."""
    if entry.get("allow_any_name"):
        yield Kind.ISSUING_OPEN, "allow_any_name", "issues certificates for any name: allow_any_name"
    elif entry.get("allow_glob_domains") and _EVERYTHING & set(as_list(entry.get("allowed_domains"))):
        yield Kind.ISSUING_OPEN, "allowed_domains", "issues certificates for any name: its allowed_domains hold a star alone"
    if entry.get("enforce_hostnames") is False and not entry.get("cn_validations"):
        yield Kind.ISSUING_OPEN, "enforce_hostnames", "issues certificates for what is no name of a host: enforce_hostnames is off"
    least, bits = _LEAST_BITS.get(str(entry.get("key_type")), 0), entry.get("key_bits")
    if isinstance(bits, int) and 0 < bits < least:  # 0 stands for the default of the type
        yield Kind.ISSUING_OPEN, "key_bits", f"issues certificates for keys of {bits} bits: at least {least} are needed"
