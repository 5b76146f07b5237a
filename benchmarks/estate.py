"""A made-up account and its declaration, drawn from a seed. It knows which roles hold more than is declared.

Most of what roles hold comes from the managed policies of AWS that moto ships. What is over-granted is about four services of which nothing
else speaks, so that it is known and not computed who has too much. Other roles differ from their declaration and hold no more than it.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

ACCOUNT = "123456789012"
WHEN = "2026-01-01T00:00:00+00:00"
TEAMS = ["billing", "search", "risk", "etl", "web", "ops", "crm", "ml"]
OWN = {
    "sqs": (["SendMessage", "ReceiveMessage", "GetQueueUrl"], f"arn:aws:sqs:eu-north-1:{ACCOUNT}:{{name}}-*", "DeleteQueue"),
    "dynamodb": (["GetItem", "PutItem", "Query"], f"arn:aws:dynamodb:eu-north-1:{ACCOUNT}:table/{{name}}-*", "DeleteItem"),
    "secretsmanager": (
        ["GetSecretValue", "DescribeSecret", "ListSecretVersionIds"],
        f"arn:aws:secretsmanager:eu-north-1:{ACCOUNT}:secret:{{name}}/*",
        "RotateSecret",
    ),
    "kinesis": (["GetRecords", "PutRecord", "DescribeStream"], f"arn:aws:kinesis:eu-north-1:{ACCOUNT}:stream/{{name}}-*", "DeleteStream"),
}
"""The services of what a role has for itself: actions, form of the resources, and an action that only an over-grant has."""
OFFICE = {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
Json = dict[str, Any]

ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SCPS = [
    [
        ALL,
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Keep",
                    "Effect": "Deny",
                    "Action": ["dynamodb:DeleteTable", "secretsmanager:DeleteSecret", "organizations:LeaveOrganization"],
                    "Resource": "*",
                    "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}},
                }
            ],
        },
    ],
    [
        ALL,
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Regions",
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*", "organizations:*", "route53:*", "cloudfront:*", "support:*"],
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-north-1", "eu-west-1", "us-east-1"]}},
                }
            ],
        },
    ],
]
"""The root and one unit of the organisation."""
TIGHT = "boundary-no-streams"


@dataclass(slots=True, kw_only=True)
class Role:
    name: str
    held: list[Json]
    declared: list[Json]
    managed: list[str]
    boundary: str = ""
    changed: str = ""

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.name}"


@dataclass(slots=True, kw_only=True)
class Estate:
    """`policies` are the managed ones by ARN; `over` the roles that hold more than is declared."""

    policies: dict[str, Json]
    roles: list[Role] = field(default_factory=list)

    @property
    def over(self) -> list[str]:
        return sorted(role.arn for role in self.roles if role.changed in OVER)

    def all_of(self, role: Role) -> list[Json]:
        """All documents that a role holds."""
        return [*role.held, *(self.policies[arn] for arn in role.managed)]

    def grow(self) -> None:
        """Give one role, which was as declared, more than that."""
        role = next(role for role in self.roles if not role.changed)
        role.changed = next(iter(OVER))
        role.held = copy.deepcopy(role.held)
        OVER[role.changed](role, role.held[-1]["Statement"], [])

    def declaration(self) -> Json:
        """What each role is meant to hold, managed policies by ARN and documents; and what the organisation takes away."""
        used = sorted({arn for role in self.roles for arn in role.managed})
        roles = {role.arn: {"managed": role.managed, "documents": role.declared} for role in self.roles}
        return {"policies": {arn: self.policies[arn] for arn in used}, "roles": roles, "scps": SCPS}

    def details(self) -> Json:
        """As `aws iam get-account-authorization-details` writes it."""
        policies = [_managed(arn, document) for arn, document in self.policies.items()]
        return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": list(map(_entry, self.roles)), "Policies": policies}


def _entry(role: Role) -> Json:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    limit = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": role.boundary}
    return {
        "Path": "/",
        "RoleName": role.name,
        "RoleId": f"AROA{role.name[-8:].upper():A>17}",
        "Arn": role.arn,
        "CreateDate": WHEN,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [{"PolicyName": f"own-{number}", "PolicyDocument": document} for number, document in enumerate(role.held)],
        "AttachedManagedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in role.managed],
        **({"PermissionsBoundary": limit} if role.boundary else {}),
        "InstanceProfileList": [],
        "Tags": [],
        "RoleLastUsed": {},
    }


def _managed(arn: str, document: Json) -> Json:
    name = arn.rpartition("/")[2]
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": WHEN}
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name.upper():A>17}",
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": WHEN,
        "UpdateDate": WHEN,
        "PolicyVersionList": [version],
    }


@cache
def aws_managed() -> dict[str, Json]:
    """The managed policies of AWS by ARN."""
    found = json.loads(aws_managed_policies_data)
    return {f"arn:aws:iam::aws:policy{entry['Path']}{name}": entry["Document"] for name, entry in sorted(found.items())}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_elsewhere(statement: Json) -> bool:
    """Whether it says nothing of the services of `OWN`."""
    services = [action.partition(":")[0].lower() for action in listed(statement.get("Action", "*"))]
    return not any("*" in service or service in OWN for service in services)


class _Draw:
    """Draws one account."""

    def __init__(self, seed: int, size: int, *, shared: bool) -> None:
        self.random, self.shared = random.Random(seed), shared
        whole = {arn: document for arn, document in aws_managed().items() if all(map(_is_elsewhere, listed(document["Statement"])))}
        small = {arn: document for arn, document in whole.items() if len(json.dumps(document)) < 12_000}
        self.pool = [
            statement
            for document in whole.values()
            for statement in listed(document["Statement"])
            if statement["Effect"] == "Allow" and "Resource" in statement and len(json.dumps(statement)) < 2_500
        ]
        widely = dict(self.random.sample(sorted(small.items()), 60))
        own = {f"arn:aws:iam::{ACCOUNT}:policy/company-{number:05}": self.document(2, 6) for number in range(max(20, size // 4))}
        self.limits = {f"arn:aws:iam::{ACCOUNT}:policy/{name}": document for name, document in _boundaries()}
        self.templates = [self.document(2, 6) for _ in range(max(20, size // 4))]
        self.estate = Estate(policies={**widely, **own, **self.limits})
        self.attached = (list(widely), list(own))
        self.estate.roles += (self.role(f"{self.random.choice(TEAMS)}-{number:05}") for number in range(size))

    def zipf(self, choices: list[Any]) -> Any:
        """The first are by far the most frequent."""
        return choices[int(len(choices) * self.random.random() ** 3)]

    def document(self, least: int, most: int) -> Json:
        name = self.random.choice(TEAMS)
        found = [self.statement(name) for _ in range(self.random.randint(least, most))]
        return {"Version": "2012-10-17", "Statement": [{"Sid": f"S{number}", **one} for number, one in enumerate(found)]}

    def statement(self, name: str) -> Json:
        draw, found = self.random, copy.deepcopy(self.random.choice(self.pool))
        found.pop("Sid", None)
        actions = listed(found["Action"])
        if len(actions) > 3 and draw.random() < 0.6:
            actions = draw.sample(actions, draw.randint(2, min(25, len(actions))))
        found["Action"] = actions
        if draw.random() < 0.55:
            found["Resource"] = [_arn(actions[0], f"{name}-{number}") for number in range(draw.randint(1, 3))]
        if draw.random() < 0.2:
            found["Condition"] = self.condition()
        if draw.random() < 0.04:
            found["Effect"] = "Deny"
        return found

    def condition(self) -> Json:
        draw = self.random
        return draw.choice(
            [
                {"StringEquals": {"aws:RequestedRegion": ["eu-north-1", "eu-west-1"]}},
                {"IpAddress": {"aws:SourceIp": [f"203.0.{draw.randrange(256)}.0/24" for _ in range(draw.randint(1, 12))]}},
                {"StringEquals": {"aws:ResourceTag/team": draw.choice(TEAMS)}},
                {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                {"StringLike": {"aws:ResourceTag/owner": "${aws:PrincipalTag/owner}"}},
            ]
        )

    def role(self, name: str) -> Role:
        draw = self.random
        documents = [self.zipf(self.templates) for _ in range(draw.choice([1, 1, 2]))]
        if draw.random() < 0.45:
            documents[0] = self.varied(documents[0], name)
        managed = list(dict.fromkeys(self.zipf(self.attached[draw.random() < 0.55]) for _ in range(draw.randint(1, 4))))
        if not self.shared:
            copies = [*documents, *(self.estate.policies[arn] for arn in managed)]
            documents, managed = [self.copied(document, name) for document in copies], []
        own = self.own(name)
        boundary = draw.choice(sorted(self.limits)) if draw.random() < 0.2 else ""
        found = Role(name=name, held=[*documents, own], declared=[*documents, own], managed=managed, boundary=boundary)
        if (chance := draw.random()) < 0.15:
            found.changed = draw.choice(list(OVER))
        elif chance < 0.35:
            found.changed = draw.choice(list(WITHIN))
        if found.changed:
            change = (OVER | WITHIN)[found.changed]
            found.held[-1], found.declared[-1] = copy.deepcopy(own), copy.deepcopy(own)
            change(found, found.held[-1]["Statement"], found.declared[-1]["Statement"])
        return found

    def varied(self, document: Json, name: str) -> Json:
        found = copy.deepcopy(document)
        statement = self.random.choice(found["Statement"])
        statement["Resource"] = [_arn(statement["Action"][0], name)]
        return found

    def copied(self, document: Json, name: str) -> Json:
        """The same with other resources in each statement, and other actions where there are many."""
        found = copy.deepcopy(document)
        found["Statement"] = [self.renamed(one, f"{name}-{number}") for number, one in enumerate(listed(found["Statement"]))]
        return found

    def renamed(self, statement: Json, name: str) -> Json:
        actions = listed(statement["Action"])
        actions = self.random.sample(actions, max(1, len(actions) - 2))
        written = "Resource" if "Resource" in statement else "NotResource"
        others = [text for text in listed(statement[written]) if text != "*"]
        return {**statement, "Action": actions, written: [*others, _arn(actions[0], name)]}

    def own(self, name: str) -> Json:
        """What a role has for itself alone: of three of the four services, the last one from the office only."""
        services = self.random.sample(sorted(OWN.keys() - {"kinesis"}), 3)
        found = [_allow(service, name) for service in services]
        found[-1]["Condition"] = OFFICE
        if self.random.random() < 0.5:
            found.append({"Effect": "Deny", "Action": [f"{services[0]}:{OWN[services[0]][2]}"], "Resource": "*"})
        return {"Version": "2012-10-17", "Statement": found}


def _boundaries() -> Iterator[tuple[str, Json]]:
    for number, kept in enumerate((["iam:*"], ["organizations:*", "account:*"], ["iam:*", "kms:Disable*"], ["ec2:*Vpc*", "iam:*"])):
        yield f"boundary-{number}", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": kept, "Resource": "*"}]}
    yield TIGHT, {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": ["kinesis:*", "iam:*"], "Resource": "*"}]}


def _arn(action: str, name: str) -> str:
    service = action.partition(":")[0]
    return f"arn:aws:s3:::{name}*" if service == "s3" else f"arn:aws:{service}:eu-north-1:{ACCOUNT}:*{name}*"


def _allow(service: str, name: str) -> Json:
    actions, form, _ = OWN[service]
    return {"Effect": "Allow", "Action": [f"{service}:{action}" for action in actions], "Resource": [form.format(name=name)]}


Change = Callable[[Role, list[Json], list[Json]], object]


def _service(action: str) -> str:
    return action.partition(":")[0]


def _another_service(role: Role, held: list[Json], declared: list[Json]) -> None:
    if role.boundary.endswith(TIGHT):
        role.boundary = ""
    held.append(_allow("kinesis", role.name))


def _another_action(role: Role, held: list[Json], declared: list[Json]) -> None:
    held[1]["Action"].append(f"{_service(held[1]['Action'][0])}:{OWN[_service(held[1]['Action'][0])][2]}")


def _all_actions(role: Role, held: list[Json], declared: list[Json]) -> None:
    held[1]["Action"] = [f"{_service(held[1]['Action'][0])}:*"]


def _wider_resource(role: Role, held: list[Json], declared: list[Json]) -> None:
    held[0]["Resource"] = [held[0]["Resource"][0].replace(role.name, role.name.partition("-")[0])]


def _no_condition(role: Role, held: list[Json], declared: list[Json]) -> None:
    del held[2]["Condition"]


def _no_deny(role: Role, held: list[Json], declared: list[Json]) -> None:
    del held[3:], declared[3:]
    declared.append({"Effect": "Deny", "Action": held[0]["Action"][:1], "Resource": held[0]["Resource"]})


def _cut_by_the_boundary(role: Role, held: list[Json], declared: list[Json]) -> None:
    role.boundary = f"arn:aws:iam::{ACCOUNT}:policy/{TIGHT}"
    held.append(_allow("kinesis", role.name))


def _denied_by_the_organisation(role: Role, held: list[Json], declared: list[Json]) -> None:
    held.append({"Effect": "Allow", "Action": ["dynamodb:DeleteTable", "secretsmanager:DeleteSecret"], "Resource": "*"})


def _declared_wider(role: Role, held: list[Json], declared: list[Json]) -> None:
    del declared[3:]
    declared[0] = {**declared[0], "Action": [f"{_service(declared[0]['Action'][0])}:*"]}


def _declared_in_parts(role: Role, held: list[Json], declared: list[Json]) -> None:
    declared[:] = [{**one, "Action": action.upper()} for one in reversed(declared) for action in one["Action"]]


OVER: dict[str, Change] = {
    "another service": _another_service,
    "another action": _another_action,
    "all actions": _all_actions,
    "a wider resource": _wider_resource,
    "no condition": _no_condition,
    "no deny": _no_deny,
}
WITHIN: dict[str, Change] = {
    "cut by the boundary": _cut_by_the_boundary,
    "denied by the organisation": _denied_by_the_organisation,
    "declared wider": _declared_wider,
    "declared in parts": _declared_in_parts,
}
"""Documents that differ and give nothing beyond."""


def estate(seed: int, size: int, *, shared: bool = True) -> Estate:
    """An account of some roles; `shared`: with documents that roles have in common, as modules and managed policies bring them."""
    return _Draw(seed, size, shared=shared).estate
