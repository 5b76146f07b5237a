"""One request to a server by anybody; where it is refused, the status."""

from __future__ import annotations

import json
import urllib.request
from urllib.error import HTTPError

__all__ = ["ask"]


def ask(server, method, path, body=None, token=None):
    headers = {"X-Vault-Token": token or server.token}
    request = urllib.request.Request(f"{server.url}/v1/{path}", None if body is None else json.dumps(body).encode(), headers, method=method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
            return json.loads(answer.read() or b"{}")
    except HTTPError as error:
        return error.code
