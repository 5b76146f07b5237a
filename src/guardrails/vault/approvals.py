"""Who has to approve a request: the `control_group` of a rule.

OpenBao has it since 2.7 and checks it as is done here. Of that of Vault Enterprise only the form is known here.
"""

from __future__ import annotations

import json
from functools import lru_cache

from guardrails.vault.hcl import Item, Literal, Node, Object, Sequence
from guardrails.vault.literals import as_object, as_seconds, as_texts, as_whole, mistake
from guardrails.vault.profiles import Engine, Profile

__all__ = ["approvals", "is_approved", "plain"]

_KEYS = {"control_group": {"factor", "ttl"}, "factor": {"controlled_capabilities", "identity"}}
_NEVER_APPROVED = frozenset({"sudo", "deny"})


def approvals(item: Item, profile: Profile) -> str:
    """What a control group asks for, as canonical JSON.

    Raises:
        PolicyError: The engine would not accept it.
    """
    block = _known(item)
    factors = [inner for inner in block.items if inner.keys[0] == "factor"]
    if not factors:
        raise mistake(item, "control_group: a factor is missing")
    if profile.engine is Engine.OPENBAO:
        for inner in block.items:
            if inner.keys[0] == "ttl":
                as_seconds(inner.value, inner)
        for factor in factors:
            _factor(factor, profile)
    return json.dumps(plain(block), sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=4096)
def is_approved(control_group: str, operation: str) -> bool:
    """Whether people have to approve an operation under a rule that says this."""
    factors = [item[-1]["{}"] for item in json.loads(control_group)["{}"] if item[0] == "factor"] if control_group else []
    named = [[item[-1] for item in factor if item[0] == "controlled_capabilities"] for factor in factors]
    return any(not lists or any(operation in words for words in lists) for lists in named)


def _known(item: Item) -> Object:
    word = item.keys[0]
    block = as_object(item.value, item, f"{word} is no block")
    if unknown := next((inner for inner in block.items if inner.keys[0] not in _KEYS[word]), None):
        raise mistake(unknown, f"{word}: {unknown.keys[0]!r} is no key of it")
    return block


def _factor(factor: Item, profile: Profile) -> None:
    block = _known(factor)
    if len(factor.keys) == 1:
        raise mistake(factor, "control_group: a factor has no name")
    words: set[str] = set()
    groups, needed = 0, 0
    for item in block.items:
        if item.keys[0] == "controlled_capabilities":
            words |= set(as_texts(item.value, item))
        elif len(item.keys) == 1:  # one with a name asks for nothing
            more, said = _asked(item)
            groups, needed = groups + more, said or needed
    if unknown := sorted(words - (profile.capabilities - _NEVER_APPROVED)):
        raise mistake(factor, f"control_group: {unknown[0]!r} is no capability that can be approved")
    for lacks, what in ((not words, "controlled_capabilities"), (not groups, "group_names"), (needed <= 0, "approvals")):
        if lacks:
            raise mistake(factor, f"control_group: a factor has no {what}")


def _asked(identity: Item) -> tuple[int, int]:
    """How many groups are named, and how many of their members have to approve."""
    groups, needed = 0, 0
    for item in as_object(identity.value, identity, "identity is no block").items:
        if item.keys[0] == "group_names":
            groups += len(as_texts(item.value, item))
        elif item.keys[0] == "approvals":
            needed = as_whole(item.value, item)
    return groups, needed


def plain(node: Node) -> object:
    """A tree as JSON: an object as the list of its items, each its keys and its value, under `{}`."""
    match node:
        case Literal(value=value):
            return value
        case Sequence(members=members):
            return list(map(plain, members))
        case Object(items=items):
            return {"{}": [[*item.keys, plain(item.value)] for item in items]}
