"""The plans of a state folder: each beside its journal, so that one that was begun and has not ended can be gone on with or taken back.

`DIGEST.plan.json` is the plan, `DIGEST.jsonl` its journal, and `DIGEST.ended` says that the journal ends, so that nobody has to read, and
unseal, all that was ever done here to know what is open. Without it the journal is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guardrails.apply.engine import APPLIED
from guardrails.apply.journal import Journal, read_journal
from guardrails.apply.lines import Seal
from guardrails.errors import OperatorError
from guardrails.trust.canonical import sha256_hex
from guardrails.trust.files import publish, read_file
from guardrails.trust.log.disk import sync_folder
from guardrails.trust.sealed.keys import Keys

__all__ = ["JOURNALS", "KeptPlan", "applied_plans", "journal_of", "keep", "mark", "open_plans", "seal_of"]

JOURNALS = "journal"
"""The folder of journals, below the state folder."""
_ENDED = ".ended"
_MOST = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan that was begun on this host, beside its journal."""

    digest: str
    path: Path
    journal: Journal

    def content(self) -> bytes:
        """Its bytes, as they were when it was begun.

        Raises:
            UnreadableFile: They cannot be read.
            OperatorError: They are not those that were begun.
        """
        content = read_file(self.path, _MOST)
        if sha256_hex(content) != self.digest:
            raise OperatorError(f"{self.path} was changed", remedy="stop, and find out who wrote to it")
        return content


def journal_of(state: Path, digest: str) -> Path:
    """Where the journal of a plan is, in a folder that is made when there is none.

    Raises:
        OperatorError: It cannot be made.
    """
    folder = state / JOURNALS
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{folder}: {error.strerror}", remedy="let guardrails write the state folder") from error
    return folder / f"{digest}.jsonl"


def keep(journal: Path, content: bytes) -> None:
    """Put a plan beside its journal, on the disk when this returns. One that is there is the same, for its name is its digest.

    Raises:
        OperatorError: It cannot be written.
    """
    try:
        publish(_plan_of(journal), content)
    except FileExistsError:
        return
    except OSError as error:
        raise OperatorError(f"{journal.parent}: {error.strerror}", remedy="make room or mend the disk, then run again") from error


def mark(journal: Path, *, ended: bool) -> None:
    """Say that a journal ends, or before anything is added to it, that it may not; on the disk when this returns.

    Raises:
        OperatorError: It cannot be written.
    """
    path = journal.with_suffix(_ENDED)
    try:
        if ended:
            path.touch(mode=0o600)
        else:
            path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="let guardrails write the state folder") from error


def open_plans(state: Path, keys: Keys | None) -> Iterator[KeptPlan]:
    """Every plan that was begun here and has not ended, in the order of their digests.

    Raises:
        OperatorError: A journal cannot be read, or is damaged.
    """
    for path in sorted((state / JOURNALS).glob("*.jsonl")):
        if not path.with_suffix(_ENDED).exists():
            journal = read_journal(path, seal_of(keys, path.stem))
            if journal.has_begun and not journal.ended:
                yield KeptPlan(path.stem, _plan_of(path), journal)


def applied_plans(state: Path, keys: Keys | None) -> Iterator[KeptPlan]:
    """Every plan that was applied here whole and stands: what was taken back, waits or was interrupted is none of them.

    Raises:
        OperatorError: A journal cannot be read, or is damaged.
    """
    for path in sorted((state / JOURNALS).glob("*.jsonl")):
        journal = read_journal(path, seal_of(keys, path.stem))
        if journal.ended == APPLIED:
            yield KeptPlan(path.stem, _plan_of(path), journal)


def seal_of(keys: Keys | None, digest: str) -> Seal | None:
    """With what the journal of a plan is sealed; `None` on a host that names no key."""
    return Seal(keys, digest) if keys else None


def _plan_of(journal: Path) -> Path:
    return journal.with_suffix(".plan.json")
