"""One request over HTTPS, through a door. Nothing is followed, nothing of the answer is read but its status."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from guardrails.notify.doors import Door, Undelivered, connected, context, cut, find, limited
from guardrails.secret import Secret

__all__ = ["request"]

_URL = re.compile(r"https?://[!-~]+")
_TAKEN = range(200, 300)
_ELSEWHERE = range(300, 400)


def request(method: str, url: Secret, doors: tuple[Door, ...], body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
    """Send it, and return when it was taken. No message holds more of the URL than its host.

    Raises:
        Undelivered: It was not.
    """
    parts, port = _parts(url)
    host = parts.hostname or ""
    door = find(doors, host, port)
    if parts.scheme == "http" and not door.plain:
        raise Undelivered(f"{host}:{port} would be told without TLS", remedy="use https, or write plain: true for it in the host file")
    status = _status(method, parts, door, port=port, body=body, headers={"User-Agent": "guardrails", **(headers or {})})
    if status in _ELSEWHERE:
        raise Undelivered(f"{host}:{port} leads elsewhere ({status}), which is not followed", remedy="name the place that it leads to")
    if status not in _TAKEN:
        raise Undelivered(f"{host}:{port} answers {status}", remedy="look at the receiver")


def _status(method: str, parts: SplitResult, door: Door, *, port: int, body: bytes, headers: Mapping[str, str]) -> int:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    client = HTTPConnection(parts.netloc)
    with closing(client):
        client.sock = connected(door, port)
        try:
            with limited(lambda: cut(client.sock)):
                if parts.scheme == "https":
                    tls = context(door).wrap_socket(client.sock, server_hostname=parts.hostname, do_handshake_on_connect=False)
                    client.sock = tls
                    tls.do_handshake()
                client.request(method, path, body or None, {"Host": parts.netloc, **headers})
                return client.getresponse().status
        except ssl.SSLError as error:
            raise Undelivered(
                f"{door.host}:{port}: no TLS with it: {error.reason or 'refused'}", remedy="look at its certificate"
            ) from None
        except (OSError, HTTPException) as error:
            # what these say may quote the path, which may be the secret
            raise Undelivered(
                f"{door.host}:{port} does not answer as HTTP ({type(error).__name__})", remedy="look at the receiver"
            ) from None


def _parts(url: Secret) -> tuple[SplitResult, int]:
    """What a URL says; a mistake in it is told without it."""
    text = url.reveal()
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if not _URL.fullmatch(text) or not parts.hostname or parts.username is not None or parts.password is not None:
        raise Undelivered("the reference leads to no URL that can be used", remedy="keep https://HOST/PATH there, without a user")
    return parts, port
