"""What can be wrong with something that a member of the security group signs; one class per thing a caller does differently."""

from __future__ import annotations

from guardrails.errors import GuardrailsError, OperatorError, ReviewerError

__all__ = [
    "AuditError",
    "BadKey",
    "BadSignature",
    "MalformedJson",
    "MalformedNote",
    "RecordError",
    "RosterError",
    "SealError",
    "SigningError",
    "UnreadableFile",
    "UntrustedRoster",
]

_SHOWN = 8


class BadSignature(ReviewerError):
    """These bytes are not a valid signature of an enrolled key over this message; `reason` says why."""

    def __init__(self, reason: str, *, remedy: str = "sign the file again") -> None:
        super().__init__(reason, remedy=remedy)
        self.reason = reason


class BadKey(ReviewerError):
    """A line is not a public key that may be enrolled."""


class MalformedJson(ReviewerError):
    """Bytes that are not JSON of our profile: ASCII keys, no duplicate keys, no fractions, no huge numbers."""


class MalformedNote(ReviewerError):
    """A text that is no signed note, key or checkpoint of a log."""


class _ManyMistakes(ReviewerError):
    """A signed document with everything that is wrong with it."""

    def __init__(self, what: str, mistakes: tuple[str, ...], *, remedy: str) -> None:
        more = [f"and {len(mistakes) - _SHOWN} more"] if len(mistakes) > _SHOWN else []
        super().__init__(f"{what}: " + "; ".join([*mistakes[:_SHOWN], *more]), remedy=remedy)
        self.mistakes = mistakes


class RosterError(_ManyMistakes):
    """A roster cannot be read; `mistakes` holds every one of them."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("roster", mistakes, remedy="correct the roster and have it signed again")


class RecordError(_ManyMistakes):
    """A record cannot be read; `mistakes` holds every one of them."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("record", mistakes, remedy="write the record again with `guardrails record new`")


class UntrustedRoster(ReviewerError):
    """A well-formed roster that does not follow from the one pinned on the host; nothing it says counts."""


class UnreadableFile(OperatorError):
    """A file could not be read as a plain file of a sane size."""


class SigningError(OperatorError):
    """No signature was made, and no file was left behind."""


class SealError(OperatorError):
    """A sealed file was changed, is another one than it should be, or no key that is at hand opens it. Nothing of it is to be believed."""


class AuditError(GuardrailsError):
    """The audit log cannot be written, or does not verify; nothing may be changed in any system until it does."""
