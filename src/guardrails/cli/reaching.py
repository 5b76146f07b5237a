"""What the commands about who may do what share: the world that is asked, and how the answer is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, workflow
from guardrails.cli.options import progress, seen_of
from guardrails.drift.reach import NOW, Reach, reaches, unseen
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.model.declaration import Declaration
from guardrails.model.findings import ExitCode
from guardrails.ports import Explaining
from guardrails.reports import show
from guardrails.trust.sealed.keys import Keys

__all__ = ["answer", "exported", "reached", "world_of"]


_TELLING = frozenset({"vault"})
"""Connectors whose meaning explains single requests."""


def exported(folder: Path) -> Declaration:
    """A declaration of nothing but one Vault that is read from a folder."""
    text = f"guardrails: 1\nsystems: {{vault: {{connector: vault, export: {json.dumps(str(folder.absolute()))}}}}}\n"
    return declare.loads([("guardrails.yaml", text.encode())])


def world_of(declaration: Declaration, snapshot: Path | None, keys: Keys | None) -> World:
    """What is declared beside what is so, or was: of the systems that can tell, and of the directories that say whose an account is."""
    now = datetime.now(UTC)
    workflow.checked(declaration)
    directories = {source.system for source in declaration.sources}
    asked = tuple(system for system in declaration.systems if system.connector in _TELLING or system.name in directories)
    if not any(system.connector in _TELLING for system in asked):
        raise AuthorError(
            "no system is declared of which it can be told who may do what", remedy="declare a Vault or OpenBao under systems"
        )
    narrowed = replace(declaration, systems=asked)
    seen = workflow.aged(narrowed, seen_of(narrowed, snapshot, now, keys), now)
    return workflow.side_by_side(narrowed, seen, now)


def reached(world: World, action: str, resource: str) -> tuple[list[tuple[str, Reach]], list[str]]:
    """Everybody who may, with the system, and what was not seen."""
    found: list[tuple[str, Reach]] = []
    gaps: list[str] = []
    for system, meaning in world.meanings.items():
        if isinstance(meaning, Explaining):
            found += [(system, one) for one in reaches(world, meaning, system, action, resource)]
            gaps += unseen(world, system)
    if world.people.partial and world.declaration.sources:
        gaps.append("the directory was not read whole, so somebody may be missing")
    return found, gaps


def answer(found: Sequence[tuple[str, Reach]], gaps: Iterable[str], question: str, output: str) -> ExitCode:
    """Show it: surely allowed first. What could not be told makes the whole untold."""
    told = sorted(found, key=lambda pair: (pair[1].allowed is not True, pair[1].when != NOW, pair[0], str(pair[1].holder)))
    lacking = list(gaps)
    if output == "json":
        click.echo(json.dumps({"question": question, "found": [_as_json(*one) for one in told], "not_seen": lacking}, indent=2))
    else:
        click.echo("\n".join(show(line) for line in _lines(told, question, is_whole=not lacking)))
    for gap in lacking:
        progress(show(f"not seen: {gap}"))
    return ExitCode.CANNOT_TELL if lacking or any(one.allowed is None for _, one in told) else ExitCode.CLEAN


def _as_json(system: str, reach: Reach) -> dict[str, object]:
    return {
        "system": system,
        "principal": str(reach.holder),
        "person": reach.person or None,
        "allowed": reach.allowed,
        "when": reach.when,
        "chain": list(reach.chain),
        "why": reach.why or None,
    }


def _lines(told: Sequence[tuple[str, Reach]], question: str, *, is_whole: bool) -> Iterable[str]:
    if not told:
        yield f"nobody may {question}" if is_whole else f"nobody who was seen may {question}, and not everybody was seen"
    for _, reach in told:
        who = f"person:{reach.person} as {reach.holder}" if reach.person else str(reach.holder)
        may = "may" if reach.allowed else "cannot tell whether it may"
        yield f"{who} {may} {question} {reach.when}{': ' if reach.why else ''}{reach.why}"
        if reach.chain:
            yield f"    {' > '.join(reach.chain)}"
