"""What goes wrong when a policy is read: somebody has to write it differently."""

from __future__ import annotations

from guardrails.errors import AuthorError

__all__ = ["PolicyError"]


class PolicyError(AuthorError):
    """The text is no policy of that engine. `line` and `column` count from 1; 0 when the place is not known."""

    def __init__(self, what: str, *, name: str = "", line: int = 0, column: int = 0, remedy: str = "") -> None:
        place = ":".join(map(str, filter(None, (name, line, column))))
        super().__init__(f"{place}: {what}" if place else what, remedy=remedy or "correct the policy")
        self.what, self.line, self.column = what, line, column

    def named(self, name: str) -> PolicyError:
        """The same of a policy with a name."""
        return PolicyError(self.what, name=name, line=self.line, column=self.column, remedy=self.remedy)
