"""Random policies of resources that say whom they mean by names and by the keys of who asks, and everybody who could ask."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from iam_small import ACCOUNT, OTHER

Document = dict[str, Any]
ANN, EVA = f"arn:aws:iam::{ACCOUNT}:user/team/ann", f"arn:aws:iam::{OTHER}:user/ann"
APP, APPS = f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/web/apps"
RUN = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/run"
EC2, S3 = "ec2.amazonaws.com", "s3.amazonaws.com"
COGNITO, CANONICAL = "cognito-identity.amazonaws.com", "a" * 64

NAMED: tuple[Any, ...] = (
    "*",
    "*",
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{OTHER}:root"},
    {"AWS": [ANN, OTHER]},
    {"AWS": APP},
    {"AWS": RUN},
    {"AWS": [EVA, APPS]},
    {"Service": EC2},
    {"Service": [S3, EC2]},
    {"Federated": COGNITO, "AWS": APP},
    {"CanonicalUser": CANONICAL},
)
_VALUES: dict[str, tuple[str, ...]] = {
    "aws:PrincipalAccount": (ACCOUNT, OTHER, "1111*", "4???5555*", "anonymous", "*", "a*", "????????????"),
    "aws:PrincipalArn": (ANN, APP, f"arn:aws:iam::{ACCOUNT}:role/*", "arn:aws:iam::*:user/*", f"arn:aws:*::{OTHER}:*", "arn:aws:sts::*:*"),
    "aws:PrincipalType": ("User", "AssumedRole", "Anonymous", "A*", "Account", "FederatedUser", "*User"),
    "aws:username": ("ann", "bob", "team/ann"),
    "aws:PrincipalServiceName": (EC2, "s3.*", "*.amazonaws.com", "e??.amazonaws.com"),
}
_TEXTS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
_ARNS = ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
_SERVICE = "aws:PrincipalIsAWSService"


def _test(rng: Random) -> tuple[str, str, list[str]]:
    key = rng.choice((*_VALUES, _SERVICE))
    if rng.random() < 0.15:
        return "Null", key, [rng.choice(("true", "false"))]
    lenient = rng.choice(("", "", "IfExists"))
    if key == _SERVICE:
        return f"{rng.choice(('Bool', 'StringEquals'))}{lenient}", key, [rng.choice(("true", "false"))]
    # a pattern of user names is a value of its own to the proof
    forms = {"aws:username": _TEXTS[:2], "aws:PrincipalArn": (*_TEXTS, *_ARNS)}.get(key, _TEXTS)
    return f"{rng.choice(forms)}{lenient}", key, rng.sample(_VALUES[key], rng.choice((1, 1, 2)))


def statement(rng: Random) -> Document:
    """A statement of any kind about one bucket."""
    found: Document = {
        "Effect": rng.choice(("Allow", "Allow", "Deny")),
        "Action": [rng.choice(("s3:GetObject", "s3:*"))],
        "Resource": [rng.choice(("arn:aws:s3:::box/*", "*"))],
        rng.choice(("Principal", "Principal", "Principal", "NotPrincipal")): copy.deepcopy(rng.choice(NAMED)),
    }
    if found.get("NotPrincipal") == "*":
        found["Principal"] = found.pop("NotPrincipal")
    condition: dict[str, dict[str, list[str]]] = {}
    for _ in range(rng.choice((0, 1, 1, 2))):
        operator, key, values = _test(rng)
        condition.setdefault(operator, {})[key] = values
    return found | ({"Condition": condition} if condition else {})


def document(rng: Random) -> Document:
    """A document of up to three statements."""
    return {"Version": "2012-10-17", "Statement": [statement(rng) for _ in range(rng.choice((1, 1, 2, 3)))]}


def pair(rng: Random) -> tuple[Document, Document]:
    """Two documents, the second often the first with something changed."""
    one = document(rng)
    if rng.random() < 0.3:
        return one, document(rng)
    other = copy.deepcopy(one)
    at = rng.randrange(len(other["Statement"]))
    match rng.randrange(4):
        case 0:
            other["Statement"].append(statement(rng))
        case 1 if len(other["Statement"]) > 1:
            del other["Statement"][at]
        case 2:
            other["Statement"][at].pop("Condition", None)
        case _:
            other["Statement"][at] = statement(rng)
    return (one, other) if rng.random() < 0.5 else (other, one)


def everybody() -> list[tuple[str, dict[str, str]]]:
    """Who can ask, of each account and kind, and what a session tells of its role."""
    found: list[tuple[str, dict[str, str]]] = [("Anonymous", {})]
    for account in (ACCOUNT, OTHER, "999999999999", "111199999999"):
        home, there = f"arn:aws:iam::{account}", f"arn:aws:sts::{account}"
        users, roles = ("root", "user/team/ann", "user/ann", "user/bob"), ("role/app", "role/web/apps", "role/other")
        found += [(f"{home}:{who}", {}) for who in (*users, *roles)]
        found += [(f"{there}:federated-user/{name}", {}) for name in ("ann", "bob")]
        for role, name, session in (("app", "app", "run"), ("app", "app", "walk"), ("web/apps", "apps", "run")):
            found.append((f"{there}:assumed-role/{name}/{session}", {"aws:principalarn": f"{home}:role/{role}"}))
    found += [(f"Service:{name}", {}) for name in (EC2, S3, "sqs.amazonaws.com")]
    return [*found, (f"Federated:{COGNITO}", {}), ("Federated:arn:aws:iam::1:saml-provider/x", {}), (f"CanonicalUser:{CANONICAL}", {})]
