"""Single objects of one namespace: read with the read credential, and written with the one that writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guardrails.connectors.vault.answers import TOKENS, Absent, Answer, Failed, Found
from guardrails.connectors.vault.api import VaultApi, VaultWriterApi
from guardrails.connectors.vault.images import ENDED, body, image, owned, path, said, token_image, with_own, written_at
from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.own import OWN
from guardrails.connectors.vault.policies import DETAILED
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Image
from guardrails.model.reference import Ref

__all__ = ["VaultObjects", "VaultRemediator"]

_SELF = "auth/token/lookup-self"
_REVOKE = "auth/token/revoke-accessor"
_ISSUED = "token"
_BY_TOKEN = "auth/token/create/"  # noqa: S105  # a path
_LOGINS = ("/oidc/callback", "/login")
_ROLES = {"role_name": "role", "role": "role", "cert_name": "certs"}
"""How methods say by which role somebody came, and the folder in which it is."""


class VaultObjects:
    """Reads objects one by one."""

    def __init__(self, system: str, settings: Settings, api: VaultApi) -> None:
        self._system, self._realm, self._api = system, settings.namespace, api
        self.identity = api.whoami()

    def itself(self) -> tuple[Ref, ...]:
        """The token, its entity, and the login that it came by. The root token is nobody's, and batch tokens have no accessor.

        Raises:
            ConnectorError: It cannot be told.
        """
        answer = self._api.read(_SELF)
        if not isinstance(answer, Found):
            raise ConnectorError("it cannot be told whose the token is", remedy=f"let its policy read {_SELF}")
        found = []
        if accessor := answer.data.get("accessor"):
            found.append(self._ref(_ISSUED, str(accessor), self.identity))
        if entity := answer.data.get("entity_id"):
            found.append(self._ref("entity", str(entity), self.identity))
        if login := _login(answer.data):
            found.append(self._ref(*login, self.identity))
        return tuple(found)

    def _ref(self, kind: str, identifier: str, name: str) -> Ref:
        return Ref(system=self._system, realm=self._realm, kind=kind, id=identifier, name=name)

    def current(self, ref: Ref) -> Image | None:
        """The object as it is now. That a token has ended is an answer about it.

        Raises:
            ConnectorError: It cannot be told.
        """
        if ref.kind == _ISSUED:
            found = self._made(ref, self._api.looked_up(TOKENS, ref.id), token_image, "update auth/token/lookup-accessor")
            return ENDED if found is None else found
        answer = self._api.read(path(ref))
        if isinstance(answer, Failed) and ref.kind == "policy":
            answer = self._listed(ref, answer)
        found = self._made(ref, answer, image, f"read {path(ref)}")
        return found and with_own(found, {policy.name: self.current(policy) for policy in owned(ref, found)})

    def _listed(self, ref: Ref, refused: Failed) -> Answer:
        """A policy as OpenBao lists it with all others: who observes needs no more than that list."""
        answer = self._api.listed(DETAILED)
        entry = answer.data["key_info"].get(ref.id) if isinstance(answer, Found) else None
        return Found(entry) if isinstance(entry, dict) else refused

    def _made(self, ref: Ref, answer: Answer, form: Callable[[Ref, Mapping[str, Any]], Image], right: str) -> Image | None:
        match answer:
            case Absent():
                return None
            case Failed():
                raise ConnectorError(f"{ref}: {answer.message}", remedy=f"give the credential: {right}")
            case Found():
                try:
                    return form(ref, answer.data)
                except ValueError as error:
                    raise ConnectorError(f"{ref}: {error}", remedy="look at it yourself") from None


def _login(told: Any) -> tuple[str, str] | None:  # noqa: ANN401  # the answer of a server
    """The role or user by which a token was had."""
    by, meta = str(told.get("path") or ""), told.get("meta") or {}
    if by.startswith(_BY_TOKEN):
        return "role", f"auth/token/roles/{by.removeprefix(_BY_TOKEN)}"
    if "/login/" in by and meta.get("username"):
        return "user", f"{by.partition('/login/')[0]}/users/{meta['username']}"
    end = next((end for end in _LOGINS if by.endswith(end)), None)
    field = next((field for field in _ROLES if meta.get(field)), None)
    return ("role", f"{by.removesuffix(end)}/{_ROLES[field]}/{meta[field]}") if end and field else None


class VaultRemediator(VaultObjects):
    """Writes objects one by one, each read just before and just after; of these OpenBao itself compares policies alone."""

    def __init__(self, system: str, settings: Settings, api: VaultWriterApi) -> None:
        super().__init__(system, settings, api)
        self._writer = api

    def write(self, ref: Ref, before: Image, after: Image) -> None:
        """Make the object `after`, if it is `before`.

        Raises:
            Conflict: It is neither, and was left alone.
            ConnectorError: Nobody can tell whether it was written.
        """
        now = self.current(ref)
        if now == after:
            return
        if now is None or now != before:
            raise Conflict(f"{ref} is not as it was", remedy="plan again")
        if ref.kind == _ISSUED:
            self._revoke(ref, after)
            return
        for policy in dict.fromkeys((*owned(ref, before), *owned(ref, after))):
            was, will = (one.values(f"{OWN}{policy.name}") for one in (before, after))
            if was != will or policy not in owned(ref, before):
                self._write_own(policy, was, will)
        if (fields := body(ref, now, after)) and (why := self._writer.write(written_at(ref), fields)):
            if now.token and self.current(ref) not in {before, after}:
                raise Conflict(f"{ref} is not as it was: {why}", remedy="plan again")
            raise ConnectorError(f"{ref}: {why}", remedy=f"give the one who writes: update {written_at(ref)}")

    def _write_own(self, policy: Ref, was: tuple[str, ...], will: tuple[str, ...]) -> None:
        """What a policy of a holder's own says becomes something else. Before its name is listed there may be none of that name."""
        there = self.current(policy)
        if said(there) != was:
            raise Conflict(f"{policy} is not as it was", remedy="look at whose it is, and plan again")
        if was == will:
            return
        if not will:
            right, why = "delete", self._writer.delete(path(policy))
        else:
            # OpenBao compares versions, and -1 is for what is not there; Vault takes no notice
            cas = int(there.token or -1) if there else -1
            right, why = "update", self._writer.write(path(policy), {"policy": "".join(will), "cas": cas})
        if why:
            raise ConnectorError(f"{policy}: {why}", remedy=f"give the one who writes: {right} {path(policy)}")

    def _revoke(self, ref: Ref, after: Image) -> None:
        if after != ENDED:
            raise Conflict(f"{ref}: a token stays as it was made, until it ends", remedy="plan again")
        if why := self._writer.write(_REVOKE, {"accessor": ref.id}):
            raise ConnectorError(f"{ref}: {why}", remedy=f"give the one who writes: update {_REVOKE}")
