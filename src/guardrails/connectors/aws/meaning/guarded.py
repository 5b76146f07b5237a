"""What the policy and the key of a bucket would do if they were others: what is demanded, what is opened, and who would be shut out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.proof.access import space
from guardrails.iam.proof.declared import Declared
from guardrails.iam.proof.requests import point_in
from guardrails.model.findings import Comparison, Witness
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm, Transit, Verdict
from guardrails.sets import BudgetExceededError, Region

__all__ = ["demanding", "demanding_text", "entries_of", "opening", "opens_nothing", "shut_out", "used_of_key"]

_PLAIN = ("DenyPlainTransport", {"Bool": {"aws:SecureTransport": "false"}})
_OLDER = {Transit.TLS1_2: "1.2", Transit.TLS1_3: "1.3"}
"""The versions below which a demand refuses."""
_KINDS = (EdgeKind.TRUST_POLICY, EdgeKind.RESOURCE_POLICY)
"""Policies that say whom they let in; an object has one at most."""
_USES = (("s3:GetObject", "kms:Decrypt"), ("s3:PutObject", "kms:GenerateDataKey"))
"""What is done with objects, and what that takes of the key that encrypts them."""


def demanding(held: Holdings, bucket: Ref, level: Transit) -> tuple[Ref, str] | None:
    """The policy of a bucket, with what it would say; `None` when it is not understood."""
    found = held.targets(EdgeKind.RESOURCE_POLICY, bucket)
    own = found[0] if found else replace(bucket, kind="bucket-policy", id=f"{bucket.id}/policy", name=f"{bucket.name}/policy")
    with suppress(ValueError):
        return own, demanding_text(held.texts.get(own, ""), bucket.id, level)
    return None


def opening(asset: Ref, now: Holdings, was: Holdings) -> Comparison:
    """Whether the policy of an asset lets in nobody whom it did not let in."""
    before, after = ("".join(side.texts[ref] for kind in _KINDS for ref in side.targets(kind, asset)) for side in (was, now))
    why = opens_nothing(before, after)
    return Comparison(verdict=Verdict.UNDECIDED if why else Verdict.OK, reason=why)


def shut_out(held: Holdings, bucket: Ref, key: Ref) -> tuple[str, ...]:
    """Who may use what is in a bucket, or might, and is not certain to be allowed the key for it."""
    mine = (ref for ref, fact in held.principals.items() if ref.realm == bucket.realm and fact.form is not PrincipalForm.GROUP)
    return tuple(str(ref) for ref in mine if _lacks(held, ref, bucket, key))


def _lacks(held: Holdings, holder: Ref, bucket: Ref, key: Ref) -> bool:
    try:
        most = held.bounds(holder).upper
        for action, needed in _USES:
            objects = Declared(actions=(action,), resources=frozenset({f"{bucket.id}/*"})).region()
            asked = Witness(principal=held.name(holder), action=needed, resource=key.id)
            if point_in(most & objects, holder.realm) and not held.allows(holder, asked):
                return True
    except BudgetExceededError:
        return True  # it might
    return False


def used_of_key(said: Region, key: str, buckets: Iterable[str]) -> Region:
    """What it takes of a key to do what is said with the objects of buckets that it encrypts; `key` and `buckets` are ARNs."""
    names, found = frozenset(f"{bucket}/*" for bucket in buckets), space().nothing()
    for action, needed in _USES:
        if not (said & Declared(actions=(action,), resources=names).region()).is_empty():
            found |= Declared(actions=(needed,), resources=frozenset({key})).region()
    return found


def demanding_text(text: str, arn: str, level: Transit) -> str:
    """The policy with statements that deny everybody what comes in a weaker way; `text` is empty when there is none yet.

    Raises:
        ValueError: The policy is not understood.
    """
    document = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
    entries = entries_of(document)
    taken = {str(entry.get("Sid", "")) for entry in entries}
    for sid, condition in _conditions(level):
        entry = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": condition}
        if entry not in [{key: value for key, value in one.items() if key != "Sid"} for one in entries]:
            entries.append(entry if sid in taken else {"Sid": sid, **entry})
    return json.dumps({**document, "Statement": entries}, separators=(",", ":"), ensure_ascii=False)


def _conditions(level: Transit) -> Iterator[tuple[str, dict[str, Any]]]:
    if level > Transit.OPTIONAL:
        yield _PLAIN
    if version := _OLDER.get(level):
        yield "DenyOldTls", {"NumericLessThan": {"s3:TlsVersion": version}}


def opens_nothing(before: str, after: str) -> str:
    """Why a policy could let in more than the one before it; empty when it allows fewer the same and denies no less, whatever it means."""
    try:
        was, will = (json.loads(text) if text else {} for text in (before, after))
        old, new = (entries_of(document) for document in (was, will))
    except ValueError:
        return "the policy is not understood"
    if before and after and {**was, "Statement": 0} != {**will, "Statement": 0}:
        return "something beside its statements is another"  # by its Version a policy has variables or none
    for entry in new:
        if entry.get("Effect") != "Deny" and not any(_is_part(entry, one) for one in old):
            return f"{_named(entry)} was not there before"
    for entry in old:
        if entry.get("Effect") != "Allow" and entry not in new:  # what is neither may deny
            return f"{_named(entry)} denied something"
    return ""


def _named(entry: dict[str, Any]) -> str:
    return f"the statement {sid}" if (sid := entry.get("Sid")) else "a statement"


def _is_part(entry: dict[str, Any], of: dict[str, Any]) -> bool:
    """Whether an Allow says the same as another, to no more principals; whoever is named is one of everybody."""
    if entry == of:
        return True
    named, were = entry.get("Principal"), of.get("Principal")
    if not isinstance(named, dict) or {**entry, "Principal": 0} != {**of, "Principal": 0}:
        return False
    if were == "*" or (isinstance(were, dict) and "*" in _names(were.get("AWS"))):
        return bool(named) and named.keys() <= {"AWS", "Service"} and all(map(_names, named.values()))
    if not isinstance(were, dict):
        return False
    # what names nobody is not known to let in nobody
    return bool(named) and all(
        key in were and len(_names(names)) > 0 and _names(names) <= _names(were[key]) for key, names in named.items()
    )


def _names(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset({str(value)})


def entries_of(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # JSON
    """The statements of a document.

    Raises:
        ValueError: One of them is none.
    """
    listed = document.get("Statement", []) if isinstance(document, dict) else None
    entries = listed if isinstance(listed, list) else [listed]
    if not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("a statement is not understood")
    return list(entries)
