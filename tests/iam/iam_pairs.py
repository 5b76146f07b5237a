"""Random documents that have much to do with each other, and requests that AWS could really be asked to tell them apart."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import naive
from iam_small import ACCOUNT, KEY, OBJECT, OTHER, QUEUE, ROLE, SESSION, STRANGER, USER
from iam_worlds import statement_of

from guardrails.iam.decisions import Request, said_by
from guardrails.iam.documents import Kind

Document = dict[str, Any]
VERSIONS = ("2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17")
ASKED = (
    ("s3:GetObject", OBJECT),
    ("s3:PutObject", OBJECT),
    ("s3:GetObject", "arn:aws:s3:::box/alice"),
    ("s3:GetObject", "arn:aws:s3:::bix/a"),
    ("s3:GetBucketTagging", "arn:aws:s3:::box"),
    ("s3:ListAllMyBuckets", "*"),
    ("s3:BrandNew", OBJECT),
    ("sqs:SendMessage", QUEUE),
    ("kms:Decrypt", KEY),
)
_SINGLES: dict[str, tuple[Any, ...]] = {
    "aws:n": (None, "1", "2", ("1", "2")),
    "aws:d": (None, "2026-01-01T00:00:00Z", "1767225601"),
    "aws:i": (None, "10.1.2.3", "11.0.0.1"),
    "aws:b": (None, "true", "false"),
    "aws:username": (None, "alice", "a"),
    "aws:sourceip": (None, "10.1.2.3", "11.0.0.1"),
    "aws:multifactorauthpresent": (None, "true", "false"),
    "aws:tagkeys": (None, ("a",), ("a", "b")),
    "s3:max-keys": (None, "1", "5"),
    "aws:tokenissuetime": (None, "2026-01-01T00:00:00Z", "1767225601"),
    "aws:sourcearn": (None, ROLE, USER),
}
"""What a request may carry; each key is of the form in which AWS publishes it, and those of nobody are free."""
_TEXTS = (None, "a", "A", "ab", "", "${aws:username}", ("a",), ("a", "b"))
_TYPED = (
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}},
    {"IpAddressIfExists": {"aws:SourceIp": ["10.1.2.3", "11.0.0.0/8"]}},
    {"Bool": {"aws:MultiFactorAuthPresent": ["true"]}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": ["False"]}},
    {"Null": {"aws:MultiFactorAuthPresent": ["true"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["b*", "a"]}},
    {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["b"]}},
    {"Null": {"aws:TagKeys": ["false"]}},
    {"NumericLessThan": {"s3:max-keys": ["5"]}},
    {"NumericGreaterThanEqualsIfExists": {"s3:max-keys": ["2"]}},
    {"DateLessThanEquals": {"aws:TokenIssueTime": ["2026-01-01T00:00:00Z"]}},
    {"DateNotEquals": {"aws:TokenIssueTime": ["1767225601"]}},
    {"ArnLike": {"aws:SourceArn": ["arn:aws:iam::*:role/*"]}},
    {"ArnNotEquals": {"aws:SourceArn": [ROLE]}},
)
_STRANGE = (
    {"Scope": "x"},
    {"Action": ["getobject"]},
    {"Resource": ["box/*"]},
    {"Resource": []},
    {"Effect": "allow"},
    {"Condition": {"StringMatches": {"aws:x": ["a"]}}},
    {"Condition": {"NumericEquals": {"s3:max-keys": ["many"]}}},
    {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/33"]}}},
    {"Condition": "none"},
)
_WHO = (
    "*",
    {"AWS": ["*"]},
    {"AWS": [ACCOUNT]},
    {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]},
    {"AWS": [USER]},
    {"AWS": [ROLE]},
    {"AWS": [SESSION, STRANGER]},
    {"AWS": [OTHER], "Service": "ec2.amazonaws.com"},
    {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
    {"Federated": "cognito-identity.amazonaws.com"},
    {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"},
)
ASKING = (
    USER,
    ROLE,
    SESSION,
    STRANGER,
    f"arn:aws:iam::{ACCOUNT}:root",
    "Service:ec2.amazonaws.com",
    "Federated:cognito-identity.amazonaws.com",
    f"Federated:arn:aws:iam::{ACCOUNT}:saml-provider/corp",
    "Anonymous",
)


def statement(rng: Random, *, named: bool, strange: bool = True) -> Document:
    """A statement of any kind; a strange one now and then."""
    found = statement_of(rng)
    if rng.random() < 0.35:
        found["Condition"] = copy.deepcopy(rng.choice(_TYPED))
    if named:
        found[rng.choice(("Principal", "Principal", "Principal", "NotPrincipal"))] = rng.choice(_WHO)
    return found | copy.deepcopy(rng.choice(_STRANGE)) if strange and rng.random() < 0.06 else found


def document(rng: Random, *, named: bool, strange: bool = True) -> Document:
    """A document of up to three statements."""
    listed = [statement(rng, named=named, strange=strange) for _ in range(rng.choice((1, 1, 2, 3)))]
    return {"Version": rng.choice(VERSIONS), "Statement": listed}


def related(rng: Random, given: Document, *, named: bool, strange: bool = True) -> Document:
    """The same with one or two things changed, so that the answer is open."""
    found = copy.deepcopy(given)
    for _ in range(rng.choice((0, 1, 1, 2))):
        at = rng.randrange(len(found["Statement"]))
        other = statement(rng, named=named, strange=strange)
        match rng.randrange(5):
            case 0:
                found["Statement"].insert(at, other)
            case 1 if len(found["Statement"]) > 1:
                del found["Statement"][at]
            case 2:
                found["Statement"][at].pop("Condition", None)
            case 3:
                found["Statement"][at]["Effect"] = "Allow"
            case _:
                # the same element of another statement, in the form that it has there
                element = rng.choice(("Action", "Resource", "Condition", *(("Principal",) if named else ())))
                for form in (element, f"Not{element}"):
                    found["Statement"][at].pop(form, None)
                found["Statement"][at] |= {form: other[form] for form in (element, f"Not{element}") if form in other}
    return found


def keys_in(*documents: Document) -> set[str]:
    """The keys that conditions and variables speak of."""
    text = str(documents).lower()
    return {key for key in (*_SINGLES, "aws:x", "aws:none") if key in text}


def requests(rng: Random, *documents: Document, named: bool, count: int) -> Iterator[Request]:
    """Requests in contexts of what the documents speak of."""
    for _ in range(count):
        action, resource = rng.choice(ASKED)
        who = rng.choice(ASKING) if named else ""
        context = {key: rng.choice(_SINGLES.get(key, _TEXTS)) for key in sorted(keys_in(*documents))}
        if ":user/" in who:
            context["aws:username"] = who.rsplit("/", 1)[1]
        elif who:
            context.pop("aws:username", None)
        yield Request(principal=who, action=action, resource=resource, context={k: v for k, v in context.items() if v is not None})


def says(request: Request, kind: Kind, *documents: Document) -> bool | None:
    """What the evaluator says of it."""
    return said_by(request, kind, documents).allowed


_PLAIN = ("StringMatches", "many", "/33")
"""What the naive evaluator does not know."""


def naive_says(request: Request, *documents: Document) -> bool | None:
    """What the naive one says, where it knows all the words; else `None`."""
    text = str(documents)
    listed = [one for each in documents for one in each["Statement"]]
    if any(not isinstance(one.get("Condition", {}), dict) or set(one) & {"Scope"} or one["Effect"] == "allow" for one in listed):
        return None
    if any(word in text for word in _PLAIN) or any(each["Version"] != VERSIONS[0] and "${" in str(each) for each in documents):
        return None
    if any("getobject" in one.get("Action", ()) or one.get("Resource") in ([], ["box/*"]) for one in listed):
        return None
    by = request.principal or STRANGER
    told = naive.told_by(by) if request.principal else {}
    context = told | {key.lower(): value for key, value in request.context.items()}
    world = (by, request.action, request.resource, context, False)
    allowed, denied = (naive.any_of(*(naive.speaks(world, one, effect, 1) for one in listed)) for effect in ("Allow", "Deny"))
    answers = naive.all_of(naive.opposite(denied), allowed)
    return None if len(answers) > 1 else answers == naive.YES
