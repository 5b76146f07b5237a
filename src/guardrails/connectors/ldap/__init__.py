"""LDAP: the people, groups and memberships of one directory, live or from an LDIF export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from guardrails.connectors.ldap.accesslog import Record, records
from guardrails.connectors.ldap.editing import cas, edits, touched
from guardrails.connectors.ldap.language import Settings, mistaken, read_clauses, read_settings, read_target
from guardrails.connectors.ldap.meaning import LdapMeaning
from guardrails.connectors.ldap.past import past
from guardrails.connectors.ldap.rights import reader_policy
from guardrails.connectors.ldap.schema import SCHEMA
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, Cas, Edit, Image
from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Principal
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Ref, Scope
from guardrails.ports import Meaning, Objects, Observer, Remediator

__all__ = ["CONNECTOR", "LdapConnector"]


class LdapConnector:
    """The door to a directory."""

    name = "ldap"

    def schema(self) -> Mapping[str, Mapping[str, object]]:
        """JSON Schemas of its part of the language."""
        return SCHEMA

    def settings(self, system: System) -> Settings:
        """Read the settings of one system."""
        return read_settings(system)

    def clauses(self, entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:  # noqa: ARG002  # the port's; a directory has none
        """Read what an entitlement says."""
        return read_clauses(entry, scope)

    def target(self, entry: object) -> str:
        """Refuse the target of an allowlist."""
        return read_target(entry)

    def mistaken(self, selector: str) -> str:
        """What is wrong with a selector."""
        return mistaken(selector)

    def observer(self, system: System, taken_at: datetime) -> Observer:
        """A reader, live or from an export."""
        # imported here, so that lint and offline work never load the readers
        from guardrails.connectors.ldap.observe import LdapObserver  # noqa: PLC0415

        return LdapObserver(system.name, read_settings(system), taken_at)

    def meaning(self, observation: Observation) -> Meaning:
        """What its memberships mean."""
        return LdapMeaning(observation)

    def basis(self) -> str:
        """Nothing beside what was seen."""
        return ""

    def reader_policy(self, rights: Iterable[str], identity: str) -> str:
        """Access rules of OpenLDAP."""
        return reader_policy(rights, identity)

    def records(self, lines: Iterable[bytes]) -> Iterator[Record]:
        """What the overlay accesslog wrote."""
        return records(lines)

    def past(self, system: System, observation: Observation, entries: Iterable[Record]) -> Iterator[tuple[datetime, Past | None]]:  # noqa: ARG002  # the port's
        """The memberships that were asked for."""
        return past(observation, entries)

    def touched(self, action: Action) -> Ref:
        """The group that an action writes."""
        return touched(action)

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:
        """The values that go."""
        return edits(action, image, known)

    def cas(self, ref: Ref, image: Image) -> Cas:  # noqa: ARG002  # alike for every entry
        """By the server itself where it can assert."""
        return cas(image)

    def objects(self, system: System) -> Objects:
        """Single entries, read with the name that reads."""
        from guardrails.connectors.ldap.objects import LdapObjects  # noqa: PLC0415  # as for the observer

        return LdapObjects(system.name, _live(system))

    def remediator(self, system: System) -> Remediator:
        """The one who writes, with a name of its own."""
        from guardrails.connectors.ldap.objects import LdapRemediator  # noqa: PLC0415  # likewise

        settings = _live(system)
        if not settings.write_bind:
            raise ConnectorError(f"{system.name} has no name to write as", remedy="declare write: {bind: ..., password: env:NAME}")
        return LdapRemediator(system.name, settings.of_writer)


def _live(system: System) -> Settings:
    settings = read_settings(system)
    if settings.export:
        raise ConnectorError(f"{system.name} is an export, and only a live directory can be changed", remedy="declare its url")
    return settings


CONNECTOR = LdapConnector()
