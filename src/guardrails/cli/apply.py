"""`guardrails apply`: applies a plan that enough members have signed."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from guardrails.cli.options import declaration_argument, host_option
from guardrails.cli.plans import plan_argument, run
from guardrails.errors import AuthorError
from guardrails.remediation import apply_plan

__all__ = ["command"]

_TIME = re.compile(r"([1-9][0-9]{0,4})([smh])")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_LONGEST = timedelta(hours=24)


@click.command("apply")
@plan_argument
@declaration_argument
@host_option
@click.option("--confirm", metavar="TIME", help="Take everything back after this time, such as 10m, unless somebody confirms before.")
def command(plan: Path, declaration: Path, *, host: Path, confirm: str | None) -> int:
    """Verify the plan, its signatures and everything it touches, then make its changes, or none."""
    carry_out = partial(apply_plan, confirm_within=_time(confirm) if confirm is not None else None)
    return run("apply", carry_out, "applied", plan=plan, declaration=declaration, host=host)


def _time(text: str) -> timedelta:
    form = _TIME.fullmatch(text)
    found = timedelta(seconds=int(form[1]) * _UNITS[form[2]]) if form else None
    if found is None or found > _LONGEST:
        raise AuthorError(f"--confirm {text} is no time up to 24h", remedy="write it like 10m, 90s or 2h")
    return found
