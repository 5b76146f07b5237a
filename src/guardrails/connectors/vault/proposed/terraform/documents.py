"""Policies that a plan does not hold yet, rebuilt from the data source that will make them, in the words that it will write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from guardrails.proposals.terraform import Resource, documents
from guardrails.proposals.values import Text, Unknown, Value, unknowns

__all__ = ["Documents"]

_LISTS = ("required_parameters", "subscribe_event_types")
_LIMITS = ("min_wrapping_ttl", "max_wrapping_ttl")
_PARAMETERS = ("allowed_parameter", "denied_parameter")


class Documents(documents.Documents):
    """Rebuilds `vault_policy_document`. A path that is built of something unknown is not guessed: the words around it decide."""

    def made(self, found: Resource, attribute: str, depth: int) -> Text | None:
        """That of a data source, or the one that another policy has."""
        if found.is_data and found.type == "vault_policy_document" and attribute in {"", "hcl"}:
            return _rebuilt(found.address, found.after.get("rule"))
        if found.type == "vault_policy" and attribute == "policy":
            return self.text(found.now.get("policy"), depth - 1)
        return None


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
