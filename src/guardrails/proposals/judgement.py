"""What is new or worse in the world as it would be. What was found before as well blocks nothing where it is surely no worse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.drift.world import World
from guardrails.model.findings import ExitCode, Finding
from guardrails.model.words import Verdict
from guardrails.proposals.worse import Sides, worse

__all__ = ["Blocking", "Judgement", "judge"]


@dataclass(frozen=True, slots=True)
class Blocking:
    """A finding that the change brings, or that it may make worse; `why` says which."""

    finding: Finding
    why: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a change does to the findings.

    Attributes:
        blocking: New ones, worse ones, and those of which it cannot be told.
        earlier: Those that are there without the change too, and are no worse.
        ended: Those that would be gone.
        untold: Why the change as a whole was not judged; empty when it was.
    """

    blocking: tuple[Blocking, ...]
    earlier: tuple[Finding, ...]
    ended: tuple[Finding, ...]
    untold: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        """3 when anything could not be told, else 1 when anything blocks, else 0."""
        if self.untold or any(not one.is_sure for one in self.blocking):
            return ExitCode.CANNOT_TELL
        return ExitCode.FINDINGS if self.blocking else ExitCode.CLEAN


def judge(before: World, after: World, untold: tuple[str, ...] = ()) -> Judgement:
    """Both worlds are judged by the same controls at the same moment."""
    was = {finding.id: finding for finding in judged(differences(before))}
    will = list(judged(differences(after)))
    sides = Sides(before, after)
    blocking, earlier = [], []
    for finding in will:
        found = list(_against(was.get(finding.id), finding, sides))
        blocking += found
        if not found:
            earlier.append(finding)
    kept = {finding.id for finding in will}
    nothing = () if after.observations else ("nothing was observed, and nothing evaluated never passes",)
    return Judgement(
        blocking=tuple(blocking),
        earlier=tuple(earlier),
        ended=tuple(finding for finding in was.values() if finding.id not in kept),
        untold=(*untold, *nothing),
    )


def _against(was: Finding | None, finding: Finding, sides: Sides) -> Iterator[Blocking]:
    found = finding.difference
    sure = found.verdict is Verdict.VIOLATION
    if was is None:
        # a gap that is accepted for a time would be told by every run, and let it pass
        if not found.known:
            yield Blocking(finding, "new", sure)
    elif was.difference.verdict is not found.verdict:
        yield Blocking(finding, f"it was {was.difference.verdict.value} before", sure)
    elif was.difference.known and not found.known:
        yield Blocking(finding, "it was a known gap before", sure)
    elif (more := worse(was, finding, sides)) is not None:
        yield Blocking(finding, more.why, sure and more.is_sure)
