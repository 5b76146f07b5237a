"""Arguments to workflow to report to exit code. No rules of its own; the clock is read here and in `api`, and nowhere below."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from importlib import import_module

import click

from guardrails.errors import AuthorError, GuardrailsError, Leased, Refused, RolledBack, Unfinished
from guardrails.model.findings import ExitCode
from guardrails.reports import show as in_one_line  # the module of the command takes the short name
from guardrails.trust.errors import AuditError
from guardrails.version import __version__

__all__ = ["main"]

_CODES: Mapping[type[GuardrailsError], ExitCode] = {
    AuthorError: ExitCode.USAGE,
    Refused: ExitCode.REFUSED,
    RolledBack: ExitCode.ROLLED_BACK,
    Unfinished: ExitCode.UNFINISHED,
    Leased: ExitCode.LEASED,
    AuditError: ExitCode.UNLOGGED,
}
"""What an error that a person can act on says to a pipeline; all others that nothing can be told."""

_COMMANDS = (
    "init",
    "adopt",
    "lint",
    "fmt",
    "schema",
    "observe",
    "seal",
    "unseal",
    "reconcile",
    "gate",
    "attested",
    "plan",
    "show",
    "approve",
    "apply",
    "confirm",
    "overdue",
    "resume",
    "rollback",
    "explain",
    "connectors",
    "iam",
    "vault",
    "why",
    "record",
    "audit",
    "history",
    "heartbeat",
    "demo",
)


class _Commands(click.Group):
    """Commands by the name of their module, imported when asked for: `guardrails lint` loads no SDK."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return [*_COMMANDS, *(name for name in super().list_commands(ctx) if name not in _COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one module."""
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        found = import_module(f"guardrails.cli.{cmd_name}").command
        assert isinstance(found, click.Command)  # noqa: S101  # each module of the list has one
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Keep real access, encryption and network exposure equal to what is declared."""


def _tell(error: GuardrailsError) -> None:
    """A message may quote what a file or a system said, which must not steer the terminal."""
    click.echo("\n".join(map(in_one_line, str(error).split("\n"))), err=True)


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
    except GuardrailsError as error:
        _tell(error)
        code = next((code for form, code in _CODES.items() if isinstance(error, form)), ExitCode.CANNOT_TELL)
    except Exception:  # noqa: BLE001  # the one place where a crash becomes its own exit code
        traceback.print_exc()
        code = ExitCode.INTERNAL
    sys.exit(int(code or 0))
