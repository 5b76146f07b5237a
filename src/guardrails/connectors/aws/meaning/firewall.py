"""What a rule of a web ACL does with an IP set: whether the addresses in it are let in by that, or turned away. Pure.

A rule that allows lets in whom its statement matches; one that blocks lets in whom it does not match. A set is surely let in only where
it alone says from where: beside another set, a country or a label nobody can tell which requests are left. AWS WAF Developer Guide, "Using
rule actions in AWS WAF".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

__all__ = ["Use", "uses_of"]

_SET, _GROUP = "IPSetReferenceStatement", "RuleGroupReferenceStatement"
_FROM_WHERE = frozenset({_SET, "GeoMatchStatement", "AsnMatchStatement", "LabelMatchStatement"})
_OF_SEVERAL = {"AndStatement": True, "OrStatement": False}
_OF_SOME = frozenset({"RateBasedStatement", "ManagedRuleGroupStatement"})
"""Those that are asked about the requests of one statement only, and turn away not all of them."""

Rule = Mapping[str, Any]


class Use(Enum):
    """What becomes of the addresses in a set."""

    LETS_IN = "lets in"
    TURNS_AWAY = "turns away"
    UNCLEAR = "does something else with"


def uses_of(rule: Rule) -> Iterator[tuple[str, Use]]:
    """The ARNs of the sets that a rule names, each with its use, and of the rule groups that it runs otherwise than they say."""
    statement, action = rule.get("Statement") or {}, next(iter(rule.get("Action") or ()), "")
    if action == "Count" and not rule.get("RuleLabels") and not rule["Action"]["Count"]:
        return
    for arn, is_in, is_plain in _named(statement, is_in=action == "Allow", is_plain=action in {"Allow", "Block"}):
        if action == "Count" or (is_in and not is_plain):
            yield arn, Use.UNCLEAR
        else:
            yield arn, Use.LETS_IN if is_in else Use.TURNS_AWAY
    group = statement.get(_GROUP)
    if group and (group.get("RuleActionOverrides") or group.get("ExcludedRules") or "Count" in (rule.get("OverrideAction") or ())):
        yield str(group["ARN"]), Use.UNCLEAR


def _named(statement: Rule, *, is_in: bool, is_plain: bool) -> Iterator[tuple[str, bool, bool]]:
    """Each set that is named: whether who is in it passes by that, and whether that is all there is to it."""
    for name, said in statement.items():
        if name == _SET:
            # the address that a request gives for its own in a header is anybody's to choose
            yield str(said["ARN"]), is_in, is_plain and not said.get("IPSetForwardedIPConfig")
        elif name == "NotStatement":
            yield from _named(said["Statement"], is_in=not is_in, is_plain=is_plain)
        elif name in _OF_SEVERAL:
            yield from _together(said["Statements"], is_in=is_in, is_plain=is_plain, are_all_needed=_OF_SEVERAL[name] is is_in)
        elif name in _OF_SOME:
            yield from _named(said.get("ScopeDownStatement") or {}, is_in=is_in, is_plain=False)
        else:
            # of a statement that is not known nobody can tell which way it turns what is in it
            yield from ((str(inner["ARN"]), True, False) for found, inner in _within(said) if found == _SET)


def _together(parts: list[Rule], *, is_in: bool, is_plain: bool, are_all_needed: bool) -> Iterator[tuple[str, bool, bool]]:
    for part in parts:
        others = (one for one in parts if one is not part)
        is_narrowed = are_all_needed and any(name in _FROM_WHERE for other in others for name, _ in _within(other))
        yield from _named(part, is_in=is_in, is_plain=is_plain and not is_narrowed)


def _within(said: object) -> Iterator[tuple[str, Any]]:
    """Every statement in it by its name, however deep."""
    for name, inner in said.items() if isinstance(said, Mapping) else ():
        yield name, inner
        yield from _within(inner)
    for inner in said if isinstance(said, list) else ():
        yield from _within(inner)
