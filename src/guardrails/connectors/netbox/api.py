"""The only module that talks to NetBox: one guarded door for every request.

It uses `requests` and not pynetbox, which follows redirects and `next` links wherever they lead, with the token. Nothing is filtered by the
server, because NetBox ignores filters that it does not know. An answer that cannot prove to be NetBox's and whole is `Failed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from guardrails.connectors.netbox.answers import Failed, Found, without_secrets
from guardrails.connectors.netbox.hidden import Reader
from guardrails.connectors.netbox.language import Settings
from guardrails.connectors.netbox.pages import ChangedError, NoAnswerError, Pages
from guardrails.connectors.netbox.rights import right_of
from guardrails.connectors.quiet import quiet
from guardrails.errors import ConnectorError
from guardrails.model.rights import Asked
from guardrails.model.words import GapReason
from guardrails.secret import HoldsSecret, Secret

__all__ = ["NetboxApi"]

_READS = 3
"""How often an endpoint is read from its beginning before it is left as one that will not hold still."""

_TIMEOUT_SECONDS = (10, 60)
_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_OLDEST, _TELLS_WHO, _TOO_NEW = (3, 6), (4, 5), (5, 0)
_REASONS = {401: GapReason.DENIED, 403: GapReason.DENIED, 429: GapReason.THROTTLED}


class NetboxApi(HoldsSecret):
    """Requests to one NetBox with its read token."""

    def __init__(self, settings: Settings) -> None:
        import requests  # noqa: PLC0415  # only now: lint and offline work never load it
        from requests.adapters import HTTPAdapter  # noqa: PLC0415  # likewise
        from urllib3 import Retry  # noqa: PLC0415  # likewise
        from urllib3.connection import HTTPConnection  # noqa: PLC0415  # likewise

        quiet("requests", "urllib3")
        HTTPConnection.debuglevel = 0  # of http.client, which prints the headers of each request with their token
        self.asked = Asked()
        self._token: Secret | None = None
        self._url = settings.url
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc would replace the token, a proxy would see it
        self._session.verify = settings.ca or True
        retry = Retry(
            total=2, status_forcelist=(429, 502, 503, 504), backoff_factor=0.1, raise_on_status=False, respect_retry_after_header=False
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        if settings.token is not None:
            token = settings.token.resolve()
            if not _TOKEN.fullmatch(token.reveal()):  # it would not fit into a header, and the client's error would quote it
                raise ConnectorError(f"{settings.token} leads to no token of NetBox", remedy="put the token alone there")
            self._token = token
            # since 4.5 a token of version 2 carries its own mark
            scheme = "Bearer" if token.reveal().startswith("nbt_") else "Token"
            self._session.headers["Authorization"] = f"{scheme} {token.reveal()}"

    def whoami(self) -> Reader | None:
        """The user whose token reads; `None` before NetBox 4.5, which does not tell.

        Raises:
            ConnectorError: NetBox does not answer, does not accept the token, or is of a version that is not known.
        """
        try:
            return self._reader() if self._version() >= _TELLS_WHO else None
        except NoAnswerError as error:
            raise ConnectorError(f"{self._url}: {error.failed.message}", remedy=error.failed.remedy) from None

    def _reader(self) -> Reader:
        reader = Reader.of(self._get("authentication-check", {}))
        if reader is None:
            raise NoAnswerError(GapReason.MALFORMED, "authentication-check: the answer names nobody")
        return reader

    def _version(self) -> tuple[int, int]:
        told = re.match(r"(\d+)\.(\d+)", str(self._get("status", {}).get("netbox-version")))
        if told is None:
            raise NoAnswerError(GapReason.MALFORMED, "status: no version is told")
        version = (int(told[1]), int(told[2]))
        # a newer minor is read: what it says otherwise than known is a gap, object by object
        if not _OLDEST <= version < _TOO_NEW:
            raise ConnectorError(f"NetBox {told[0]} is not known here", remedy="use NetBox 3.6 or newer, or update guardrails")
        return version

    def all_of(self, path: str) -> Found | Failed:
        """Every object of an endpoint such as `ipam/prefixes`, by id; read again from the beginning when it changes meanwhile."""
        calls, right = 0, right_of(path)
        for _ in range(_READS):
            pages = Pages(path)
            try:
                while not pages.is_last:
                    calls += 1
                    pages.add(self._get(path, pages.next, right))
            except ChangedError:
                continue
            except NoAnswerError as error:
                denied = error.failed.reason is GapReason.DENIED
                failed = replace(error.failed, message=f"{error.failed.message}{pages.so_far}")
                return replace(failed, rights=(right,)) if denied else failed
            objects = without_secrets(path.rpartition("/")[2], pages.objects)
            return Found(objects=objects, pages=pages.pages, calls=calls, counted=pages.counted)
        return NoAnswerError(GapReason.INCOMPLETE, f"{path}: it changed each of {_READS} times while it was read").failed

    def surplus(self) -> tuple[str, ...]:
        """Whether the own token may write, where NetBox shows which it is."""
        try:
            found = self._get("users/tokens", {"limit": "0"}).get("results")
        except NoAnswerError:
            return ()
        own = [token for token in found or () if isinstance(token, dict) and self._is_mine(str(token.get("key") or ""))]
        return tuple(f"token {token.get('id')} has write_enabled" for token in own if token.get("write_enabled"))

    def _is_mine(self, key: str) -> bool:
        """Whether a key is that of the token in use; of version 1 it is the whole token."""
        return bool(key) and self._token is not None and key == self._token.reveal().removeprefix("nbt_").partition(".")[0]

    def _get(self, path: str, parameters: Mapping[str, str], *rights: str) -> Mapping[str, Any]:
        """One request, noted with the rights that it takes."""
        try:
            found = self._asked(path, parameters)
        except NoAnswerError as error:
            self.asked.note(*rights, refused=error.failed.reason is GapReason.DENIED)
            raise
        self.asked.note(*rights)
        return found

    def _asked(self, path: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        from requests import JSONDecodeError, RequestException  # noqa: PLC0415  # only when requests are made

        url = f"{self._url}/api/{path}/"
        try:
            answer = self._session.get(url, params=parameters, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        except RequestException as error:
            raise NoAnswerError(GapReason.UNREACHABLE, f"{path}: {type(error).__name__}") from None
        if answer.is_redirect:
            raise NoAnswerError(GapReason.MALFORMED, f"{path}: redirected, which is not followed with a token")
        if answer.status_code != HTTPStatus.OK:
            raise NoAnswerError(_REASONS.get(answer.status_code, GapReason.INCOMPLETE), f"{path}: status {answer.status_code}")
        try:
            found = answer.json()
        except (JSONDecodeError, RecursionError):
            found = None
        if "API-Version" not in answer.headers or not isinstance(found, dict):
            raise NoAnswerError(GapReason.MALFORMED, f"{path}: this is not an answer of NetBox's API")
        return found
