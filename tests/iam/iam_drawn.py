"""Small random policies and what is declared for them, of actions that AWS publishes, and every request that can tell them apart."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from iam_small import allow, deny, document

from guardrails.iam import Policies, Request, evaluate
from guardrails.model.declaration import Clause
from guardrails.model.reference import Scope
from guardrails.ports import BoundClause

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
MFA = ("Bool", "aws:MultiFactorAuthPresent", ("true",))
OFFICE = ("IpAddress", "aws:SourceIp", ("10.0.0.0/8",))
REGION = ("StringEquals", "aws:RequestedRegion", ("eu-north-1", "eu-west-1"))
NOT_NORTH = ("StringNotEquals", "aws:RequestedRegion", ("eu-north-1",))

ACTIONS = (
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "s3:*Object",
    "s3:ListBucket",
    "kms:*",
    "kms:Decrypt",
    "*:Get*",
    "s3:Brand*",
    "iam:GetAccountSummary",
)
RESOURCES = ("*", "arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::a/b*", "arn:aws:s3:::*/b", "arn:aws:kms:*:*:key/*")
TESTS = (MFA, OFFICE, REGION, NOT_NORTH)

ASKED = (
    ("s3:GetObject", "arn:aws:s3:::a/b"),
    ("s3:GetObject", "arn:aws:s3:::a/c"),
    ("s3:GetObject", "arn:aws:s3:::z/b"),
    ("s3:PutObject", "arn:aws:s3:::a/bb"),
    ("s3:PutObject", "arn:aws:s3:::z/c"),
    ("s3:ListBucket", "arn:aws:s3:::a"),
    ("s3:GetBucketTagging", "arn:aws:s3:::z"),
    ("s3:BrandNew", "arn:aws:s3:::a"),
    ("kms:Decrypt", "arn:aws:kms:eu-north-1:123456789012:key/k"),
    ("kms:CreateKey", "*"),
    ("iam:GetAccountSummary", "*"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-north-1:123456789012:q"),
)
CONTEXTS: tuple[dict[str, str], ...] = tuple(
    {"aws:requestedregion": region, **more}
    for region in ("eu-north-1", "eu-west-1", "us-east-1")
    for more in (
        {},
        {"aws:multifactorauthpresent": "true", "aws:sourceip": "10.1.2.3"},
        {"aws:multifactorauthpresent": "true"},
        {"aws:multifactorauthpresent": "false", "aws:sourceip": "192.0.2.1"},
    )
)


def block(tests: Any) -> dict[str, Any]:
    """A Condition of these tests."""
    found: dict[str, Any] = {}
    for operator, key, values in tests:
        found.setdefault(operator, {})[key] = list(values)
    return {"Condition": found} if found else {}


def _listed(choices: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(choices), min_size=1, max_size=2, unique=True)


_conditions = st.just(()) | st.lists(st.sampled_from(TESTS), max_size=2, unique=True).map(tuple)
_plain = st.builds(
    lambda make, actions, resources, tests: make(actions, resources, **block(tests)),
    st.sampled_from([allow, allow, allow, deny]),
    _listed(ACTIONS),
    _listed(RESOURCES),
    _conditions,
)


def _turned(entry: dict[str, Any], element: str) -> dict[str, Any]:
    return {(f"Not{key}" if key == element else key): value for key, value in entry.items()}


entries = _plain | st.builds(_turned, _plain, st.sampled_from(["Action", "Resource"]))
policies = st.lists(entries, min_size=1, max_size=3)
clauses = st.lists(
    st.builds(
        lambda actions, resources, but, tests: BoundClause(
            clause=Clause(scope=Scope("aws"), actions=tuple(actions), resources=tuple(resources), but_actions=but, conditions=tests),
            entitlement="e",
        ),
        _listed(ACTIONS),
        _listed(RESOURCES),
        st.just(()) | st.sampled_from([("s3:GetObject",), ("s3:Get*",)]),
        _conditions,
    ),
    max_size=2,
).map(tuple)


def declared_policy(found: tuple[BoundClause, ...]) -> list[dict[str, Any]]:
    """A list of documents that allow what is declared, each with what its clause leaves out denied in it."""
    documents = []
    for bound in found:
        clause = bound.clause
        statements = [allow(list(clause.actions), list(clause.resources), **block(clause.conditions))]
        if clause.but_actions:
            statements.append(deny(list(clause.but_actions)))
        documents.append({"Version": "2012-10-17", "Statement": statements})
    return documents


def allowed(documents: Any, action: str, resource: str, context: dict[str, Any]) -> bool | None:
    """What the evaluator says of a role that holds these documents; keys leave the decision to the policies of their account."""
    trusting = allow("kms:*", Principal={"AWS": ACCOUNT})
    policies = Policies(identity=documents, resource=document(trusting) if ":key/" in resource else None)
    return evaluate(Request(principal=ROLE, action=action, resource=resource, context=context), policies).allowed
