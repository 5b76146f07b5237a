"""`guardrails gate`: what a proposed change of documents would do, before it is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from guardrails import declare, reports, workflow
from guardrails.cli.host import Host, read_host
from guardrails.cli.options import declaration_argument, host_option, output_option, progress, seen_of
from guardrails.cli.proposed import with_iam_policy, with_memberships, with_vault_policy
from guardrails.cli.revisions import revisions
from guardrails.drift.world import World
from guardrails.errors import AuthorError
from guardrails.model.facts import Gap
from guardrails.model.findings import Finding
from guardrails.model.observation import Observation
from guardrails.model.words import GapReason
from guardrails.proposals.judgement import Judgement, judge

__all__ = ["command"]

_FILE = click.Path(path_type=Path)


@click.command("gate")
@declaration_argument
@click.option("--from", "snapshot", type=_FILE, required=True, help="What `observe --out` kept; nothing is contacted.")
@click.option("--iam-policy", "iam", type=_FILE, help="An inline policy that --principal would have, by the name of the file.")
@click.option("--principal", metavar="REF", help="Who would have it: aws@111122223333:role/ci, or its ARN.")
@click.option("--vault-policy", "vault", type=_FILE, help="What the policy of that name (NAME.hcl) would say.")
@click.option("--ldif", type=_FILE, help="Changes of memberships in the directory, as for ldapmodify.")
@click.option("--declaration", "between", metavar="BASE..HEAD", help="The declaration in two revisions of its git repository.")
@host_option
@output_option
def command(
    declaration: Path,
    *,
    snapshot: Path,
    iam: Path | None,
    principal: str | None,
    vault: Path | None,
    ldif: Path | None,
    between: str | None,
    host: Path,
    output: str,
) -> int:
    """Judge a change before it is made: what is new or worse blocks, what is there anyway is told.

    Exit 0: nothing new, nothing worse. 1: something is. 3: it cannot be told.
    """
    if (iam is None) != (principal is None):
        raise AuthorError("--iam-policy and --principal belong together", remedy="say which document, and whose it would be")
    if not (iam or vault or ldif or between):
        raise AuthorError("no change is proposed, and nothing evaluated never passes", remedy="name one, such as --vault-policy NAME.hcl")
    pinned = read_host(host)
    with ExitStack() as stack:
        was, will = stack.enter_context(revisions(declaration, between)) if between else (declaration, declaration)
        now = datetime.now(UTC)
        before = _world(was, snapshot, pinned, now)
        after = _world(will, snapshot, pinned, now) if between else before
        untold = list(_stale(before))
        for edited, why in _edits(after, iam, principal, vault, ldif):
            after = workflow.with_observation(after, edited)
            untold += why
        judgement = judge(before, after, tuple(untold))
    click.echo(_as_json(judgement) if output == "json" else "\n".join(_lines(judgement)))
    return judgement.exit_code


def _world(path: Path, snapshot: Path, pinned: Host, now: datetime) -> World:
    found = declare.load(path)
    workflow.checked(found)
    approval = workflow.approval(found, pinned.anchor, found.clock.day(now))
    return workflow.side_by_side(found, workflow.aged(found, seen_of(found, snapshot, now, pinned.keys), now), now, approval)


def _edits(
    world: World, iam: Path | None, principal: str | None, vault: Path | None, ldif: Path | None
) -> Iterator[tuple[Observation, tuple[str, ...]]]:
    """Each is of another system, so that one does not undo another."""
    if iam and principal:
        yield with_iam_policy(world, iam, principal)
    if vault:
        yield with_vault_policy(world, vault)
    if ldif:
        yield with_memberships(world, ldif)


def _stale(world: World) -> Iterator[str]:
    """What was seen too long ago cannot let a change pass."""
    old: list[Gap] = [gap for gap in world.gaps() if gap.reason is GapReason.STALE]
    yield from (gap.message for gap in old)


def _lines(judgement: Judgement) -> Iterator[str]:
    for one in judgement.blocking:
        found = one.finding
        yield f"{_line(found)}\n      {'blocks' if one.is_sure else 'untold':9} {reports.show(one.why)}\n      {'id':9} {found.id}"
    yield from (f"untold: {reports.show(why)}" for why in judgement.untold)
    yield from (f"there anyway: {_line(found)}" for found in judgement.earlier)
    yield from (f"would end: {_line(found)}" for found in judgement.ended)
    counts = f"{len(judgement.blocking)} new or worse, {len(judgement.earlier)} there anyway, {len(judgement.ended)} would end"
    yield f"{counts}; exit {int(judgement.exit_code)}"
    if judgement.untold:
        progress("the change was not judged as a whole")


def _line(finding: Finding) -> str:
    found = finding.difference
    return f"{finding.control} {finding.severity.label:8} {found.verdict.value:9} {reports.show(found.message)}"


def _as_json(judgement: Judgement) -> str:
    document = {
        "schema": "guardrails.gate/1",
        "exit_code": int(judgement.exit_code),
        "blocking": [{**_entry(one.finding), "why": one.why, "sure": one.is_sure} for one in judgement.blocking],
        "earlier": [_entry(finding) for finding in judgement.earlier],
        "ended": [_entry(finding) for finding in judgement.ended],
        "untold": list(judgement.untold),
    }
    return json.dumps(document, indent=2, sort_keys=True)


def _entry(finding: Finding) -> dict[str, str]:
    found = finding.difference
    told = {"id": finding.id, "control": finding.control, "severity": finding.severity.label, "verdict": found.verdict.value}
    return {**told, "subject": found.subject, "message": found.message}
