"""Small worlds for the tests of drift: a directory and one application, with the declaration as YAML."""

from __future__ import annotations

from datetime import UTC, datetime

from guardrails import declare
from guardrails.drift import World, differences
from guardrails.model.facts import Account, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm, State
from guardrails.testing.memory import MemoryMeaning

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
APP = "guardrails: 1\nsystems: {%sapp: {connector: aws, %ssets: {prod: {accounts: ['111122223333']}}}}\n"


def ref(kind: str, name: str, system: str = "app", realm: str = "r") -> Ref:
    return Ref(system=system, realm=realm, kind=kind, id=f"id-{kind}-{name}", name=name)


def person(name: str, state: State = State.ACTIVE) -> Principal:
    names = (("mail", f"{name}@example.se"), ("uid", name))
    return Principal(ref=ref("person", name, "dir"), form=PrincipalForm.USER, state=state, names=names)


def group(name: str) -> Principal:
    return Principal(ref=ref("group", name, "dir"), form=PrincipalForm.GROUP)


def account(name: str, uid: str = "", state: State = State.ACTIVE) -> Principal:
    names = (("tag/uid", uid),) if uid else ()
    return Principal(ref=ref("user", name), form=PrincipalForm.USER, state=state, names=names)


def judge(
    text: str,
    *said,
    held=None,
    trusted=None,
    transit=None,
    shared=None,
    approval=lambda *_: "",
    owner="",
    implied=(),
    out=(),
    making=(),
    ways=(),
    living=None,
):
    """Every difference of a world; `said` are facts, edges and gaps, sorted to their systems by their refs."""
    found = declare.loads([("file.yaml", (APP % (("dir: {connector: aws}, " if "people:" in text else "", owner)) + text).encode())])
    observations, meanings = {}, {}
    for system in found.systems:
        own = [item for item in said if getattr(item, "system", None) == system.name or _system(item) == system.name]
        own.append(Account(ref=ref("account", "r", system.name), sets=system.sets))
        observations[system.name] = fold(own, system=system.name, connector="memory", taken_at=NOW)
        meanings[system.name] = MemoryMeaning(
            held or {},
            trusted or {},
            transit or {},
            shared or {},
            tuple(implied),
            out=tuple(out),
            making=frozenset(making),
            ways=tuple(ways),
            living=living or {},
        )
    return sorted(differences(World(found, observations, meanings, NOW, approval)), key=lambda d: (d.kind.value, d.subject, d.facet))


def _system(item) -> str:
    for name in ("ref", "source", "asset"):
        if hasattr(item, name) and isinstance(getattr(item, name), Ref):
            return getattr(item, name).system
    return ""


def kinds(found) -> list[tuple[str, str, str]]:
    return [(d.kind.value, d.subject, d.verdict.value) for d in found]
