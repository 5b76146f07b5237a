"""Keeps what the gate said: as a statement for the step that makes the change, and in the audit log of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from guardrails.cli.host import Host
from guardrails.cli.logged import noted
from guardrails.cli.options import progress
from guardrails.errors import AuthorError
from guardrails.proposals.attestation import GATE_NAMESPACE, Grounds, blocking_ids, change_of, statement
from guardrails.proposals.judgement import Judgement
from guardrails.trust.canonical import JSON, sha256_hex
from guardrails.trust.files import publish
from guardrails.trust.log.changes import JUDGED
from guardrails.trust.registered import subject_of
from guardrails.trust.sign import sign_verdict

__all__ = ["Verdict", "keep"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged, how, on which grounds and when."""

    subjects: Mapping[str, str]
    judgement: Judgement
    grounds: Grounds
    about: Mapping[str, JSON]
    at: datetime


def keep(verdict: Verdict, host: Host, file: Path | None, key: Path | None) -> None:
    """First into the log, so that no statement is anywhere that the log does not know; and say by which name a record can approve it.

    Raises:
        AuditError: The log cannot be written.
        AuthorError: The statement cannot be.
        SigningError: It was not signed.
    """
    content = statement(verdict.subjects, verdict.judgement, verdict.grounds, verdict.about, verdict.at)
    subjects: list[JSON] = [{"name": name, "sha256": digest} for name, digest in verdict.subjects.items()]
    noted(host)(
        JUDGED,
        {
            "change": change_of(content),
            "exit": int(verdict.judgement.exit_code),
            "blocking": [*blocking_ids(verdict.judgement)],
            "subjects": subjects,
            "about": dict(verdict.about),
            "grounds": dict(verdict.grounds.items()),
            "statement": sha256_hex(content),
        },
    )
    if file is None:
        return
    try:
        publish(file, content)
    except FileExistsError as error:
        raise AuthorError(f"{file} is already there", remedy="name another; a verdict is never written over") from error
    except OSError as error:
        raise AuthorError(f"{file}: {error.strerror}", remedy="name a file in a folder that can be written") from error
    progress(f"a record approves it as {subject_of(change_of(content))}")
    if key is not None:
        sign_verdict(file, content, key, GATE_NAMESPACE)
