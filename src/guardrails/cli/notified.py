"""Tells whom the section `notify` names what changed, when everything else of a run is done. What fails is told, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from guardrails.cli.host import Host
from guardrails.cli.options import progress
from guardrails.cli.remembered import name_of
from guardrails.errors import OperatorError
from guardrails.history.outbox import Outbox
from guardrails.history.store import opened
from guardrails.model.declaration import Declaration
from guardrails.notify.delivery import delivered, pinged

__all__ = ["notified"]


def notified(host: Host, declaration: Declaration, now: datetime, *, is_whole: bool = False) -> None:
    """Send what waits, and ping when a whole run was kept."""
    if not declaration.notify:
        return
    archive = host.history
    if archive is None:
        progress("nobody is notified: the host file names no history, so what changed is not known")
        return

    @contextmanager
    def outbox() -> Iterator[Outbox]:
        with opened(archive, name_of(archive, declaration)) as history:
            yield Outbox(history.backend, history.declaration)

    try:
        failures = delivered(outbox, declaration, host.doors, now)
    except OperatorError as error:
        failures = (f"nobody was told: {error}",)
    for failure in (*failures, *(pinged(declaration, host.doors) if is_whole else ())):
        progress(failure)
