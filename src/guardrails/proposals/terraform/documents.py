"""Documents that a plan does not hold yet: which resource will make each. How it is rebuilt from that, its connector knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from guardrails.proposals.terraform.plan import Resource
from guardrails.proposals.terraform.symbols import Symbols
from guardrails.proposals.values import Text, Unknown, Value

__all__ = ["DEPTH", "Documents"]

DEPTH: Final = 8
"""How often a document may stand for another one."""


class Documents(ABC):
    """The documents of one plan."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols

    def text(self, value: Value, depth: int = DEPTH) -> Text:
        """A document as text; as unknown as it was where nobody here can rebuild it."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Unknown):
            return Unknown("it is no text")
        found = self._symbols.resource(value.target.address) if value.target else None
        if found is None or value.target is None or depth == 0:
            return value
        made = self.made(found, value.target.attribute, depth)
        return value if made is None else made

    @abstractmethod
    def made(self, found: Resource, attribute: str, depth: int) -> Text | None:
        """What a resource gives as a document; nothing where that is none. An empty attribute is the resource as a whole."""
