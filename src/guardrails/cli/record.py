"""`guardrails record`: what the security group decides, written, signed and verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from guardrails import declare
from guardrails.cli.host import read_host
from guardrails.cli.options import declaration_argument, progress
from guardrails.cli.signing import roster_of, signer, signing
from guardrails.errors import AuthorError, OperatorError
from guardrails.model.findings import ExitCode
from guardrails.proposals.attestation import change_of
from guardrails.reports import show
from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import MAX_RECORD_BYTES, Decisions, read_decisions
from guardrails.trust.draft import draft
from guardrails.trust.errors import MalformedJson
from guardrails.trust.files import read_file
from guardrails.trust.records import Approved, Record, RecordKind, Standing, parse_record
from guardrails.trust.registered import subject_of
from guardrails.trust.roster import Roster
from guardrails.trust.sign import new_record, sign_record, sign_roster

__all__ = ["command"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_DAY = click.DateTime(["%Y-%m-%d"])
_file_argument = click.argument("file", type=_FILE)


@click.group("record")
def command() -> None:
    """Write, sign and verify what the security group decides."""


@command.command("new")
@declaration_argument
@click.option("--claim", required=True, metavar="ID", help="As in accepted: or approved:, such as ISG-2026-014.")
@click.option("--subject", "subjects", multiple=True, help="Such as asset:call-records. May be given again.")
@click.option(
    "--verdict", "verdicts", type=_FILE, multiple=True, help="What gate --attest wrote: the change that it is about. May be given again."
)
@click.option("--out", type=_FILE, required=True, help="The file to write, named ID.json.")
@click.option("--kind", type=click.Choice([kind.value for kind in RecordKind]), help="Follows from assets and exceptions.")
@click.option("--by", metavar="MEMBER", help="The member who proposes it, whose signature does not count.")
@click.option("--on", type=_DAY, help="The first day; today when left out.")
@click.option("--until", type=_DAY, help="The last day.")
@click.option("--note", default="", help="One line for those who sign.")
def new(
    declaration: Path,
    *,
    claim: str,
    subjects: tuple[str, ...],
    verdicts: tuple[Path, ...],
    out: Path,
    kind: str | None,
    **more: Any,  # noqa: ANN401  # click's
) -> int:
    """Write a record that covers declared entries as they are now, or changes as they were judged."""
    if out.name != f"{claim}.json":
        raise AuthorError(f"a record of {claim} cannot be named {out.name}", remedy=f"write it to {out.with_name(f'{claim}.json')}")
    changes = _changes(verdicts)
    if not subjects and not changes:
        raise AuthorError("nothing is named that the record would cover", remedy="name it with --subject, or a change with --verdict")
    record = draft(
        {**dict(declare.load(declaration).digests), **changes},
        (*subjects, *changes),
        claim=claim,
        kind=RecordKind(kind) if kind else None,
        by=more["by"],
        on=_day(more["on"]) or _today(),
        until=_day(more["until"]),
        note=more["note"],
    )
    path = new_record(out.parent, record)
    click.echo(f"wrote {path}; next, each member: guardrails record sign {path} --key YOUR-KEY")
    return ExitCode.CLEAN


@command.command("show")
@_file_argument
@click.option("--declaration", type=click.Path(path_type=Path), help="Compare with what is declared now; exit 1 when it differs.")
@click.option("--verdict", "verdicts", type=_FILE, multiple=True, help="Compare with the change that this is about. May be given again.")
def shown(file: Path, declaration: Path | None, verdicts: tuple[Path, ...]) -> int:
    """Say what a record says. Read this before you sign."""
    record = parse_record(read_file(file, MAX_RECORD_BYTES))
    digests = {**(dict(declare.load(declaration).digests) if declaration else {}), **_changes(verdicts)}
    compared = declaration or verdicts
    remarks = {subject: _remark(subject, digests.get(subject), digest) for subject, digest in record.covers.items()} if compared else {}
    for line in _told(record, remarks):
        click.echo(show(line))
    return ExitCode.CLEAN if set(remarks.values()) <= {_SAME, _JUDGED} else ExitCode.FINDINGS


@command.command("sign")
@_file_argument
@signing
@click.option("--roster", type=_FILE, help="Where the key is looked up; ../roster.json beside the record's folder when left out.")
def signed(file: Path, key: Path, member: str | None, roster: Path | None) -> int:
    """Sign a record with ssh-keygen, which asks for the passphrase, PIN or touch."""
    for line in _told(parse_record(read_file(file, MAX_RECORD_BYTES))):
        progress(show(line))
    target = sign_record(file, key, signer(member, roster or file.parent.parent / "roster.json"))
    click.echo(f"wrote {target}")
    return ExitCode.CLEAN


@command.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--roster", type=_FILE, required=True, help="The roster's newest version.")
@click.option("--host", type=_FILE, default=Path("/etc/guardrails/host.yaml"), help="The host file, which pins the roster.")
@click.option("--at", type=_DAY, help="Judge as of this date; today when left out.")
def verified(path: Path, roster: Path, host: Path, at: datetime | None) -> int:
    """Say for a record, or each of a folder, who signed and whether it stands. Exit 1 when one does not."""
    anchor = read_host(host).anchor
    if anchor is None:
        raise OperatorError(f"{host} is not there, so no roster is trusted", remedy="pin the roster there: roster-digest")
    day = _day(at) or _today()
    standings = _standings(path, read_roster(roster, anchor, day), day)
    for record_id, standing in standings.items():
        for line in _judged(record_id, standing):
            click.echo(show(line))
    good = sum(isinstance(standing, Approved) for standing in standings.values())
    click.echo(f"{good} of {len(standings)} records stand on {day}")
    return ExitCode.CLEAN if good == len(standings) else ExitCode.FINDINGS


@command.command("roster-digest")
@_file_argument
def roster_digest(file: Path) -> int:
    """Print the digest that pins a roster in the host file."""
    click.echo(roster_of(file).digest)
    return ExitCode.CLEAN


@command.command("roster-sign")
@_file_argument
@signing
def roster_signed(file: Path, key: Path, member: str | None) -> int:
    """Sign the next version of the roster, which members of the old and of the new one must."""
    roster = roster_of(file)
    progress(f"roster {roster.version} of {roster.on}, expires {roster.expires_on}: {', '.join(m.id for m in roster.members)}")
    progress("signatures needed: " + ", ".join(f"{use.value} {needed}" for use, needed in roster.thresholds.items()))
    click.echo(f"wrote {sign_roster(file, key, member or roster)}")
    return ExitCode.CLEAN


_SAME = "as declared now"
_JUDGED = "as judged"


def _changes(verdicts: tuple[Path, ...]) -> dict[str, str]:
    """The changes that statements of the gate are about: how a record names each, and its digest."""
    found = {}
    for path in verdicts:
        try:
            change = change_of(read_file(path, MAX_RECORD_BYTES))
        except MalformedJson as error:
            raise AuthorError(f"{path}: {error.message}", remedy="give what guardrails gate --attest wrote") from None
        found[subject_of(change)] = change
    return found


def _remark(subject: str, declared: str | None, signed: str) -> str:
    if subject.startswith("change:"):
        return _JUDGED if declared == signed else "NO VERDICT GIVEN"
    if declared is None:
        return "NOT DECLARED"
    return _SAME if declared == signed else "CHANGED since"


def _told(record: Record, remarks: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    yield f"{record.id} {record.kind.value}"
    yield f"  counts   from {record.on} until {record.until or 'the roster expires'}"
    yield f"  by       {record.by or 'no member'}"
    if record.note:
        yield f"  note     {record.note}"
    for subject, digest in sorted(record.covers.items()):
        yield f"  covers   {subject} {digest} {remarks.get(subject, '')}".rstrip()


def _judged(record_id: str, standing: Standing) -> Iterator[str]:
    if isinstance(standing, Approved):
        yield f"{record_id} stands until {standing.until}, signed by {', '.join(standing.signers)}"
        yield from (f"  covers   {subject}" for subject in sorted(standing.record.covers))
        yield from (f"  ignored  {reason}" for reason in standing.ignored)
    else:
        yield f"{record_id} does not stand: {standing.reason.removeprefix(f'{record_id} ').removeprefix(f'{record_id}: ')}"
        yield f"  do       {standing.remedy}"


def _standings(path: Path, roster: Roster, day: date) -> dict[str, Standing]:
    whole = path.is_dir()
    decisions: Decisions = read_decisions(path if whole else path.parent, roster, day)
    if problem := decisions.folder_problem:
        raise OperatorError(problem.reason, remedy=problem.remedy)
    found = {name: standing for name, standing in decisions.standings.items() if whole or f"{name}.json" == path.name}
    if not found:
        raise OperatorError(f"{path}: there is no record", remedy="name a record, such as ISG-2026-014.json, or a folder of them")
    return found


def _today() -> date:
    return datetime.now(UTC).date()


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
