"""Objects as they are in their systems' words, and edits that lead from one to another.

An object is known by its `Image`: the fields that a change may touch, and those that say whether it is still the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["GONE", "MANAGED_BY", "Edit", "Image", "difference", "edited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One object as it is, in its system's words: each field with its values, in the order that the system keeps.

    `token` is what the system gives to compare by, such as an entryCSN; it says nothing of the content, so it takes no part in equality.
    """

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    token: str = field(default="", compare=False)

    @classmethod
    def of(cls, fields: Mapping[str, Iterable[str]], token: str = "") -> Image:
        """Of fields in any order; one without values is not there."""
        kept = ((name, tuple(values)) for name, values in fields.items())
        return cls(fields=tuple(sorted((name, values) for name, values in kept if values)), token=token)

    def values(self, name: str) -> tuple[str, ...]:
        """Those of one field; none when the object does not have it."""
        return dict(self.fields).get(name, ())

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what the object is; not of the token."""
        held = [[name, list(values)] for name, values in self.fields]
        return hashlib.sha256(json.dumps(held, separators=(",", ":")).encode()).hexdigest()


MANAGED_BY = "managed-by"
"""The field of an image that says who else keeps the object as it is, where its system tells."""
GONE = Image.of({"deleted": ("true",)})
"""What a deletion leaves: an object that is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Values that go from a field and values that come to it."""

    field: str
    removes: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()

    @property
    def reads(self) -> str:
        """For people: `- member uid=carol`, `+ disabled true`."""
        gone = [f"- {self.field} {value}" for value in self.removes]
        return ", ".join([*gone, *(f"+ {self.field} {value}" for value in self.adds)])


def edited(image: Image, edits: Iterable[Edit]) -> Image:
    """The image with some values gone and others behind those that stay; a field without values is not there.

    Raises:
        ValueError: A value that should go is not there, or one that should come is: this is another object than was planned for.
    """
    held = dict(image.fields)
    for edit in edits:
        values = held.get(edit.field, ())
        if not set(edit.removes) <= set(values) or set(edit.adds) & (set(values) - set(edit.removes)):
            raise ValueError(f"{edit.reads} does not fit {edit.field}: {', '.join(values)}")
        held[edit.field] = (*(value for value in values if value not in edit.removes), *edit.adds)
    return Image.of(held, image.token)


def difference(before: Image, after: Image) -> tuple[Edit, ...]:
    """The edits that lead from one image to another, when only the sets of values count."""
    found = []
    olds, news = dict(before.fields), dict(after.fields)
    for name in sorted({*olds, *news}):
        old, new = olds.get(name, ()), news.get(name, ())
        gone = tuple(value for value in old if value not in new)
        come = tuple(value for value in new if value not in old)
        if gone or come:
            found.append(Edit(field=name, removes=gone, adds=come))
    return tuple(found)
