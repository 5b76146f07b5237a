"""Arguments of commands that sign, and whose key it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from guardrails.errors import AuthorError
from guardrails.trust.chain import MAX_ROSTER_BYTES
from guardrails.trust.files import read_file
from guardrails.trust.roster import Roster, parse_roster
from guardrails.trust.sign import Signer

__all__ = ["roster_of", "signer", "signing"]

_FILE = click.Path(path_type=Path, dir_okay=False)


def signing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--key` and `--as`."""
    for option in (
        click.option("--as", "member", metavar="MEMBER", help="Your id on the roster; looked up by the key when left out."),
        click.option("--key", type=_FILE, required=True, help="Your private key; the public one when the key is in an agent."),
    ):
        function = option(function)
    return function


def signer(member: str | None, roster: Path) -> Signer:
    """Who signs: as said, or the roster on which the key is looked up.

    Raises:
        AuthorError: Nobody can tell.
    """
    if member is not None:
        return member
    if not roster.exists():
        raise AuthorError(f"{roster} is not there, so nobody can look up whose key this is", remedy="give --as MEMBER, or --roster")
    return roster_of(roster)


def roster_of(path: Path) -> Roster:
    """The roster in a file, trusted or not.

    Raises:
        RosterError: It is malformed.
        UnreadableFile: It cannot be read.
    """
    return parse_roster(read_file(path, MAX_ROSTER_BYTES))
