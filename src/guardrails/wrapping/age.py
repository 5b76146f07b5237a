"""Keys of age (X25519): whoever has a recipient can seal for it, and only who has its identity can open."""

from __future__ import annotations

import base64
import os
from types import ModuleType
from typing import Final

from guardrails.errors import OperatorError, SecretError
from guardrails.ports import Context, DataKey, Wrapped
from guardrails.ports.wrapping import KEY_BYTES
from guardrails.secret import SecretRef
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.head import DAMAGED

__all__ = ["AgeKey"]

_BY: Final = "age"


class AgeKey:
    """Recipients, and where this host has one, the identity that opens what is sealed for them."""

    def __init__(self, recipients: tuple[str, ...], identity: SecretRef | None = None) -> None:
        self._recipients, self._identity = recipients, identity

    @property
    def name(self) -> str:
        """The recipients."""
        return " ".join(self._recipients)

    def fresh(self, context: Context) -> tuple[DataKey, Wrapped]:  # noqa: ARG002  # age binds nothing; the head of the file does
        """A random key, encrypted for every recipient.

        Raises:
            OperatorError: A recipient is none.
        """
        age = _age()
        try:
            recipients = [age.x25519.Recipient.from_str(recipient) for recipient in self._recipients]
        except age.RecipientError:
            raise OperatorError(f"{self.name}: not a recipient of age", remedy="write age1..., as age-keygen prints it") from None
        key = os.urandom(KEY_BYTES)
        content = base64.b64encode(age.encrypt(key, recipients)).decode()
        return DataKey(key), Wrapped(by=_BY, key=self.name, content=content)

    def has_wrapped(self, wrapped: Wrapped) -> bool:
        """When the identity is here, and one of the recipients is among those that the file names."""
        return self._identity is not None and wrapped.by == _BY and not set(self._recipients).isdisjoint(wrapped.key.split())

    def unwrapped(self, wrapped: Wrapped, context: Context) -> DataKey:  # noqa: ARG002  # likewise
        """The data key.

        Raises:
            SealError: The identity does not open it.
            SecretError: The identity is none.
        """
        age = _age()
        assert self._identity is not None  # noqa: S101  # else nothing was wrapped by it
        try:
            identity = age.x25519.Identity.from_str(_line(self._identity))
            return DataKey(age.decrypt(base64.b64decode(wrapped.content, validate=True), [identity]))
        except age.IdentityError:
            raise SecretError(f"{self._identity}: not an identity of age", remedy="write the file that age-keygen writes") from None
        except (age.DecryptError, ValueError):
            raise SealError(f"{self._identity} does not open the key of the sealed file", remedy=DAMAGED) from None


def _line(reference: SecretRef) -> str:
    """The identity in a file of `age-keygen`, which has comments besides."""
    lines = [line for line in reference.resolve().reveal().splitlines() if line and not line.startswith("#")]
    return lines[0] if len(lines) == 1 else ""


def _age() -> ModuleType:
    try:
        import pyrage  # noqa: PLC0415  # an extra, and only who seals with age needs it
    except ImportError:
        raise OperatorError("sealing with age needs the package pyrage", remedy="install guardrails[age]") from None
    return pyrage  # type: ignore[no-any-return]  # it has no types
