"""A mail, handed to the one server that the declaration names, over TLS."""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from guardrails.history.outbox import Letter
from guardrails.model.notifying import Mail
from guardrails.notify.doors import READ_SECONDS, Door, Undelivered, connected, context, cut, find, limited
from guardrails.notify.letters import as_text, title

__all__ = ["mail", "message"]


def mail(way: Mail, letter: Letter, doors: tuple[Door, ...], now: datetime) -> None:
    """Send a letter.

    Raises:
        Undelivered: The server did not take it, for one of the addresses at least.
        SecretError: The reference to the password does not lead to one.
    """
    door, password = find(doors, way.server, way.port), way.password.resolve() if way.password else None
    in_the_clear = door.plain and not way.implicit
    if in_the_clear and password is not None:
        raise Undelivered(f"{way.server}:{way.port} would be told a password without TLS", remedy="take plain: away in the host file")
    client = _Client(door, way)
    try:
        with limited(lambda: cut(client.sock)):
            client.connect(way.server, way.port)
            client.ehlo()
            if not way.implicit and not in_the_clear:
                client.starttls(context=context(door))
                client.ehlo()
            if password is not None:
                client.login(way.user, password.reveal())
            refused = client.send_message(message(way, letter, now), way.sender, list(way.to))
            client.quit()
    except (smtplib.SMTPException, OSError, ValueError) as error:  # a password that is not ASCII is a ValueError
        raise _refusal(way, error) from None
    finally:
        client.close()
    if refused:
        raise Undelivered(f"{way.server}:{way.port} refuses {len(refused)} of {len(way.to)} addresses", remedy="correct mail.to")


def _refusal(way: Mail, error: Exception) -> Undelivered:
    """What went wrong, without what the server said: it may quote what it was told."""
    where = f"{way.server}:{way.port}"
    match error:
        case smtplib.SMTPResponseException():
            return Undelivered(f"{where} answers {error.smtp_code}", remedy="look at the mail server")
        case ssl.SSLError():
            return Undelivered(f"{where}: no TLS with it: {error.reason or 'refused'}", remedy="look at its certificate")
        case _:
            return Undelivered(f"{where} does not take mail ({type(error).__name__})", remedy="look at the mail server")


def message(way: Mail, letter: Letter, now: datetime) -> EmailMessage:
    """The mail. Receivers and servers know by its id when it comes a second time."""
    found = EmailMessage(policy=SMTP)
    found["From"], found["To"], found["Subject"] = way.sender, ", ".join(way.to), title(letter)
    found["Date"] = format_datetime(now)
    found["Message-ID"] = f"<{letter.key}@{way.sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(as_text(letter))
    return found


class _Client(smtplib.SMTP):
    """Speaks through a door: to the address that was looked at, under the name that the certificate has to have."""

    def __init__(self, door: Door, way: Mail) -> None:
        self._door, self._way = door, way
        super().__init__(timeout=READ_SECONDS, local_hostname="guardrails.invalid")
        self._host = way.server  # what `starttls` compares the certificate with

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002  # the door knows where
        found = connected(self._door, port)
        return context(self._door).wrap_socket(found, server_hostname=self._way.server) if self._way.implicit else found
