"""The world of an example, and what is found in it."""

from __future__ import annotations

from guardrails import declare
from guardrails.controls import judged
from guardrails.controls.examples import ACCOUNT, NOW, Example
from guardrails.drift import World, differences
from guardrails.model.facts import Account, Edge, Gap, Protection
from guardrails.model.findings import Finding
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.testing.memory import MemoryMeaning

SYSTEMS = {
    "aws": f"{{connector: aws, sets: {{prod: {{accounts: ['{ACCOUNT}']}}}}}}",
    "directory": "{connector: ldap}",
    "inventory": "{connector: netbox}",
}


def findings(example: Example) -> tuple[Finding, ...]:
    """Everything that is found in the world of an example."""
    systems = {"aws", *map(system_of, example.seen)}
    listed = "".join(f"  {name}: {SYSTEMS[name]}\n" for name in sorted(systems))
    surroundings = f"guardrails: 1\nsystems:\n{listed}teams: {{data: {{}}}}\n"
    texts = (surroundings, example.declared) if example.declared else (surroundings,)
    declared = declare.loads((f"{number}.yaml", text.encode()) for number, text in enumerate(texts))
    observations = {}
    for name in sorted(systems):
        realm = Ref(system=name, realm=ACCOUNT if name == "aws" else "", kind="account", id=name, name=name)
        own = [item for item in example.seen if system_of(item) == name]
        account = Account(ref=realm, sets=("prod",) if name == "aws" else ())
        observations[name] = fold([account, *own], system=name, connector="memory", taken_at=NOW)
    meaning = MemoryMeaning(
        held={ref: frozenset((action, on) for who, action, on in example.held if who == ref) for ref, _, _ in example.held},
        trusted={ref: tuple(seen for who, seen in example.trusted if who == ref) for ref, _ in example.trusted},
        transit=dict(example.transit),
        becoming={ref: tuple(whom for who, whom in example.becoming if who == ref) for ref, _ in example.becoming},
        remarked=example.remarked,
        out=example.out,
        ways=example.ways,
        living=dict(example.living),
        shared={ref: tuple(seen for what, seen in example.shared if what == ref) for ref, _ in example.shared},
    )
    world = World(declared, observations, dict.fromkeys(systems, meaning), NOW, lambda *_: example.refused, changes=example.changes)
    return judged(differences(world))


def system_of(item) -> str:
    """The system that something was seen in."""
    match item:
        case Gap():
            return item.system
        case Edge():
            return item.source.system
        case Protection():
            return item.asset.system
        case _:
            return item.ref.system
