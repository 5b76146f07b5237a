"""Puts runs into the audit log of this host: who began what, and how it ended. Without a state folder there is no log."""

from __future__ import annotations

import getpass
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from guardrails import __version__
from guardrails.cli.host import Host
from guardrails.model.findings import Assessment
from guardrails.trust.canonical import JSON
from guardrails.trust.log.ledger import Ledger, opened

__all__ = ["AUDIT", "latest", "logged", "noted", "who"]

AUDIT = "audit"
"""The folder of the log, below the state folder."""
_TELLING = ("CI_JOB_ID", "GITHUB_ACTOR", "GITHUB_RUN_ID", "GITLAB_USER_LOGIN", "SUDO_USER")
_Told = Callable[[Assessment], None]


@contextmanager
def logged(host: Host, command: str, about: dict[str, JSON]) -> Iterator[_Told]:
    """A run, written down when it begins and when it ends, however it ends; the block is given what takes its outcome.

    Raises:
        AuditError: It cannot be written down, so it must not go on.
    """
    outcome: dict[str, JSON] = {}

    def told(assessment: Assessment) -> None:
        outcome.update(_outcome(assessment))

    begun = _note(host, "run.start", {"command": command, "version": __version__, **_who(), **about})
    try:
        yield told
    except BaseException as error:
        outcome["stopped"] = type(error).__name__
        raise
    finally:
        _note(host, "run.end", {"command": command, "began": begun, **outcome})


def noted(host: Host) -> Callable[[str, Mapping[str, JSON]], None]:
    """What writes single events of a run into the log; each is on the disk when it returns."""

    def note(event: str, values: Mapping[str, JSON]) -> None:
        _note(host, event, dict(values))

    return note


def _note(host: Host, event: str, values: dict[str, JSON]) -> int:
    if host.state is None:
        return 0
    now = datetime.now(UTC)
    with _log(host.state, now) as log:
        return log.append(event, values, now)


def latest(state: Path) -> datetime:
    """The latest moment that the log of a state folder tells.

    Raises:
        AuditError: It cannot be told.
    """
    with _log(state, datetime.now(UTC)) as log:
        return log.latest


def _log(state: Path, now: datetime) -> AbstractContextManager[Ledger]:
    return opened(state / AUDIT, f"guardrails/{socket.gethostname()}", now)


def who() -> str:
    """The person and the host, in a few words."""
    return f"{getpass.getuser()} on {socket.gethostname()}"


def _who() -> dict[str, JSON]:
    """As whom and where; what a pipeline says of itself is its own word, and named so."""
    told: dict[str, JSON] = {name: os.environ[name] for name in _TELLING if name in os.environ}
    return {"user": getpass.getuser(), "host": socket.gethostname(), "environment": told}


def _outcome(assessment: Assessment) -> dict[str, JSON]:
    codes = Counter(finding.control for finding in assessment.findings)
    return {"exit": int(assessment.exit_code), "findings": dict(sorted(codes.items()))}
