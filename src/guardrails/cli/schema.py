"""`guardrails schema`: JSON Schemas for editors and for readers of reports."""

from __future__ import annotations

import json

import click

from guardrails.connectors.discovery import find, names
from guardrails.declare.schema import declaration_schema
from guardrails.model.findings import ExitCode
from guardrails.reports.schema import report_schema

__all__ = ["command", "declaration_text"]


def declaration_text() -> str:
    """The schema of the declaration with the parts of every installed connector."""
    return json.dumps(declaration_schema(find(name) for name in names()), indent=2, sort_keys=True)


@click.command("schema")
@click.argument("what", type=click.Choice(["declaration", "report"]), default="declaration")
def command(what: str) -> int:
    """Print the JSON Schema of the declaration (with every installed connector's part) or of the report."""
    click.echo(json.dumps(report_schema(), indent=2, sort_keys=True) if what == "report" else declaration_text())
    return ExitCode.CLEAN
