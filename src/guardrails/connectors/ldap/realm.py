"""The directory that everything said belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.model.facts import Edge, Fact, Gap, Reading
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

__all__ = ["Realm", "Said"]

Said = Fact | Edge | Gap | Reading


@dataclass(frozen=True, slots=True)
class Realm:
    """A system and the suffix of its directory."""

    system: str
    suffix: str

    def ref(self, kind: str, identifier: str, name: str) -> Ref:
        """Something in it."""
        return Ref(system=self.system, realm=self.suffix, kind=kind, id=identifier, name=name)

    def gap(
        self,
        what: str,
        reason: GapReason,
        message: str,
        remedy: str = "",
        subject: Ref | None = None,
        *,
        rights: tuple[str, ...] = (),
    ) -> Gap:
        """Something not seen in it.

        `what` is `people`, `groups`, `members`, `identity` or `entries`. Of `groups` without a subject, anybody may be in a group that was
        not seen; with one, in that group.
        """
        return Gap(
            system=self.system,
            realm=self.suffix,
            what=what,
            reason=reason,
            message=message,
            remedy=remedy,
            subject=subject,
            rights=rights,
        )

    def reading(self, what: str, items: int, pages: int = 1, calls: int = 0, counted: int | None = None) -> Reading:
        """Evidence that something was read to its end."""
        return Reading(system=self.system, realm=self.suffix, what=what, items=items, pages=pages, calls=calls, counted=counted)
