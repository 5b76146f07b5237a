"""One tree of errors, by who must act; every one carries a remedy.

The library raises these and nothing else on purpose. It never exits, prints or swallows; the command line makes exit codes of them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "AuthorError",
    "Conflict",
    "ConnectorError",
    "DeclarationError",
    "GuardrailsError",
    "Leased",
    "Mistake",
    "OperatorError",
    "Refused",
    "ReviewerError",
    "RolledBack",
    "SecretError",
    "SnapshotError",
    "Unfinished",
]


class GuardrailsError(Exception):
    """Something a person must act on.

    Args:
        message: What happened, with the values.
        remedy: What to do about it, as an instruction.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} ({self.remedy})" if self.remedy else self.message


class AuthorError(GuardrailsError):
    """The author of the declaration must act; nothing was contacted."""


class OperatorError(GuardrailsError):
    """The person who runs guardrails must act: settings, credentials, files, network."""


class ReviewerError(GuardrailsError):
    """A member of the information security group must act: a signature, a roster, a record."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One thing wrong in one place of a declaration.

    `line` and `column` count from 1; 0 means the whole file.
    """

    file: str
    line: int
    column: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{remedy}"


class DeclarationError(AuthorError):
    """The declaration cannot be used; `mistakes` holds every one of them, in order of place."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class ConnectorError(OperatorError):
    """A system could not be used at all; what it could not tell in part is a `Gap`, not an error."""


class Conflict(OperatorError):
    """An object is not as it was when the change was planned, and was left alone; plan again."""


class Refused(GuardrailsError):
    """A guard does not let a plan be applied: a limit, a signature, a window, a protected object, or time. Nothing was changed."""


class RolledBack(OperatorError):
    """A plan could not be applied to its end, and what was done is taken back."""


class Unfinished(OperatorError):
    """A plan is neither applied nor taken back; the journal is open, and a person has to look."""


class Leased(OperatorError):
    """Another run changes systems now."""


class SecretError(OperatorError):
    """A reference to a secret does not lead to one."""


class SnapshotError(OperatorError):
    """A saved observation, assessment or plan is damaged, foreign, or of a newer version."""
