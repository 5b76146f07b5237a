"""`guardrails adopt`: a declaration out of what is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.adoption import Adoption
from guardrails.adoption.people import hints
from guardrails.adoption.review import urgent
from guardrails.cli.host import read_host
from guardrails.cli.options import declaration_argument, host_option, progress, seen_of, snapshot_option
from guardrails.errors import AuthorError, OperatorError
from guardrails.model.declaration import Declaration
from guardrails.model.findings import Assessment, ExitCode, Finding
from guardrails.model.observation import Observation
from guardrails.model.words import Verdict

__all__ = ["command"]

_DAYS = 90
_SHOWN = 5
_FAMILIES = {"GR1": "access", "GR3": "exposure", "GR4": "encryption"}


@click.command("adopt")
@declaration_argument
@snapshot_option
@host_option
@click.option(
    "--owner", default="", metavar="OWNER", help="Who answers for adopted assets: team:NAME; the owner of the system when absent."
)
@click.option("--review-by", type=click.DateTime(["%Y-%m-%d"]), help=f"When somebody must have looked at it; in {_DAYS} days when absent.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
def command(declaration: Path, snapshot: Path | None, host: Path, owner: str, review_by: datetime | None, *, dry_run: bool) -> int:
    """Write what is so and not declared yet beside the declaration, to be reviewed. What is declared is never touched.

    Exit 0 when the new declaration leaves no drift in access, exposure and encryption, 1 when some is left, 3 when not everything was seen.
    """
    if not declaration.is_dir():
        raise AuthorError(f"{declaration} is no folder", remedy="name the folder of the declaration: what is adopted is written beside it")
    found, now, pinned = declare.load(declaration), datetime.now(UTC), read_host(host)
    seen = workflow.aged(found, seen_of(found, snapshot, now, pinned.keys), now)
    today = found.clock.day(now)
    adoption = workflow.adopt(found, seen, now, review_by.date() if review_by else today + timedelta(days=_DAYS), owner)
    texts = list(zip(_names(declaration, today, len(adoption.files)), adoption.files, strict=True))
    # what cannot be read again is never written
    united = declare.load(declaration, [(name, text.encode()) for name, text in texts])
    after = workflow.assess(united, seen, now, workflow.approval(united, pinned.anchor, today))
    for name, text in texts:
        if dry_run:
            click.echo(text, nl=False)
        else:
            _write(declaration / name, text)
    _tell(adoption, [name for name, _ in texts], united, seen, after)
    return _code(after)


def _names(folder: Path, today: date, count: int) -> list[str]:
    start = f"adopted-{today}"
    free = (name for at in range(1, 10_000) if not (folder / (name := f"{start}.yaml" if at == 1 else f"{start}-{at}.yaml")).exists())
    return [next(free) for _ in range(count)]


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="let the file be written, and adopt again: nothing is lost") from error


def _tell(adoption: Adoption, names: list[str], united: Declaration, seen: tuple[Observation, ...], after: Assessment) -> None:
    counts = ", ".join(f"{count} {section}" for section, count in adoption.counts)
    progress(f"adopted into {', '.join(names)}: {counts}" if names else "nothing to adopt: all that was seen is spoken of")
    for hint in hints(united, {observation.system: observation for observation in seen}):
        progress(hint)
    if names and (found := workflow.adopted_wider(united, seen, after.at)):
        shown = ", ".join(map(str, found[:_SHOWN])) + (", ..." if len(found) > _SHOWN else "")
        progress(f"{len(found)} principals are given more than they surely hold, as conditions and denies are left out: {shown}")
    if names:
        for line in urgent(united):
            progress(f"look first at {line}")
    left = Counter(_FAMILIES[finding.control[:3]] for finding in _drift(after))
    progress("drift left: " + ", ".join(f"{left[family]} {family}" for family in _FAMILIES.values()))
    for finding in _drift(after):
        progress(f"  {finding.control} {finding.difference.verdict.value}: {finding.difference.message}")
    if after.gaps:
        progress(f"not seen: {len(after.gaps)} gaps; guardrails reconcile tells them")
    if after.adopted:
        progress(f"to review: {len(after.adopted)} entries, the first by {min(entry.review_by for entry in after.adopted)}")


def _drift(after: Assessment) -> list[Finding]:
    return [finding for finding in after.findings if finding.control[:3] in _FAMILIES]


def _code(after: Assessment) -> ExitCode:
    drift = _drift(after)
    if after.gaps or any(finding.difference.verdict is not Verdict.VIOLATION for finding in drift):
        return ExitCode.CANNOT_TELL
    return ExitCode.FINDINGS if drift else ExitCode.CLEAN
