"""Finds connectors by name among the entry points. Only names that the settings use are imported."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from guardrails.errors import OperatorError
from guardrails.model.declaration import Declaration
from guardrails.ports import Connector, Copying

__all__ = ["copying_of", "find", "names"]

_GROUP = "guardrails.connectors"


def names() -> tuple[str, ...]:
    """The connectors that are installed; none is imported."""
    return tuple(sorted({point.name for point in _points()}))


def find(name: str) -> Connector:
    """The connector of a name.

    Raises:
        OperatorError: It is not installed.
    """
    for point in _points():
        if point.name == name:
            try:
                return cast("Connector", point.load())
            except ImportError as error:
                raise OperatorError(f"the connector {name} cannot be loaded: {error}", remedy=f"install {point.value} again") from error
    raise OperatorError(f"there is no connector {name}", remedy=f"use one of {', '.join(names())}, or install its plugin")


def copying_of(declaration: Declaration) -> Mapping[str, Copying]:
    """The connectors of those systems in which something is copied."""
    found = {system.name: find(system.connector) for system in declaration.systems}
    return {name: connector for name, connector in found.items() if isinstance(connector, Copying)}


@cache  # every package that is installed is looked at, which costs more than reading a declaration
def _points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=_GROUP))
