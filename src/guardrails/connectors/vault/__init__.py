"""Vault and OpenBao: policies, auth roles, identities, transit keys and secret mounts of one namespace, live or from an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from guardrails.connectors.vault.editing import edits, irreversible, touched
from guardrails.connectors.vault.language import Settings, read_clauses, read_settings, read_target
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.connectors.vault.past import past
from guardrails.connectors.vault.rights import reader_policy
from guardrails.connectors.vault.schema import SCHEMA
from guardrails.connectors.vault.words import mistaken
from guardrails.connectors.vault.written import patches
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, Cas, Edit, Image, Patch
from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Principal
from guardrails.model.observation import Observation
from guardrails.model.past import Past
from guardrails.model.reference import Ref, Scope
from guardrails.model.written import Wanted, WorkingCopy
from guardrails.ports import Meaning, Objects, Observer, Remediator

__all__ = ["CONNECTOR", "VaultConnector"]


class VaultConnector:
    """The door to Vault and OpenBao."""

    name = "vault"

    def schema(self) -> Mapping[str, Mapping[str, object]]:
        """JSON Schemas of its part of the language."""
        return SCHEMA

    def settings(self, system: System) -> Settings:
        """Read the settings of one system."""
        return read_settings(system)

    def clauses(self, entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:  # noqa: ARG002  # paths are named, never taken from it
        """Read what an entitlement says."""
        return read_clauses(entry, scope)

    def target(self, entry: object) -> str:
        """Read the target of an allowlist."""
        return read_target(entry)

    def mistaken(self, selector: str) -> str:
        """What is wrong with a selector."""
        return mistaken(selector)

    def observer(self, system: System, taken_at: datetime) -> Observer:
        """A reader, live or from an export."""
        # imported here, so that lint and offline work never load the SDK's readers
        from guardrails.connectors.vault.observe import VaultObserver  # noqa: PLC0415

        return VaultObserver(system.name, read_settings(system), taken_at)

    def meaning(self, observation: Observation) -> Meaning:
        """What its policies mean."""
        return VaultMeaning(observation)

    def basis(self) -> str:
        """Nothing beside what was seen."""
        return ""

    def reader_policy(self, rights: Iterable[str], identity: str) -> str:  # noqa: ARG002  # who holds a policy is said elsewhere
        """A policy as HCL."""
        return reader_policy(rights)

    def past(
        self, system: System, observation: Observation, entries: Iterable[Mapping[str, Any]]
    ) -> Iterator[tuple[datetime, Past | None]]:
        """What an audit device wrote."""
        return past(observation, entries, read_settings(system).namespace)

    def touched(self, action: Action) -> Ref:
        """The entity, group, login, policy or token that an action writes."""
        return touched(action)

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:  # noqa: ARG002  # ids are enough
        """An action in the words of Vault."""
        return edits(action, image)

    def cas(self, ref: Ref, image: Image) -> Cas:
        """OpenBao compares the version of a policy; all else is compared just before and just after.

        A token stays as it was made, and its accessor means no other one: there is nothing that another writer could have changed.
        """
        return Cas.NATIVE if image.token or ref.kind == "token" else Cas.EMULATED

    def patches(self, wanted: Wanted, copies: Iterable[WorkingCopy]) -> tuple[Patch, ...]:
        """What should become of the sources of Terraform."""
        return patches(wanted, copies)

    def irreversible(self, action: Action, image: Image) -> str:  # noqa: ARG002  # the port's
        """Why an action cannot be taken back."""
        return irreversible(action)

    def objects(self, system: System) -> Objects:
        """Single objects, read with the read credential."""
        from guardrails.connectors.vault.api import VaultApi  # noqa: PLC0415  # as for the observer
        from guardrails.connectors.vault.objects import VaultObjects  # noqa: PLC0415  # likewise

        settings = _live(system)
        return VaultObjects(system.name, settings, VaultApi(settings))

    def remediator(self, system: System) -> Remediator:
        """The one who writes, with a credential of its own."""
        from guardrails.connectors.vault.api import VaultWriterApi  # noqa: PLC0415  # likewise
        from guardrails.connectors.vault.objects import VaultRemediator  # noqa: PLC0415  # likewise

        settings = _live(system)
        if not settings.can_write:
            raise ConnectorError(f"{system.name} has no credential to write with", remedy='declare write: {token: "env:NAME"}')
        return VaultRemediator(system.name, settings.of_writer, VaultWriterApi(settings.of_writer))


def _live(system: System) -> Settings:
    settings = read_settings(system)
    if settings.export:
        raise ConnectorError(f"{system.name} is an export, and only a live server can be changed", remedy="declare its address")
    return settings


CONNECTOR = VaultConnector()
