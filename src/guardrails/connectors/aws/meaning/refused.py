"""A policy that says for whom it is, with somebody left out: the smallest cut, everything else as it was written.

A principal goes from the statement that lets it in, and the statement with its last one. In the place of everybody may stand those who
are named. What says whom it lets in by other means than by name (`NotPrincipal`, a condition in a trust policy) cannot be cut so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from guardrails.connectors.aws.meaning.guarded import entries_of
from guardrails.connectors.aws.meaning.holdings import Holdings
from guardrails.iam.proof.declared import Declared
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm
from guardrails.ports import TrustSeen
from guardrails.sets import BudgetExceededError

__all__ = ["coming", "emptied", "refusing", "refusing_text"]

_BY_KIND = {"aws": "AWS", "service": "Service", "federated": "Federated"}
_NOTHING_LEFT = "its policy would have no statement left, which AWS does not take: name there whom it is for, or delete it"
_KINDS = (EdgeKind.TRUST_POLICY, EdgeKind.RESOURCE_POLICY)


def refusing(held: Holdings, guarded: Ref, whom: Iterable[TrustSeen], instead: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[Ref, str]:
    """The policy of a role, asset or key without some of those whom it lets in; `instead` as for the port.

    Raises:
        ValueError: That cannot be said so, and why.
    """
    own, text = _policy(held, guarded)
    cuts = {(seen.pointer, *_named_in(text, own, guarded, seen)): instead.get(seen.pointer, ()) for seen in whom}
    # the last one first: what stands behind a statement that goes moves up
    for (pointer, kind, name), others in reversed(cuts.items()):
        text = _cut(text, pointer.removeprefix(f"{own} "), kind, name, others if name == "*" else ())
    if not text and guarded.kind != "bucket":  # which alone can be without a policy
        raise ValueError(_NOTHING_LEFT)
    return own, text


def emptied(held: Holdings, guarded: Ref, seen: TrustSeen, instead: Sequence[tuple[str, str]]) -> tuple[Ref, str] | None:
    """The policy with a statement for everybody that is for others or nobody; `None` where the entry is for somebody by name.

    Raises:
        ValueError: As for `refusing`.
    """
    own, text = _policy(held, guarded)
    kind, name = _named_in(text, own, guarded, seen)
    if name != "*":
        return None
    document, place = _placed(text, seen.pointer.removeprefix(f"{own} "))
    entries = entries_of(document)
    left = _left(entries[place], kind, name, seen.pointer, instead)
    entries[place] = {**entries[place], "Principal": left or {"AWS": []}}
    return own, _written(document, entries)


def _policy(held: Holdings, guarded: Ref) -> tuple[Ref, str]:
    policies = [policy for kind in _KINDS for policy in held.targets(kind, guarded)]
    if len(policies) != 1:
        raise ValueError(f"the policy of {guarded} was not seen")
    return policies[0], held.texts[policies[0]]


def _named_in(text: str, own: Ref, guarded: Ref, seen: TrustSeen) -> tuple[str, str]:
    """By which kind and name a statement lets somebody in: in the policy of a thing perhaps as one of everybody, under conditions."""
    if guarded.kind == "role":
        return seen.kind, seen.name
    document, place = _placed(text, seen.pointer.removeprefix(f"{own} "))
    named = entries_of(document)[place].get("Principal")
    listed = named.get("AWS") if isinstance(named, dict) else named
    names = listed if isinstance(listed, list) else [listed]
    return ("any", "*") if "*" in names and seen.name not in names else (seen.kind, seen.name)


def refusing_text(text: str, pointer: str, kind: str, name: str, instead: Sequence[tuple[str, str]] = ()) -> str:
    """The policy without one principal of one statement, which is named by its Sid or its place; with others in its place.

    Raises:
        ValueError: It is not named there, or nothing would be left, or the policy is not understood.
    """
    left = _cut(text, pointer, kind, name, instead)
    if not left:
        raise ValueError(_NOTHING_LEFT)
    return left


def _cut(text: str, pointer: str, kind: str, name: str, instead: Sequence[tuple[str, str]]) -> str:
    """The same; empty where nothing is left."""
    document, place = _placed(text, pointer)
    entries = entries_of(document)
    principals = _left(entries[place], kind, name, pointer, instead)
    entries[place : place + 1] = [{**entries[place], "Principal": principals}] if principals else []
    return _written(document, entries) if entries else ""


def _placed(text: str, pointer: str) -> tuple[dict[str, Any], int]:
    """The document, and the place of a statement in it."""
    document = json.loads(text)
    entries = entries_of(document)
    places = [place for place, entry in enumerate(entries) if str(entry.get("Sid") or f"statement {place}") == pointer]
    if len(places) != 1:
        raise ValueError(f"{pointer} is no single statement of its policy")
    return document, places[0]


def _written(document: dict[str, Any], entries: list[dict[str, Any]]) -> str:
    statement = entries if isinstance(document["Statement"], list) else entries[0]
    return json.dumps({**document, "Statement": statement}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _left(entry: dict[str, Any], kind: str, name: str, pointer: str, instead: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The principals of a statement without one of them; empty when it was the last."""
    if entry.get("Effect") != "Allow" or "Principal" not in entry or "NotPrincipal" in entry:
        raise ValueError(f"{pointer} lets in all but those whom it names: say there whom it is for")
    named = entry["Principal"]
    if named == "*" and name == "*":
        return _with({}, instead)
    word = "AWS" if kind == "any" else _BY_KIND.get(kind, "")
    listed = named.get(word) if isinstance(named, dict) else None
    names = listed if isinstance(listed, list) else [listed]
    if name not in names:
        raise ValueError(f"{pointer} does not name {name}, and lets it in by its conditions: narrow them")
    left = [one for one in names if one != name]
    # each keeps its place among the kinds
    kept = {key: left if key == word else value for key, value in named.items() if key != word or left}
    return _with(kept, instead)


def _with(named: dict[str, Any], others: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Principals with others beside them."""
    found = dict(named)
    for kind, name in others:
        listed = found.get(_BY_KIND[kind], [])
        names = listed if isinstance(listed, list) else [listed]
        found[_BY_KIND[kind]] = names if name in names else [*names, name]
    return found


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
