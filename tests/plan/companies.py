"""A directory and an application in memory, with the declaration as YAML."""

from __future__ import annotations

from guardrails import declare
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.plan.planning import Planning, objects
from guardrails.plan.used import NOTHING, Used
from guardrails.testing.remedied import MemorySystem, MemoryWriter, memory_meaning
from plan.plans import AT

__all__ = ["DECLARED", "Company"]

DECLARED = """\
guardrails: 1
systems: {dir: {connector: ldap}, app: {connector: vault}}
people: {sources: {dir: {key: entryUUID, name: uid}}, join: {app: {uid: uid}}, leaver: disabled-in-any}
"""


class Company:
    """Two systems that can be observed, planned for and written."""

    def __init__(self, declared: str = DECLARED) -> None:
        self.declaration = declare.loads([("file.yaml", declared.encode())])
        self.dir, self.app = MemorySystem("dir"), MemorySystem("app")
        self.systems = {"dir": self.dir, "app": self.app}
        self.writers = {name: MemoryWriter(self.systems) for name in self.systems}

    def person(self, name: str, *, left: bool = False, **fields: tuple[str, ...]):
        """Somebody with an entry and an account."""
        self.dir.add("user", name, uid=(name,), **({"disabled": ("true",)} if left else {}))
        return self.app.add("user", name, uid=(name,), **fields)

    def world(self) -> World:
        seen = {name: system.observed(AT) for name, system in self.systems.items()}
        return World(self.declaration, seen, {name: memory_meaning(found) for name, found in seen.items()}, AT, lambda *_: "")

    def findings(self):
        return judged(differences(self.world()))

    def planned(self, used: Used = NOTHING) -> Planning:
        world, findings = self.world(), self.findings()
        refs = objects(world, findings, self.writers)
        images = {ref: self.systems[ref.system].current(ref) for ref in refs}
        planning = Planning(world, images, self.writers, memory_meaning, used=used)
        planning.plan(findings)
        return planning
