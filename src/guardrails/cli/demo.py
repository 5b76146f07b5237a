"""The demo: the example company's declaration against its world, on servers that are started and stopped here."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TypeAlias

import click

from guardrails import declare, reports, workflow
from guardrails.cli.host import read_host
from guardrails.cli.options import progress
from guardrails.errors import Unfinished
from guardrails.testing.company import company

__all__ = ["command"]

_Finding: TypeAlias = tuple[str, str, str]
_AUTHOR, _SIGNERS = "femi", ("dana", "erin")
_HOST, _ROSTER = ("--host", "host.yaml"), "declaration/registers/isg/roster.json"
_TOGETHER = "GR202"
"""Two users of one account have to go, which are all that it has: that is refused as a whole, so they wait for a plan of their own."""


@click.command("demo")
@click.option("--put-right", is_flag=True, help="Go on: plan, sign, apply, look again, and take everything back.")
@click.pass_context
def command(context: click.Context, *, put_right: bool) -> int:
    """Run the main job on an example company, against servers on loopback that are started and stopped here.

    Exit 0 when the demo itself worked, whatever it found.
    """
    with _interruptible(), company(click.echo, writable=put_right) as folder:
        if put_right:
            _put_right(context.find_root().command, folder)
        else:
            click.echo(_report(folder), nl=False)
    more = "" if put_right else " To see it put right: guardrails demo --put-right"
    click.echo(f"stopped the servers. Look next at examples/connectel/, and run: guardrails explain GR101.{more}")
    return 0


def _report(folder: Path) -> str:
    found = declare.load(folder / "declaration")
    now = datetime.now(UTC)
    approval = workflow.approval(found, read_host(folder / "host.yaml").anchor, found.clock.day(now))
    return reports.as_text(workflow.assess(found, workflow.observe(found, now, progress), now, approval))


def _put_right(program: click.Command, folder: Path) -> None:
    """Each command as one types it, on the servers.

    Raises:
        Unfinished: What was taken back is not as it was.
    """
    about = ("plan.json", "declaration", *_HOST)
    with chdir(folder):
        found = _found(program, quiet=False)
        _run(program, "plan", "declaration", "--out", "plan.json", "--author", _AUTHOR, "--ignore", _TOGETHER, *_HOST)
        for name in _SIGNERS:
            _run(program, "approve", "plan.json", "--key", f"keys/{name}", "--roster", _ROSTER, aside=True)
        _run(program, "apply", *about)
        left = _found(program)
        click.echo(_outcome(found, left, json.loads(Path("plan.json").read_text(encoding="utf-8"))["plan"]["held"]))
        _run(program, "rollback", *about)
        back = _found(program)
    click.echo(f"after the rollback {len(back & found)} of {len(found)} findings are there, and {len(back - found)} others")
    if back != found:
        raise Unfinished("the rollback did not bring back what was there before", remedy="tell whoever looks after guardrails")


def _found(program: click.Command, *, quiet: bool = True) -> frozenset[_Finding]:
    """What is found by now: control, subject and owner of each finding."""
    _run(program, "reconcile", "declaration", "--report", "json=report.json", *_HOST, aside=True, quiet=quiet)
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    return frozenset((one["control"], one["subject"], one["owner"]) for one in report["findings"])


def _run(program: click.Command, *arguments: str, aside: bool = False, quiet: bool = False) -> None:
    """Run a command; `aside` keeps what it tells beside its result to itself, and `quiet` the result too."""
    click.echo(f"\n$ guardrails {shlex.join(arguments)}")
    with redirect_stderr(StringIO()) if aside else nullcontext(), redirect_stdout(StringIO()) if quiet else nullcontext():
        program.main(list(arguments), standalone_mode=False)


def _outcome(found: frozenset[_Finding], left: frozenset[_Finding], held: Iterable[Mapping[str, str]]) -> str:
    """What is gone, and of each finding that is left who it is to ask, why, and what to do."""
    why = {(one["control"], one["subject"]): f"{one['reason']}; {one['remedy']}" for one in held}
    lines = [f"{len(found - left)} of {len(found)} findings are gone, {len(left - found)} are new, {len(left & found)} are left:"]
    for control, subject, owner in sorted(left):
        lines.append(f"  {control} {subject} ({owner}): {why.get((control, subject), 'waits for a plan of its own')}")
    return "\n".join(lines)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let whatever else ends a program end it as Ctrl-C does: with the servers stopped."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
