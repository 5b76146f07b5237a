"""On which attributes of which planned resources an expression hangs, through variables, outputs and `each`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.proposals.terraform.configuration import Address, Module, maximal
from guardrails.proposals.values import Target

__all__ = ["Followed", "References", "Scope"]

_KEY = r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]'
_MODULE = re.compile(rf"module\.([^.\[]+)({_KEY})?(?:\.([^.\[]+))?.*")
_OBJECT = re.compile(rf"(data\.)?([^.\[]+)\.([^.\[]+)({_KEY})?(?:\.([^.\[]+))?.*")
_DEPTH = 32
_OWN = frozenset({"each.key", "each.value", "count.index"})
"""What says that an expression is about one instance: without it, it is about all."""
_KNOWN = frozenset({"path", "terraform", "count", "self"})
"""What is always known, or told as unknown by itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: in which instance of a module, and in which instance of a resource with what `for_each`."""

    modules: tuple[tuple[str, str], ...]
    module: Module
    key: str = ""
    for_each: tuple[str, ...] = ()

    def above(self) -> Scope | None:
        """Where the module is called."""
        if self.module.above is None:
            return None
        for_each = maximal((self.module.call.get("for_each_expression") or {}).get("references"))
        return Scope(self.modules[:-1], self.module.above, self.modules[-1][1], for_each)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was found, and whether nothing was lost on the way."""

    targets: tuple[Target, ...]
    is_whole: bool


class References:
    """The instances that a plan knows, by what all instances of one resource share."""

    def __init__(self, instances: Mapping[tuple[object, ...], Mapping[str, str]]) -> None:
        self._instances = instances

    def follow(self, listed: Iterable[str], scope: Scope) -> Followed:
        """The attributes behind some references, each as often as it is referred to."""
        found = list(self._each(tuple(listed), scope, _DEPTH))
        return Followed(tuple(one for one in found if one is not None), is_whole=None not in found)

    def _each(self, listed: tuple[str, ...], scope: Scope, depth: int) -> Iterator[Target | None]:
        if depth == 0:
            yield None
            return
        for text in listed:
            kind, _, rest = text.partition(".")
            if kind == "var":
                yield from self._variable(re.split(r"[.\[]", rest, maxsplit=1)[0], scope, depth)
            elif kind == "module":
                yield from self._output(text, scope, depth)
            elif kind == "each":
                yield from self._each_value(rest, scope)
            elif kind == "local":
                yield None
            elif kind not in _KNOWN:
                yield from self._object(text, scope, of_own_key=bool(_OWN & set(listed)))

    def _variable(self, name: str, scope: Scope, depth: int) -> Iterator[Target | None]:
        above, given = scope.above(), scope.module.argument(name)
        if above is not None and given is not None:
            yield from self._expression(given, above, depth)

    def _expression(self, node: Mapping[str, Any], scope: Scope, depth: int) -> Iterator[Target | None]:
        yield from self._each(maximal(node.get("references")), scope, depth - 1)

    def _output(self, text: str, scope: Scope, depth: int) -> Iterator[Target | None]:
        found = _MODULE.fullmatch(text)
        inner = scope.module.inner(found[1]) if found else None
        if found is None or inner is None or not found[3]:
            yield None
            return
        expression = inner.output(found[3])
        if expression is None:
            yield None
            return
        keys = [found[2]] if found[2] else self._keys(scope, found[1])
        for key in keys:
            yield from self._expression(expression, Scope((*scope.modules, (found[1], key)), inner), depth)

    def _keys(self, scope: Scope, name: str) -> list[str]:
        """The keys of the instances of a module that have anything in them."""
        here = len(scope.modules)
        seen = {
            modules[here][1]
            for modules, *_ in self._instances
            if isinstance(modules, tuple) and modules[:here] == scope.modules and len(modules) > here and modules[here][0] == name
        }
        return sorted(seen)

    def _each_value(self, rest: str, scope: Scope) -> Iterator[Target | None]:
        if rest == "key":
            return
        attribute = rest.partition(".")[2].partition(".")[0]
        for text in scope.for_each or ("",):
            found = _OBJECT.fullmatch(text)
            objects = self._of(found, scope) if found and not found[4] and not found[5] else {}
            yield Target(objects[scope.key], attribute) if scope.key in objects else None

    def _object(self, text: str, scope: Scope, *, of_own_key: bool) -> Iterator[Target | None]:
        found = _OBJECT.fullmatch(text)
        objects = self._of(found, scope) if found else {}
        if found is None:
            yield None
            return
        attribute = found[5] or ""
        if found[4]:
            objects = {found[4]: objects[found[4]]} if found[4] in objects else {}
        elif of_own_key and scope.key in objects:
            objects = {scope.key: objects[scope.key]}
        yield from (Target(address, attribute) for address in objects.values())

    def _of(self, found: re.Match[str], scope: Scope) -> Mapping[str, str]:
        return self._instances.get(Address(scope.modules, bool(found[1]), found[2], found[3], "").of_all, {})
