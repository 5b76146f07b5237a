"""Reads one directory, live or from an export, into facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from guardrails.connectors.ldap.facts import facts
from guardrails.connectors.ldap.language import Settings
from guardrails.connectors.ldap.ldif import read
from guardrails.connectors.ldap.realm import Realm, Said
from guardrails.errors import ConnectorError
from guardrails.model.rights import Asked, Right
from guardrails.model.words import GapReason

__all__ = ["LdapObserver"]


class LdapObserver:
    """Reads what the settings name."""

    def __init__(self, system: str, settings: Settings, taken_at: datetime) -> None:
        self.settings = settings
        self.taken_at = taken_at
        self.realm = Realm(system, settings.realm)
        self._asked = Asked()

    @property
    def identity(self) -> str:
        """The name that reads; the file of an export tells none."""
        return "" if self.settings.export else self.settings.bind

    @property
    def source(self) -> str:
        """`live`, or the name of the export."""
        return f"export {Path(self.settings.export).name}" if self.settings.export else "live"

    @property
    def calls(self) -> int:
        """Requests so far: one to be let in, and one for each page."""
        return self._asked.calls

    @property
    def rights(self) -> tuple[Right, ...]:
        """One for each base and attribute."""
        return self._asked.rights

    def surplus(self) -> tuple[str, ...]:
        """Nothing: a directory tells nobody what else a name may do."""
        return ()

    def observe(self) -> Iterator[Said]:
        """People, groups, memberships, gaps and readings."""
        yield from self._export() if self.settings.export else self._live()

    def _live(self) -> Iterator[Said]:
        # imported here, so that an export is read without the SDK
        from guardrails.connectors.ldap.api import connected  # noqa: PLC0415

        with connected(self.settings) as api:
            found = [(api.subtree(base), expected) for base, expected in self.settings.searches]
            self._asked = api.asked
        ended = frozenset(base for (tree, _), (base, _) in zip(found, self.settings.searches, strict=True) if not tree.holes)
        yield from facts((entry for tree, _ in found for entry in tree.entries), self.realm, self.settings, self.taken_at, ended)
        for tree, expected in found:
            for what in expected:
                for hole in tree.holes:
                    yield self.realm.gap(
                        what, hole.reason, hole.message, "raise the reader's limits and rights, and read again", rights=hole.rights
                    )
                if not tree.holes:
                    yield self.realm.reading(what, len(tree.entries), tree.pages, tree.pages, tree.counted or None)

    def _export(self) -> Iterator[Said]:
        path = Path(self.settings.export)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConnectorError(f"{path}: {error.strerror}", remedy="name an export that can be read") from error
        export = read(content, str(path))
        yield from facts(export.entries, self.realm, self.settings, self.taken_at)
        for what in ("people", "groups"):
            for hole in export.holes:
                yield self.realm.gap(what, GapReason.INCOMPLETE, f"{path.name} is not the whole directory: {hole}", "export it again")
            if not export.holes:
                yield self.realm.reading(what, len(export.entries))
