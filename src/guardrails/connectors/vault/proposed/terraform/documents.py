"""Policies that a plan does not hold yet, rebuilt from the data source that will make them, in the words that it will write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrails.proposals.terraform.symbols import Symbols
from guardrails.proposals.values import Text, Unknown, Value, unknowns

__all__ = ["Documents"]

_DEPTH = 8
_LISTS = ("required_parameters", "subscribe_event_types")
_LIMITS = ("min_wrapping_ttl", "max_wrapping_ttl")
_PARAMETERS = ("allowed_parameter", "denied_parameter")


class Documents:
    """Rebuilds `vault_policy_document`. A path that is built of something unknown is not guessed: the words around it decide."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def text(self, value: Value, depth: int = _DEPTH) -> Text:
        """A policy as text."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Unknown):
            return Unknown("it is no text")
        found = self._symbols.resource(value.target.address) if value.target else None
        if found is None or value.target is None or depth == 0:
            return value
        if found.is_data and found.type == "vault_policy_document" and value.target.attribute in {"", "hcl"}:
            return _rebuilt(found.address, found.after.get("rule"))
        if found.type == "vault_policy" and value.target.attribute == "policy":
            return self.text(found.now.get("policy"), depth - 1)
        return value


def _rebuilt(address: str, rules: Value) -> Text:
    for one in unknowns(rules):
        return Unknown(f"{address}: {one.why}")
    blocks = [rule for rule in rules if isinstance(rule, Mapping)] if isinstance(rules, tuple) else []
    return "\n".join("\n".join((f'path "{rule.get("path")}" {{', *_lines(rule), "}", "")) for rule in blocks)


def _lines(rule: Mapping[str, Value]) -> Iterator[str]:
    yield f"  capabilities = {_listed(rule.get('capabilities'))}"
    yield from (f"  {name} = {_listed(rule.get(name))}" for name in _LISTS if rule.get(name))
    for name in _PARAMETERS:
        blocks = [block for block in _items(rule.get(name)) if isinstance(block, Mapping)]
        if blocks:
            inner = (f'    "{block.get("key")}" = {_listed(block.get("value"))}' for block in blocks)
            yield "\n".join((f"  {name}s = {{", *inner, "  }"))
    yield from (f'  {name} = "{rule.get(name)}"' for name in _LIMITS if rule.get(name))


def _listed(value: Value) -> str:
    return "[" + ", ".join(f'"{item}"' for item in _items(value)) + "]"


def _items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, tuple) else ()
