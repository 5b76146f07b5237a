"""Which namespace is read, of which server, and which others lie directly below it: their names, and nothing that is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from guardrails.connectors.vault.answers import NAMESPACES, Absent, Failed
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.model.facts import Account, Setting, Unit
from guardrails.model.reference import Ref
from guardrails.model.words import GapReason

__all__ = ["namespace", "namespaces"]


def namespace(asker: Asker, server: str) -> Iterator[Said]:
    """The one that is read, and its server by the address that the settings name; an export may name none."""
    name = asker.realm or "root"
    within = Ref(system=asker.system, realm="", kind="server", id=server, name=server) if server else None
    if within:
        yield Unit(ref=within)
    yield Account(ref=asker.ref("namespace", name, name), within=within)


def namespaces(asker: Asker) -> Iterator[Said]:
    """Those directly below it; that there are none is an answer too."""
    before, found = asker.source.calls, list[str]()
    answer = asker.source.listed(NAMESPACES)
    if isinstance(answer, Failed) and answer.reason is GapReason.UNSUPPORTED and not asker.realm:
        answer = Absent()  # Vault without Enterprise has none; where one is declared that cannot be so
    yield from asker.names("namespaces", NAMESPACES, answer, found, before)
    if not isinstance(answer, Failed):
        above = f"{asker.realm}/" if asker.realm else ""
        text = json.dumps({"below": [above + name.rstrip("/") for name in found]}, separators=(",", ":"))
        yield Setting(ref=asker.ref("namespaces", NAMESPACES, "namespaces"), form="namespaces", text=text, pointer=NAMESPACES)
