"""`guardrails why`: by what one person may make one request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.options import host_option, output_option, snapshot_option
from guardrails.cli.reaching import answer, reached, world_of
from guardrails.drift.reach import Reach
from guardrails.errors import AuthorError

__all__ = ["command"]


@click.command("why")
@click.argument("person")
@click.argument("action")
@click.argument("resource")
@click.argument("declaration", type=click.Path(path_type=Path))
@snapshot_option
@host_option
@output_option
def command(person: str, action: str, resource: str, *, declaration: Path, snapshot: Path | None, host: Path, output: str) -> int:
    """By which accounts, groups, policies and rules PERSON may do ACTION on RESOURCE, such as `read kv/data/x`.

    Asked of every Vault and OpenBao of the declaration. Exit 0 when that was told whole; 3 when something was not seen or could not be
    told.
    """
    world = world_of(declare.load(declaration), snapshot, read_host(host).keys)
    if person not in world.people.by_name:
        raise AuthorError(f"{person} is nobody in the directories", remedy="name somebody as the people source of the declaration does")
    told, gaps = reached(world, action, resource)
    mine = [(system, _theirs(one, person)) for system, one in told if one.is_open or one.person == person]
    return answer(mine, gaps, f"{action} {resource}", output)


def _theirs(reach: Reach, person: str) -> Reach:
    """Of whoever another system lets in nobody can tell whether they are among them."""
    if not reach.is_open:
        return reach
    return replace(reach, allowed=None, why=f"nothing that was read tells whether {person} is among them")
