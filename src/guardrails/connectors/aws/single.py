"""A second door to AWS, for single objects: documents byte for byte as they are kept, sessions that are confined, and calls that write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from guardrails.connectors.aws.api import Absent, Answer, AwsApi, Failed, Found, listed
from guardrails.connectors.aws.language import Settings
from guardrails.errors import ConnectorError
from guardrails.model.rights import Asked

__all__ = ["SingleApi", "text_of"]

SESSION = "guardrails-apply"
_ONE_PAGE = frozenset({"get_group"})
"""Calls whose pages list something else than what is asked for."""


class SingleApi(AwsApi):
    """Calls about single objects of one account. `role_id` is the id of the role that was assumed for it; empty for none."""

    def __init__(
        self,
        settings: Settings,
        credentials: Mapping[str, str] | None = None,
        asked: Asked | None = None,
        models: Any = None,  # noqa: ANN401  # botocore's loader
        role_id: str = "",
    ) -> None:
        super().__init__(settings, credentials, asked, models)
        self.role_id = role_id
        self._regions: tuple[str, ...] = settings.regions

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401  # as above
        from botocore.handlers import json_decode_policies  # noqa: PLC0415  # only when calls are made

        client = super()._client(service, region)
        # decoded and written again, a document would not come back as it was
        client.meta.events.unregister("after-call.iam", json_decode_policies)
        return client

    def _pages(self, client: Any, operation: str, parameters: Mapping[str, object], found: dict[str, list[Any]]) -> Answer:  # noqa: ANN401  # boto3 client
        if operation in _ONE_PAGE:
            return Found(getattr(client, operation)(**parameters))
        return super()._pages(client, operation, parameters, found)

    def found(self, service: str, operation: str, region: str = "us-east-1", **parameters: object) -> Mapping[str, Any] | None:
        """One whole answer; `None` when the service says that there is none.

        Raises:
            ConnectorError: It cannot be told.
        """
        match self.ask(service, operation, region, **parameters):
            case Found(answer):
                return answer
            case Absent():
                return None
            case Failed() as failed:
                raise ConnectorError(f"aws: {failed.message}", remedy=f"give the credential {failed.right or 'what the call takes'}")

    def whole(self, service: str, operation: str, region: str = "us-east-1", **parameters: object) -> Mapping[str, Any]:
        """The same, of something that was there a moment ago.

        Raises:
            ConnectorError: It cannot be told, or it is gone.
        """
        answer = self.found(service, operation, region, **parameters)
        if answer is None:
            raise ConnectorError(f"aws: {operation}: it is gone", remedy="look at it, and plan again")
        return answer

    def regions(self) -> tuple[str, ...]:
        """Those that are read, or all that the account has enabled.

        Raises:
            ConnectorError: It cannot be told.
        """
        if not self._regions:
            answer = self.ask("ec2", "describe_regions")
            if isinstance(answer, Failed):
                raise ConnectorError(f"aws: {answer.message}", remedy=f"give the credential {answer.right}")
            self._regions = tuple(sorted(str(region["RegionName"]) for region in listed(answer, "Regions")))
        return self._regions

    def become(self, account: str, role: str, policy: str = "", source: str = "") -> SingleApi:
        """The same as a role of an account: `policy` says what the session may do at most, `source` who it is in the account's own log.

        Raises:
            ConnectorError: It may not.
        """
        arn = f"arn:aws:iam::{account}:role/{role}"
        confined = {"Policy": policy} if policy else {}
        logged = {"SourceIdentity": source} if source else {}
        given = self.whole("sts", "assume_role", RoleArn=arn, RoleSessionName=SESSION, **confined, **logged)
        credentials = {
            "aws_access_key_id": given["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": given["Credentials"]["SecretAccessKey"],
            "aws_session_token": given["Credentials"]["SessionToken"],
        }
        role_id = str(given["AssumedRoleUser"]["AssumedRoleId"]).partition(":")[0]
        return SingleApi(self.settings, credentials, self.asked, self._models, role_id)


def text_of(document: object) -> str:
    """A policy document as it is kept; IAM sends it quoted for an address."""
    return unquote(str(document))
