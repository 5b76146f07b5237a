"""The pages of one endpoint, put together so that no change between two of them goes unseen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from guardrails.connectors.netbox.answers import Failed
from guardrails.model.words import GapReason

__all__ = ["ChangedError", "NoAnswerError", "Pages"]

_PAGE = 1000
_REMEDIES = {
    GapReason.DENIED: "let the reader view these objects, without constraints",
    GapReason.UNREACHABLE: "check the address, the network and the certificate",
    GapReason.THROTTLED: "read again later",
    GapReason.INCOMPLETE: "read again; if it stays so, look into the logs of NetBox",
    GapReason.MALFORMED: "check that url: is the root of NetBox, and what stands before it",
}


class ChangedError(Exception):
    """The objects changed between two pages."""


class NoAnswerError(Exception):
    """No answer that could be relied on."""

    def __init__(self, reason: GapReason, message: str) -> None:
        super().__init__(message)
        self.failed = Failed(reason=reason, message=message, remedy=_REMEDIES.get(reason, ""))


class Pages:
    """Pages of one endpoint, ordered by id. Each begins with the last object of the one before, so that what shifts between is seen."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.objects: list[Mapping[str, Any]] = []
        self.pages = 0
        self.counted = -1
        self.is_last = False

    @property
    def next(self) -> Mapping[str, str]:
        """The parameters of the next page."""
        return {"limit": str(_PAGE), "offset": str(max(0, len(self.objects) - 1)), "ordering": "id"}

    @property
    def so_far(self) -> str:
        """How much was read, for whoever is told that the rest was not."""
        return f", after {self.pages} pages with {len(self.objects)} of {self.counted} objects" if self.pages else ""

    def add(self, page: Mapping[str, Any]) -> None:
        """Take in a page.

        Raises:
            ChangedError: It does not fit to the ones before.
            NoAnswerError: It is not a page.
        """
        count, results = self._parts(page)
        if self.pages and (not results or results[0]["id"] != self.objects[-1]["id"]):
            raise ChangedError
        before = len(self.objects)
        self.objects += results[1:] if self.pages else results
        self.pages += 1
        self.counted, self.is_last = count, page["next"] is None
        if any(later["id"] <= earlier["id"] for earlier, later in pairwise(results)):
            raise NoAnswerError(GapReason.INCOMPLETE, f"{self.path}: the objects are not in the order that was asked for")
        if len(self.objects) > count or (self.is_last and len(self.objects) < count):
            raise ChangedError
        if not self.is_last and len(self.objects) == before:
            raise NoAnswerError(GapReason.INCOMPLETE, f"{self.path}: a page of {len(results)} holds nothing new and names a next one")

    def _parts(self, page: Mapping[str, Any]) -> tuple[int, list[Mapping[str, Any]]]:
        count, results = page.get("count"), page.get("results")
        if isinstance(count, int) and isinstance(results, list) and "next" in page and all(map(_has_id, results)):
            return count, results
        raise NoAnswerError(GapReason.MALFORMED, f"{self.path}: this is not a page of objects with ids")


def _has_id(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("id"), int)
