"""`guardrails attested`: did the gate let exactly this change pass? For the step of a pipeline that makes the change."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from guardrails.cli.change import taken, where
from guardrails.cli.host import Host, read_host
from guardrails.cli.logged import noted
from guardrails.cli.options import account_of, host_option, system_of
from guardrails.cli.revisions import revisions
from guardrails.cli.sources import Sources, digest_of_folder
from guardrails.cli.stack import parameter
from guardrails.errors import AuthorError, OperatorError, Refused
from guardrails.model.findings import ExitCode
from guardrails.proposals.attestation import GATE_NAMESPACE, Asked, change_of, refusal
from guardrails.reports import show
from guardrails.trust.canonical import sha256_hex
from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import read_decisions
from guardrails.trust.files import read_file
from guardrails.trust.log.changes import LET_THROUGH
from guardrails.trust.records import Approved
from guardrails.trust.registered import behind
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES, public_key_blob, verify

__all__ = ["command"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_MAX_BYTES = 2**20
_REMEDY = "have the gate judge this change again, and keep what it writes"


@click.command("attested")
@click.argument("statement", type=_FILE)
@click.option("--for", "parts", type=_FILE, multiple=True, help="A file of the change; all of them have to be given.")
@click.option("--deployed", metavar="FILE|none", help="What the template takes the place of, as it was said to the gate.")
@click.option("--stack-resources", "resources", type=_FILE, help="Likewise.")
@click.option("--stack", "now", type=_FILE, help="Likewise.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Likewise; all of them have to be given.")
@click.option("--principal", default="", metavar="REF", help="Likewise.")
@click.option("--account", "accounts", multiple=True, metavar="[PROVIDER=]ID", help="Likewise.")
@click.option("--system", "systems", multiple=True, metavar="[PROVIDER=]NAME", help="Likewise.")
@click.option("--region", default="", help="Likewise.")
@click.option("--declared", type=click.Path(path_type=Path), help="The declaration that it must have been judged by.")
@click.option("--declaration", "between", metavar="BASE..HEAD", help="The revisions of --declared, where that is what changes.")
@click.option("--approved-by", "record", type=_FILE, help="The record that must approve exactly this change; needs --roster and --author.")
@click.option("--roster", type=_FILE, help="The roster's newest version.")
@click.option("--author", default="", metavar="WHO", help="Whose change it is: of a member, the id, whose signature does not count.")
@host_option
@click.option("--key", type=_FILE, required=True, help="The public key of the pipeline, as OpenSSH writes it.")
@click.option("--hours", type=click.IntRange(1, 24 * 90), default=24, help="How old the verdict may be.")
def command(
    statement: Path,
    *,
    key: Path,
    hours: int,
    host: Path,
    record: Path | None,
    roster: Path | None,
    author: str,
    **parts: Any,  # noqa: ANN401  # click gives each by its name
) -> int:
    """Exit 0 when STATEMENT is signed with the key, says that the gate let the change pass, and is about exactly this change.

    What the change is, for whom and where it was judged has to be said as it was to the gate.
    """
    content = read_file(statement, _MAX_BYTES)
    signature = read_file(statement.with_name(f"{statement.name}.sig"), MAX_SIGNATURE_BYTES)
    blob = public_key_blob(read_file(key, _MAX_BYTES).decode("utf-8", errors="replace").strip())
    verify(content, signature, GATE_NAMESPACE, {blob: "pipeline"})
    asked = _asked(**parts)
    if why := refusal(content, asked, datetime.now(UTC), timedelta(hours=hours)):
        raise Refused(f"{statement}: {why}", remedy=_REMEDY)
    known, change = read_host(host), change_of(content)
    signers = _approved(change, record, roster, author, known) if record or roster or author else ()
    name = record.stem if record else ""
    # before anything can be made: what the log does not know of was not let through
    noted(known)(LET_THROUGH, {"change": change, "statement": sha256_hex(content), "record": name, "signers": [*signers], "author": author})
    approved = f", and {name} approves it, signed by {', '.join(signers)}" if record else ""
    click.echo(show(f"{statement}: the gate let this change pass{approved}"))
    return ExitCode.CLEAN


def _approved(change: str, record: Path | None, roster: Path | None, author: str, host: Host) -> tuple[str, ...]:
    """Who signed the record that approves a change.

    Raises:
        AuthorError: Not all is told that belongs to it.
        OperatorError: This host trusts no roster.
        Refused: The record does not approve this change today.
    """
    if record is None or roster is None or not author:
        raise AuthorError(
            "--approved-by, --roster and --author belong together", remedy="say which record, by which roster, and whose change"
        )
    if host.anchor is None:
        raise OperatorError("the host file pins no roster, so no record counts", remedy="pin it: guardrails record roster-digest")
    day = datetime.now(UTC).date()
    trusted = read_roster(roster, host.anchor, day)
    standing = read_decisions(record.parent, trusted, day).standing(record.stem)
    if why := behind(change, author, standing, trusted):
        raise Refused(f"{record}: {why}", remedy="have a record signed that covers this change: guardrails record new --verdict")
    return standing.signers if isinstance(standing, Approved) else ()


def _asked(
    *,
    parts: tuple[Path, ...],
    deployed: str | None,
    resources: Path | None,
    now: Path | None,
    parameters: tuple[str, ...],
    principal: str,
    accounts: tuple[str, ...],
    systems: tuple[str, ...],
    region: str,
    declared: Path | None,
    between: str | None,
) -> Asked:
    """The change as it was told here.

    Raises:
        AuthorError: Nothing is told, or revisions of no declaration.
    """
    if not parts and not between:
        raise AuthorError("no change is named", remedy="name each file of it with --for, or the revisions of a declaration")
    if between and declared is None:
        raise AuthorError("--declaration names revisions of no declaration", remedy="say which one with --declared")
    sources = Sources()
    digests = {sources.digest(path) for path in parts}
    about = where(principal, dict(map(account_of, accounts)), dict(map(system_of, systems)), region) | taken(
        sources, deployed, resources, now
    )
    grounds: dict[str, str] = {}
    if declared is not None:
        with ExitStack() as stack:
            was, will = stack.enter_context(revisions(declared, between)) if between else (declared, declared)
            grounds = {"declaration-before": digest_of_folder(was), "declaration": digest_of_folder(will)}
    if between:
        digests.add(grounds["declaration"])
        about["declaration-before"] = grounds["declaration-before"]
    return Asked(
        digests=frozenset(digests),
        names=_names(sources, parts),
        about=about,
        parameters=dict(map(parameter, parameters)),
        grounds=grounds,
    )


def _names(sources: Sources, parts: Iterable[Path]) -> dict[str, frozenset[str]]:
    """What the files of each digest are called."""
    found: dict[str, frozenset[str]] = {}
    for path in parts:
        found[sources.digest(path)] = found.get(sources.digest(path), frozenset()) | {path.stem}
    return found
