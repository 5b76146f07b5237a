"""`guardrails init`: a declaration to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from guardrails.cli.files import written_new
from guardrails.cli.schema import declaration_text
from guardrails.model.findings import ExitCode

__all__ = ["command"]

_START = """\
# yaml-language-server: $schema=guardrails.schema.json
guardrails: 1

systems:
  # read with the credentials that the AWS SDK finds; give them SecurityAudit and nothing more
  # without regions, all that are enabled are read
  aws: {connector: aws}

teams:
  platform: {}

classes:
  internal: {at-rest: service}
  confidential: {extends: internal, at-rest: customer-key, rotation: 365d, in-transit: tls1.2}
"""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> int:
    """Write a first declaration into a folder; nothing is overwritten."""
    schema = declaration_text()  # first: what cannot be made leaves nothing half written
    written_new(folder / "guardrails.yaml", _START)
    written_new(folder / "guardrails.schema.json", schema + "\n")
    click.echo(f"wrote {folder / 'guardrails.yaml'}; next: guardrails lint {folder}, then guardrails reconcile {folder}")
    return ExitCode.CLEAN
