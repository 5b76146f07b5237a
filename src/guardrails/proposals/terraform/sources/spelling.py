"""Resources of a plan with texts that are not known yet, worked out from its sources: they tell what is written around a reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from unicodedata import normalize

from guardrails.hcl.blocks import Block
from guardrails.hcl.tree import Call, Fields, Items, Node, Opaque, Plain, Reference, Text
from guardrails.proposals.terraform.blocks import ORDERED, order_of
from guardrails.proposals.terraform.configuration import parsed
from guardrails.proposals.terraform.plan import Plan, Resource
from guardrails.proposals.terraform.settling import SECRET
from guardrails.proposals.terraform.sources.planfile import Sources
from guardrails.proposals.terraform.symbols import Symbols
from guardrails.proposals.values import Unknown, Value, unknowns

__all__ = ["spelled"]

_OBJECT: Final = re.compile(r'((?:data\.)?[^.\[]+\.[^.\[]+(?:\[(?:\d+|"[^"]*")\])?)\.([A-Za-z_][\w-]*)')
_DEPTH: Final = 16
_HIDDEN: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


class _LostError(Exception):
    """A part of an expression is not known."""


def spelled(plan: Plan, symbols: Symbols) -> Plan:
    """A plan with each text that its sources tell; as it is where there are none. Symbols are those of the system that makes them."""
    if plan.sources is None:
        return plan
    spelling = _Spelling(plan.sources, plan.variables, symbols)
    return replace(plan, resources=tuple(map(spelling.spelled, plan.resources)))


class _Spelling:
    """Works out what it can, exactly; all else stays as unknown as it was."""

    def __init__(self, sources: Sources, variables: Mapping[str, str], symbols: Symbols) -> None:
        self._sources = sources
        self._variables = variables
        self._symbols = symbols

    def spelled(self, resource: Resource, depth: int = _DEPTH) -> Resource:
        """The resource as it will be, with each unknown text that the sources tell."""
        address = parsed(resource.address)
        block = self._sources.resource(address) if address else None
        if block is None or address is None or depth == 0 or not any(True for _ in unknowns(resource.after)):
            return resource
        after = {name: self._attribute(block, name, value, _Scope(address.modules, depth)) for name, value in resource.after.items()}
        return replace(resource, after=after)

    def _attribute(self, block: Block, name: str, value: Value, scope: _Scope) -> Value:
        """An attribute, or the blocks of a name, with what is unknown in it worked out."""
        if (node := block.body.get(name)) is not None:
            return self._filled(value, node, scope)
        inner = _inner(block, name)
        if not inner or not isinstance(value, tuple) or len(value) != len(inner):
            return value
        order = range(len(inner)) if name in ORDERED or len(inner) == 1 else order_of(value, [self._constants(one, scope) for one in inner])
        return (
            value
            if order is None
            else tuple(
                {key: self._attribute(inner[at], key, below, scope) for key, below in said.items()} if isinstance(said, Mapping) else said
                for said, at in zip(value, order, strict=True)
            )
        )

    def _constants(self, block: Block, scope: _Scope) -> dict[str, Value]:
        """The attributes of a block that hang on no resource."""
        found: dict[str, Value] = {}
        for entry in block.body.attributes:
            used: set[str] = set()
            with suppress(_LostError):
                value = self._value(entry.value, scope, used)
                found |= {} if used else {entry.name: value}
        return found

    def _filled(self, value: Value, node: Node, scope: _Scope) -> Value:
        lost = list(unknowns(value))
        if not lost or SECRET in lost or not all(one.is_declared for one in lost):
            return value
        used: set[str] = set()
        try:
            found = self._value(node, scope, used)
        except _LostError:
            return value
        # a plan tells what each value hangs on, so sources of another plan do not fit
        if not used >= {target.address for one in lost if one.is_whole for target in one.targets}:
            return value
        if isinstance(value, Unknown):
            return found
        return found if isinstance(value, tuple) and isinstance(found, tuple) and _fits(value, found) else value

    def _value(self, node: Node | None, scope: _Scope, used: set[str]) -> Value:
        match node:
            case Text(value=value) | Plain(value=value) if not isinstance(value, float):
                return _composed(value)
            case Reference() | Opaque(form="indexed"):
                return self._reference(_traversal(node), scope.deeper(), used)
            case Items(items=items):
                return tuple(self._value(item, scope, used) for item in items)
            case Fields() | Opaque(form="keyed"):
                return _mapped((_text(self._value(key, scope, used)), self._value(value, scope, used)) for key, value in _pairs(node))
            case Call(name="jsonencode", arguments=(argument,)):
                return _encoded(self._value(argument, scope, used))
            case Opaque(form="quoted" | "here", made=made) if made:
                return self._built(made, scope, used)
            case _:
                raise _LostError

    def _built(self, made: tuple[Node, ...], scope: _Scope, used: set[str]) -> Value:
        match made:
            case (Text(value=""), one, Text(value="")):
                return self._value(one, scope, used)  # a text around a value alone is that value, whatever it is
            case _:
                return _composed("".join(_text(self._value(one, scope, used)) for one in made))

    def _reference(self, text: str, scope: _Scope, used: set[str]) -> Value:
        sources, (kind, _, name) = self._sources, text.partition(".")
        if scope.depth == 0:
            raise _LostError
        if kind == "local":
            return self._value(sources.local(scope.modules, name), scope, used)
        if kind == "var" and not scope.modules and name in self._variables:
            return self._variables[name]
        if kind == "var":
            call = sources.call(scope.modules)
            return self._value(call.body.get(name) if call else None, scope.above(), used)
        found = _OBJECT.fullmatch(text)
        if found is None:
            raise _LostError
        address = "".join(f"module.{module}{key}." for module, key in scope.modules) + found[1]
        used.add(address)
        return self._of(address, found[2], scope.depth)

    def _of(self, address: str, attribute: str, depth: int) -> str:
        """The text of an attribute of a resource. Of what is still unknown of that, nothing is taken for granted."""
        resource = self._symbols.resource(address)
        if resource is None:
            raise _LostError
        spelled = self.spelled(resource, depth - 1)
        value = spelled.now.get(attribute)
        if isinstance(value, str) and value:
            return value
        written = isinstance(value, Unknown) and value.is_declared
        derived = None if written else self._symbols.derived(replace(spelled, after=_exact(spelled.after)), attribute)
        if not derived:
            raise _LostError
        return derived


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression stands: in which instance of a module, and how many references it may still lead through."""

    modules: tuple[tuple[str, str], ...]
    depth: int

    def deeper(self) -> _Scope:
        return _Scope(self.modules, self.depth - 1)

    def above(self) -> _Scope:
        return _Scope(self.modules[:-1], self.depth)


def _inner(block: Block, kind: str) -> tuple[Block, ...] | None:
    """The blocks of a kind in it; nothing where more of them are made by a loop."""
    if any(one.labels[:1] == (kind,) for one in block.body.of("dynamic")):
        return None
    return block.body.of(kind)


def _traversal(node: Reference | Opaque) -> str:
    """Names and keys as an address has them."""
    found = ""
    for one in (node,) if isinstance(node, Reference) else node.made:
        match one:
            case Reference(path=path):
                found += f"{'.' if found else ''}{'.'.join(path)}"
            case Plain(value=key):
                found += f"[{key}]"
            case Text(value=name):
                found += f'["{name}"]'
            case _:
                raise _LostError
    return found


def _pairs(node: Fields | Opaque) -> Iterator[tuple[Node, Node]]:
    """The names of a map with their values."""
    if isinstance(node, Opaque):
        return zip(node.made[::2], node.made[1::2], strict=True)
    return ((Text(value=one.name, start=one.start, end=one.end), one.value) for one in node.entries)


def _mapped(pairs: Iterable[tuple[str, Value]]) -> Value:
    """A map; of what stands twice nobody says which one it is."""
    found = list(pairs)
    if len(dict(found)) != len(found):
        raise _LostError
    return dict(found)


def _composed(value: Value) -> Value:
    """A value as Terraform has it, which composes all texts."""
    return normalize("NFC", value) if isinstance(value, str) else value


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int):
        raise _LostError
    return str(value)


def _encoded(value: Value) -> str:
    """As `jsonencode` writes it, letter by letter: what is encoded twice shows how."""
    written = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return written.translate(_HIDDEN)


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, Mapping) else value


def _exact(values: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name: replace(one, targets=()) if isinstance(one, Unknown) else one for name, one in values.items()}


def _fits(value: Sequence[Value], found: Sequence[Value]) -> bool:
    """Whether a list that is partly known is surely this one: as long, and with all that is known in it. A set keeps no order."""
    known = [one for one in value if not isinstance(one, Unknown)]
    rest = list(found)
    for one in known:
        if one not in rest:
            return False
        rest.remove(one)
    return len(found) == len(value) and len(set(map(str, found))) == len(found)
