"""A key in AWS KMS. It never leaves the service; CloudTrail has each use of it, with what it was for."""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from typing import Final

from guardrails.connectors.aws.api import Answer, AwsApi, Failed, Found
from guardrails.connectors.aws.language import Settings
from guardrails.errors import ConnectorError
from guardrails.ports import Context, DataKey, Wrapped
from guardrails.trust.errors import SealError
from guardrails.trust.sealed.head import DAMAGED

__all__ = ["KmsKey"]

_BY: Final = "kms"


class KmsKey:
    """One key by its ARN, with the credentials that the environment has."""

    def __init__(self, arn: str, endpoint_url: str = "") -> None:
        self._arn, self._settings = arn, Settings(endpoint_url=endpoint_url)
        self._region = arn.split(":")[3]

    @property
    def name(self) -> str:
        """Its ARN."""
        return self._arn

    @cached_property
    def _api(self) -> AwsApi:
        return AwsApi(self._settings)

    def fresh(self, context: Context) -> tuple[DataKey, Wrapped]:
        """A key that the service draws, bound to the context.

        Raises:
            ConnectorError: The service does not give one.
        """
        answer = self._api.ask(
            "kms", "generate_data_key", self._region, KeyId=self._arn, KeySpec="AES_256", EncryptionContext=dict(context)
        )
        key, content = self._bytes(answer, "Plaintext"), self._bytes(answer, "CiphertextBlob")
        return DataKey(key), Wrapped(by=_BY, key=self._arn, content=base64.b64encode(content).decode())

    def has_wrapped(self, wrapped: Wrapped) -> bool:
        """By the ARN."""
        return wrapped.by == _BY and wrapped.key == self._arn

    def unwrapped(self, wrapped: Wrapped, context: Context) -> DataKey:
        """The data key; of this key alone, whatever the blob says of itself.

        Raises:
            ConnectorError: The service does not open it.
            SealError: It was changed.
        """
        try:
            content = base64.b64decode(wrapped.content, validate=True)
        except binascii.Error:
            raise SealError("the wrapped key of the sealed file is no base64", remedy=DAMAGED) from None
        answer = self._api.ask("kms", "decrypt", self._region, KeyId=self._arn, CiphertextBlob=content, EncryptionContext=dict(context))
        return DataKey(self._bytes(answer, "Plaintext"))

    def _bytes(self, answer: Answer, field: str) -> bytes:
        found = answer.answer.get(field) if isinstance(answer, Found) else None
        if not isinstance(found, bytes) or not found:
            why = answer.message if isinstance(answer, Failed) else f"the answer lacks {field}"
            raise ConnectorError(
                f"{self._arn}: {why}",
                remedy="give the identity kms:GenerateDataKey and kms:Decrypt on it; the file may be of another key too",
            )
        return found
