"""What the commands about plans share: the file of a plan, and the ground on which one is applied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.host import Host, read_host
from guardrails.cli.logged import latest, logged, noted, who
from guardrails.cli.options import progress
from guardrails.connectors.vault.lease import KvLease
from guardrails.errors import Refused
from guardrails.model.declaration import Declaration
from guardrails.model.findings import ExitCode
from guardrails.plan.document import MAX_PLAN_BYTES, plan_digest
from guardrails.remediation import Carried, Ground, await_confirmation
from guardrails.trust.approval import read_signatures
from guardrails.trust.chain import read_roster
from guardrails.trust.files import read_file
from guardrails.trust.roster import Roster, Use
from guardrails.trust.tally import Signatures

__all__ = ["content_of", "ground", "needed", "plan_argument", "run", "trusted_roster"]

plan_argument = click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))


def content_of(path: Path) -> bytes:
    """The bytes of a plan.

    Raises:
        UnreadableFile: It cannot be read.
    """
    return read_file(path, MAX_PLAN_BYTES)


def trusted_roster(declaration: Declaration, host: Host, now: datetime) -> Roster | None:
    """The roster that the host pins; `None` where none is pinned or declared.

    Raises:
        ReviewerError: It is malformed, or does not follow from the pinned one.
    """
    if host.anchor is None or not declaration.roster:
        return None
    return read_roster(Path(declaration.folder) / declaration.roster, host.anchor, declaration.clock.day(now))


def needed(roster: Roster | None) -> str:
    """Who has to sign, for people."""
    return f"needs {roster.threshold(Use.PLAN)} of {len(roster.members)} members" if roster else "nobody can sign: no roster is pinned"


def ground(found: Declaration, host: Host) -> Ground:
    """What a run stands on; the clock is read here.

    Raises:
        Refused: This host pins no roster, or keeps no state.
    """
    now = _now()
    workflow.checked(found)
    roster = trusted_roster(found, host, now)
    if roster is None or host.state is None:
        lacking = "keeps no state" if host.state is None else "trusts no roster"
        raise Refused(f"this host {lacking}, so nothing is changed from here", remedy="write the host file: roster-digest and state")
    place = host.lease
    shared = (lambda: KvLease(place, who(), _now)) if place is not None else None
    return Ground(
        declaration=found,
        roster=roster,
        state=host.state,
        now=now,
        latest=latest(host.state),
        clock=_now,
        who=who(),
        note=noted(host),
        keys=host.keys,
        shared=shared,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    name: str, carry_out: Callable[[bytes, Signatures, Ground], Carried], done: str, *, plan: Path, declaration: Path, host: Path
) -> ExitCode:
    """Carry a plan out in one way, noted in the audit log, and say so; then wait until it is confirmed, where it must be.

    Raises:
        Refused: It may not be, and nothing was changed; what else can go wrong is what `carry_out` raises.
    """
    pinned, content = read_host(host), content_of(plan)
    standing = ground(declare.load(declaration), pinned)
    signatures = read_signatures(plan, standing.roster)
    with logged(pinned, name, {"plan": plan_digest(content)}):
        carried = carry_out(content, signatures, standing)
        click.echo(f"{len(carried.plan.changes)} changes of plan {carried.plan.id} {done}")
        if carried.waits_until is not None:
            _wait(content, standing, f"{carried.waits_until:%Y-%m-%d %H:%M:%S} UTC")
    return ExitCode.CLEAN


def _wait(content: bytes, standing: Ground, until: str) -> None:
    progress(f"everything is taken back at {until}, unless somebody confirms before: guardrails confirm")
    try:
        await_confirmation(content, standing)
    except KeyboardInterrupt:
        progress(f"nobody waits here any more: confirm until {until}, or the next run on this host after that takes everything back")
        raise
    click.echo("the plan is confirmed, and stays")
