"""Sees to it that what waits is sent: one letter after the other to each recipient, so many an hour, and each until it is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import assert_never

from guardrails.errors import OperatorError
from guardrails.history.outbox import Letter, Outbox
from guardrails.history.store import damaged
from guardrails.model.declaration import Declaration
from guardrails.model.notifying import Apprise, Mail, Ping, Recipient, Webhook
from guardrails.notify.doors import Door
from guardrails.notify.http import request
from guardrails.notify.letters import compose
from guardrails.notify.mail import mail
from guardrails.notify.notices import Notice, for_recipient, read, written
from guardrails.notify.services import tell
from guardrails.notify.webhook import post

__all__ = ["delivered", "keep", "pinged"]

Opened = Callable[[], AbstractContextManager[Outbox]]
"""A transaction of its own each time: none is open while something is sent."""


def keep(outbox: Outbox, declaration: Declaration, at: datetime, notices: Iterable[Notice]) -> None:
    """Keep what is to be told, in the transaction that keeps what it is about."""
    listed = tuple(notices)
    for recipient in declaration.notify:
        if not isinstance(recipient.way, Ping):
            outbox.note(recipient.name, at, map(written, for_recipient(recipient, declaration, listed)))


def delivered(opened: Opened, declaration: Declaration, doors: tuple[Door, ...], now: datetime) -> tuple[str, ...]:
    """Send what waits; why what was not sent was not, recipient by recipient.

    Raises:
        OperatorError: The history cannot be used.
    """
    failures = []
    for recipient in declaration.notify:
        if isinstance(recipient.way, Ping):
            continue
        with opened() as outbox:
            _write(outbox, recipient, now)
            letters = outbox.claim(recipient.name, now)
        for letter in letters:
            failure = _sent(recipient, letter, doors, now)
            with opened() as outbox:
                if failure:
                    outbox.failed(letter.key, failure)
                else:
                    outbox.sent(letter.key, now)
            failures += [f"{recipient.name} was not told: {failure}"] if failure else []
    return tuple(failures)


def pinged(declaration: Declaration, doors: tuple[Door, ...]) -> tuple[str, ...]:
    """Ask for the URLs of those who miss us when we do not; why what was not reached was not."""
    failures = []
    for recipient in declaration.notify:
        if isinstance(recipient.way, Ping):
            try:
                request("GET", recipient.way.url.resolve(), doors)
            except OperatorError as error:
                failures.append(f"{recipient.name} was not pinged: {error}")
    return tuple(failures)


def _write(outbox: Outbox, recipient: Recipient, now: datetime) -> None:
    waiting = outbox.waiting(recipient.name)
    if not waiting or not outbox.may_write(recipient.name, now, recipient.per_hour):
        return
    with damaged(outbox.backend.name):
        notices = [(number, read(said)) for number, said in waiting]
    letter = compose(outbox.declaration, recipient.name, now, notices)
    outbox.write(recipient.name, now, letter, (number for number, _ in notices))


def _sent(recipient: Recipient, letter: Letter, doors: tuple[Door, ...], now: datetime) -> str:
    """Why it was not sent; empty when it was. Whatever a reference or a receiver does wrong, the others are told all the same."""
    try:
        match recipient.way:
            case Webhook() as way:
                post(way, letter, doors, now)
            case Mail() as way:
                mail(way, letter, doors, now)
            case Apprise() as way:
                tell(way, letter, doors)
            case Ping():
                pass
            case _ as never:
                assert_never(never)
    except OperatorError as error:
        return str(error)
    return ""
