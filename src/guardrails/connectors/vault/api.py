"""The only module that knows hvac: one guarded door for every call, and nothing but reading through it; writing has a door of its own.

An answer is whole, an absence that the server states, or a failure; each is a value. What does not prove to come from Vault, such as the
page of a proxy with status 200 or 404, is `Failed`, never an empty list. Redirects are not followed: they would carry the token elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from guardrails.connectors.quiet import quiet
from guardrails.connectors.vault.answers import SEAL, Absent, Answer, Failed, Found
from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.pace import AGAIN, Pace
from guardrails.connectors.vault.rights import SURPLUS, lookup_of, right_of
from guardrails.errors import ConnectorError
from guardrails.model.rights import Asked
from guardrails.model.words import GapReason
from guardrails.secret import HoldsSecret, SecretRef

__all__ = ["VaultApi", "VaultWriterApi"]

_TIMEOUT_SECONDS = 30
_PATIENCE_SECONDS = 60.0
"""How long one run waits in all for a server that asks to wait."""
_TOKEN = re.compile(r"[!-~]+")
_OK, _NO_CONTENT, _FORBIDDEN, _NOT_FOUND, _MANY = 200, 204, 403, 404, 429
_WRITES = frozenset({"root", "create", "update", "patch", "delete"})
_REASONS = {_FORBIDDEN: GapReason.DENIED, _MANY: GapReason.THROTTLED} | dict.fromkeys(AGAIN - {_MANY}, GapReason.UNREACHABLE)
_ENDED = {
    400: ("invalid accessor",),
    _FORBIDDEN: ("invalid accessor",),
    _NOT_FOUND: ("invalid accessor", "failed to find accessor entry"),
}
"""What servers say of an accessor whose token or secret id ended, by status.

Of anything else that is no answer. Nor is `bad token`, which some say of the reader's own token when that has ended.
"""
_LOOKUP = re.compile(r".+/(lookup-accessor|secret-id-accessor/lookup)")


class VaultApi(HoldsSecret):
    """Calls to one namespace with one token. Notes every call with its right.

    Raises:
        ConnectorError: The AppRole does not log in.
        SecretError: A reference leads to no secret.
    """

    def __init__(self, settings: Settings) -> None:
        import requests  # noqa: PLC0415  # only now: lint and offline work never load it
        from hvac.adapters import RawAdapter  # noqa: PLC0415  # likewise
        from requests.adapters import HTTPAdapter  # noqa: PLC0415  # likewise
        from urllib3.connection import HTTPConnection  # noqa: PLC0415  # likewise

        quiet("requests", "urllib3", "hvac")
        HTTPConnection.debuglevel = 0  # of http.client, which prints the headers of each request with their token
        session = requests.Session()
        session.trust_env = False  # neither a proxy nor ~/.netrc of the environment gets to see the token
        session.verify = settings.ca or True
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=settings.parallel))
        self.asked = Asked()
        self.parallel = settings.parallel
        self._pace = Pace(settings.per_second, _PATIENCE_SECONDS)
        # the adapter and not hvac's client, which takes tokens and certificates from the environment
        self._adapter = RawAdapter(
            base_uri=settings.address,
            token="",
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
            session=session,
            namespace=settings.namespace or None,
        )
        self._adapter.token = _token(settings.token) if settings.token else self._login(settings)

    def _login(self, settings: Settings) -> str:
        assert settings.role_id is not None  # noqa: S101  # the settings were checked: one way to log in
        assert settings.secret_id is not None  # noqa: S101  # likewise
        role, secret = settings.role_id.resolve(), settings.secret_id.resolve()
        # revealed within the call, so that no frame of ours holds them when an error is raised
        answer = self._call("post", "auth/approle/login", "auth", json={"role_id": role.reveal(), "secret_id": secret.reveal()})
        token = answer.data.get("client_token") if isinstance(answer, Found) else None
        if not isinstance(token, str) or not token:
            why = answer.message if isinstance(answer, Failed) else "no token was given"
            raise ConnectorError(f"{settings.address}: the AppRole does not log in: {why}", remedy="check its role-id and secret-id")
        return token

    @property
    def calls(self) -> int:
        """Requests so far."""
        return self.asked.calls

    def whoami(self) -> str:
        """As whom the token reads.

        Raises:
            ConnectorError: The server does not accept the token, or is none.
        """
        answer = self.read("auth/token/lookup-self")
        name = answer.data.get("display_name") if isinstance(answer, Found) else None
        if not isinstance(name, str) or not name:
            why = answer.message if isinstance(answer, Failed) else "the answer names nobody"
            remedy = "check the address and the token, and give its policy read on auth/token/lookup-self"
            refused = isinstance(answer, Failed) and answer.reason is GapReason.DENIED
            what = "the token is not accepted, so it cannot tell who reads" if refused else "cannot tell who reads"
            raise ConnectorError(f"{self._adapter.base_uri}: {what}: {why}", remedy=remedy)
        return name

    def read(self, path: str) -> Answer:
        """One object."""
        return self._call("get", path, "" if path == SEAL else "data", *(() if path == SEAL else (right_of("get", path),)))

    def listed(self, path: str) -> Answer:
        """All names below a path; asked for again behind the last one, because a policy of the reader may cut pages without a word.

        Many lists are sent whole, whatever they are asked to begin behind; the same names again are the end.
        """
        names: dict[str, object] = {}
        while True:
            after = {"params": {"after": next(reversed(names))}} if names else {}
            answer = self._call("list", path, "data", right_of("list", path), **after)
            if isinstance(answer, Failed):
                return replace(answer, message=f"{answer.message}, after {len(names)} names") if names else answer
            if isinstance(answer, Absent) and not names:
                return answer
            keys = answer.data.get("keys") if isinstance(answer, Found) else []
            if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys) or (not names and not keys):
                return Failed(GapReason.INCOMPLETE, f"LIST {path}: the answer lacks its keys")
            told = answer.data.get("key_info") if isinstance(answer, Found) else None
            new = {key: told.get(key) if isinstance(told, dict) else None for key in keys if key not in names}
            if not new:
                return Found({"keys": [*names], "key_info": names})
            names |= new

    def looked_up(self, folder: str, accessor: str) -> Answer:
        """What an accessor stands for. The only requests that are no GET or LIST; they change nothing, and tell no token or secret id."""
        path, field = lookup_of(folder)
        return self._call("post", path, "data", right_of("post", path), json={field: accessor})

    def asked_for(self, path: str, body: Mapping[str, str]) -> Answer:
        """What the server computes from a body, such as a text that it encrypts; nothing that it holds is changed by it."""
        return self._call("post", path, "data", f"update {path}", json=dict(body))

    def surplus(self) -> tuple[str, ...]:
        """What the token may write of what no reader writes, of a few telling paths; nothing when it may not ask."""
        answer = self._call("post", "sys/capabilities-self", "data", json={"paths": list(SURPLUS)})
        told = answer.data if isinstance(answer, Found) else {}
        held = {path: told[path] for path in SURPLUS if isinstance(told.get(path), list)}
        return tuple(f"{path} ({', '.join(sorted(writes))})" for path, words in held.items() if (writes := _WRITES & set(words)))

    def glimpsed(self, kind: str) -> tuple[tuple[str, str], ...]:  # noqa: ARG002  # an export may know more
        """Nothing: a live server tells its mounts or does not."""
        return ()

    def _call(self, method: str, path: str, field: str, *rights: str, **more: Any) -> Answer:  # noqa: ANN401  # requests' own keywords
        number = 0
        while True:
            self._pace.turn()
            answer, wait = self._asked(method, path, field, **more)
            denied = isinstance(answer, Failed) and answer.reason is GapReason.DENIED
            self.asked.note(*rights, refused=denied)
            if wait is None or not self._pace.again(number, wait):
                break
            number += 1
        if not isinstance(answer, Failed) or not denied:
            return answer
        # what everybody may ask was refused by something before the server
        return replace(answer, rights=rights) if rights else replace(answer, reason=GapReason.INCOMPLETE)

    def _asked(self, method: str, path: str, field: str, **more: Any) -> tuple[Answer, str | None]:  # noqa: ANN401  # likewise
        """The answer to one request, and where it may pass how long the server asks to wait."""
        from requests.exceptions import ConnectionError as Unconnected  # noqa: PLC0415  # only when calls are made
        from requests.exceptions import RequestException, Timeout  # noqa: PLC0415  # likewise

        label = f"{method.upper()} {path}"
        try:
            response = self._adapter.request(method, f"/v1/{quote(path)}", raise_exception=False, **more)
        except (Unconnected, Timeout) as error:
            return Failed(GapReason.UNREACHABLE, f"{label}: {type(error).__name__}"), None
        except RequestException as error:
            return Failed(GapReason.INCOMPLETE, f"{label}: {type(error).__name__}"), None
        try:
            body = response.json()
        except ValueError:
            body = None
        wait = response.headers.get("Retry-After", "") if response.status_code in AGAIN else None
        if method == "post" and _LOOKUP.fullmatch(path) and _has_ended(response.status_code, body):
            return Absent(), None
        return _understood(label, response.status_code, body, field), wait


class VaultWriterApi(VaultApi):
    """The door for writing; made with the credential of the one who writes, and by nobody but a remediator."""

    def write(self, path: str, fields: Mapping[str, Any]) -> str:
        """Set some fields of an object, whose others stay. Why that is not certain to be done; empty when it is."""
        return self._sent("post", "update", path, json=dict(fields))

    def delete(self, path: str) -> str:
        """An object goes; that it is gone already is as good. Why that is not certain to be done; empty when it is."""
        return self._sent("delete", "delete", path)

    def _sent(self, method: str, right: str, path: str, **more: Any) -> str:  # noqa: ANN401  # requests' own keywords
        from requests.exceptions import RequestException  # noqa: PLC0415  # only when calls are made

        try:
            response = self._adapter.request(method, f"/v1/{quote(path)}", raise_exception=False, **more)
        except RequestException as error:
            return f"{method.upper()} {path}: {type(error).__name__}"
        self.asked.note(f"{right} {path}", refused=response.status_code == _FORBIDDEN)
        return "" if response.status_code in {_OK, _NO_CONTENT} else f"{method.upper()} {path}: status {response.status_code}"


def _token(reference: SecretRef) -> str:
    found = reference.resolve()
    if not _TOKEN.fullmatch(found.reveal()):  # it would not fit into a header, and the client's error would quote it
        raise ConnectorError(f"{reference} leads to no token of Vault", remedy="put the token alone there")
    return found.reveal()


def _has_ended(status: int, body: object) -> bool:
    said = str(body.get("errors") or body.get("data")) if isinstance(body, dict) else ""
    return any(words in said for words in _ENDED.get(status, ()))


def _understood(label: str, status: int, body: object, field: str) -> Answer:
    found: Mapping[str, Any] = body if isinstance(body, dict) else {}
    if status == _NOT_FOUND and found.get("errors") == []:
        return Absent()
    if status == _NOT_FOUND and "unsupported path" in str(found.get("errors")):
        return Failed(GapReason.UNSUPPORTED, f"{label}: this server has no such path")
    if status == _OK:
        value = found.get(field) if field else found
        proven = found.get("request_id") if field else {"type", "sealed", "initialized"} <= found.keys()
        if not proven or not isinstance(value, dict):
            return Failed(GapReason.INCOMPLETE, f"{label}: this is not a whole answer of Vault")
        return Found(value)
    moved = ", a redirect, which is not followed with the token" if 300 <= status < 400 else ""  # noqa: PLR2004  # HTTP's own class
    return Failed(_REASONS.get(status, GapReason.INCOMPLETE), f"{label}: status {status}{moved}")
