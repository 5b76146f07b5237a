"""What `import guardrails` offers as functions; the same three steps as on the command line, with the clock read here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from guardrails import declare, workflow
from guardrails.adoption import Adoption
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Assessment, Selection
from guardrails.model.observation import Observation
from guardrails.trust.succession import Anchor

__all__ = ["adopt", "load", "observe", "reconcile"]


def load(path: str | Path) -> Declaration:
    """Read a declaration from its folder (or one file); nothing is contacted.

    Raises:
        DeclarationError: With every mistake, each with file, line and column.
        AuthorError: There is nothing to read.
    """
    found = declare.load(Path(path))
    workflow.checked(found)
    return found


def observe(
    declaration: Declaration, *, at: datetime | None = None, progress: workflow.Progress = workflow.silent
) -> tuple[Observation, ...]:
    """Read every declared system with its read credential, changing nothing.

    What could not be seen is in each observation's `gaps`, never left out in silence.

    Args:
        declaration: From `load`.
        at: When reading begins, aware; now when absent.
        progress: Told one short line when something long begins or ends.

    Raises:
        ConnectorError: None of the systems could be used.
        SecretError: Likewise, for want of a secret.
    """
    return workflow.observe(declaration, at or datetime.now(UTC), progress)


def reconcile(
    declaration: Declaration,
    observations: Iterable[Observation],
    *,
    at: datetime | None = None,
    anchor: Anchor | None = None,
    selection: Selection | None = None,
) -> Assessment:
    """Judge what was seen against what is declared.

    Args:
        declaration: From `load`.
        observations: From `observe`, one of every declared system.
        at: The moment to judge at, aware, whatever the age of the observations; now when absent, and then old ones have a gap.
        anchor: The pinned roster. Without one no claim of approval stands, so nothing counts as accepted.
        selection: Which findings are wanted; all when absent.

    Raises:
        SnapshotError: A declared system was not observed.
        ReviewerError: The roster does not follow from the pinned one.
    """
    now = datetime.now(UTC)
    moment = at or now
    approval = workflow.approval(declaration, anchor, declaration.clock.day(moment))
    seen = observations if at else workflow.aged(declaration, observations, now)
    return workflow.assess(declaration, seen, moment, approval, selection or workflow.EVERYTHING)


def adopt(
    declaration: Declaration, observations: Iterable[Observation], *, review_by: date, owner: str = "", at: datetime | None = None
) -> Adoption:
    """Write down what is and what nothing of the declaration speaks of, as files to put beside it; none is written here.

    Args:
        declaration: From `load`.
        observations: From `observe`, one of every declared system.
        review_by: When somebody must have looked at what is adopted.
        owner: Who answers for assets, such as `team:platform`; the owner of each system when empty.
        at: The moment to judge at, aware; now when absent.

    Raises:
        SnapshotError: A declared system was not observed.
        AuthorError: Nobody is named who answers for an asset.
    """
    return workflow.adopt(declaration, observations, at or datetime.now(UTC), review_by, owner)
