"""What a public access block that restricts public policies leaves of one, as far as S3 surely counts it as public.

S3 User Guide, "The meaning of public": whoever is not named and stands under no condition is everybody. Then S3 lets in the account of the
bucket and services of AWS alone, and these may act for strangers. What a policy says under conditions, or by name, stays as it is: S3 may
count that as not public.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from guardrails.iam.proof.statements import Statement, statements
from guardrails.iam.public import opening
from guardrails.model.words import Verdict

__all__ = ["left_of"]

_OF_THE_WAY = frozenset({"aws:securetransport", "s3:tlsversion"})
_EVERYBODY: tuple[Any, ...] = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def left_of(said: Sequence[Statement], text: str, bucket: str) -> tuple[list[Statement], str]:
    """The statements of a policy where they stood, those for everybody left to services of AWS, and the policy of these."""
    document = json.loads(text)
    denies = [_at_most(one) for one in said if one.entry.get("Effect") != "Allow"]
    left = [
        _for_services(document, one) if _is_plain(one.entry) and _opens(document, [one.entry, *denies], bucket) else one for one in said
    ]
    return left, json.dumps({**document, "Statement": [one.entry for one in left]})


def _for_services(document: dict[str, Any], said: Statement) -> Statement:
    entry = {**said.entry, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}
    (found,) = statements(json.dumps({**document, "Statement": [entry]}), padded=False, whoever=True)
    return replace(found, pointer=said.pointer)


def _is_plain(entry: dict[str, Any]) -> bool:
    return entry.get("Effect") == "Allow" and entry.get("Principal") in _EVERYBODY and "Condition" not in entry


def _at_most(deny: Statement) -> dict[str, Any]:
    """All that a Deny could take: what it leaves to some alone S3 may count as not public, but for how they come."""
    of_the_way = {key for _, key, _ in deny.condition} <= _OF_THE_WAY
    return deny.entry if of_the_way else {name: value for name, value in deny.entry.items() if name != "Condition"}


def _opens(document: dict[str, Any], entries: list[dict[str, Any]], bucket: str) -> bool:
    return opening({**document, "Statement": entries}, bucket).verdict is Verdict.VIOLATION
