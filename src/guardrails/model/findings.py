"""What came out: comparisons, differences, findings and the whole assessment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from guardrails.model.copies import CopyPlan
from guardrails.model.declaration import Adopted
from guardrails.model.facts import Gap, LastUsed, Pairs, Reading
from guardrails.model.lists import several
from guardrails.model.reference import NOWHERE, Place, Ref, Scope
from guardrails.model.words import Kind, Severity, Verdict

__all__ = ["Assessment", "Comparison", "Details", "Difference", "Excess", "ExitCode", "Finding", "Narrowed", "Seen", "Selection", "Witness"]

EVIDENCE = "GR9"
"""The family of controls about what was not seen."""


class ExitCode(IntEnum):
    """What the process says; a gate passes only on 0."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    CANNOT_TELL = 3
    REFUSED = 4
    ROLLED_BACK = 5
    UNFINISHED = 6
    LEASED = 7
    UNLOGGED = 8
    INTERNAL = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One concrete request: it is allowed and not declared, or declared and not allowed."""

    principal: str
    action: str
    resource: str
    context: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A part of what is held and not declared, as patterns of the system's own.

    Nothing beyond is left out by all parts together. Each action may surely be done too much on something of the resources; that it is on
    all of them, whenever the conditions are met, is said by `whole`.

    Attributes:
        actions: Patterns; those of the policies where they are true.
        but_actions: Patterns of what is not among them.
        resources: Patterns.
        but_resources: Patterns of what is not among them.
        conditions: In words, to be read behind "when"; empty for always.
        published: Whether the system publishes any such action.
    """

    actions: tuple[str, ...]
    but_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    but_resources: tuple[str, ...] = ()
    conditions: str = ""
    whole: bool = True
    published: bool = True

    def __str__(self) -> str:
        """In a line; of long lists the first few."""
        actions = several(self.actions, " and ", most=4) + (f" but not {several(self.but_actions, most=6)}" if self.but_actions else "")
        resources = several(self.resources, " and ") + (f" but not {several(self.but_resources)}" if self.but_resources else "")
        known = "" if self.published else " (not published yet)"
        when = f" when {self.conditions}" if self.conditions else ""
        return f"{actions}{known} on {'' if self.whole else 'some of '}{resources}{when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What a policy that grants too much would say if it gave just what is declared.

    Attributes:
        policy: The name of it.
        document: The whole of it, in the system's own language; empty when nobody could write it.
        note: Why there is none, or what somebody would lose that is declared; empty when neither.
        before: What it says now; empty where that is not told.
        kept: The document as an observation keeps it; empty where that is the document itself.
    """

    policy: str
    document: str = ""
    note: str = ""
    before: str = ""
    kept: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is told of an excess beside its witness.

    Attributes:
        used: In words, what the system tells of its use; empty where nobody asked.
        uses: What it has on record of the services and actions that are in excess.
        path: Of who comes to more step by step: who, then by turns how and to whom they come.
    """

    excess: tuple[Excess, ...] = ()
    narrowed: tuple[Narrowed, ...] = ()
    used: str = ""
    uses: tuple[LastUsed, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The answer to "is this set inside that one?".

    `reason` says why it is undecided or unknown, and of a violation what takes it away; `granted_by` points at what grants the witness.
    `details` works out what is told beside; only findings need it, and most comparisons become none.
    """

    verdict: Verdict
    witness: Witness | None = None
    granted_by: tuple[str, ...] = ()
    reason: str = ""
    details: Callable[[], Details] = field(default=Details, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as declared, before a control gives it code, severity and words of its own.

    Attributes:
        kind: What it is; each kind has exactly one control.
        realm: The account or other realm, for the stable id.
        cause: The immutable id of what has to change; differences of one cause are one finding.
        facet: Tells apart several differences of one cause.
        subject: For people: `aws@111122223333:role/ci`.
        message: The smallest true sentence.
    """

    kind: Kind
    system: str
    cause: str
    subject: str
    message: str
    verdict: Verdict = Verdict.VIOLATION
    realm: str = ""
    facet: str = ""
    places: tuple[Ref, ...] = ()
    owner: str = ""
    managed_by: str = ""
    declared_at: Place = NOWHERE
    actual: str = ""
    witness: Witness | None = None
    details: Details = Details()
    remedy: str = ""
    exception: str = ""
    known: bool = False
    """A gap that the declaration accepts for a time: still told, still blocking, but not in the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference as judged by its control. `id` stays the same from run to run, whatever is renamed.

    `parts` are the differences that it unites, the most certain first; empty where it is of one alone.
    """

    id: str
    control: str
    severity: Severity
    difference: Difference
    parts: tuple[Difference, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which findings a run is about. What was not seen (GR9xx) is always among them: it cannot be left out, only accepted as a known gap.

    Attributes:
        select: Codes or beginnings of codes, such as `GR3`; empty for all.
        ignore: The same, left out.
        targets: Systems or sets; empty for all, and for what belongs to no system.
        fail_on: Findings below it are told and do not make the exit code 1.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    targets: tuple[Scope, ...] = ()
    fail_on: Severity = Severity.LOW

    def keeps(self, finding: Finding, sets: Mapping[tuple[str, str], tuple[str, ...]]) -> bool:
        """Whether a finding is in it; `sets` tells the sets of each realm of each system."""
        found = finding.difference
        return finding.control.startswith(EVIDENCE) or self.names(finding.control, found.system, sets.get((found.system, found.realm), ()))

    def names(self, control: str, system: str, mine: tuple[str, ...]) -> bool:
        """Whether it is about findings of a control in a system, in a realm of some sets."""
        if (self.select and not control.startswith(self.select)) or (self.ignore and control.startswith(self.ignore)):
            return False
        return not self.targets or any(t.system == system and (not t.set or t.set in mine) for t in self.targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one system was seen by: the evidence behind an assessment. `basis` is what its verdicts rest on beside that."""

    system: str
    connector: str
    taken_at: datetime
    source: str
    identity: str
    calls: int
    facts: int
    readings: tuple[Reading, ...]
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything found at one moment, sorted by severity, control and id; `adopted` are the entries that nobody has reviewed yet.

    `copies` are what somebody has to copy, and how far each copy is; nothing of them is a finding of its own.
    `troubles` are what the run should have done beside judging and could not. They change nothing of what was found, but nobody may take
    such a run for a good one.
    """

    at: datetime
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    seen: tuple[Seen, ...]
    fail_on: Severity = Severity.LOW
    adopted: tuple[Adopted, ...] = ()
    troubles: tuple[str, ...] = ()
    copies: tuple[CopyPlan, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """3 when anything could not be told or done, else 1 when anything was found, else 0; nothing evaluated never passes."""
        counted = [finding.difference for finding in self.findings if not finding.difference.known]
        if not self.seen or self.troubles or any(d.verdict in {Verdict.UNDECIDED, Verdict.UNKNOWN} for d in counted):
            return ExitCode.CANNOT_TELL
        failing = any(finding.severity >= self.fail_on for finding in self.findings if not finding.difference.known)
        return ExitCode.FINDINGS if failing else ExitCode.CLEAN

    @property
    def verdict(self) -> Verdict:
        """The one word for the whole."""
        match self.exit_code:
            case ExitCode.CLEAN:
                return Verdict.OK
            case ExitCode.FINDINGS:
                return Verdict.VIOLATION
            case _:
                return Verdict.UNKNOWN
