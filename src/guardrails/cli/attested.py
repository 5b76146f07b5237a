"""`guardrails attested`: did the gate let exactly this change pass? For the step of a pipeline that makes the change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from guardrails.cli.options import account_of, system_of
from guardrails.errors import Refused
from guardrails.model.findings import ExitCode
from guardrails.proposals.attestation import GATE_NAMESPACE, refusal
from guardrails.reports import show
from guardrails.trust.canonical import JSON, sha256_hex
from guardrails.trust.files import read_file
from guardrails.trust.sshsig import MAX_SIGNATURE_BYTES, public_key_blob, verify

__all__ = ["command"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_MAX_BYTES = 2**20
_REMEDY = "have the gate judge this change again, and keep what it writes"


@click.command("attested")
@click.argument("statement", type=_FILE)
@click.option("--for", "parts", type=_FILE, multiple=True, required=True, help="A file of the change; all of them have to be given.")
@click.option("--principal", default="", metavar="REF", help="As it was said to the gate.")
@click.option("--account", "accounts", multiple=True, metavar="[PROVIDER=]ID", help="Likewise.")
@click.option("--system", "systems", multiple=True, metavar="[PROVIDER=]NAME", help="Likewise.")
@click.option("--region", default="", help="Likewise.")
@click.option("--key", type=_FILE, required=True, help="The public key of the pipeline, as OpenSSH writes it.")
@click.option("--hours", type=click.IntRange(1, 24 * 90), default=24, help="How old the verdict may be.")
def command(
    statement: Path,
    *,
    parts: tuple[Path, ...],
    principal: str,
    accounts: tuple[str, ...],
    systems: tuple[str, ...],
    region: str,
    key: Path,
    hours: int,
) -> int:
    """Exit 0 when STATEMENT is signed with the key, says that the gate let the change pass, and is about exactly these files.

    For whom and where it was judged has to be said as it was to the gate.
    """
    content = read_file(statement, _MAX_BYTES)
    signature = read_file(statement.with_name(f"{statement.name}.sig"), MAX_SIGNATURE_BYTES)
    blob = public_key_blob(read_file(key, _MAX_BYTES).decode("utf-8", errors="replace").strip())
    verify(content, signature, GATE_NAMESPACE, {blob: "pipeline"})
    digests = frozenset(sha256_hex(path.read_bytes()) for path in parts)
    about: dict[str, JSON] = {
        "principal": principal,
        "accounts": dict(map(account_of, accounts)),
        "region": region,
        "systems": dict(map(system_of, systems)),
    }
    if why := refusal(content, digests, about, datetime.now(UTC), timedelta(hours=hours)):
        raise Refused(f"{statement}: {why}", remedy=_REMEDY)
    click.echo(show(f"{statement}: the gate let this change pass"))
    return ExitCode.CLEAN
