"""`guardrails plan`: what would be changed to make it as declared, as a file that members sign. Changes nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.files import write_private
from guardrails.cli.host import Host, read_host
from guardrails.cli.logged import logged
from guardrails.cli.logs import logs_of
from guardrails.cli.options import (
    declaration_argument,
    host_option,
    output_option,
    progress,
    seen_of,
    selecting,
    selection,
    snapshot_option,
)
from guardrails.cli.plans import needed, trusted_roster
from guardrails.cli.working_copies import working_copies
from guardrails.drift.world import Approval
from guardrails.errors import AuthorError, Refused
from guardrails.model.changes import Plan
from guardrails.model.declaration import Declaration
from guardrails.model.findings import ExitCode
from guardrails.model.observation import Observation
from guardrails.plan.document import plan_bytes, plan_digest
from guardrails.plan.used import Used
from guardrails.remediation import Order, make_final_plan, make_plan
from guardrails.reports.plan import plan_as_json, plan_as_text

__all__ = ["command"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("plan")
@declaration_argument
@click.option("--out", type=_FILE, required=True, help="The file to write, such as plan.json.")
@click.option("--author", metavar="MEMBER", default="", help="The member who makes it, whose signature does not count.")
@click.option("--last", type=_FILE, help="What `observe --out` kept last time; a plan is refused when much less is seen now.")
@click.option("--log", "logs", multiple=True, metavar="SYSTEM=FILE", help="What was let through lately: what was used is kept.")
@click.option("--source", "sources", multiple=True, metavar="KIND=FOLDER", help="What Terraform or CloudFormation makes objects of.")
@click.option("--even-if-used", is_flag=True, help="Take also what a log says was used, and say so in the plan.")
@click.option("--finalise", is_flag=True, help="Plan to delete what earlier plans put out of use, once its quarantine is over.")
@output_option
@snapshot_option
@host_option
@selecting
def command(
    declaration: Path,
    *,
    out: Path,
    author: str,
    last: Path | None,
    logs: tuple[str, ...],
    sources: tuple[str, ...],
    even_if_used: bool,
    finalise: bool,
    output: str,
    snapshot: Path | None,
    host: Path,
    **chosen: object,
) -> int:
    """Plan the changes that end findings, and say what is held back and why. Exit 4 when the plan must not be applied."""
    if finalise and (logs or even_if_used):
        raise AuthorError("--finalise takes nothing that is in use, so it asks no log", remedy="leave out --log and --even-if-used")
    wanted, pinned = selection(**chosen), read_host(host)  # type: ignore[arg-type]  # click gives what `selecting` asked for
    found, working = declare.load(declaration), working_copies(sources)
    with logged(pinned, "plan", {"declaration": str(declaration), "out": str(out)}):
        now = datetime.now(UTC)
        roster = trusted_roster(found, pinned, now)
        approval = workflow.approval(found, pinned.anchor, found.clock.day(now))
        before = seen_of(found, last, now, pinned.keys) if last else ()
        seen = seen_of(found, snapshot, now, pinned.keys)
        used = Used(logs_of(logs, found, seen), keeps=not even_if_used)
        order = Order(
            id=secrets.token_hex(16), now=now, author=author, selection=wanted, roster=roster, last=before, used=used, sources=working
        )
        plan = _final(found, seen, approval, order, pinned) if finalise else make_plan(found, seen, approval, order)
        content = plan_bytes(plan)
        write_private(out, content.decode())
    digest = plan_digest(content)
    click.echo(plan_as_json(plan, digest) if output == "json" else plan_as_text(plan, digest, needed(roster)), nl=False)
    if plan.hazards:
        progress("this plan is refused by every apply: see REFUSE")
        return ExitCode.REFUSED
    return ExitCode.CLEAN


def _final(found: Declaration, seen: tuple[Observation, ...], approval: Approval, order: Order, host: Host) -> Plan:
    if host.state is None:
        raise Refused("this host keeps no state, so nothing was ever put out of use from here", remedy="plan on the host that applied")
    return make_final_plan(found, seen, approval, order, (host.state, host.keys))
