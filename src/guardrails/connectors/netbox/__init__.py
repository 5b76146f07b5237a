"""NetBox: the network inventory, its users and their tokens, live or from an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from guardrails.connectors.netbox.language import Settings, read_settings, refuse
from guardrails.connectors.netbox.meaning import NetboxMeaning
from guardrails.connectors.netbox.rights import reader_policy
from guardrails.connectors.netbox.schema import SCHEMA
from guardrails.model.declaration import Clause, System
from guardrails.model.observation import Observation
from guardrails.model.reference import Scope
from guardrails.ports import Meaning, Observer

__all__ = ["CONNECTOR", "NetboxConnector"]


class NetboxConnector:
    """The door to NetBox."""

    name = "netbox"

    def schema(self) -> Mapping[str, Mapping[str, object]]:
        """JSON Schemas of its part of the language."""
        return SCHEMA

    def settings(self, system: System) -> Settings:
        """Read the settings of one system."""
        return read_settings(system)

    def clauses(self, entry: object, scope: Scope, asset: str) -> tuple[Clause, ...]:  # noqa: ARG002  # every one is refused
        """Refuse every entitlement."""
        refuse(entry, "entitlements", f"leave {scope} out of the entitlement; who has an account there is judged without one")

    def target(self, entry: object) -> str:
        """Refuse every target of an allowlist."""
        refuse(entry, "targets of allowlists", "name the system that enforces the rules, and NetBox under networks:")

    def mistaken(self, selector: str) -> str:  # noqa: ARG002  # every one is refused
        """Refuse every selector of assets."""
        return "leave it out: records of NetBox are named under networks:, and it has no assets"

    def observer(self, system: System, taken_at: datetime) -> Observer:  # noqa: ARG002  # nothing here depends on the time
        """A reader, live or from an export."""
        # imported here, so that lint and offline work never load the HTTP client
        from guardrails.connectors.netbox.observe import NetboxObserver  # noqa: PLC0415

        return NetboxObserver(system.name, read_settings(system))

    def meaning(self, observation: Observation) -> Meaning:  # noqa: ARG002  # no document of NetBox grants anything yet
        """What its documents mean."""
        return NetboxMeaning()

    def basis(self) -> str:
        """Nothing beside what was seen."""
        return ""

    def reader_policy(self, rights: Iterable[str], identity: str) -> str:  # noqa: ARG002  # who holds a permission is said elsewhere
        """An object permission as JSON."""
        return reader_policy(rights)


CONNECTOR = NetboxConnector()
