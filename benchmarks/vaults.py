"""A namespace of 2,000 policies and 50,000 entities, made up: judged against its declaration, and asked who can read a path.

Each entity is in groups of its team, which carry policies of the team; one of twenty holds one policy more than is declared. The run fails
when one of these is missed or another is flagged.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Edge, Policy, Principal
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.ports import BoundClause
from guardrails.vault import profile
from guardrails.vault.containment import contained
from guardrails.vault.rules import Policy as Rules
from guardrails.vault.rules import Rule
from guardrails.vault.stored import stored

AT = datetime(2026, 11, 26, tzinfo=UTC)
ENGINE = "openbao-2.7.2"
TEAMS, POLICIES, ENTITIES = 400, 2_000, 50_000
DEFAULT = """
path "auth/token/lookup-self" { capabilities = ["read"] }
path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] }
path "identity/entity/name/{{identity.entity.name}}" { capabilities = ["read"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    question: str
    count: int
    seconds: float
    found: int


def ref(kind: str, identifier: str) -> Ref:
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=identifier)


def policy_text(number: int, dice: random.Random) -> str:
    team = number % TEAMS
    paths = [
        f"kv/data/team{team}/app{dice.randrange(20)}/*",
        f"kv/metadata/team{team}/*",
        f"transit/+/team{team}-*",
        f"kv/data/shared/{number}",
    ]
    given = [dice.sample(["create", "read", "update", "delete"], 2) for _ in paths]
    rules = [f'path "{path}" {{ capabilities = {str(words).replace(chr(39), chr(34))} }}' for path, words in zip(paths, given, strict=True)]
    return "\n".join([*rules, f'path "kv/data/team{team}/secret/*" {{ capabilities = ["deny"] }}'])


def namespace(entities: int = ENTITIES, policies: int = POLICIES) -> tuple[Observation, dict[Ref, tuple[str, ...]], set[Ref]]:
    """What was seen, the policies that are declared for each entity, and who has more."""
    dice = random.Random(20261126)
    said: list = [Policy(ref=ref("policy", "default"), text=stored(DEFAULT, ENGINE, name="default"))]
    for number in range(policies):
        group, policy = ref("group", f"g{number}"), ref("policy", f"p{number}")
        said += [
            Policy(ref=policy, text=stored(policy_text(number, dice), ENGINE, name=policy.name)),
            Principal(ref=group, form=PrincipalForm.GROUP),
            Edge(kind=EdgeKind.IDENTITY_POLICY, source=group, target=policy),
        ]
    declared, more = {}, set()
    for number in range(entities):
        entity = ref("entity", f"e{number}")
        team = dice.randrange(TEAMS)
        groups = dice.sample(range(team, policies, TEAMS), dice.randint(1, 3))
        said.append(Principal(ref=entity, form=PrincipalForm.USER, resource=f"identity/entity/id/e{number}"))
        said.append(Edge(kind=EdgeKind.IDENTITY_POLICY, source=entity, target=ref("policy", "default")))
        said += [Edge(kind=EdgeKind.MEMBER, source=entity, target=ref("group", f"g{one}")) for one in groups]
        declared[entity] = ("default", *(f"p{one}" for one in groups))
        if number % 20 == 0:
            said.append(Edge(kind=EdgeKind.MEMBER, source=entity, target=ref("group", f"g{(team + 1) % TEAMS}")))
            more.add(entity)
    return fold(said, system="vault", connector="vault", taken_at=AT), declared, more


def clauses(names: tuple[str, ...]) -> tuple[BoundClause, ...]:
    return tuple(
        BoundClause(clause=Clause(scope=Scope("vault"), actions=("policy",), resources=(name,)), entitlement=name) for name in names
    )


def measured() -> Iterator[Timed]:
    yield from _rules()
    seen, declared, more = namespace()
    begin = time.process_time()
    meaning = VaultMeaning(seen)
    flagged = {entity for entity, names in declared.items() if meaning.excess(entity, clauses(names)).verdict is not Verdict.OK}
    yield Timed(
        question="is all that 50,000 entities may do declared, 2,000 policies",
        count=len(declared),
        seconds=_since(begin),
        found=len(flagged),
    )
    if flagged != more:
        raise AssertionError(f"{len(more - flagged)} were missed, {len(flagged - more)} were flagged and have no more")
    begin = time.process_time()
    again = sum(meaning.excess(entity, clauses(names)).verdict is not Verdict.OK for entity, names in declared.items())
    yield Timed(question="the same once more", count=len(declared), seconds=_since(begin), found=again)
    begin = time.process_time()
    onward = sum(
        meaning.onward(entity, lambda _at, names=names: clauses(names), frozenset()).comparison.verdict is not Verdict.OK
        for entity, names in declared.items()
    )
    yield Timed(question="can any of them come to more", count=len(declared), seconds=_since(begin), found=onward)
    begin = time.process_time()
    readers = sum(meaning.permit(entity, "list", "cubbyhole/").allowed is True for entity in declared)
    yield Timed(question="who can list one path", count=len(declared), seconds=_since(begin), found=readers)


def _rules() -> Iterator[Timed]:
    """Two policies of many rules, the one within the other but for one rule."""
    engine = profile(ENGINE)
    for number in (100, 1_000, 2_000):
        dice = random.Random(number)
        rules = tuple(_rule(dice) for _ in range(number))
        one, other = Rules(name="p", rules=rules), Rules(name="q", rules=(*rules, Rule(path="other/*", capabilities=frozenset({"read"}))))
        for question, sides, verdict in (
            (f"is a policy of {number:,} rules within one of {number:,}", (one, other), "covered"),
            (f"and the other way round, {number:,} rules", (other, one), "not-covered"),
        ):
            begin = time.process_time()
            found = contained([sides[0]], [sides[1]], engine)
            if found.verdict != verdict:
                raise AssertionError(f"{question}: {found}")
            yield Timed(question=question, count=number, seconds=_since(begin), found=int(found.witness is not None))


def _rule(dice: random.Random) -> Rule:
    parts = [
        f"kv{dice.randrange(20)}",
        "data",
        *("+" if dice.random() < 0.1 else f"t{dice.randrange(60)}" for _ in range(dice.randint(1, 4))),
    ]
    path = "/".join(parts) + (dice.choice(["", "/*", "*"]) if parts[-1] != "+" else dice.choice(["", "/*"]))
    return Rule(path=path, capabilities=frozenset(dice.sample(["read", "list", "update", "create"], 2)))


def _since(begin: float) -> float:
    return time.process_time() - begin


def shown(rows: Iterator[Timed] | list[Timed]) -> Iterator[str]:
    yield "| policies of Vault and OpenBao | asked of | CPU s | found |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| {row.question} | {row.count:,} | {row.seconds:.2f} | {row.found:,} |"


if __name__ == "__main__":
    print(*shown(measured()), sep="\n")
