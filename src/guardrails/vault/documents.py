"""Policies from their texts, as one engine reads them, and back into a text that everybody reads alike.

What an engine refuses is refused, with the place. The policy parser of both is vault/policy.go; `Profile` says in what they differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from guardrails.vault.approvals import approvals
from guardrails.vault.errors import PolicyError
from guardrails.vault.hcl import Item, Literal, Node, Object, Sequence, parse
from guardrails.vault.literals import as_moment, as_object, as_seconds, as_text, as_texts, as_whole, mistake
from guardrails.vault.profiles import Engine, Profile
from guardrails.vault.rules import Parameters, Policy, Rule, Value

__all__ = ["read"]

_T = TypeVar("_T")
_READ = frozenset({"read", "list"})
_WRITE = frozenset({"create", "read", "update", "delete", "list"})
_LEGACY = {"deny": frozenset({"deny"}), "read": _READ, "write": _WRITE, "sudo": _WRITE | {"sudo"}}
"""What the older `policy = "..."` stands for."""

_KEYS = frozenset(
    {
        "policy", "capabilities", "allowed_parameters", "denied_parameters", "required_parameters", "min_wrapping_ttl", "max_wrapping_ttl",
        "mfa_methods", "control_group", "comment",
    }
)  # fmt: skip
_OWN_KEYS = {
    Engine.VAULT: frozenset({"subscribe_event_types"}),
    Engine.OPENBAO: frozenset({"pagination_limit", "expiration", "list_scan_response_keys_filter_path"}),
}
_TEMPLATE = re.compile(r"\{\{|\}\}")


def read(
    text: str,
    *,
    profile: Profile,
    name: str = "",
    expires_at: datetime | None = None,
    unblocked: frozenset[str] = frozenset(),
    strict: bool = False,
) -> Policy:
    """The policy that a text is for an engine.

    Args:
        text: HCL or JSON, as the server keeps it.
        profile: Whose server.
        name: By which it is known.
        expires_at: When the policy as a whole ends, as the server tells it.
        unblocked: Letters that its values may bring along, likewise; see `Policy`.
        strict: Refuse a key that stands twice, also where the engine takes it.

    Raises:
        PolicyError: The engine would not accept it.
    """
    try:
        rules = tuple(_Reader(profile, name, unique=strict or not profile.duplicates).rules(parse(text)))
    except PolicyError as error:
        raise error.named(name) from None
    return Policy(name=name, rules=rules, expires_at=expires_at, unblocked=unblocked)


class _Reader:
    """Reads for one engine."""

    def __init__(self, profile: Profile, name: str, *, unique: bool) -> None:
        self._profile, self._name, self._unique = profile, name, unique
        self._keys = (_KEYS | _OWN_KEYS[profile.engine]) - (frozenset() if profile.control_groups else {"control_group"})

    def rules(self, document: Object) -> Iterator[Rule]:
        for item in document.items:
            if item.keys[0] not in {"path", "name"}:
                raise mistake(item, f"a policy has no {item.keys[0]!r}, only path blocks")
        for item in document.items:
            if item.keys[0] == "name":
                as_text(item.value, item)
            if item.keys[0] == "path":  # a block without a name is named like its key
                path = item.keys[1] if len(item.keys) > 1 else "path"
                yield self._rule(path, as_object(item.value, item, f"path {path!r} is no block"), item)

    def _rule(self, path: str, block: Object, item: Item) -> Rule:
        attributes = self._attributes(block, f"path {path!r}")
        rule_path = path.removeprefix("/")
        if "+*" in rule_path:
            raise mistake(item, f"path {path!r}: +* is no wildcard")
        if not _is_balanced(rule_path):
            raise mistake(item, f"path {path!r}: {{{{ and }}}} do not go together")
        capabilities = self._capabilities(attributes, path)
        bare = Rule(path=rule_path, capabilities=capabilities, policy=self._name, line=item.line, column=item.column)
        limited = _with_limits(bare, attributes, self._profile)
        # servers stop at a deny, and look at the form of the rest, not at what it says
        kept = replace(bare, expires_at=limited.expires_at, comment=limited.comment)
        return kept if bare.is_deny else _checked(limited, attributes, item)

    def _attributes(self, block: Object, where: str) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for item in block.items:
            if item.keys[0] not in self._keys:
                raise mistake(item, f"{where}: {item.keys[0]!r} is no key of a rule of {self._profile}")
            found.setdefault(item.keys[0], []).append(item)
        if self._unique and (twice := next((items[1] for items in found.values() if len(items) > 1), None)):
            raise mistake(twice, f"{where}: {twice.keys[0]} stands twice")
        return found

    def _capabilities(self, attributes: dict[str, list[Item]], path: str) -> frozenset[str]:
        listed = _joined(attributes.get("capabilities"), as_texts)
        legacy = _last(attributes.get("policy"), as_text) or ""
        if legacy and legacy not in _LEGACY:
            raise mistake(attributes["policy"][-1], f"path {path!r}: {legacy!r} is no policy; write capabilities")
        if legacy == "deny":
            return _LEGACY["deny"]
        for word in listed:
            if word == "deny":  # and no server looks at what follows
                return frozenset({"deny"})
            if word not in self._profile.capabilities:
                raise mistake(attributes["capabilities"][-1], f"path {path!r}: {word!r} is no capability of {self._profile}")
        return frozenset(listed) | _LEGACY.get(legacy, frozenset())


def _with_limits(rule: Rule, attributes: dict[str, list[Item]], profile: Profile) -> Rule:
    groups = [approvals(item, profile) for item in attributes.get("control_group", ())]
    comment = attributes["comment"][-1].value if "comment" in attributes else None
    return replace(
        rule,
        allowed=_parameters(attributes.get("allowed_parameters")),
        denied=_parameters(attributes.get("denied_parameters")),
        required=tuple(sorted({name.lower() for name in _joined(attributes.get("required_parameters"), as_texts)})),
        mfa_methods=tuple(dict.fromkeys(_joined(attributes.get("mfa_methods"), as_texts))),
        control_group=groups[-1] if groups else "",
        pagination_limit=_last(attributes.get("pagination_limit"), as_whole) or 0,
        response_filter=_last(attributes.get("list_scan_response_keys_filter_path"), as_text) or "",
        events=tuple(dict.fromkeys(_joined(attributes.get("subscribe_event_types"), as_texts))),
        comment=comment.value if isinstance(comment, Literal) and isinstance(comment.value, str) else "",
        expires_at=_last(attributes.get("expiration"), as_moment),
    )


def _checked(rule: Rule, attributes: dict[str, list[Item]], item: Item) -> Rule:
    """The rule with its durations, when it is one that a server takes."""
    least, most = (_last(attributes.get(f"{word}_wrapping_ttl"), as_seconds) or 0 for word in ("min", "max"))
    if 0 < most < least:
        raise mistake(item, f"path {rule.path!r}: max_wrapping_ttl is less than min_wrapping_ttl")
    if rule.response_filter and "list" not in rule.capabilities:
        raise mistake(item, f"path {rule.path!r}: list_scan_response_keys_filter_path is for rules that give list")
    if rule.response_filter and not _tells_keys_apart(rule.response_filter):
        raise mistake(item, f"path {rule.path!r}: list_scan_response_keys_filter_path is no template that tells keys apart")
    return replace(rule, min_wrapping_seconds=least, max_wrapping_seconds=most)


def _last(items: list[Item] | None, of: Callable[[Node, Item], _T]) -> _T | None:
    """Of what stands twice the last counts; each must be right, and of one form: engines decode the second as what the first was."""
    found: _T | None = None
    for item in items or ():
        found = of(item.value, item)
    if items and len({type(item.value.value) for item in items if isinstance(item.value, Literal)}) > 1:
        raise mistake(items[-1], f"{items[-1].keys[0]} stands twice, in different forms")
    return found


def _joined(items: list[Item] | None, of: Callable[[Node, Item], tuple[_T, ...]]) -> tuple[_T, ...]:
    """Lists that stand twice are added up."""
    return tuple(member for item in items or () for member in of(item.value, item))


def _parameters(items: list[Item] | None) -> Parameters | None:
    if items is None:
        return None
    found: dict[str, tuple[Value, ...]] = {}
    for item in items:
        block = as_object(item.value, item, f"{item.keys[0]} is no object")
        for inner in (Item(item.keys[1:], block, item.line, item.column),) if len(item.keys) > 1 else block.items:
            if isinstance(inner.value, Literal) or len(inner.keys) > 1:
                raise mistake(inner, f"{item.keys[0]}: the values of {inner.keys[0]} are no list")
            listed = inner.value.members if isinstance(inner.value, Sequence) else (inner.value,)
            found[inner.keys[0]] = (*found.get(inner.keys[0], ()), *map(_value, listed))
    lowered: dict[str, tuple[Value, ...]] = {}
    for key, values in found.items():
        if key.lower() in lowered:
            raise mistake(items[-1], f"{items[-1].keys[0]}: {key} stands twice in different letters, of which servers take any one")
        lowered[key.lower()] = values
    return tuple(sorted(lowered.items()))


def _value(node: Node) -> Value:
    match node:
        case Literal(value=value):
            return value
        case Sequence(members=members):
            return tuple(map(_value, members))
        case Object(items=items):
            return frozenset((" ".join(item.keys), _value(item.value)) for item in items)


def _tells_keys_apart(template: str) -> bool:
    """Whether something is put into the template; whether that is the key only Go can say."""
    actions = template.split("{{")[1:]
    return bool(actions) and "}}" in actions[-1] and any(action.split("}}", 1)[0].strip() for action in actions)


def _is_balanced(path: str) -> bool:
    """Whether each `{{` is closed before the next begins."""
    signs = _TEMPLATE.findall(path)
    return signs == ["{{", "}}"] * (len(signs) // 2)
