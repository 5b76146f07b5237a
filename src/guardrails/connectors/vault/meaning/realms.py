"""The namespace that was read, and those that lie directly below it."""

from __future__ import annotations

import json

from guardrails.model.facts import Account, Setting
from guardrails.model.observation import Observation
from guardrails.model.reference import Ref
from guardrails.ports import Realms

__all__ = ["realms"]


def realms(observation: Observation) -> Realms | None:
    """As they were listed; those below are none where the list was not seen, which is a gap of its own."""
    own = next((fact for fact in observation.facts if isinstance(fact, Account)), None)
    if own is None:
        return None
    listed = (fact for fact in observation.facts if isinstance(fact, Setting) and fact.ref.kind == "namespaces")
    below = tuple(
        Ref(system=observation.system, realm=name, kind="namespace", id=name, name=name)
        for fact in listed
        for name in json.loads(fact.text)["below"]
    )
    return Realms(server=own.within.id if own.within else "", realm=own.ref.realm, below=below)
