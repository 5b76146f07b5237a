"""A policy that says for whom it is, with somebody left out: the smallest cut, everything else as it was written.

A principal goes from the statement that lets it in, and the statement with its last one. What says whom it lets in by other means than by
name (`NotPrincipal`, a condition) cannot be cut so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from guardrails.connectors.aws.meaning.guarded import entries_of
from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.proof.declared import Declared
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.ports import TrustSeen
from guardrails.sets import BudgetExceededError

__all__ = ["coming", "refusing", "refusing_text"]

_BY_KIND = {"aws": "AWS", "service": "Service", "federated": "Federated"}
_KINDS = (EdgeKind.TRUST_POLICY, EdgeKind.RESOURCE_POLICY)


def refusing(held: Holdings, guarded: Ref, whom: Iterable[TrustSeen]) -> tuple[Ref, str]:
    """The policy of a role, asset or key without some of those whom it lets in.

    Raises:
        ValueError: That cannot be said so, and why.
    """
    policies = [policy for kind in _KINDS for policy in held.targets(kind, guarded)]
    if len(policies) != 1:
        raise ValueError(f"the policy of {guarded} was not seen")
    own, text = policies[0], held.texts[policies[0]]
    for seen in whom:
        text = refusing_text(text, seen.pointer.removeprefix(f"{own} "), seen.kind, seen.name)
    return own, text


def refusing_text(text: str, pointer: str, kind: str, name: str) -> str:
    """The policy without one principal of one statement, which is named by its Sid or its place.

    Raises:
        ValueError: It is not named there, or nothing would be left, or the policy is not understood.
    """
    document = json.loads(text)
    entries = entries_of(document)
    places = [place for place, entry in enumerate(entries) if str(entry.get("Sid") or f"statement {place}") == pointer]
    if len(places) != 1:
        raise ValueError(f"{pointer} is no single statement of its policy")
    kept = _without(entries[places[0]], kind, name, pointer)
    # the statements behind keep their places, by which they are told
    left = [*entries[: places[0]], *([kept] if kept else []), *entries[places[0] + 1 :]]
    if not left:
        raise ValueError("its policy would have no statement left, which AWS does not take: name there whom it is for, or delete it")
    statement = left if isinstance(document["Statement"], list) else left[0]
    return json.dumps({**document, "Statement": statement}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _without(entry: dict[str, Any], kind: str, name: str, pointer: str) -> dict[str, Any] | None:
    """The statement without one of its principals; `None` when it was the last."""
    if entry.get("Effect") != "Allow" or "Principal" not in entry or "NotPrincipal" in entry:
        raise ValueError(f"{pointer} lets in all but those whom it names: say there whom it is for")
    named = entry["Principal"]
    if named == "*" and name == "*":
        return None
    word = "AWS" if kind == "any" else _BY_KIND.get(kind, "")
    listed = named.get(word) if isinstance(named, dict) else None
    names = listed if isinstance(listed, list) else [listed]
    if name not in names:
        raise ValueError(f"{pointer} does not name {name}, and lets it in by its conditions: narrow them")
    left = [one for one in names if one != name]
    others = {key: value for key, value in named.items() if key != word}
    if left:
        return {**entry, "Principal": {**named, word: left}}
    return {**entry, "Principal": others} if others else None


def coming(held: Holdings, guarded: Ref, seen: TrustSeen) -> tuple[Ref, ...]:
    """Whoever of those who were seen may come in by one entry, at most."""
    return tuple(ref for ref, fact in held.principals.items() if fact.form is not PrincipalForm.GROUP and _comes(held, ref, guarded, seen))


def _comes(held: Holdings, ref: Ref, guarded: Ref, seen: TrustSeen) -> bool:
    if seen.kind not in {"any", "aws"}:
        return False
    if seen.kind == "any" or held.name(ref) == seen.name:
        return True
    if f":assumed-role/{ref.name}/" in seen.name:
        return seen.account == ref.realm
    return _is_whole(seen) and seen.account == ref.realm and _may_ask(held, ref, guarded)


def _is_whole(seen: TrustSeen) -> bool:
    """A whole account decides itself who of it may."""
    return seen.name in {seen.account, f"arn:aws:iam::{seen.account}:root"} or seen.name.endswith(":root")


def _may_ask(held: Holdings, ref: Ref, guarded: Ref) -> bool:
    if held.hole(ref) or guarded.kind != "role":
        return True
    asked = Declared(actions=("sts:AssumeRole",), resources=frozenset({held.name(guarded)})).region()
    try:
        return not (held.bounds(ref).upper & asked).is_empty()
    except BudgetExceededError:
        return True  # it might
