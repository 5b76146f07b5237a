"""Judging AWS roles against a ceiling. No peer answers for all requests, so the peer is asked for one request after the other."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from measure import Case
from moto.iam.access_control import IAMPolicy, PermissionResult

from guardrails.connectors.aws.meaning import AwsMeaning
from guardrails.iam.catalogue import catalogue, named
from guardrails.model.declaration import Clause
from guardrails.model.facts import Edge, Policy, Principal
from guardrails.model.findings import Witness
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.ports import BoundClause
from guardrails.sets import Pattern

ROLES = 500
REQUESTS = 8
DRIFTED = 0.1
ACCOUNT = "123456789012"
SERVICES = {
    "s3": (["GetObject", "PutObject", "DeleteObject", "GetObject*", "Get*", "Put*"], "arn:aws:s3:::{name}/*"),
    "kms": (["Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt*", "Describe*"], f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/{{name}}"),
    "sqs": (["SendMessage", "ReceiveMessage", "DeleteMessage", "Get*"], f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{{name}}-*"),
    "dynamodb": (["GetItem", "PutItem", "Query", "BatchGet*", "UpdateItem"], f"arn:aws:dynamodb:eu-north-1:{ACCOUNT}:table/{{name}}"),
    "lambda": (["InvokeFunction", "GetFunction", "List*"], f"arn:aws:lambda:eu-north-1:{ACCOUNT}:function:{{name}}*"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    ref: Ref
    held: list[dict]
    declared: list[dict]
    requests: list[tuple[str, str]]


def roles(seed: int) -> list[Role]:
    """Each holds three statements; one in ten has grown an action that is not declared."""
    draw = random.Random(seed)
    return [_role(draw, f"r{seed}-{number}") for number in range(ROLES)]


def _role(draw: random.Random, name: str) -> Role:
    declared = []
    for service in draw.sample(sorted(SERVICES), 3):
        verbs, form = SERVICES[service]
        actions = [f"{service}:{verb}" for verb in draw.sample(verbs, draw.randint(1, 3))]
        declared.append({"Effect": "Allow", "Action": actions, "Resource": [form.format(name=f"{name}-{draw.randrange(10)}")]})
    held = [dict(statement) for statement in declared]
    if draw.random() < DRIFTED:
        service = held[0]["Action"][0].split(":")[0]
        held[0]["Action"] = [*held[0]["Action"], f"{service}:Tag*"]
    requests = [
        (draw.choice(statement["Action"]).replace("*", "x"), statement["Resource"][0].replace("*", "x"))
        for statement in draw.choices(held, k=REQUESTS)
    ]
    ref = Ref(system="aws", realm=ACCOUNT, kind="role", id=f"AROA{name}", name=name)
    return Role(ref=ref, held=held, declared=declared, requests=requests)


def observed(asked: list[Role]) -> AwsMeaning:
    said: list = []
    for role in asked:
        policy = Ref(system="aws", realm=ACCOUNT, kind="inline-policy", id=f"{role.ref.id}/own", name="own")
        said += [
            Principal(ref=role.ref, form=PrincipalForm.ROLE, resource=f"arn:aws:iam::{ACCOUNT}:role/{role.ref.name}"),
            Policy(ref=policy, text=json.dumps({"Statement": role.held})),
            Edge(kind=EdgeKind.IDENTITY_POLICY, source=role.ref, target=policy),
        ]
    return AwsMeaning(fold(said, system="aws", connector="aws", taken_at=datetime(2026, 11, 25, tzinfo=UTC)))


def ceiling(role: Role) -> tuple[BoundClause, ...]:
    return tuple(
        BoundClause(
            clause=Clause(scope=Scope("aws"), actions=tuple(statement["Action"]), resources=tuple(statement["Resource"])), entitlement="e"
        )
        for statement in role.declared
    )


def contained(asked: list[Role]) -> list[bool]:
    """For every request that there is: is the role within what is declared?"""
    meaning = observed(asked)
    return [meaning.excess(role.ref, ceiling(role)).verdict is Verdict.OK for role in asked]


def contained_by_moto(asked: list[Role]) -> list[bool]:
    """Every published action of the services that a role names, on one resource of each of its statements; the rest stays open."""
    actions = {service: [named(action) for action in catalogue().matching(Pattern.glob(f"{service}:*"))] for service in SERVICES}
    found = []
    for role in asked:
        held, declared = (IAMPolicy(json.dumps({"Statement": said})) for said in (role.held, role.declared))
        requests = [
            (action, statement["Resource"][0].replace("*", "x"))
            for statement in role.held
            for action in actions[statement["Action"][0].split(":")[0]]
        ]
        found.append(not any(_allowed(held, request) and not _allowed(declared, request) for request in requests))
    return found


def _allowed(policy: IAMPolicy, request: tuple[str, str]) -> bool:
    return policy.is_action_permitted(*request) is PermissionResult.PERMITTED


def replayed(asked: list[Role]) -> list[bool]:
    meaning = observed(asked)
    return [
        meaning.replay(role.ref, Witness(principal="r", action=action, resource=resource))
        for role in asked
        for action, resource in role.requests
    ]


def replayed_by_moto(asked: list[Role]) -> list[bool]:
    policies = [(IAMPolicy(json.dumps({"Statement": role.held})), role.requests) for role in asked]
    return [_allowed(policy, request) for policy, requests in policies for request in requests]


def cases() -> Iterator[Case]:
    peer = f"moto {version('moto')} IAMPolicy"
    yield Case(
        question=f"is each of {ROLES} roles with 3 statements within its ceiling, for all requests",
        peer=f"{peer}, asked for each action of its services on one resource a statement",
        unit="roles",
        count=ROLES,
        prepare=roles,
        ours=contained,
        theirs=contained_by_moto,
        runs=3,
    )
    yield Case(
        question=f"is one request allowed, {REQUESTS} for each of {ROLES} roles",
        peer=peer,
        unit="requests",
        count=ROLES * REQUESTS,
        prepare=roles,
        ours=replayed,
        theirs=replayed_by_moto,
    )
