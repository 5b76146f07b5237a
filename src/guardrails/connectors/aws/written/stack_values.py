"""Mappings and parameters of a template that a value of it names: what they are, and what they should become."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from guardrails.hcl.tree import Node, value_of
from guardrails.written.cuts import Cut
from guardrails.written.documents import one_form
from guardrails.written.names import forms_in, names_in
from guardrails.written.rewriting import Known, Unwritten, rewritten
from guardrails.written.templates import Made, Templates

__all__ = ["Elsewhere", "followed_in"]


@dataclass(slots=True)
class Elsewhere:
    """What becomes something else in other parts of a template, and what is supposed of it."""

    sources: Templates
    made: Made
    cuts: list[Cut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, node: Unwritten, wanted: object) -> bool:
        """Whether the name could be followed.

        Raises:
            NoPatch: It could, and something else is made of the same.
        """
        found, note = self.sources.alone(self.made, node)
        if found is not node:
            self.cuts += rewritten(found, wanted, Known(self.made.text), self.made.dialect)
            self.notes.append(note)
        return found is not node


def followed_in(sources: Templates, made: Made, node: Node, says: object) -> dict[str, object]:
    """What names stand for, where the template says it; what is so has to be that."""
    known: dict[str, object] = {}
    forms = set(forms_in(says))
    for name in names_in(node):
        with suppress(LookupError):
            value = value_of(sources.behind(made, name))
            if one_form(value) in forms:
                known[made.text[name.start : name.end]] = value
    return known
