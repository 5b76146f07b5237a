"""How strongly something is encrypted, from how AWS tells it, and from who holds its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guardrails.model.facts import NotSeen
from guardrails.model.words import AtRest, Custody, GapReason

__all__ = ["DEFAULT_ROTATION", "by_rules", "custody_of", "of_key"]

DEFAULT_ROTATION = 365
"""Days, where rotation is on and no period was asked for."""
_CUSTODY = {
    "AWS_KMS": Custody.CUSTOMER,
    "EXTERNAL": Custody.CUSTOMER,
    "AWS_CLOUDHSM": Custody.CUSTOMER_HSM,
    "EXTERNAL_KEY_STORE": Custody.CUSTOMER_HSM,
}


def custody_of(origin: str) -> Custody:
    """Who holds a key of the company's own, by where its material comes from."""
    return _CUSTODY.get(origin, Custody.PROVIDER)


def by_rules(rules: Sequence[Mapping[str, Any]], custody: Mapping[str, Custody]) -> tuple[AtRest | NotSeen, str]:
    """The default encryption of a bucket and its key, by the first of its rules."""
    default = (rules[0] if rules else {}).get("ApplyServerSideEncryptionByDefault", {})
    key = str(default.get("KMSMasterKeyID") or "")
    if str(default.get("SSEAlgorithm", "")).startswith("aws:kms"):
        return (of_key(key, custody) if key else AtRest.SERVICE_KEY), key
    return AtRest.SERVICE if default.get("SSEAlgorithm") == "AES256" else NotSeen(GapReason.MALFORMED, "no algorithm named"), ""


def of_key(key: str, custody: Mapping[str, Custody]) -> AtRest | NotSeen:
    """By whose key it is."""
    if "alias/aws/" in key:
        return AtRest.SERVICE_KEY
    found = custody.get(key) or custody.get(key.rpartition("/")[2])
    levels = {
        Custody.CUSTOMER: AtRest.CUSTOMER_KEY,
        Custody.CUSTOMER_HSM: AtRest.CUSTOMER_HSM,
        Custody.SERVICE_MANAGED: AtRest.SERVICE_KEY,
    }
    # a key of another account, or one that could not be described: who holds it is not known
    return (
        levels.get(found, NotSeen(GapReason.NOT_READ, f"key {key} was not seen"))
        if found
        else NotSeen(GapReason.NOT_READ, f"key {key} was not seen")
    )
