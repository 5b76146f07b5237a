"""Arguments to workflow to report to exit code. No rules of its own; the clock is read here and nowhere below."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import __version__
from guardrails.errors import AuthorError, GuardrailsError
from guardrails.model.findings import ExitCode

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Keep real access, encryption and network exposure equal to what is declared."""


@cli.command()
@click.argument("declaration", type=click.Path(path_type=Path))
def lint(declaration: Path) -> int:
    """Read a declaration and name every mistake; nothing is contacted."""
    from guardrails import declare, workflow  # noqa: PLC0415  # --help must not load them

    found = declare.load(declaration)
    workflow.checked(found)
    click.echo(f"{declaration}: no mistakes")
    for section, place in found.unevaluated:
        click.echo(f"{place}: {section} is declared, and nothing evaluates it yet", err=True)
    return ExitCode.CLEAN


@cli.command()
@click.argument("declaration", type=click.Path(path_type=Path))
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="The format of the report.")
@click.option("--host", type=click.Path(path_type=Path), default=Path("/etc/guardrails/host.yaml"), help="The host file.")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Judge today's observation as of this date.")
def reconcile(declaration: Path, output: str, host: Path, at: datetime | None) -> int:
    """Read what is so, judge it against the declaration, and report. Changes nothing."""
    from guardrails import declare, reports, workflow  # noqa: PLC0415  # --help must not load them
    from guardrails.cli.host import read_host  # noqa: PLC0415  # likewise

    found = declare.load(declaration)
    now = datetime.now(UTC)
    moment = at.replace(tzinfo=UTC) if at else now
    approval = workflow.approval(found, read_host(host), moment.date())
    if at:
        click.echo(f"judging the observation of {now:%Y-%m-%d} as of {at:%Y-%m-%d}", err=True)
    assessment = workflow.assess(found, workflow.observe(found, now), moment, approval)
    click.echo(reports.as_json(assessment) if output == "json" else reports.as_text(assessment), nl=False)
    return assessment.exit_code


@cli.command()
@click.argument("code")
def explain(code: str) -> int:
    """Say what a finding's code means and what to do."""
    from guardrails.controls import CONTROLS  # noqa: PLC0415  # --help must not load it

    for control in CONTROLS:
        if control.code == code:
            click.echo(f"{control.code} {control.title} ({control.severity.label})")
            click.echo(f"  policy: {control.clause}; ISO/IEC 27001:2022 Annex A {control.iso}")
            click.echo(f"  do:     {control.remedy}")
            return ExitCode.CLEAN
    raise AuthorError(f"there is no control {code}", remedy=f"use one of {', '.join(control.code for control in CONTROLS)}")


@cli.command()
def demo() -> int:
    """Run the main job on an example company, against an AWS server on loopback that is started and stopped here."""
    from guardrails.cli.demo import run  # noqa: PLC0415  # it needs the demo extra

    return run()


def main(arguments: list[str] | None = None) -> None:
    """The console script. Every error a person can act on is one message; a crash is 70 and never looks like findings."""
    try:
        code = cli.main(args=arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except AuthorError as error:
        click.echo(str(error), err=True)
        code = ExitCode.USAGE
    except GuardrailsError as error:
        click.echo(str(error), err=True)
        code = ExitCode.CANNOT_TELL
    except Exception:  # noqa: BLE001  # the one place where a crash becomes its own exit code
        traceback.print_exc()
        code = ExitCode.INTERNAL
    sys.exit(int(code or 0))
