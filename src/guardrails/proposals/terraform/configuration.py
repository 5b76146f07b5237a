"""The configuration that a plan carries: which expression stands where, module by module. Expressions tell what they refer to, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Address", "Module", "References", "maximal", "parsed"]

_STEP = re.compile(r'module\.([^.\[]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')
_RESOURCE = re.compile(r'(data\.)?([^.\[]+)\.([^.\[]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?')

References = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """An address taken apart: the modules with the key of each instance, the kind of resource, its type, name and key."""

    modules: tuple[tuple[str, str], ...]
    is_data: bool
    type: str
    name: str
    key: str

    @property
    def of_all(self) -> tuple[tuple[tuple[str, str], ...], bool, str, str]:
        """What all instances of the resource share within one instance of their module."""
        return self.modules, self.is_data, self.type, self.name


def parsed(text: str) -> Address | None:
    """An address as plans write it; nothing when it is none."""
    modules, at = [], 0
    while step := _STEP.match(text, at):
        modules.append((step[1], step[2] or ""))
        at = step.end()
    found = _RESOURCE.fullmatch(text, at)
    return Address(tuple(modules), bool(found[1]), found[2], found[3], found[4] or "") if found else None


def maximal(listed: object) -> References:
    """The references of an expression without those that are only the beginning of the one before."""
    kept: list[str] = []
    for text in listed if isinstance(listed, list) else ():
        if isinstance(text, str) and not (kept and kept[-1].startswith((f"{text}.", f"{text}["))):
            kept.append(text)
    return tuple(kept)


class Module:
    """One module of the configuration; `above` is the one that calls it, by `call`."""

    def __init__(self, node: Mapping[str, Any], above: Module | None = None, call: Mapping[str, Any] | None = None) -> None:
        self._node = node
        self.above = above
        self.call: Mapping[str, Any] = call or {}
        self._resources = {
            (str(one.get("mode", "managed")) == "data", str(one["type"]), str(one["name"])): one
            for one in node.get("resources") or ()
            if isinstance(one, dict) and "type" in one and "name" in one
        }
        self._calls = {
            name: Module(one.get("module") or {}, self, one)
            for name, one in (node.get("module_calls") or {}).items()
            if isinstance(one, dict)
        }

    def inner(self, name: str) -> Module | None:
        """A module that it calls."""
        return self._calls.get(name)

    def resource(self, address: Address) -> Mapping[str, Any] | None:
        """The block of a resource of this module."""
        return self._resources.get((address.is_data, address.type, address.name))

    def output(self, name: str) -> Mapping[str, Any] | None:
        """The expression of an output."""
        found = (self._node.get("outputs") or {}).get(name)
        return found.get("expression") or {} if isinstance(found, dict) else None

    def argument(self, name: str) -> Mapping[str, Any] | None:
        """What the caller gives for a variable; nothing when it is left to its default."""
        found = (self.call.get("expressions") or {}).get(name)
        return found if isinstance(found, dict) else None

    def each(self) -> Iterator[Mapping[str, Any]]:
        """The blocks of its resources, and those of all that it calls."""
        yield from self._resources.values()
        for inner in self._calls.values():
            yield from inner.each()

    def at(self, modules: tuple[tuple[str, str], ...]) -> Module | None:
        """The module of some address below this one."""
        here: Module | None = self
        for name, _ in modules:
            here = here.inner(name) if here else None
        return here
