"""How things are referred to: observed objects by immutable id, declared ones by the grammar of the declaration, and places in files."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ANYBODY", "NOWHERE", "Place", "Ref", "Reference", "Scope"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file of the declaration; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.file else ""


NOWHERE = Place("", 0, 0)
"""For what stands in no file."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ref:
    """An observed object, by the id that its system never changes.

    Attributes:
        system: The system's name in the declaration, such as `aws`.
        realm: Where the id is unique: an account, a Vault namespace, a directory; may be empty.
        kind: The system's word, such as `role` or `bucket`.
        id: Immutable, such as a RoleId, an entryUUID or an ARN of something that cannot be renamed.
        name: For people; a rename changes it and nothing else, so it takes no part in equality.
    """

    system: str
    realm: str
    kind: str
    id: str
    name: str = field(compare=False)

    def __str__(self) -> str:
        realm = f"@{self.realm}" if self.realm else ""
        return f"{self.system}{realm}:{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """A system, or one of its sets of accounts: `aws@prod`. An empty set means the whole system."""

    system: str
    set: str = ""

    def __str__(self) -> str:
        return f"{self.system}@{self.set}" if self.set else self.system


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Reference:
    """A declared reference: `person:bob`, `role:sms-oncall` or `aws@prod:role/cdr-etl`.

    Local kinds (person, team, workload, role) have an empty scope. `aws:444455556666` has an empty kind, `anybody` nothing else.
    """

    scope: Scope | None
    kind: str
    name: str

    def __str__(self) -> str:
        if self.scope is None:
            return f"{self.kind}:{self.name}" if self.name else self.kind
        return f"{self.scope}:{self.local}"

    @property
    def local(self) -> str:
        """What stands behind the scope."""
        return f"{self.kind}/{self.name}" if self.kind else self.name


ANYBODY = Reference(scope=None, kind="anybody", name="")
"""Everybody there is, also outside."""
