"""The values of one resource of a plan as texts, flags and numbers: what it says, before or after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from guardrails.proposals.terraform.plan import Action, Resource
from guardrails.proposals.values import Text, Unknown, Value, number

__all__ = ["NotPlacedError", "Said"]

Names = Callable[[Unknown, str], str | None]
"""What something that hangs on an attribute of another resource will be; on the one that is meant where only the resource was told."""


class NotPlacedError(Exception):
    """A resource of which it is not known what it is about; the message says what is not known."""


class Said:
    """One resource. `meant` is the attribute that a reference to a whole resource stands for, where nothing else is said."""

    def __init__(self, resource: Resource, names: Names, *, was: bool = False, meant: str = "id") -> None:
        self.resource = resource
        self.address = resource.address
        self._values = resource.before if was else resource.after
        self._names = names
        self._meant = meant

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

    def text(self, name: str, meant: str = "") -> Text:
        """An attribute as text; empty for none. What only hangs on one other is that one."""
        return self.one(self.value(name), meant)

    def one(self, value: Value, meant: str = "") -> Text:
        """A value as text."""
        if value is None:
            return ""
        if isinstance(value, Unknown):
            found = self._names(value, meant or self._meant)
            return found if found is not None else value
        return str(value)

    def texts(self, name: str, meant: str = "") -> Sequence[Text]:
        """A list of texts."""
        return self.items(self.value(name), meant)

    def items(self, value: Value, meant: str = "") -> Sequence[Text]:
        """A list of texts in some block. One that is not known at all is one unknown text, unless nobody wrote it."""
        if isinstance(value, Unknown):
            return (self.one(value, meant),) if value.is_declared else ()
        return tuple(self.one(item, meant) for item in value) if isinstance(value, tuple) else ()

    def needed(self, name: str, meant: str = "") -> str:
        """An attribute without which it is not known what this is about."""
        found = self.text(name, meant)
        if isinstance(found, Unknown) or not found:
            raise NotPlacedError(f"{name} is not known before it is made: {found.why if isinstance(found, Unknown) else 'it is not told'}")
        return found

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
