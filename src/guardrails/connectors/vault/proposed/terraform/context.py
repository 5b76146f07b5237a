"""What the handlers of resource types share: the namespace that a resource is put into, and names of policies and members as texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.connectors.vault.proposed.terraform.documents import Documents
from guardrails.model.reference import Ref
from guardrails.proposals.terraform.said import NotPlacedError, Said
from guardrails.proposals.values import Text, Unknown

__all__ = ["Context", "Handler", "NotPlacedError", "Said", "known"]


@dataclass(frozen=True, slots=True)
class Context:
    """Where one resource is put; `assume` hears what was taken for granted."""

    draft: Namespace
    documents: Documents
    assume: Callable[[str], None]

    def hole(self, ref: Ref, said: Said, why: str, what: str = "iam") -> None:
        """Something about an object is not known before it is made."""
        self.draft.gap(self.draft.realm, what, f"{said.address}: {why}", ref)

    def policies(self, ref: Ref, said: Said, attribute: str) -> list[str]:
        """The names of policies that are known. Of the others it is told that the object holds more."""
        names, unknown = known(said.texts(attribute, "name"))
        for one in unknown[:1]:
            self.hole(ref, said, f"which policies it carries is not known before it is made: {one.why}")
        return names


Handler = Callable[[Context, Said], None]


def known(texts: Iterable[Text]) -> tuple[list[str], list[Unknown]]:
    """What is known of some texts, each once, and what is not."""
    found = tuple(texts)
    names = (text.strip() for text in found if isinstance(text, str))
    return sorted({name for name in names if name}), [text for text in found if isinstance(text, Unknown)]
