"""Credentials that are out, beside the accounts of the person whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.drift.people import Person
from guardrails.drift.world import World
from guardrails.model.lists import several
from guardrails.model.reference import Ref
from guardrails.ports import Issued, Issuing

__all__ = ["Issuances", "Out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """What somebody has out.

    Attributes:
        usable: By these a request comes now.
        leaving: By these none does, and what was had by them may still be used.
        nobodys: These act as nobody, and an account or credential of theirs may make such.
    """

    usable: tuple[Issued, ...] = ()
    leaving: tuple[Issued, ...] = ()
    nobodys: tuple[Issued, ...] = ()

    @property
    def doubts(self) -> tuple[str, ...]:
        """What cannot be told, in words."""
        refused = [f"{_several(one for one in self.leaving if one.leaves == why)} {why}" for why in {one.leaves for one in self.leaving}]
        perhaps = f"{_several(self.nobodys)} may be theirs: it acts as nobody, and they may make such" if self.nobodys else ""
        return tuple(sorted(filter(None, (*refused, perhaps))))

    @property
    def doubtful(self) -> tuple[Ref, ...]:
        """What the doubts are about."""
        return tuple(one.ref for one in (*self.leaving, *self.nobodys))


def _several(issued: Iterator[Issued] | tuple[Issued, ...]) -> str:
    return several([f"{one.ref} ({one.how})" for one in issued], " and ")


class Issuances:
    """Everything that is out, sorted once. `owners` says whose each is, as far as anybody can tell."""

    def __init__(self, world: World) -> None:
        self._issuing = {system: meaning for system, meaning in world.meanings.items() if isinstance(meaning, Issuing)}
        owners = world.people.owners()
        self.owners: dict[Ref, Person] = {}
        self._of: dict[str, list[Issued]] = {}
        self._nobodys: dict[str, list[Issued]] = {}
        for system, meaning in self._issuing.items():
            for one in (issued for issued in meaning.issued() if issued.ref.system == system):
                owner = (owners.get(one.holder) if one.holder else None) or world.people.known(system, one.names)
                if owner is not None:
                    self._of.setdefault(owner.name, []).append(one)
                    self.owners[one.ref] = owner
                elif one.nobodys:
                    self._nobodys.setdefault(system, []).append(one)

    def made(self, ref: Ref) -> tuple[Ref, ...]:
        """Others that one may have made and that end with it then."""
        return self._issuing[ref.system].made(ref)

    def of(self, person: Person) -> Out:
        """What is a person's, as far as anybody can tell: by the account that it acts as, else by the name that logged in for it."""
        mine = self._of.get(person.name, ())
        theirs = (*(account.ref for account in person.accounts), *(one.ref for one in mine))
        perhaps = [
            one
            for system, issued in self._nobodys.items()
            if any(self._issuing[system].issues(ref) for ref in theirs if ref.system == system)
            for one in issued
        ]
        return Out(
            usable=tuple(one for one in mine if one.usable),
            leaving=tuple(one for one in mine if not one.usable and one.leaves),
            nobodys=tuple(perhaps),
        )
