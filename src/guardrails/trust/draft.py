"""Drafts a record from what is declared: who proposes names the subjects, their digests come from the declaration."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from guardrails.errors import AuthorError
from guardrails.trust.records import KIND_OF_SUBJECT, Record, RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

__all__ = ["draft"]


def draft(
    digests: Mapping[str, str],
    subjects: Iterable[str],
    *,
    claim: str,
    on: date,
    until: date | None = None,
    by: str | None = None,
    note: str = "",
    kind: RecordKind | None = None,
) -> Record:
    """A record that covers the subjects as they are declared now; nobody has signed it yet.

    Args:
        digests: Subject, such as `asset:call-records`, to the digest of its canonical declared entry.
        subjects: What the record is to cover.
        claim: The id, as in `accepted: ISG-2026-014`.
        on: The first day on which it counts.
        until: The last day; None for no end of its own.
        by: The member who proposes it.
        note: One line for those who sign.
        kind: What is decided; follows from the subjects where None.

    Raises:
        AuthorError: A subject is not declared, or the kind does not follow.
    """
    covers = {subject: _digest(digests, subject) for subject in subjects}
    return Record(id=claim, kind=kind or _kind(covers), covers=MappingProxyType(covers), on=on, until=until, by=by, note=note)


def _digest(digests: Mapping[str, str], subject: str) -> str:
    if subject in digests:
        return digests[subject]
    section = subject.partition(":")[0] + ":"
    known = sorted(name for name in digests if name.startswith(section))
    raise AuthorError(
        f"{subject} is not declared",
        remedy=f"name one of {', '.join(known)}" if known else "name one such as asset:call-records, as it stands in the declaration",
    )


def _kind(subjects: Iterable[str]) -> RecordKind:
    sections = sorted({subject.partition(":")[0] for subject in subjects})
    kinds = {KIND_OF_SUBJECT.get(section) for section in sections}
    found = kinds.pop() if len(kinds) == 1 else None
    if found is None:
        raise AuthorError(
            f"what is decided does not follow from {' and '.join(sections) or 'no subject'}",
            remedy="name subjects of one section, and say the kind where it is neither asset nor exception",
        )
    return found
