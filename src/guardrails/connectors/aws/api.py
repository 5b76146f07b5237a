"""The only module that knows boto3: one guarded door for every call.

An answer is a whole page, a denial, an absence that the service names, or a failure; each is a value. An answer that cannot prove that it
came from AWS and carries what it must is `Failed`, never an empty list: botocore reads an HTML page with status 200 as no items at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from guardrails.connectors.aws.answers import ABSENT, MUST
from guardrails.connectors.aws.language import Settings
from guardrails.connectors.aws.pages import has_pages, paginator_of
from guardrails.connectors.aws.rights import right_of
from guardrails.connectors.quiet import quiet
from guardrails.errors import ConnectorError
from guardrails.model.rights import Asked
from guardrails.model.words import GapReason
from guardrails.secret import HoldsSecret

__all__ = ["Absent", "Answer", "AwsApi", "Failed", "Found"]

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403"})
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"})
_LOGGERS = ("boto3", "botocore", "urllib3", "s3transfer")
_TRIES = 4
_CONNECT_SECONDS, _READ_SECONDS = 10, 30
_ENVIRONMENT = ("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Found:
    """A whole answer, all pages of it read to the end."""

    answer: Mapping[str, Any]
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Absent:
    """The service says that there is none."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer that could be relied on. `message` holds no request and no secret; `right` is what the call takes."""

    reason: GapReason
    message: str
    right: str = ""

    @property
    def rights(self) -> tuple[str, ...]:
        """The right that was denied; none when something else went wrong."""
        return (self.right,) if self.reason is GapReason.DENIED else ()


Answer = Found | Absent | Failed


class _IncompleteError(Exception):
    """An answer that does not carry what it must."""


def _guard(http_response: Any, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:  # noqa: ANN401  # botocore's own types
    if http_response.status_code >= 300:  # noqa: PLR2004  # errors are told by botocore
        return
    promised = http_response.headers.get("content-length")
    # botocore tells urllib3 not to hold the body against this, and reads a cut one as what it can make of it, often as nothing
    if promised is not None and len(http_response.content) != int(promised):
        raise _IncompleteError(f"{model.name}: the answer was cut short")
    if not parsed.get("ResponseMetadata", {}).get("RequestId"):
        raise _IncompleteError(f"{model.name}: this is not an answer of AWS (no request id)")
    members = model.output_shape.members if model.output_shape else {}
    lists = [name for name, shape in members.items() if shape.type_name == "list"]
    if model.name.startswith(("List", "Describe")) and len(lists) == 1 and lists[0] not in parsed:
        raise _IncompleteError(f"{model.name}: the answer lacks {lists[0]}")
    needed = MUST.get(model.name)
    if needed and parsed.get(needed) in (None, "", {}):
        raise _IncompleteError(f"{model.name}: the answer lacks {needed}")


def _on_one_host(endpoint: str, params: dict[str, Any], **_: Any) -> None:  # noqa: ANN401  # botocore's own types
    """An endpoint that is declared has no other name for each account, as that of AWS has."""
    params["url"] = urlsplit(params["url"])._replace(netloc=urlsplit(endpoint).netloc).geturl()


class AwsApi(HoldsSecret):
    """Calls to one account with one identity. Notes every call with its right."""

    def __init__(
        self,
        settings: Settings,
        credentials: Mapping[str, str] | None = None,
        asked: Asked | None = None,
        models: Any = None,  # noqa: ANN401  # botocore's loader
    ) -> None:
        import boto3  # noqa: PLC0415  # only now: lint and offline work never load it
        from botocore import session as core  # noqa: PLC0415  # likewise
        from botocore.config import Config  # noqa: PLC0415  # likewise
        from urllib3.connection import HTTPConnection  # noqa: PLC0415  # likewise

        quiet(*_LOGGERS)
        HTTPConnection.debuglevel = 0  # of http.client, which prints the headers of each request with their token
        self.settings = settings
        self.asked = asked or Asked()
        found = core.get_session()
        # reading the services' models costs more than a call, so an organisation's accounts share them
        self._models = models or found.get_component("data_loader")
        found.register_component("data_loader", self._models)
        self._session = boto3.session.Session(botocore_session=found, **(credentials or {}))
        self._config = Config(
            retries={"mode": "standard", "max_attempts": _TRIES},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            ignore_configured_endpoint_urls=True,
        )
        self._clients: dict[tuple[str, str], Any] = {}

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401  # boto3 makes client types at run time
        key = (service, region)
        if key not in self._clients:
            bundle = {name: os.environ.pop(name) for name in _ENVIRONMENT if name in os.environ}
            try:
                client = self._session.client(
                    service, region_name=region, config=self._config, endpoint_url=self.settings.endpoint_url or None
                )
            finally:
                os.environ.update(bundle)
            client.meta.events.register("after-call.*.*", _guard)
            if self.settings.endpoint_url:
                client.meta.events.register("before-call.s3-control.*", partial(_on_one_host, self.settings.endpoint_url))
            self._clients[key] = client
        return self._clients[key]

    def ask(self, service: str, operation: str, region: str = "us-east-1", **parameters: object) -> Answer:
        """One call, and all its pages when it has any, noted with the right that it takes.

        Args:
            service: Such as `s3`.
            operation: Such as `get_bucket_policy`.
            region: Where.
            **parameters: Of the call.
        """
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # only when calls are made

        try:
            client = self._client(service, region)
        except BotoCoreError as error:  # half of a credential, or a profile that is not there
            return Failed(_reason(error), f"{operation}: {type(error).__name__}")
        right = right_of(service, client.meta.method_to_api_mapping[operation], parameters)
        before: dict[str, list[Any]] = {}
        answer = self._answer(client, operation, parameters, before)
        denied = isinstance(answer, Failed) and answer.reason is GapReason.DENIED
        self.asked.note(*filter(None, [right]), calls=answer.calls if isinstance(answer, Found) else 1, refused=denied)
        if not isinstance(answer, Failed):
            return answer
        items = sum(map(len, before.values()))
        more = f", after {items} items on the pages before" if items else ""
        return replace(answer, message=f"{answer.message}{more}", right=right)

    def _answer(self, client: Any, operation: str, parameters: Mapping[str, object], found: dict[str, list[Any]]) -> Answer:  # noqa: ANN401  # boto3 client
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # only when calls are made
        from botocore.parsers import ResponseParserError  # noqa: PLC0415  # likewise; it is no BotoCoreError

        name = client.meta.method_to_api_mapping[operation]
        try:
            if has_pages(client, operation):
                return self._pages(client, operation, parameters, found)
            return Found(getattr(client, operation)(**parameters))
        except ClientError as error:
            return _refused(name, error)
        except _IncompleteError as error:
            return Failed(GapReason.INCOMPLETE, str(error))
        except (BotoCoreError, ResponseParserError, KeyError, TypeError) as error:
            # KeyError: botocore's query parser looks the result up in whatever XML came, such as an HTML page
            # TypeError: its S3 redirector takes a redirected ListBuckets for a call on a bucket
            return Failed(_reason(error), f"{name}: {type(error).__name__}")

    def _pages(self, client: Any, operation: str, parameters: Mapping[str, object], found: dict[str, list[Any]]) -> Answer:  # noqa: ANN401  # boto3 client
        paginator = paginator_of(client, operation)
        found.update({expression.expression: [] for expression in paginator.result_keys})
        calls = 0
        for page in paginator.paginate(**parameters):  # botocore raises on a repeated marker
            calls += 1
            _whole_page(operation, page, tuple(found))
            for key in found:
                found[key] += page[key]
        if not calls:
            raise _IncompleteError(f"{operation}: there was no page")
        return Found(found, calls)

    def whoami(self) -> tuple[str, str]:
        """Account id and ARN of the identity that reads.

        Raises:
            ConnectorError: There are no credentials, or AWS does not accept them.
        """
        match self.ask("sts", "get_caller_identity"):
            case Found(answer):
                return str(answer["Account"]), str(answer["Arn"])
            case Failed(_, message):
                raise ConnectorError(f"aws: login: cannot tell who reads: {message}", remedy="check the credentials and the endpoint")
            case _:
                raise ConnectorError("aws: cannot tell who reads", remedy="check the credentials")

    def assumed(self, account: str, role: str) -> AwsApi | Failed:
        """The same in another account, by assuming the reader role there."""
        arn = f"arn:aws:iam::{account}:role/{role}"
        match self.ask("sts", "assume_role", RoleArn=arn, RoleSessionName="guardrails-read"):
            case Found(answer):
                given = answer["Credentials"]
                credentials = {
                    "aws_access_key_id": given["AccessKeyId"],
                    "aws_secret_access_key": given["SecretAccessKey"],
                    "aws_session_token": given["SessionToken"],
                }
                return AwsApi(self.settings, credentials, self.asked, self._models)
            case Failed() as failed:
                return failed
            case _:
                return Failed(GapReason.INCOMPLETE, "AssumeRole: no answer")


def _whole_page(operation: str, page: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if key not in page]
    if missing:
        raise _IncompleteError(f"{operation}: the answer lacks {', '.join(missing)}")
    # a page that says it is not the last must say how to go on; botocore would stop there without a word
    if page.get("IsTruncated") and not (page.get("Marker") or page.get("NextMarker") or page.get("NextToken")):
        raise _IncompleteError(f"{operation}: the answer is cut short and names no next page")


def _refused(name: str, error: Any) -> Answer:  # noqa: ANN401  # ClientError, imported lazily
    code = str(error.response.get("Error", {}).get("Code", ""))
    if (name, code) in ABSENT:
        return Absent()
    if code in _DENIED:
        return Failed(GapReason.DENIED, f"{name}: {code}")
    if code in _THROTTLED:
        return Failed(GapReason.THROTTLED, f"{name}: {code}")
    return Failed(GapReason.INCOMPLETE, f"{name}: {code or 'error without a code'}")


def _reason(error: Exception) -> GapReason:
    unreachable = type(error).__name__ in {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"}
    return GapReason.UNREACHABLE if unreachable else GapReason.INCOMPLETE


def listed(answer: Answer, key: str) -> Iterator[Mapping[str, Any]]:
    """The items of a whole answer; nothing for one that is not whole, so ask `isinstance(answer, Found)` first."""
    if isinstance(answer, Found):
        yield from answer.answer.get(key, ())
