"""The only module that talks to NetBox: one guarded door for every request.

It uses `requests` and not pynetbox, which follows redirects and `next` links wherever they lead, with the token. Nothing is filtered by the
server, because NetBox ignores filters that it does not know. An answer that cannot prove to be NetBox's and whole is `Failed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from requests import Response

__all__ = ["NetboxApi", "NetboxWriterApi"]

_READS = 3
"""How often an endpoint is read from its beginning before it is left as one that will not hold still."""

_TIMEOUT_SECONDS = (10, 60)
_HEADER = "API-Version"
"""In every answer of NetBox's API, and in none of what stands before it."""

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
        """Every object of an endpoint such as `ipam/prefixes`, by id, less what could be a secret."""
        right, before = right_of(path), self.asked.calls
        try:
            pages = self._pages(path, right)
        except NoAnswerError as error:
            return replace(error.failed, rights=(right,)) if error.failed.reason is GapReason.DENIED else error.failed
        objects = without_secrets(path.rpartition("/")[2], pages.objects)
        return Found(objects=objects, pages=pages.pages, calls=self.asked.calls - before, counted=pages.counted)

    def _pages(self, path: str, *rights: str) -> Pages:
        """Every page; read again from the beginning when the objects change meanwhile."""
        for _ in range(_READS):
            pages = Pages(path)
            try:
                while not pages.is_last:
                    pages.add(self._get(path, pages.next, *rights))
            except ChangedError:
                continue
            except NoAnswerError as error:
                raise NoAnswerError(error.failed.reason, f"{error.failed.message}{pages.so_far}") from None
            return pages
        raise NoAnswerError(GapReason.INCOMPLETE, f"{path}: it changed each of {_READS} times while it was read")

    def one(self, path: str) -> Mapping[str, Any] | None:
        """A single object, by a path such as `users/users/7`, less what could be a secret; `None` when NetBox shows none.

        Raises:
            NoAnswerError: It cannot be told.
        """
        answer = self._send("get", path)
        endpoint = path.rpartition("/")[0]
        self.asked.note(right_of(endpoint), refused=answer.status_code == HTTPStatus.FORBIDDEN)
        if answer.status_code == HTTPStatus.NOT_FOUND and _HEADER in answer.headers:
            return None
        return without_secrets(endpoint.rpartition("/")[2], [_body(path, answer)])[0]

    def own_tokens(self) -> tuple[Mapping[str, Any], ...]:
        """The token in use, where NetBox shows which it is.

        Raises:
            NoAnswerError: It cannot be told.
        """
        return tuple(token for token in self._pages("users/tokens").objects if self._is_mine(str(token.get("key") or "")))

    def surplus(self) -> tuple[str, ...]:
        """Whether the own token may write, where NetBox shows which it is."""
        try:
            return tuple(f"token {token.get('id')} has write_enabled" for token in self.own_tokens() if token.get("write_enabled"))
        except NoAnswerError:
            return ()

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
        return _body(path, self._send("get", path, params=parameters))

    def _send(self, method: str, path: str, **more: Any) -> Response:  # noqa: ANN401  # what the client takes
        from requests import RequestException  # noqa: PLC0415  # only when requests are made

        try:
            url = f"{self._url}/api/{path}/"
            answer = self._session.request(method, url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, **more)
        except RequestException as error:
            raise NoAnswerError(GapReason.UNREACHABLE, f"{path}: {type(error).__name__}") from None
        if answer.is_redirect:
            raise NoAnswerError(GapReason.MALFORMED, f"{path}: redirected, which is not followed with a token")
        return answer


class NetboxWriterApi(NetboxApi):
    """The door for writing; made with the token of the one who writes, and by nobody but a remediator."""

    def change(self, path: str, fields: Mapping[str, Any]) -> str:
        """Set some fields of an object, whose others stay. Why that is not certain to be done; empty when it is."""
        try:
            answer = self._send("patch", path, json=dict(fields))
            self.asked.note(right_of(path.rpartition("/")[0], "change"), refused=answer.status_code == HTTPStatus.FORBIDDEN)
            _body(path, answer)
        except NoAnswerError as error:
            return error.failed.message
        return ""

    def delete(self, path: str) -> str:
        """Delete an object. Why that is not certain to be done; empty when it is."""
        try:
            answer = self._send("delete", path)
        except NoAnswerError as error:
            return error.failed.message
        self.asked.note(right_of(path.rpartition("/")[0], "delete"), refused=answer.status_code == HTTPStatus.FORBIDDEN)
        return "" if answer.status_code == HTTPStatus.NO_CONTENT and _HEADER in answer.headers else f"{path}: status {answer.status_code}"


def _body(path: str, answer: Response) -> Mapping[str, Any]:
    from requests import JSONDecodeError  # noqa: PLC0415  # only when requests are made

    if answer.status_code != HTTPStatus.OK:
        raise NoAnswerError(_REASONS.get(answer.status_code, GapReason.INCOMPLETE), f"{path}: status {answer.status_code}")
    try:
        found = answer.json()
    except (JSONDecodeError, RecursionError):
        found = None
    if _HEADER not in answer.headers or not isinstance(found, dict):
        raise NoAnswerError(GapReason.MALFORMED, f"{path}: this is not an answer of NetBox's API")
    return found
