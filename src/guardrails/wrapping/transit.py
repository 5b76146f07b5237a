"""A key in the transit engine of Vault or OpenBao. It never leaves the server; the server writes down each use of it."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Final

from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.transit import Transit
from guardrails.ports import Context, DataKey, Wrapped
from guardrails.ports.wrapping import KEY_BYTES
from guardrails.trust.canonical import dump

__all__ = ["TransitKey"]

_BY: Final = "vault"


class TransitKey:
    """One key of one mount. A key that was rotated there opens what any version of it sealed, down to its `min_decryption_version`."""

    def __init__(self, settings: Settings, mount: str, key: str) -> None:
        self._settings, self._mount, self._key = settings, mount, key

    @property
    def name(self) -> str:
        """Where it is kept."""
        return f"{self._settings.address}/{self._mount}/{self._key}"

    @cached_property
    def _transit(self) -> Transit:
        return Transit(self._settings, self._mount)

    def fresh(self, context: Context) -> tuple[DataKey, Wrapped]:
        """A random key, encrypted by the server.

        Raises:
            ConnectorError: The server does not.
        """
        key = os.urandom(KEY_BYTES)
        text = self._transit.encrypted(self._key, key, dump(dict(context)))
        return DataKey(key), Wrapped(by=_BY, key=self._named, version=text.split(":")[1], content=text)

    @property
    def _named(self) -> str:
        return f"{self._mount}/{self._key}"

    def has_wrapped(self, wrapped: Wrapped) -> bool:
        """By its name; of which server, only the server knows."""
        return wrapped.by == _BY and wrapped.key == self._named

    def unwrapped(self, wrapped: Wrapped, context: Context) -> DataKey:
        """The data key, decrypted by the server.

        Raises:
            ConnectorError: The server does not.
        """
        return DataKey(self._transit.decrypted(self._key, wrapped.content, dump(dict(context))))
