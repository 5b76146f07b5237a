"""What the handlers of resource types share: one account of the draft, and the values of one resource as texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from guardrails.connectors.aws.proposed.draft import Draft, Text
from guardrails.connectors.aws.proposed.holders import Holders, tags_of
from guardrails.connectors.aws.proposed.reach import Reach
from guardrails.connectors.aws.proposed.stores import Stores
from guardrails.connectors.aws.proposed.terraform.documents import Documents
from guardrails.connectors.aws.proposed.terraform.places import Place, Places
from guardrails.connectors.aws.proposed.terraform.symbols import Symbols
from guardrails.model.facts import Pairs
from guardrails.proposals.terraform import Resource, said
from guardrails.proposals.terraform.said import NotPlacedError
from guardrails.proposals.values import Unknown, Value

__all__ = ["Context", "Handler", "NotPlacedError", "Said"]


@dataclass(frozen=True, slots=True)
class Context:
    """Where one resource is put."""

    draft: Draft
    place: Place
    holders: Holders
    stores: Stores
    reach: Reach
    symbols: Symbols
    documents: Documents
    places: Places


class Said(said.Said):
    """One resource of AWS: a reference to a whole one means its ARN."""

    def __init__(self, resource: Resource, context: Context, *, was: bool = False) -> None:
        super().__init__(resource, context.symbols.alone, was=was, meant="arn")
        self._context = context

    def document(self, name: str) -> Text:
        """A policy document."""
        value = self.value(name)
        return self._context.documents.text(value) if value is not None else Unknown("it is not told")

    def name(self, attribute: str = "name") -> str:
        """The name by which AWS will know it."""
        return self.needed(attribute, attribute)

    def tags(self) -> Pairs:
        """Its tags, those of the provider with them."""
        value = self.value("tags_all")
        if isinstance(value, Unknown) or value is None:
            given, own = self._context.places.default_tags(self.resource), self.value("tags")
            value = own if isinstance(own, Unknown) else given if isinstance(given, Unknown) else _united(given, own)
        found = tags_of(value)
        if isinstance(found, Unknown):
            raise NotPlacedError(f"its tags are not known before it is made: {found.why}")
        return found


def _united(given: Mapping[str, Value], own: Value) -> Value:
    """Its own tags go before those of the provider."""
    return {**given, **own} if isinstance(own, Mapping) else given


Handler = Callable[[Context, Said], None]
