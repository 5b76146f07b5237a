"""Whom and what a finding is about, so that a report can be read by person and by asset."""

from __future__ import annotations

import re

from guardrails.model.findings import Difference
from guardrails.model.words import Kind

__all__ = ["assets", "people"]

_OF_PEOPLE = {
    Kind.ACCESS_EXCESS,
    Kind.ACCESS_MISSING,
    Kind.ACCESS_ESCALATION,
    Kind.PRINCIPAL_UNDECLARED,
    Kind.TRUST_EXCESS,
    Kind.TRUST_WITHOUT_EXTERNAL_ID,
    Kind.LEAVER,
    Kind.ACCOUNT_OF_NOBODY,
    Kind.CREDENTIAL_FORBIDDEN,
    Kind.CREDENTIAL_OLD,
}
_OF_CREDENTIALS = {Kind.CREDENTIAL_FORBIDDEN, Kind.CREDENTIAL_OLD}
_OF_ASSETS = {
    Kind.ASSET_SHARED,
    Kind.EXPOSURE_EXCESS,
    Kind.EXPOSURE_MISSING,
    Kind.EXPOSURE_UNDECLARED,
    Kind.AT_REST_WEAK,
    Kind.KEY_NOT_ROTATED,
    Kind.TRANSIT_WEAK,
    Kind.KEY_UNUSABLE,
    Kind.KEY_SHARED,
    Kind.DEFAULT_WEAK,
    Kind.ASSET_UNDECLARED,
    Kind.ASSET_NOT_ACCEPTED,
}
_BUCKET = re.compile(r"(?:arn:[^:]*:s3:::|[^:]*:bucket/)([^/]+)")
"""The name of a bucket is the same in all accounts, so that a request and an object that is named otherwise meet."""


def people(difference: Difference) -> tuple[str, ...]:
    """Persons, principals and accounts; empty for what is about none."""
    if difference.kind not in _OF_PEOPLE:
        return ()
    if difference.kind in _OF_CREDENTIALS:  # its holder is the one to talk to
        *_, holder = (difference.subject, *map(str, difference.places))
        return (holder,)
    return tuple(dict.fromkeys((difference.subject, *(str(place) for place in difference.places))))


def assets(difference: Difference) -> tuple[str, ...]:
    """Assets and what a request would touch; empty for what is about none."""
    named = [difference.subject, *map(str, difference.places)] if difference.kind in _OF_ASSETS else []
    if difference.witness is not None:
        named.append(difference.witness.resource)
    return tuple(dict.fromkeys(_asset(name) for name in named if name))


def _asset(name: str) -> str:
    bucket = _BUCKET.match(name)
    return f"bucket/{bucket[1]}" if bucket else name
