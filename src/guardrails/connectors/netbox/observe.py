"""Reads one NetBox: all of its answers, live or from an export, then the facts in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from guardrails.connectors.netbox.answers import ENDPOINTS, Answers, Failed
from guardrails.connectors.netbox.export import read_export
from guardrails.connectors.netbox.facts import Said, said
from guardrails.connectors.netbox.hidden import PERMISSIONS, hidden
from guardrails.connectors.netbox.language import Settings
from guardrails.model.rights import Right
from guardrails.model.words import GapReason

if TYPE_CHECKING:
    from guardrails.connectors.netbox.api import NetboxApi

__all__ = ["NetboxObserver"]


class NetboxObserver:
    """Reads the NetBox that the settings name, or its export."""

    def __init__(self, system: str, settings: Settings) -> None:
        self.system = system
        self.settings = settings
        self._identity = ""
        self._api: NetboxApi | None = None

    @property
    def identity(self) -> str:
        """The user whose token read; empty for an export."""
        return self._identity

    @property
    def source(self) -> str:
        """`live`, or the name of the export."""
        return f"export {Path(self.settings.export).name}" if self.settings.export else "live"

    @property
    def calls(self) -> int:
        """Requests so far, every page counted."""
        return self._api.asked.calls if self._api else 0

    @property
    def rights(self) -> tuple[Right, ...]:
        """Kinds of objects to view."""
        return self._api.asked.rights if self._api else ()

    def surplus(self) -> tuple[str, ...]:
        """Whether the token may write."""
        return self._api.surplus() if self._api else ()

    def observe(self) -> Iterator[Said]:
        """Facts, gaps and readings.

        Raises:
            ConnectorError: The export is damaged or lacks pages, or the live system could not be used at all.
            SecretError: The token is not where its reference leads.
        """
        if self.settings.export:
            yield from said(self.system, self._exported())
        else:
            yield from self._live()

    def _exported(self) -> Answers:
        path = Path(self.settings.export)
        found = read_export(path)
        return {
            endpoint: found.get(endpoint)
            or Failed(reason=GapReason.NOT_READ, message=f"{endpoint} is not in {path.name}", remedy=f"save {endpoint} as well")
            for endpoint in ENDPOINTS
        }

    def _live(self) -> Iterator[Said]:
        from guardrails.connectors.netbox.api import NetboxApi  # noqa: PLC0415  # only now: lint and offline work never load it

        self._api = api = NetboxApi(self.settings)
        reader = api.whoami()
        self._identity = reader.name if reader else ""
        answers: Answers = {endpoint: api.all_of(path) for endpoint, path in ENDPOINTS.items()}
        permissions = api.all_of(PERMISSIONS) if reader else None
        yield from said(self.system, answers)
        if reader and permissions:
            yield from hidden(self.system, reader, permissions, answers)
