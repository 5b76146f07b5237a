"""One resource of a template, with its properties worked out, and the account that it is put into."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.connectors.aws.proposed.accounts import AccountDraft
from guardrails.connectors.aws.proposed.draft import Text
from guardrails.connectors.aws.proposed.holders import tags_of
from guardrails.connectors.aws.proposed.terraform.context import NotPlacedError
from guardrails.model.facts import Pairs
from guardrails.proposals.cloudformation import Stack
from guardrails.proposals.values import Unknown, Value, unknowns

__all__ = ["Handler", "Item", "NotPlacedError", "document"]


@dataclass(frozen=True, slots=True)
class Item:
    """One resource."""

    logical: str
    kind: str
    properties: Mapping[str, Value]
    own: Value
    """What `Ref` gives of it."""
    arn: Value
    stack: Stack
    account: AccountDraft

    @property
    def address(self) -> str:
        """How messages name it."""
        return f"{self.logical} ({self.kind})"

    def value(self, name: str) -> Value:
        """A property."""
        return self.properties.get(name)

    def text(self, name: str) -> Text:
        """A property as text; empty for none."""
        value = self.value(name)
        return value if isinstance(value, Unknown) else "" if value is None else str(value)

    def needed(self, name: str) -> str:
        """A property without which it is not known what this is about."""
        found = self.text(name)
        if isinstance(found, Unknown) or not found:
            raise NotPlacedError(f"{name} is not known: {found.why if isinstance(found, Unknown) else 'it is not told'}")
        return found

    def name(self, value: Value = None) -> str:
        """What AWS calls it, or the text that was given."""
        found = self.own if value is None else value
        if isinstance(found, Unknown) or not found:
            raise NotPlacedError(f"its name is not known: {found.why if isinstance(found, Unknown) else 'it is not told'}")
        return str(found)

    def texts(self, name: str) -> Sequence[Text]:
        """A list of texts; one unknown text for a list that is not known."""
        value = self.value(name)
        if isinstance(value, tuple):
            return tuple(one if isinstance(one, Unknown) else str(one) for one in value)
        return (value if isinstance(value, Unknown) else str(value),) if value is not None else ()

    def blocks(self, name: str) -> Sequence[Mapping[str, Value] | Unknown]:
        """A list of maps."""
        value = self.value(name)
        listed = value if isinstance(value, tuple) else (value,) if value is not None else ()
        return tuple(
            one if isinstance(one, Mapping) else one if isinstance(one, Unknown) else Unknown(f"{name} is no map") for one in listed
        )

    def flag(self, name: str, *, default: bool) -> bool | Unknown:
        """Yes or no."""
        value = self.text(name)
        return value if isinstance(value, Unknown) else value.lower() == "true" if value else default

    def tags(self) -> Pairs:
        """Its tags."""
        found: dict[str, Value] = {}
        for one in self.blocks("Tags"):
            if isinstance(one, Unknown) or isinstance(one.get("Key"), Unknown):
                raise NotPlacedError("its tags are not known")
            found[str(one.get("Key"))] = one.get("Value")
        tags = tags_of(found)
        if isinstance(tags, Unknown):
            raise NotPlacedError(f"its tags are not known: {tags.why}")
        return tags


def document(value: Value) -> Text:
    """A policy document as text, when all of it is known."""
    if lost := next(unknowns(value), None):
        return lost
    return value if isinstance(value, str) else json.dumps(value)


Handler = Callable[[Item], None]
