"""The demo: the example company's declaration against its world, on servers that are started and stopped here."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from guardrails import declare, reports, workflow
from guardrails.cli.host import read_host
from guardrails.cli.options import progress
from guardrails.testing.company import company

__all__ = ["command"]


@click.command("demo")
def command() -> int:
    """Run the main job on an example company, against servers on loopback that are started and stopped here.

    Exit 0 when the demo itself worked, whatever it found.
    """
    with _interruptible(), company(click.echo) as folder:
        found = declare.load(folder / "declaration")
        now = datetime.now(UTC)
        approval = workflow.approval(found, read_host(folder / "host.yaml").anchor, found.clock.day(now))
        assessment = workflow.assess(found, workflow.observe(found, now, progress), now, approval)
        click.echo(reports.as_text(assessment), nl=False)
    click.echo("stopped the servers. Look next at examples/connectel/, and run: guardrails explain GR101")
    return 0


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let whatever else ends a program end it as Ctrl-C does: with the servers stopped."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
