"""From where a login may be used: the addresses that its tokens and secret ids are bound to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Speaker, texts
from guardrails.model.facts import Exposure, Gap
from guardrails.model.reference import Ref
from guardrails.model.words import Direction, GapReason

__all__ = ["BOUND", "exposures"]

BOUND = ("token_bound_cidrs", "secret_id_bound_cidrs")
"""The fields of a login that hold addresses."""
_ANYWHERE = ("0.0.0.0/0", "::/0")


def exposures(speaker: Speaker, ref: Ref, entry: Mapping[str, Any]) -> Iterator[Exposure | Gap]:
    """What the entry of a login says, for the principal that logs in by it."""
    # a token is worth nothing where it may not be used, so an unbound secret id opens nothing that bound tokens close
    used = texts(entry, "token_bound_cidrs", "bound_cidrs") if {"token_bound_cidrs", "bound_cidrs"} & set(entry) else ()
    login = texts(entry, "secret_id_bound_cidrs", "bound_cidr_list") if {"secret_id_bound_cidrs", "bound_cidr_list"} & set(entry) else ()
    for field, cidrs in zip(BOUND, (used, login), strict=True):
        addresses = _addresses(cidrs)
        if addresses is None:
            yield speaker.gap("network", Failed(GapReason.MALFORMED, f"{field} does not hold addresses"), ref.id, ref)
        elif addresses or field == "token_bound_cidrs":
            yield Exposure(
                ref=speaker.ref("bound-cidrs", f"{ref.id}/{field}", f"{ref.name}/{field}"),
                target=ref,
                direction=Direction.IN,
                ports=("all",),
                addresses=addresses or _ANYWHERE,
            )


def _addresses(cidrs: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """In one form: servers keep host bits and drop the mask of a single address."""
    try:
        return None if cidrs is None else tuple(sorted(str(ip_network(cidr, strict=False)) for cidr in cidrs))
    except ValueError:
        return None
