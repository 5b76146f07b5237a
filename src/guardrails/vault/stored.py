"""A policy with all that it takes to understand it, as one canonical text, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from guardrails.vault.documents import read
from guardrails.vault.errors import PolicyError
from guardrails.vault.profiles import Profile, profile
from guardrails.vault.rules import Policy
from guardrails.vault.writing import write

__all__ = ["ANY_ENGINE", "accepting", "engines", "restored", "rewritten", "stored"]

ANY_ENGINE = tuple(map(profile, ("openbao-2.7.2", "openbao-2.5.4", "vault-1.20.0", "vault-2.0.4")))
"""One of each kind that decides differently; where the engine is not known all of them count."""


def stored(text: str, engine: str, *, name: str, expires_at: datetime | None = None, unblocked: frozenset[str] = frozenset()) -> str:
    """What a policy says, in one form: the same rules give the same text.

    Args:
        text: As the server keeps it; empty for `root`.
        engine: Such as `openbao-2.7.2`; empty when it is not known.
        name: By which it is known.
        expires_at: When the policy as a whole ends.
        unblocked: Letters that its values may bring along; see `Policy`.

    Raises:
        PolicyError: No engine that it may be accepts it.
    """
    policy = _read(text, engines(engine), name)
    more = {"expires_at": expires_at.isoformat()} if expires_at else {}
    more |= {"unblocked": "".join(sorted(unblocked))} if unblocked else {}
    return _text({"engine": engine, "policy": write(policy) if name != "root" else "", **more})


def rewritten(text: str, policy: Policy) -> str:
    """A stored policy with other rules; when it ends and what its values may bring along stay."""
    return _text({**json.loads(text), "policy": write(policy)})


def _text(whole: Mapping[str, str]) -> str:
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def engines(engine: str) -> tuple[Profile, ...]:
    """The profiles that count."""
    return (profile(engine),) if engine else ANY_ENGINE


def accepting(texts: Iterable[str]) -> tuple[Profile, ...]:
    """The engines that may hold all of some stored policies: the one that they name, or all that would accept them."""
    found = [json.loads(text) for text in texts]
    named = {whole["engine"] for whole in found}
    candidates = engines(named.pop()) if len(named) == 1 else ANY_ENGINE
    return tuple(engine for engine in candidates if all(_is_accepted(whole["policy"], engine) for whole in found)) or candidates


@lru_cache(maxsize=65536)
def _is_accepted(text: str, engine: Profile) -> bool:
    try:
        read(text, profile=engine)
    except PolicyError:
        return False
    return True


def _read(text: str, candidates: tuple[Profile, ...], name: str) -> Policy:
    refused: PolicyError | None = None
    for candidate in candidates:
        try:
            return read(text, profile=candidate, name=name)
        except PolicyError as error:
            refused = refused or error
    assert refused is not None  # noqa: S101  # there is a candidate
    raise refused


@lru_cache(maxsize=16384)
def restored(text: str, name: str) -> Policy:
    """The policy."""
    whole = json.loads(text)
    ends = whole.get("expires_at")
    policy = _read(whole["policy"], engines(whole["engine"]), name)
    return replace(policy, expires_at=datetime.fromisoformat(ends) if ends else None, unblocked=frozenset(whole.get("unblocked", "")))
