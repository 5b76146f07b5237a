"""`guardrails approve`: a member of the security group signs a plan."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails.cli.options import progress
from guardrails.cli.plans import content_of, plan_argument
from guardrails.cli.signing import signer, signing
from guardrails.errors import Refused
from guardrails.model.findings import ExitCode
from guardrails.plan.document import parse_plan, plan_digest
from guardrails.remediation import require_begun
from guardrails.reports.plan import plan_as_text
from guardrails.trust.sign import sign_plan

__all__ = ["command"]


@click.command("approve")
@plan_argument
@signing
@click.option("--roster", type=click.Path(path_type=Path, dir_okay=False), help="Where the key is looked up.")
def command(plan: Path, *, key: Path, member: str | None, roster: Path | None) -> int:
    """Show a plan and sign it with ssh-keygen, which asks for the passphrase, PIN or touch."""
    content = content_of(plan)
    found = parse_plan(content)
    progress(plan_as_text(found, plan_digest(content)))
    if found.hazards:
        raise Refused("a plan with hazards is not signed", remedy="plan again when they are gone")
    require_begun(found, datetime.now(UTC))
    whose = signer(member, roster or plan.parent / "roster.json")
    target = sign_plan(plan, content, key, whose, environment=found.environment, author=found.author)
    click.echo(f"wrote {target}")
    return ExitCode.CLEAN
