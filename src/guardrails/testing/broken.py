"""What must hold when one answer of a system is broken, whichever and however: one law for every connector.

```python
whole = attempted(declaration, at)

@pytest.mark.parametrize(("page", "fault"), cases(PAGES, FAULTS))
def test_a_broken_page_is_never_clean(page, fault):
    with proxy.breaking(page.chosen, FAULTS[fault]) as rule:
        broken = attempted(declaration, at)
    assert rule.hits  # else the fault was never met, and the case shows nothing
    assert problems(whole, broken, page, FAULTS[fault]) == ()
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from guardrails import workflow
from guardrails.errors import OperatorError
from guardrails.model.declaration import Declaration
from guardrails.model.facts import Gap, Protection
from guardrails.model.findings import Assessment, ExitCode, Finding
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.model.words import Kind, Verdict
from guardrails.testing.faults import Fault, Repeat
from guardrails.testing.loopback import Chosen

__all__ = ["Page", "Run", "attempted", "cases", "items", "problems"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer that a reader asks for.

    `is_vital`: without it nothing at all can be said of the system. `repeats`: it names a further page, so that it can be given again.
    """

    name: str
    chosen: Chosen
    is_vital: bool = False
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen, and what came of it."""

    observations: tuple[Observation, ...]
    assessment: Assessment


def cases(pages: Iterable[Page], faults: Iterable[str]) -> tuple[tuple[Page, str], ...]:
    """Every page with every fault that it can have."""
    named = tuple(faults)
    return tuple((page, fault) for page in pages for fault in named if page.repeats or fault != "repeated")


def attempted(declaration: Declaration, at: datetime) -> Run | OperatorError:
    """One run, to its end or to the error that ended it."""
    try:
        seen = workflow.observe(declaration, at)
    except OperatorError as error:
        return error
    return Run(seen, workflow.assess(declaration, seen, at))


def items(run: Run) -> dict[tuple[str, str, str], int]:
    """How many items each kind of thing was read to its end with, by system, realm and kind."""
    found: dict[tuple[str, str, str], int] = {}
    for reading in (reading for observation in run.observations for reading in observation.readings):
        found[reading.system, reading.realm, reading.what] = found.get((reading.system, reading.realm, reading.what), 0) + reading.items
    return found


def problems(whole: Run | OperatorError, broken: Run | OperatorError, page: Page, fault: Fault) -> tuple[str, ...]:
    """What does not hold; nothing when all does.

    A page that was given again may be seen through: then the run is what it was.
    """
    if isinstance(whole, OperatorError):
        return (f"the run without a fault ended: {whole}",)
    if isinstance(broken, OperatorError):
        return tuple(_ended(broken, page))
    if isinstance(fault, Repeat) and broken.assessment.findings == whole.assessment.findings and _objects(broken) == _objects(whole):
        return ()
    return (*_verdict(whole, broken), *_judged(whole, broken), *_seen(whole, broken))


def _ended(error: OperatorError, page: Page) -> Iterator[str]:
    if not page.is_vital:
        yield f"the run ended, although only {page.name} was broken: {error}"
    if not error.remedy:
        yield f"the error says no remedy: {error}"


def _new_gaps(whole: Run, broken: Run) -> tuple[Gap, ...]:
    known = {(gap.system, gap.realm, gap.what, gap.reason, gap.subject) for gap in whole.assessment.gaps}
    return tuple(gap for gap in broken.assessment.gaps if (gap.system, gap.realm, gap.what, gap.reason, gap.subject) not in known)


def _verdict(whole: Run, broken: Run) -> Iterator[str]:
    if broken.assessment.exit_code is not ExitCode.CANNOT_TELL:
        yield f"it ends with {broken.assessment.exit_code!r}"
    if not _new_gaps(whole, broken):
        yield "no gap tells that anything is missing"
    ids = {finding.id for finding in whole.assessment.findings}
    if not any(f.difference.kind is Kind.EVIDENCE_GAP and f.id not in ids and not f.difference.known for f in broken.assessment.findings):
        yield "no finding tells that anything is missing"


def _violations(run: Run) -> dict[str, Finding]:
    return {finding.id: finding for finding in run.assessment.findings if finding.difference.verdict is Verdict.VIOLATION}


def _judged(whole: Run, broken: Run) -> Iterator[str]:
    """Of violations only can changes be planned: none may be new, and none may go without a word."""
    before, after = _violations(whole), _violations(broken)
    for new in after.keys() - before.keys():
        yield f"what is missing reads as a violation: {after[new].control} {after[new].difference.message}"
    blind = {(gap.system, gap.realm) for gap in _new_gaps(whole, broken)}
    blind |= {(gap.system, realm) for gap in _new_gaps(whole, broken) for _, realm in _realms(whole) if not gap.realm}
    told = {finding.id for finding in broken.assessment.findings}
    for gone in before.keys() - told:
        difference = before[gone].difference
        if difference.system and (difference.system, difference.realm) not in blind:
            yield f"a violation went without a gap where it was: {before[gone].control} {difference.message}"


def _realms(run: Run) -> set[tuple[str, str]]:
    return {(finding.difference.system, finding.difference.realm) for finding in run.assessment.findings}


def _objects(run: Run) -> set[tuple[str, Ref]]:
    facts = (fact for observation in run.observations for fact in observation.facts)
    return {(type(fact).__name__, fact.asset if isinstance(fact, Protection) else fact.ref) for fact in facts}


def _seen(whole: Run, broken: Run) -> Iterator[str]:
    """Nothing is made up, and what claims to be read to its end is as much as before."""
    for form, ref in sorted(_objects(broken) - _objects(whole)):
        yield f"a {form} of {ref} is said, which was not there"
    before = items(whole)
    for key, number in items(broken).items():
        if number != before.get(key):
            yield f"{' '.join(key)} claims to be read to its end with {number} items in place of {before.get(key)}"
