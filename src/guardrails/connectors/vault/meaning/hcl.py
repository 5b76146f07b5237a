"""Reads a policy text, in HCL or JSON, into one canonical text: the same rules give the same text.

Vault and OpenBao read HCL version 1. What is not surely read as they read it is refused, never guessed: here-documents, interpolations,
keys that stand twice in one rule (one engine joins their lists, the other refuses them), and words that no engine knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

__all__ = ["UnreadablePolicyError", "canonical"]

_TOKEN = re.compile(
    r"""(?P<space>[\s,]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.-]))
    |(?P<word>[A-Za-z_][\w.-]*)
    |(?P<sign>[{}\[\]=])""",
    re.VERBOSE | re.DOTALL,
)
_CONSTRAINTS = (
    "allowed_parameters", "denied_parameters", "required_parameters", "min_wrapping_ttl", "max_wrapping_ttl", "mfa_methods",
    "control_group", "pagination_limit", "list_scan_response_keys_filter_path", "expiration", "subscribe_event_types", "comment",
)  # fmt: skip
_READ = ("read", "list")
_WRITE = ("create", "delete", "list", "read", "update")
_LEGACY = {"deny": ("deny",), "read": _READ, "write": _WRITE, "sudo": (*_WRITE, "sudo")}
_KNOWN = frozenset({"create", "read", "update", "patch", "delete", "list", "scan", "sudo", "deny", "recover", "subscribe"})

_Pairs = list[tuple[tuple[str, ...], Any]]


class UnreadablePolicyError(ValueError):
    """The text is not a policy that both engines surely read in the same way."""


class _Object(tuple[tuple[tuple[str, ...], Any], ...]):
    """Keys (a block has several) with their values, in order."""

    __slots__ = ()


def canonical(text: str, *, expiration: object = None, slash_first: bool = False) -> str:
    """The rules of a policy as compact JSON, in their order.

    Args:
        text: As the server keeps it.
        expiration: When the policy as a whole ends, as the server tells it.
        slash_first: Whether its server is known to look a LIST up with the final slash first.

    Raises:
        UnreadablePolicyError: It cannot be told what the policy means.
    """
    found = _json(text) if text.lstrip().startswith("{") else _Reader(text).document()
    rules = []
    for keys, value in found:
        if keys[0] not in {"path", "name"}:
            raise UnreadablePolicyError(f"a policy has no {keys[0]!r}")
        if keys[0] == "path":
            rules += list(_rules(keys[1:], value))
    whole = {"rules": rules, "slash_first": slash_first, **({"expiration": _moment(expiration)} if expiration else {})}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _moment(value: object) -> str:
    try:
        found = datetime.fromtimestamp(int(str(value)), UTC) if str(value).isdigit() else datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        raise UnreadablePolicyError(f"the expiration {value!r} is not a moment") from None
    if found.tzinfo is None:
        raise UnreadablePolicyError(f"the expiration {value!r} has no time zone")
    return found.astimezone(UTC).isoformat()


def _json(text: str) -> _Object:
    try:
        found = json.loads(text, object_pairs_hook=lambda pairs: _Object(((key,), value) for key, value in pairs))
    except ValueError as error:
        raise UnreadablePolicyError(f"not JSON: {error}") from None
    return found if isinstance(found, _Object) else _Object()


def _rules(labels: tuple[str, ...], value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # JSON
    if labels:
        if len(labels) > 1 or not isinstance(value, _Object):
            raise UnreadablePolicyError(f"path {labels[0]!r} is not followed by one block")
        yield _rule(labels[0], value)
        return
    for block in value if isinstance(value, list) else [value]:
        if not isinstance(block, _Object) or not all(isinstance(rule, _Object) for _, rule in block):
            raise UnreadablePolicyError("a path is a block of rules")
        yield from (_rule(keys[0], rule) for keys, rule in block)


def _rule(path: str, block: _Object) -> dict[str, Any]:
    attributes = _plain(block)
    listed = attributes.pop("capabilities", [])
    legacy = attributes.pop("policy", "")
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in (legacy, *listed)):
        raise UnreadablePolicyError(f"path {path!r}: its capabilities are not a list of words")
    words = {*listed, *_LEGACY.get(legacy, (legacy,))} - {""}
    if unknown := sorted(set(attributes) - set(_CONSTRAINTS) | (words - _KNOWN)):
        raise UnreadablePolicyError(f"path {path!r}: {unknown[0]} is not known")
    if "+*" in path:
        raise UnreadablePolicyError(f"path {path!r}: no server accepts +*")
    if attributes.get("expiration"):
        attributes["expiration"] = _moment(attributes["expiration"])
    return {"path": path.removeprefix("/"), "capabilities": ["deny"] if "deny" in words else sorted(words), **attributes}


def _plain(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, _Object):
        return value
    found: dict[str, Any] = {}
    for keys, inner in value:
        name = " ".join(keys)
        if name in found:
            raise UnreadablePolicyError(f"{name} stands twice in one rule, which servers read differently")
        found[name] = _plain(inner)
    return found


class _Reader:
    """A recursive descent over the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at]

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def document(self) -> _Object:
        return self.items("end")

    def items(self, until: str) -> _Object:
        found: _Pairs = []
        while self.peek() != ("sign", until) and self.peek()[0] != until:
            keys = self.keys()
            if self.peek() == ("sign", "="):
                self.take()
                if len(keys) > 1:
                    raise UnreadablePolicyError(f"{' '.join(keys)}: a block has no =")
            elif self.peek() != ("sign", "{"):
                raise UnreadablePolicyError(f"{keys[-1]} has no value")
            found.append((keys, self.value()))
        self.take()
        return _Object(found)

    def keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while self.peek()[0] in {"word", "string"}:
            keys.append(_text(*self.take()))
        if not keys:
            raise UnreadablePolicyError(f"a key is missing before {self.peek()[1] or 'the end'}")
        return tuple(keys)

    def value(self) -> Any:  # noqa: ANN401  # JSON
        kind, text = self.take()
        if (kind, text) == ("sign", "{"):
            return self.items("}")
        if (kind, text) == ("sign", "["):
            return list(self.listed())
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "word" and text in {"true", "false"}:
            return text == "true"
        if kind == "string":
            return _text(kind, text)
        raise UnreadablePolicyError(f"{text or 'the end'} is no value")

    def listed(self) -> Iterable[Any]:
        while self.peek() != ("sign", "]"):
            yield self.value()
        self.take()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.replace("\r\n", "\n")
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            line = text.count("\n", 0, at) + 1
            raise UnreadablePolicyError(f"line {line} cannot be read")
        at = found.end()
        if found.lastgroup != "space":
            yield str(found.lastgroup), found[0]
    yield "end", ""


def _text(kind: str, text: str) -> str:
    if kind == "word":
        return text
    if "${" in text:
        raise UnreadablePolicyError("${...} in a text is not read")
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        raise UnreadablePolicyError("a text holds an escape that is not read") from None
