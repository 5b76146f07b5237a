"""The transit engine of Vault and OpenBao: it encrypts and decrypts under keys that never leave the server."""

from __future__ import annotations

import base64
import binascii

from guardrails.connectors.vault.answers import Found
from guardrails.connectors.vault.api import VaultApi
from guardrails.connectors.vault.language import Settings
from guardrails.errors import ConnectorError
from guardrails.secret import HoldsSecret

__all__ = ["Transit"]


class Transit(HoldsSecret):
    """One mount of the engine.

    Raises:
        ConnectorError: The server does not let anybody in.
        SecretError: A reference leads to no secret.
    """

    def __init__(self, settings: Settings, mount: str) -> None:
        self._api, self._mount, self._where = VaultApi(settings), mount, settings.address

    def encrypted(self, key: str, content: bytes, about: bytes) -> str:
        """The text that the server makes of it; it names the version of the key.

        Raises:
            ConnectorError: It made none.
        """
        text = self._asked("encrypt", key, "ciphertext", plaintext=_text(content), associated_data=_text(about))
        if not text.startswith("vault:v"):
            raise ConnectorError(f"{self._where}: {key} gives no text of the transit engine", remedy="see whether it is one")
        return text

    def decrypted(self, key: str, text: str, about: bytes) -> bytes:
        """What was encrypted, for the same `about` alone.

        Raises:
            ConnectorError: The server does not decrypt it.
        """
        try:
            return base64.b64decode(self._asked("decrypt", key, "plaintext", ciphertext=text, associated_data=_text(about)), validate=True)
        except binascii.Error:
            raise ConnectorError(f"{self._where}: {key} gives no base64", remedy="see whether it is a transit engine") from None

    def _asked(self, step: str, key: str, field: str, **body: str) -> str:
        answer = self._api.asked_for(f"{self._mount}/{step}/{key}", body)
        found = answer.data.get(field) if isinstance(answer, Found) else None
        if not isinstance(found, str) or not found:
            why = getattr(answer, "message", "the answer lacks it")
            raise ConnectorError(
                f"{self._where}: the transit key {key} does not {step}: {why}",
                remedy=f"give the token update on {self._mount}/{step}/{key}, and see that the key is there",
            )
        return found


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
