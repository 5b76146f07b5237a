"""When users and roles last used which services: what IAM calls service last accessed data. It takes a job for each of them.

All jobs of an account are started before the first is looked at, so the waiting is shared, and it is bounded for the account. Nothing is
asked of a role of which no use is on record: the answer is known.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guardrails.connectors.aws.api import AwsApi, Failed, Found
from guardrails.connectors.aws.gaps import unseen
from guardrails.model.facts import Gap, LastUsed, Principal, Reading, Use
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason, PrincipalForm

__all__ = ["uses"]

_WHAT = "last-used"
_STARTS, _READS = "GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"
_WAITS_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0)
"""For all jobs of an account together; what is not done then is a gap."""


def uses(api: AwsApi, principals: Sequence[Principal], most: int) -> Iterator[Use | Gap | Reading]:
    """Ask for the principals of one account, `most` of them; who is left out is told."""
    asked = sorted(filter(_may_have_any, principals), key=lambda principal: principal.ref)
    jobs = {one.ref: _started(api, one) for one in asked[:most]}
    waits, seen, looks = iter(_WAITS_SECONDS), 0, 0
    for ref, job in jobs.items():
        found = job if isinstance(job, Failed) else _report(api, job, waits)
        if isinstance(found, Failed):
            yield unseen(ref.system, ref.realm, _WHAT, found)
        else:
            seen, looks = seen + 1, looks + found.looks
            yield _use(ref, found)
    if asked[most:]:
        yield _left_out(asked[0].ref, len(asked), most)
    if asked and seen == len(asked):
        first = asked[0].ref
        yield Reading(system=first.system, realm=first.realm, what=_WHAT, items=seen, pages=looks, calls=seen + looks)


def _may_have_any(principal: Principal) -> bool:
    """Groups act by their users, and the account's details say already of which role no use is on record."""
    if principal.form is PrincipalForm.ROLE:
        return principal.last_used_at is not None
    return principal.form is PrincipalForm.USER


def _started(api: AwsApi, principal: Principal) -> str | Failed:
    answer = api.ask("iam", "generate_service_last_accessed_details", Arn=principal.resource, Granularity="ACTION_LEVEL")
    if isinstance(answer, Found):
        return str(answer.answer["JobId"])
    return answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, f"{_STARTS}: no answer")


@dataclass(frozen=True, slots=True)
class _Report:
    """All pages of what a job found, when it did, and how often it was looked at."""

    listed: tuple[Mapping[str, Any], ...]
    at: datetime | None
    looks: int


def _report(api: AwsApi, job: str, waits: Iterator[float]) -> _Report | Failed:
    listed: list[Mapping[str, Any]] = []
    markers: list[str] = []
    looks = 0
    while True:
        looks += 1
        answer = api.ask("iam", "get_service_last_accessed_details", JobId=job, **({"Marker": markers[-1]} if markers else {}))
        if not isinstance(answer, Found):
            return answer if isinstance(answer, Failed) else Failed(GapReason.INCOMPLETE, f"{_READS}: no answer")
        page = answer.answer
        if page["JobStatus"] == "IN_PROGRESS" and (wait := next(waits, None)) is not None:
            time.sleep(wait)
            continue
        if wrong := _wrong(page, markers):
            return Failed(GapReason.INCOMPLETE, f"{_READS}: {wrong}")
        listed += page["ServicesLastAccessed"]
        if not page.get("IsTruncated"):
            return _Report(tuple(listed), page.get("JobCompletionDate"), looks)
        markers.append(str(page["Marker"]))


def _wrong(page: Mapping[str, Any], markers: Iterable[str]) -> str:
    """Why a page cannot be relied on; empty when it can."""
    if page["JobStatus"] != "COMPLETED":
        return f"the job is {page['JobStatus']} {(page.get('Error') or {}).get('Code', '')}".strip()
    if "ServicesLastAccessed" not in page:
        return "the answer lacks ServicesLastAccessed"
    if page.get("IsTruncated") and not page.get("Marker"):
        return "the answer is cut short and names no next page"
    return "the same page came again" if page.get("IsTruncated") and page["Marker"] in markers else ""


def _use(holder: Ref, report: _Report) -> Use:
    return Use(
        ref=Ref(system=holder.system, realm=holder.realm, kind="use", id=f"{holder.id}/use", name=f"{holder.name}/use"),
        holder=holder,
        entries=tuple(sorted((entry for service in report.listed for entry in _entries(service)), key=lambda entry: entry.name)),
        seen_at=report.at,
    )


def _entries(service: Mapping[str, Any]) -> Iterator[LastUsed]:
    name = str(service["ServiceNamespace"])
    yield LastUsed(name=name, at=service.get("LastAuthenticated"))
    for action in service.get("TrackedActionsLastAccessed") or ():
        yield LastUsed(name=f"{name}:{action['ActionName']}", at=action.get("LastAccessedTime"))


def _left_out(any_of: Ref, number: int, most: int) -> Gap:
    return Gap(
        system=any_of.system,
        realm=any_of.realm,
        what=_WHAT,
        reason=GapReason.NOT_READ,
        message=f"when services were last used is not read for {number - most} of {number} users and roles",
        remedy=f"ask for more of them: read: {{last-used: {number}}}",
    )
