"""What would keep strangers out of buckets: public access blocks of buckets and accounts, and who owns objects, as they would be."""

from __future__ import annotations

import json
from collections.abc import Mapping

from guardrails.connectors.aws.acl import BLOCKS, LIMITS
from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed.draft import Draft
from guardrails.model.facts import Setting
from guardrails.model.reference import Ref
from guardrails.proposals.values import Unknown

__all__ = ["block", "ownership"]

Flag = bool | Unknown


def block(draft: Draft, of: Ref, parts: Mapping[str, Flag] | None, address: str) -> None:
    """The public access block of a bucket or account: each part by its name in the API; `None` where nobody can tell."""
    unknown = next((one.why for one in (parts or {}).values() if isinstance(one, Unknown)), "")
    if unknown:
        draft.gap(of.realm, "s3:public-access-block", f"{address}: which parts of it are on is not known before it is made: {unknown}", of)
    _limited(draft, of, "block", None if unknown or parts is None else [name for name in BLOCKS if parts.get(name) is True])


def ownership(draft: Draft, of: Ref, word: str | Unknown | None, address: str) -> None:
    """Who owns the objects of a bucket, in the words of S3; `None` where nobody can tell."""
    if isinstance(word, Unknown):
        draft.gap(of.realm, "s3:ownership", f"{address}: who owns objects is not known before it is made: {word.why}", of)
    _limited(draft, of, "ownership", word if isinstance(word, str) else None)


def _limited(draft: Draft, of: Ref, part: str, value: str | list[str] | None) -> None:
    """One part of the setting becomes another; without a value it counts as one that was not seen."""
    own = draft.ref(of.realm, LIMITS, f"{of.id}/limits", f"{of.name}/limits")
    was = draft.get(Setting, own)
    found = {name: kept for name, kept in json.loads(was.text if was else "{}").items() if name != part}
    text = canonical(found if value is None else {**found, part: value})
    draft.put(Setting(ref=own, form=LIMITS, text=text, pointer=of.id))
