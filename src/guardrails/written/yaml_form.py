"""YAML with places, as far as templates are written in it. No aliases, no key twice; every plain value stays the text that it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import yaml

from guardrails.hcl.tree import Entry, Fields, Items, Node, NotRead, Text

__all__ = ["read_yaml"]

_DEEPEST = 60
Tagged = Callable[[str, Node], Node]
"""What a tag such as `!Sub` makes of a value."""


def read_yaml(text: str, tagged: Tagged) -> Node:
    """The one document of a text.

    Raises:
        NotRead: It is not of this form. What stands there is not repeated.
    """
    try:
        reader = _Reader(text, tagged)
        return reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise NotRead(f"line {mark.line + 1 if mark else 1}: broken YAML") from None


class _Reader:
    def __init__(self, text: str, tagged: Tagged) -> None:
        self._events = yaml.parse(text, Loader=yaml.BaseLoader)
        self._tagged = tagged

    def document(self) -> Node:
        next(self._events)
        start = next(self._events)
        if not isinstance(start, yaml.DocumentStartEvent):
            raise NotRead("line 1: there is no document")
        node = self._node(next(self._events), 0)
        next(self._events)
        if not isinstance(next(self._events), yaml.StreamEndEvent):
            raise NotRead("there are several documents")
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotRead(f"line {line}: an alias")
        if depth > _DEEPEST:
            raise NotRead(f"line {line}: more than {_DEEPEST} within each other")
        tag = str(getattr(event, "tag", None) or "")
        node = self._plain(event, depth)
        return self._tagged(tag, node) if tag.startswith("!") and tag != "!" else node

    def _plain(self, event: yaml.Event, depth: int) -> Node:
        start = _at(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            form = "here" if event.style in {"|", ">"} else "plain"
            return Text(value=event.value, start=start, end=_at(event.end_mark), form=form)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, start, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._fields(event, start, depth)
        raise NotRead(f"line {_line(event)}: something that is no value")

    def _items(self, event: yaml.SequenceStartEvent, start: int, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(found := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(found, depth + 1))
        end = _at(found.end_mark) if event.flow_style or not items else items[-1].end
        return Items(items=tuple(items), start=start, end=end, form="flow" if event.flow_style else "block")

    def _fields(self, event: yaml.MappingStartEvent, start: int, depth: int) -> Fields:
        entries: list[Entry] = []
        while not isinstance(found := next(self._events), yaml.MappingEndEvent):
            key, value = self._node(found, depth + 1), self._node(next(self._events), depth + 1)
            if not isinstance(key, Text) or key.value == "<<":
                raise NotRead(f"line {_line(found)}: a key that is no text")
            if any(entry.name == key.value for entry in entries):
                raise NotRead(f"line {_line(found)}: a key that stands twice")
            entries.append(Entry(name=key.value, value=value, start=key.start, end=value.end))
        end = _at(found.end_mark) if event.flow_style or not entries else entries[-1].end
        return Fields(entries=tuple(entries), start=start, end=end, form="flow" if event.flow_style else "block")


class _Mark(Protocol):
    """A place as PyYAML tells it."""

    index: int
    line: int


def _at(mark: _Mark | None) -> int:
    assert mark is not None  # noqa: S101  # what is read from a text has places
    return int(mark.index)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
