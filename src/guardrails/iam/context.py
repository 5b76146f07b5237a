"""The context of a request, and the variables that policies take from it.

IAM User Guide, "IAM policy elements: Variables and tags". What a variable stands for is text: its `*` is no wildcard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from guardrails.iam.patterns import Token, glob, split_arn
from guardrails.iam.truth import Doubt

__all__ = ["Context", "Template", "Values"]

Values = str | tuple[str, ...]
"""A key that has one value, or one that has a list of them."""

_VARIABLE = re.compile(r"\$\{(?:(?P<special>[*?$])|(?P<key>[^{},']+?)\s*(?:,\s*'(?P<default>[^']*)')?)\}")


@dataclass(frozen=True, slots=True)
class Context:
    """What a request carries beside action and resource; key names have no case. A list with no member is an absent key."""

    values: Mapping[str, Values]

    @classmethod
    def of(cls, values: Mapping[str, Values]) -> Context:
        """The context that holds exactly these keys."""
        return cls({key.lower(): value for key, value in values.items() if value != ()})

    def get(self, key: str) -> Values | None:
        """The value, the list of values, or `None` for an absent key."""
        return self.values.get(key.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text of a policy as it is for one request.

    `variables` is whether the document has any: those of Version 2008-10-17 have not, there `${` is text.
    """

    text: str
    context: Context
    variables: bool

    def reads(self, text: str) -> Template:
        """Another text of the same statement."""
        return Template(text=text, context=self.context, variables=self.variables)

    @property
    def has_variables(self) -> bool:
        """Whether a variable may stand in it."""
        return self.variables and "${" in self.text

    def arn_parts(self) -> list[Template]:
        """Its parts between colons, six at most."""
        return [self.reads(part) for part in split_arn(self.text, variables=self.variables)]

    def tokens(self) -> tuple[Token, ...] | Doubt | None:
        """The pattern that it is; `None` when a variable in it has no value."""
        if not self.has_variables:
            return glob(self.text)
        tokens: list[Token] = []
        place = 0
        while (start := self.text.find("${", place)) >= 0:
            found = _VARIABLE.match(self.text, start)
            if found is None:
                return Doubt.of(f"malformed variable in {self.text!r}")
            put = self._value_of(found)
            if not isinstance(put, str):
                return put
            tokens += [*glob(self.text[place:start]), *put]
            place = found.end()
        return (*tokens, *glob(self.text[place:]))

    def _value_of(self, found: re.Match[str]) -> str | Doubt | None:
        if found["special"]:
            return found["special"]
        value, default = self.context.get(found["key"].strip()), found["default"]
        if isinstance(value, str):
            return value
        if value is None:
            return default
        # A list cannot be put into a text; whether the default stands in for it is written nowhere.
        return None if default is None else Doubt.of(f"a variable with a default for the list {found['key']}")
