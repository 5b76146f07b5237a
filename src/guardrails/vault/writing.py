"""A policy as one canonical text: the same rules give the same text, and every engine that knows its words reads it as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

from guardrails.errors import AuthorError
from guardrails.vault.rules import Parameters, Policy, Rule, Value

__all__ = ["duration", "moment", "write"]

_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f\ue123]|\$(?=\{)')
_LETTERS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


def write(policy: Policy) -> str:
    """HCL, one block for each rule in their order; comments of rules are kept, those between rules are not.

    Raises:
        AuthorError: It is the policy `root`.
    """
    if policy.name == "root":
        raise AuthorError("the policy root has no text", remedy="leave it out")
    return "\n".join(_block(rule) for rule in policy.rules)


def _block(rule: Rule) -> str:
    lines = "".join(f"  {name} = {value}\n" for name, value in _attributes(rule))
    return f"path {_text(rule.path if not rule.path.startswith('/') else f'/{rule.path}')} {{\n{lines}}}\n"


def _attributes(rule: Rule) -> Iterator[tuple[str, str]]:
    said = {
        "comment": rule.comment and _text(rule.comment),
        "capabilities": _list(sorted(rule.capabilities)),
        "allowed_parameters": "" if rule.allowed is None else _parameters(rule.allowed),
        "denied_parameters": "" if rule.denied is None else _parameters(rule.denied),
        "required_parameters": rule.required and _list(rule.required),
        "mfa_methods": rule.mfa_methods and _list(rule.mfa_methods),
        "subscribe_event_types": rule.events and _list(rule.events),
        "min_wrapping_ttl": _seconds(rule.min_wrapping_seconds),
        "max_wrapping_ttl": _seconds(rule.max_wrapping_seconds),
        "pagination_limit": str(rule.pagination_limit or ""),
        "list_scan_response_keys_filter_path": rule.response_filter and _text(rule.response_filter),
        "expiration": rule.expires_at and _text(moment(rule.expires_at)),
    }
    if rule.control_group:
        yield "control_group", _nested(json.loads(rule.control_group))
    yield from ((name, value) for name, value in said.items() if isinstance(value, str) and value)


def duration(seconds: float) -> int | str:
    """Whole seconds as a number, else a text: of a number servers would cut a part of a second off."""
    return int(seconds) if seconds == int(seconds) else f"{seconds:.9f}".rstrip("0") + "s"


def moment(at: datetime | None) -> str:
    """A moment as engines read it; empty for none."""
    return at.isoformat().replace("+00:00", "Z") if at else ""


def _seconds(seconds: float) -> str:
    return _value(duration(seconds)) if seconds else ""


def _parameters(parameters: Parameters) -> str:
    return f"{{ {' '.join(f'{_text(name)} = {_value(values)}' for name, values in parameters)} }}" if parameters else "{}"


def _nested(value: object) -> str:
    """A block as it was kept: an object is the list of its items under `{}`, so that what stands twice stays so."""
    match value:
        case {"{}": list(items)}:
            return "{ " + " ".join(_item(item) for item in items) + " }"
        case list():
            return f"[{', '.join(map(_nested, value))}]"
        case str():
            return _text(value)
        case _:
            return json.dumps(value)


def _item(item: list[object]) -> str:
    *keys, value = item
    names = " ".join(_text(str(key)) for key in keys)
    return f"{names} {_nested(value)}" if len(keys) > 1 else f"{names} = {_nested(value)}"


def _value(value: Value) -> str:
    match value:
        case str():
            return _text(value)
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case frozenset():
            return f"{{ {' '.join(f'{_text(name)} = {_value(inner)}' for name, inner in sorted(value, key=repr))} }}"
        case _:
            return json.dumps(value)


def _list(texts: tuple[str, ...] | list[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    return '"' + _ESCAPED.sub(_escaped, text) + '"'


def _escaped(found: re.Match[str]) -> str:
    return _LETTERS.get(found[0]) or f"\\u{ord(found[0]):04x}"
