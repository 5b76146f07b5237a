"""NetBox: the network inventory, its users and their tokens, live or from an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from guardrails.connectors.netbox.editing import deletes, edits, touched
from guardrails.connectors.netbox.language import Settings, read_settings, refuse
from guardrails.connectors.netbox.meaning import NetboxMeaning
from guardrails.connectors.netbox.rights import reader_policy
from guardrails.connectors.netbox.schema import SCHEMA
from guardrails.errors import ConnectorError
from guardrails.model.changes import Action, Cas, Delete, Edit, Image
from guardrails.model.declaration import Clause, System
from guardrails.model.facts import Principal
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref, Scope
from guardrails.ports import Meaning, Objects, Observer, Remediator

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

    def touched(self, action: Action) -> Ref:
        """The user or token that an action writes."""
        return touched(action)

    def edits(self, action: Action, image: Image, known: Mapping[Ref, Principal]) -> tuple[Edit, ...]:  # noqa: ARG002  # ids are enough
        """An action in the words of NetBox."""
        return edits(action, image)

    def cas(self, ref: Ref, image: Image) -> Cas:  # noqa: ARG002  # alike for all that is written
        """Compared just before and just after. NetBox gives no ETag for users, and for tokens one that no change of them changes."""
        return Cas.EMULATED

    def deletes(self, action: Action, before: Image) -> tuple[str, ...] | None:  # noqa: ARG002  # the port's
        """What an action left behind that is deleted after a time."""
        return deletes(action)

    def irreversible(self, action: Action, image: Image) -> str:  # noqa: ARG002  # the port's
        """Why an action cannot be taken back."""
        return "a token that was deleted does not come again" if isinstance(action, Delete) else ""

    def objects(self, system: System) -> Objects:
        """Users and tokens one by one, read with the token that reads."""
        from guardrails.connectors.netbox.accounts import NetboxObjects  # noqa: PLC0415  # as for the observer
        from guardrails.connectors.netbox.api import NetboxApi  # noqa: PLC0415  # likewise

        return NetboxObjects(system.name, NetboxApi(_live(system)))

    def remediator(self, system: System) -> Remediator:
        """The one who writes, with a token of its own."""
        from guardrails.connectors.netbox.accounts import NetboxRemediator  # noqa: PLC0415  # likewise
        from guardrails.connectors.netbox.api import NetboxWriterApi  # noqa: PLC0415  # likewise

        settings = _live(system)
        if settings.write_token is None:
            raise ConnectorError(f"{system.name} has no token to write with", remedy='declare write: {token: "env:NAME"}')
        return NetboxRemediator(system.name, NetboxWriterApi(settings.of_writer))


def _live(system: System) -> Settings:
    settings = read_settings(system)
    if settings.export:
        raise ConnectorError(f"{system.name} is an export, and only a live NetBox can be changed", remedy="declare its url")
    return settings


CONNECTOR = NetboxConnector()
