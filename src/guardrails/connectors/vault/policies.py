"""The policies of a namespace as canonical text. One that could not be read is a gap; one that is not there gives nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from guardrails.connectors.vault.answers import Absent, Answer, Failed, Found
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.engine import Engine
from guardrails.connectors.vault.parallel import at_once
from guardrails.connectors.vault.words import DEFAULT
from guardrails.model.facts import Edge, Policy
from guardrails.model.words import EdgeKind, GapReason
from guardrails.vault.errors import PolicyError
from guardrails.vault.stored import stored

__all__ = ["DETAILED", "policy_text", "with_policies"]

_FOLDER = "sys/policies/acl"
DETAILED = "sys/policies/detailed/acl"
"""Where OpenBao lists all policies with their texts."""


def with_policies(asker: Asker, kind: Engine, said: Iterable[Said]) -> Iterator[Said]:
    """What was said, with the policies that it names and all others; names that no policy has fall away, as servers skip them."""
    kept = list(said)
    carried = {item.target.name for item in kept if isinstance(item, Edge) and item.kind is EdgeKind.IDENTITY_POLICY}
    texts: dict[str, Answer] = {"root": Found({"policy": ""})}  # the root policy has no text and is never asked for
    yield from _named(asker, carried, texts) if kind.is_vault else _detailed(asker, carried, texts)
    absent = set()
    for name, answer in sorted(texts.items()):
        if isinstance(answer, Absent):
            absent.add(name)
        elif name != "root" or name in carried:
            yield _policy(asker, name, answer, kind.profile)
    yield from (item for item in kept if not (isinstance(item, Edge) and item.target.kind == "policy" and item.target.name in absent))


def _named(asker: Asker, carried: set[str], texts: dict[str, Answer], listed: Answer | None = None) -> Iterator[Said]:
    """Every policy by its name; those that are carried are asked for even when they are not listed, for the list may be cut."""
    before = asker.source.calls if listed is None else None
    answer = listed or asker.source.listed(_FOLDER)
    found: list[str] = []
    yield from asker.names("iam", _FOLDER, answer, found, before)
    names = sorted({*found, *carried} - texts.keys())
    texts |= zip(names, at_once(asker.source.read, [f"{_FOLDER}/{name}" for name in names], asker.source.parallel), strict=True)


def _detailed(asker: Asker, carried: set[str], texts: dict[str, Answer]) -> Iterator[Said]:
    """All policies in one list; one by one where the server or the reader's policy knows only that."""
    before = asker.source.calls
    answer = _uncut(asker.source.listed(DETAILED))
    if isinstance(answer, Failed):
        plain = asker.source.listed(_FOLDER)
        if not isinstance(plain, Failed) or answer.reason in {GapReason.UNSUPPORTED, GapReason.NOT_READ}:
            yield from _named(asker, carried, texts, plain)
            return
        texts |= dict.fromkeys(carried - texts.keys(), answer)
    found: list[str] = []
    yield from asker.names("iam", DETAILED, answer, found, before)
    if isinstance(answer, Found):
        told = {name: answer.data["key_info"].get(name) for name in found}
        texts |= {name: Found(entry if isinstance(entry, dict) else {}) for name, entry in told.items() if name != "root"}
        texts |= dict.fromkeys(carried - texts.keys(), Absent())


def _uncut(answer: Answer) -> Answer:
    """Every namespace has the default policy. A list without it was cut, as a filter in a policy of the reader does without a word."""
    has_default = isinstance(answer, Found) and DEFAULT in answer.data["keys"]
    if isinstance(answer, Failed) or has_default:
        return answer
    return Failed(GapReason.INCOMPLETE, f"LIST {DETAILED}: the policy {DEFAULT}, which every namespace has, is not in the list")


def _policy(asker: Asker, name: str, told: Found | Failed, engine: str) -> Said:
    ref, path = asker.ref("policy", name, name), f"{_FOLDER}/{name}"
    is_text = isinstance(told, Failed) or isinstance(told.data.get("policy"), str)
    answer = told if is_text else Failed(GapReason.MALFORMED, f"{path} holds no policy")
    if isinstance(answer, Failed):
        return asker.gap("iam", answer, path, ref)
    try:
        return Policy(ref=ref, text=policy_text(answer.data, engine, name))
    except PolicyError as error:
        return asker.gap("iam", Failed(GapReason.MALFORMED, error.message), path, ref)
    except ValueError:
        return asker.gap("iam", Failed(GapReason.MALFORMED, f"{path}: its expiration is no moment"), path, ref)


def policy_text(entry: Mapping[str, Any], engine: str, name: str) -> str:
    """A policy as it was answered, as one canonical text.

    Raises:
        PolicyError: The engine would not accept it.
        ValueError: It ends at what is no moment.
    """
    return stored(entry["policy"], engine, name=name, expires_at=_moment(entry.get("expiration")), unblocked=_unblocked(entry))


def _unblocked(entry: Mapping[str, object]) -> frozenset[str]:
    """What OpenBao lets values bring into the paths of this policy alone."""
    wildcards = "*+" if entry.get("allow_wildcards_in_identity_templates") else ""
    return frozenset(wildcards + ("/" if entry.get("allow_slashes_in_identity_templates") else ""))


def _moment(value: object) -> datetime | None:
    if not value:
        return None
    found = datetime.fromtimestamp(int(str(value)), UTC) if str(value).isdigit() else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(UTC)
