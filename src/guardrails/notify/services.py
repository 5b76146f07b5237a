"""Other services, through Apprise. It resolves and connects by itself, so the host file names the kinds of services that it may reach."""

from __future__ import annotations

import re

from guardrails.history.outbox import Letter
from guardrails.model.notifying import Apprise
from guardrails.notify.doors import Door, Undelivered
from guardrails.notify.letters import as_text, title

__all__ = ["KIND", "tell"]

KIND = "apprise:"
"""Before the kind of a service, in the host file: `apprise:slack`."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


def tell(way: Apprise, letter: Letter, doors: tuple[Door, ...]) -> None:
    """Send a letter.

    Raises:
        Undelivered: It was not taken, Apprise is not installed, or the host file does not name the kind of service.
        SecretError: The reference to the URL does not lead to one.
    """
    url = way.url.resolve().reveal()
    form = _SCHEME.match(url)
    kind = form[1].lower() if form else ""
    if f"{KIND}{kind}" not in {door.host for door in doors}:
        raise Undelivered(
            f"{kind or 'what'} is no kind of service that the host file names", remedy=f'write notify: {{"{KIND}{kind}": {{}}}}'
        )
    try:
        import apprise  # noqa: PLC0415  # an extra
    except ImportError:
        raise Undelivered("apprise is not installed", remedy="install guardrails[notify]") from None
    service = apprise.Apprise()
    # what it logs or raises may quote the URL, which is a secret
    if not service.add(url) or len(service) != 1:
        raise Undelivered(f"the URL of {kind} cannot be read by apprise", remedy="write one URL of one service")
    if not service.notify(title=title(letter), body=as_text(letter), body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False):
        raise Undelivered(f"{kind} does not take it", remedy="try the URL with the program apprise")
