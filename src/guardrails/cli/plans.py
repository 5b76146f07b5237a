"""What the commands about plans share: the file of a plan, and the ground on which one is applied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.host import Host, read_host
from guardrails.cli.logged import logged, noted, who
from guardrails.errors import Refused
from guardrails.model.changes import Plan
from guardrails.model.declaration import Declaration
from guardrails.model.findings import ExitCode
from guardrails.plan.document import MAX_PLAN_BYTES, plan_digest
from guardrails.remediation import Ground
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


def ground(declaration: Path, plan: Path, host: Host) -> tuple[Signatures, Ground]:
    """The signatures beside a plan, and what it is applied on; the clock is read here.

    Raises:
        Refused: This host pins no roster, or keeps no state.
    """
    found, now = declare.load(declaration), datetime.now(UTC)
    workflow.checked(found)
    roster = trusted_roster(found, host, now)
    if roster is None or host.state is None:
        lacking = "keeps no state" if host.state is None else "trusts no roster"
        raise Refused(f"this host {lacking}, so nothing is changed from here", remedy="write the host file: roster-digest and state")
    standing = Ground(declaration=found, roster=roster, state=host.state, now=now, who=who(), note=noted(host), keys=host.keys)
    return read_signatures(plan, roster), standing


def run(
    name: str, carry_out: Callable[[bytes, Signatures, Ground], Plan], done: str, *, plan: Path, declaration: Path, host: Path
) -> ExitCode:
    """Carry a plan out in one way, noted in the audit log, and say so.

    Raises:
        Refused: It may not be, and nothing was changed; what else can go wrong is what `carry_out` raises.
    """
    pinned, content = read_host(host), content_of(plan)
    signatures, standing = ground(declaration, plan, pinned)
    with logged(pinned, name, {"plan": plan_digest(content)}):
        found = carry_out(content, signatures, standing)
    click.echo(f"{len(found.changes)} changes of plan {found.id} {done}")
    return ExitCode.CLEAN
