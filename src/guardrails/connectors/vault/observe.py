"""From answers of Vault to facts, edges and gaps, for one namespace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from guardrails.connectors.vault.answers import Source
from guardrails.connectors.vault.api import VaultApi
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.engine import engine
from guardrails.connectors.vault.export import Export
from guardrails.connectors.vault.identities import identities
from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.logins import logins
from guardrails.connectors.vault.namespaces import namespace, namespaces
from guardrails.connectors.vault.policies import with_policies
from guardrails.connectors.vault.server import server
from guardrails.connectors.vault.storage import storage
from guardrails.connectors.vault.tokens import leases, tokens
from guardrails.model.rights import Right

__all__ = ["VaultObserver"]


class VaultObserver:
    """Reads the namespace that the settings name, live or from an export."""

    def __init__(self, system: str, settings: Settings, taken_at: datetime) -> None:
        self.system = system
        self.settings = settings
        self.taken_at = taken_at
        self._identity = ""
        self._answers: Source | None = None

    @property
    def identity(self) -> str:
        """The display name of the token that read."""
        return self._identity

    @property
    def source(self) -> str:
        """`live`, or the name of the export."""
        return f"export {Path(self.settings.export).name}" if self.settings.export else "live"

    @property
    def calls(self) -> int:
        """Requests so far; none to an export."""
        return self._answers.calls if self._answers else 0

    @property
    def rights(self) -> tuple[Right, ...]:
        """Capabilities and paths, names as wildcards; none for an export."""
        return self._answers.asked.rights if isinstance(self._answers, VaultApi) else ()

    def surplus(self) -> tuple[str, ...]:
        """What the token may write, as the server tells it."""
        return self._answers.surplus() if isinstance(self._answers, VaultApi) else ()

    def observe(self) -> Iterator[Said]:
        """Facts, edges, gaps and readings of the namespace."""
        self._answers = self._source()
        asker = Asker(system=self.system, realm=self.settings.namespace, source=self._answers)
        yield from namespace(asker, self.settings.server)
        kind = engine(asker)
        yield from kind.said(asker)
        yield from with_policies(asker, kind, [*logins(asker, self.settings.secret_ids), *identities(asker)])
        yield from tokens(asker, self.settings.tokens)
        yield from leases(asker)
        yield from storage(asker)
        yield from namespaces(asker)
        if not self.settings.namespace:  # the server itself belongs to the root namespace, and no other may ask
            yield from server(asker, kind)

    def _source(self) -> Source:
        if self.settings.export:
            return Export(Path(self.settings.export))
        api = VaultApi(self.settings)
        self._identity = api.whoami()
        return api
