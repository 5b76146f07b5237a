"""The section `registers`: the register of changes is evaluated; of each other one it is told that nothing evaluates it yet."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.model.change_control import ChangeRegister
from guardrails.model.reference import Place
from guardrails.notation.document import Node
from guardrails.notation.shape import Fields, Notes

__all__ = ["read_registers"]

_CHANGES = "changes"


def read_registers(entries: Mapping[str, tuple[Node, Place]], notes: Notes) -> ChangeRegister | None:
    """The register of changes, where one is declared."""
    notes.unevaluated += [(f"registers.{name}", place) for name, (_, place) in entries.items() if name != _CHANGES]
    if _CHANGES not in entries:
        return None
    node, place = entries[_CHANGES]
    fields = Fields(node, notes, "registers.changes")
    path = fields.text("path", required=True)
    fields.done()
    return ChangeRegister(path, place)
