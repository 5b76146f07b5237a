"""Users and tokens of NetBox one by one: read with the token that reads, and written with the one that writes."""

from __future__ import annotations

from guardrails.connectors.netbox.api import NetboxApi, NetboxWriterApi
from guardrails.connectors.netbox.editing import QUARANTINED, body, image, path
from guardrails.connectors.netbox.objects import REALM
from guardrails.connectors.netbox.pages import NoAnswerError
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import GONE, Image
from guardrails.model.reference import Ref

__all__ = ["NetboxObjects", "NetboxRemediator"]

_UNKNOWN = "name the user of guardrails under apply.never, and update NetBox to 4.5 or newer, which tells whose a token is"


class NetboxObjects:
    """Reads users and tokens one by one."""

    def __init__(self, system: str, api: NetboxApi) -> None:
        self._system, self._api = system, api
        self._reader = api.whoami()
        self.identity = self._reader.name if self._reader else ""

    def itself(self) -> tuple[Ref, ...]:
        """The user of the token, and the token, where the user may see it.

        Raises:
            ConnectorError: It cannot be told.
        """
        if self._reader is None:
            raise ConnectorError("this NetBox does not tell whose the token is", remedy=_UNKNOWN)
        try:
            tokens = self._api.own_tokens()
        except NoAnswerError as error:
            raise ConnectorError(f"which token is in use cannot be told: {error.failed.message}", remedy=error.failed.remedy) from None
        found = [("user", self._reader.id), *(("token", token["id"]) for token in tokens)]
        return tuple(Ref(system=self._system, realm=REALM, kind=kind, id=f"{kind}/{number}", name=self.identity) for kind, number in found)

    def current(self, ref: Ref) -> Image | None:
        """The object as it is now.

        Raises:
            ConnectorError: It cannot be told.
        """
        try:
            answer = self._api.one(path(ref))
            return None if answer is None else image(ref, answer)
        except NoAnswerError as error:
            raise ConnectorError(f"{ref}: {error.failed.message}", remedy=error.failed.remedy) from None
        except ValueError as error:
            raise ConnectorError(f"{ref}: {error}", remedy="look at it yourself") from None


class NetboxRemediator(NetboxObjects):
    """Writes users and tokens one by one. NetBox does not compare when it writes these, so each is read just before and just after."""

    def __init__(self, system: str, api: NetboxWriterApi) -> None:
        super().__init__(system, api)
        self._writer = api

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the object `after`, if it is `before`.

        Raises:
            Conflict: It is neither, and was left alone.
            ConnectorError: Nobody can tell whether it was written.
        """
        now = self.current(ref)
        if now == after or (now is None and after == GONE):
            return
        if now is None or now != before or (ref.kind == QUARANTINED and after != GONE):
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        if after == GONE:
            if why := self._writer.delete(path(ref)):
                raise ConnectorError(f"{ref}: {why}", remedy="give the one who writes: delete users.token, and a token with write_enabled")
            return
        if why := self._writer.change(path(ref), body(before, after)):
            raise ConnectorError(
                f"{ref}: {why}", remedy=f"give the one who writes: change users.{ref.kind}, and a token with write_enabled"
            )
