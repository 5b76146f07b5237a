"""Service last accessed data where moto has none: answers made after the API reference of IAM, in front of it. No server was asked for these.

A transform for `http_proxy`. A job is still being done at the first look, unless it is asked otherwise, and whatever is refused by name is
refused as AWS does.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from guardrails.testing.faults import Answer
from guardrails.testing.loopback import Ask, Request, Through

STARTS, READS = "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"
AT = datetime(2026, 10, 2, 9, tzinfo=UTC)
SEEN = {
    "iam": None,
    "kms": None,
    "rds": None,
    "s3": AT,
    "s3:CreateBucket": AT,
    "s3:DeleteBucket": None,
    "sts": datetime(2026, 11, 1, tzinfo=UTC),
}
JOB = "cnry-job-of-last-use-"
"""Whoever knows the id of a job may fetch the report."""


def used(
    below: Through,
    entries: Mapping[str, datetime | None] = SEEN,
    refused: Collection[str] = (),
    *,
    ends: str = "COMPLETED",
    at_once: bool = False,
) -> Through:
    """The same with the two calls. `refused` may change while it runs; `ends` is how a job ends, and `at_once` before the first look."""
    numbers, looked = itertools.count(), set()

    def through(request: Request, ask: Ask) -> Answer:
        form = dict(parse_qsl(request.body.decode("latin-1")))
        action = form.get("Action")
        if action not in {STARTS, READS}:
            return below(request, ask)
        if f"iam:{action}" in refused:
            error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error>"
            return _answer(403, f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>")
        if action == STARTS:
            return _answer(200, _whole(action, f"<JobId>{JOB}{next(numbers):036}</JobId>"))
        status = ends if at_once or form["JobId"] in looked else "IN_PROGRESS"
        looked.add(form["JobId"])
        return _answer(200, _whole(action, _report(status, entries)))

    return through


def direct(request: Request, ask: Ask) -> Answer:
    """Nothing in between."""
    return ask(request)


def _report(status: str, entries: Mapping[str, datetime | None]) -> str:
    times = f"<JobCreationDate>{AT.isoformat()}</JobCreationDate><JobCompletionDate>{AT.isoformat()}</JobCompletionDate>"
    failed = "<Error><Message>m</Message><Code>InternalFailure</Code></Error>" if status == "FAILED" else ""
    services = [name for name in entries if ":" not in name] if status == "COMPLETED" else []
    listed = "".join(f"<member>{_service(name, entries)}</member>" for name in services)
    listing = f"<ServicesLastAccessed>{listed}</ServicesLastAccessed><IsTruncated>false</IsTruncated>"
    return f"<JobStatus>{status}</JobStatus><JobType>ACTION_LEVEL</JobType>{times}{listing}{failed}"


def _service(name: str, entries: Mapping[str, datetime | None]) -> str:
    actions = "".join(
        f"<member><ActionName>{entry.partition(':')[2]}</ActionName>{_moment('LastAccessedTime', at)}</member>"
        for entry, at in entries.items()
        if entry.startswith(f"{name}:")
    )
    tracked = f"<TrackedActionsLastAccessed>{actions}</TrackedActionsLastAccessed>" if actions else ""
    return f"<ServiceName>{name}</ServiceName><ServiceNamespace>{name}</ServiceNamespace>{_moment('LastAuthenticated', entries[name])}{tracked}"


def _moment(name: str, at: datetime | None) -> str:
    return f"<{name}>{at.isoformat()}</{name}>" if at else ""


def _whole(action: str, inner: str) -> str:
    told = f"<{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    return f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">{told}</{action}Response>'


def _answer(status: int, body: str) -> Answer:
    return Answer(status, body.encode(), (("Content-Type", "text/xml"),))
