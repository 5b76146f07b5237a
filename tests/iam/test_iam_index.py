"""The index of a document leaves out only statements that surely speak of other actions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.iam import Kind, read
from guardrails.iam.context import Context
from guardrails.iam.decisions import UNKNOWN, Request, said_by
from guardrails.iam.index import Index, indexed
from guardrails.iam.statements import speaks_of

PATTERNS = [
    "s3:GetObject",
    "s3:get*",
    "S3:*",
    "*",
    "**",
    "s3:Get?bject",
    "*:GetObject",
    "s3",
    "",
    "iam:*",
    "s3:Put*Acl",
    "s3:get",
    "s?:getobject",
]
ACTIONS = ["s3:GetObject", "S3:GETOBJECT", "s3:get", "s3:PutObjectAcl", "iam:PassRole", "s3:", "s3", "x"]


def document(*elements):
    statements = [{"Effect": "Allow", "Resource": "*", **element} for element in elements]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


elements = st.one_of(
    st.builds(lambda name, texts: {name: texts}, st.sampled_from(["Action", "NotAction"]), st.lists(st.sampled_from(PATTERNS), min_size=1)),
    st.sampled_from([{}, {"Action": 1}, {"Action": "*", "NotAction": "*"}]),
)


@given(st.lists(elements, max_size=4), st.sampled_from(ACTIONS))
def test_what_is_left_out_does_not_speak_of_the_action(listed, action):
    statements = read(document(*listed), Kind.IDENTITY).statements
    kept = list(Index(statements).of(action))

    assert [statement for statement in statements if statement in kept] == kept, "and the order stays"
    assert Index(statements).is_silent_on(action) == (not kept)
    left_out = [statement for statement in statements if statement not in kept]
    assert all(speaks_of(statement, Kind.IDENTITY, action=action, resource="*", context=Context.of({})) is False for statement in left_out)


@pytest.mark.parametrize(
    ("element", "action", "kept"),
    [
        ({"Action": "s3:GetObject"}, "S3:getobject", True),
        ({"Action": "s3:GetObject"}, "s3:PutObject", False),
        ({"Action": "s3:Get*"}, "s3:getobject", True),
        ({"Action": "s3:Get*"}, "s3:putobject", False),
        ({"Action": ["iam:*", "s3:PutObject"]}, "s3:putobject", True),
        ({"NotAction": "s3:GetObject"}, "s3:GetObject", True),
        ({"NotAction": "s3:GetObject"}, "iam:PassRole", True),
        ({"Action": "s3:Get?bject"}, "iam:PassRole", True),
        ({"Action": "malformed"}, "iam:PassRole", True),
        ({}, "iam:PassRole", True),
    ],
)
def test_names_and_open_beginnings_are_looked_up_and_all_else_is_asked(element, action, kept):
    assert bool(list(Index(read(document(element), Kind.IDENTITY).statements).of(action))) is kept


@given(st.lists(elements, max_size=3), st.sampled_from(ACTIONS))
def test_what_is_looked_up_says_what_every_statement_asked_says(listed, action):
    text = document(*listed)
    request = Request(principal="", action=action, resource="*")
    asked = json.loads(text)

    assert said_by(request, Kind.IDENTITY, [text]) == said_by(request, Kind.IDENTITY, [asked])
    assert said_by(request, Kind.IDENTITY, [text, asked]) == said_by(request, Kind.IDENTITY, [asked, asked])


@pytest.mark.parametrize("sources", [None, (), []])
def test_no_document_says_nothing(sources):
    found = said_by(Request(principal="", action="s3:GetObject", resource="*"), Kind.SCP, sources)

    assert (found.allowed, *map(str, found.because)) == (False, "scp: no statement allows it")


def test_a_document_that_was_not_seen_is_not_silent():
    found = said_by(Request(principal="", action="iam:PassRole", resource="*"), Kind.IDENTITY, [document({"Action": "s3:*"}), UNKNOWN])

    assert found.allowed is None


def test_the_same_text_of_another_kind_is_another_document():
    text = document({"Action": "s3:*"})

    (identity,), (resource,) = (list(indexed(text, kind).of("s3:GetObject")) for kind in (Kind.IDENTITY, Kind.RESOURCE))

    assert not identity.mistakes
    assert resource.mistakes == ("no Principal",)
