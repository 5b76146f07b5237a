"""What the handlers of resource types share: one account of the draft, and the values of one resource as texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.connectors.aws.proposed.draft import Draft, Text
from guardrails.connectors.aws.proposed.holders import Holders, tags_of
from guardrails.connectors.aws.proposed.reach import Reach
from guardrails.connectors.aws.proposed.stores import Stores
from guardrails.connectors.aws.proposed.terraform.documents import Documents
from guardrails.connectors.aws.proposed.terraform.places import Place, Places
from guardrails.connectors.aws.proposed.terraform.symbols import Symbols
from guardrails.model.facts import Pairs
from guardrails.proposals.terraform import Action, Resource
from guardrails.proposals.values import Unknown, Value, number

__all__ = ["Context", "Handler", "NotPlacedError", "Said"]


class NotPlacedError(Exception):
    """A resource of which it is not known what it is about; the message says what is not known."""


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


class Said:
    """One resource: what it says, before or after."""

    def __init__(self, resource: Resource, context: Context, *, was: bool = False) -> None:
        self.resource = resource
        self.address = resource.address
        self._values = resource.before if was else resource.after
        self._context = context

    def value(self, name: str) -> Value:
        """An attribute as it is."""
        return self._values.get(name)

    def changes(self, name: str) -> bool:
        """Whether the plan changes an attribute: what it leaves alone stays as it was observed."""
        value = self.resource.after.get(name)
        if isinstance(value, Unknown) and not value.is_declared:
            return False
        if self.resource.action is Action.UPDATE:
            return value != self.resource.before.get(name)
        return value is not None

    def is_set(self, name: str) -> bool:
        """Whether anything stands there, or may."""
        value = self.value(name)
        return value.is_declared if isinstance(value, Unknown) else bool(value)

    def text(self, name: str, meant: str = "arn") -> Text:
        """An attribute as text; empty for none. What only hangs on one other is that one."""
        return self.one(self.value(name), meant)

    def one(self, value: Value, meant: str = "arn") -> Text:
        """A value as text."""
        if value is None:
            return ""
        if isinstance(value, Unknown):
            found = self._context.symbols.alone(value, meant)
            return found if found is not None else value
        return str(value)

    def texts(self, name: str, meant: str = "arn") -> Sequence[Text]:
        """A list of texts."""
        return self.items(self.value(name), meant)

    def items(self, value: Value, meant: str = "arn") -> Sequence[Text]:
        """A list of texts in some block. One that is not known at all is one unknown text, unless nobody wrote it."""
        if isinstance(value, Unknown):
            return (self.one(value, meant),) if value.is_declared else ()
        return tuple(self.one(item, meant) for item in value) if isinstance(value, tuple) else ()

    def needed(self, name: str, meant: str = "arn") -> str:
        """An attribute without which it is not known what this is about."""
        found = self.text(name, meant)
        if isinstance(found, Unknown) or not found:
            raise NotPlacedError(f"{name} is not known before it is made: {found.why if isinstance(found, Unknown) else 'it is not told'}")
        return found

    def document(self, name: str) -> Text:
        """A policy document."""
        value = self.value(name)
        return self._context.documents.text(value) if value is not None else Unknown("it is not told")

    def name(self, attribute: str = "name") -> str:
        """The name by which AWS will know it."""
        return self.needed(attribute, attribute)

    def flag(self, name: str, default: bool) -> bool | Unknown:  # noqa: FBT001  # what the provider does when nothing is said
        """Yes or no; the provider's default when nobody said."""
        value = self.value(name)
        if isinstance(value, Unknown):
            return value if value.is_declared else default
        return default if value is None else value is True or value == "true"

    def number(self, name: str) -> int | Unknown | None:
        """A whole number."""
        value = self.value(name)
        return None if isinstance(value, Unknown) and not value.is_declared else number(value)

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
