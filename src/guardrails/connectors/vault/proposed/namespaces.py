"""The observed namespaces while a change is put into them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from guardrails.connectors.vault.answers import NAMESPACES
from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.proposed.draft import Namespace
from guardrails.model.facts import Setting
from guardrails.model.observation import Observation

__all__ = ["Namespaces", "server_of"]


class Namespaces:
    """Every observed namespace of Vault and OpenBao."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self._drafts = [Namespace(observation) for observation in observations if observation.connector == "vault"]
        self._touched: dict[str, Namespace] = {}

    def system(self, name: str) -> Namespace | str:
        """That of a declared system, or why nothing can be put into it."""
        return self._only([draft for draft in self._drafts if draft.system == name], f"the system {name}")

    def each(self) -> list[Namespace]:
        """All that were read."""
        return [draft for draft in self._drafts if draft.is_read]

    def at(self, server: str, realm: str) -> Namespace | str:
        """A namespace of a server."""
        return self._only(
            [draft for draft in self._drafts if (draft.server, draft.realm) == (server, realm)], f"namespace {realm or 'root'}"
        )

    def has(self, server: str) -> bool:
        """Whether anything of a server was observed."""
        return any(draft.server == server for draft in self._drafts)

    def is_alone(self, server: str) -> bool:
        """Whether the root namespace of a server was seen to have no other below it."""
        root = self.at(server, "")
        told = root.get(Setting, root.speaker.ref("namespaces", NAMESPACES, "")) if isinstance(root, Namespace) else None
        return told is not None and not json.loads(told.text)["below"]

    def touch(self, draft: Namespace) -> None:
        """Something is put into it."""
        self._touched[draft.system] = draft

    def results(self) -> tuple[Observation, ...]:
        """The observations that something was put into."""
        return tuple(draft.result() for draft in self._touched.values())

    @staticmethod
    def _only(found: list[Namespace], what: str) -> Namespace | str:
        read = [draft for draft in found if draft.is_read]
        if len(read) != 1:
            return f"{what} is in {len(read)} of the observations" if read else f"{what} of this server was not observed"
        return read[0]


def server_of(address: str) -> str:
    """The address of a server in the spelling by which systems of one server are known; empty for what is none."""
    return Settings(address=address.rstrip("/")).server if urlsplit(address).netloc else ""
