"""Whatever is written, reading ends in a declaration or in mistakes that a person can find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import declare
from guardrails.errors import DeclarationError

WORDS = [
    "guardrails", "systems", "assets", "networks", "allowlists", "entitlements", "roles", "workloads", "vendors", "exceptions", "people",
    "teams", "classes", "everyone", "isg", "state", "connector", "aws", "aws@prod", "to", "allow", "resources", "asset", "match", "may",
    "must", "members", "through", "is", "until", "approved", "risk-owner", "grant", "debt", "gap", "of", "cidrs", "ports", "may-from",
    "join", "sources", "read", "sets", "accounts", "ou", "extends", "at-rest", "1", "2026-13-40", "::/0", "10.0.0.0/33", "", "*", "tag:", "arn:",
]  # fmt: skip
scalars = st.sampled_from(WORDS) | st.text(max_size=6)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=4), max_leaves=25)


def text_of(value: object) -> str:
    """Flow style, every scalar quoted, so that the shape is what was drawn."""
    match value:
        case dict():
            return "{" + ", ".join(f"{text_of(key)}: {text_of(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(text_of, value)) + "]"
        case _:
            return '"' + "".join(char if char.isalnum() or char in "-@:/.* " else f"\\U{ord(char):08x}" for char in str(value)) + '"'


def read(content: bytes) -> None:
    mistakes = ()
    try:
        declare.loads([("a.yaml", content)])
    except DeclarationError as error:
        mistakes = error.mistakes or ("none told",)
    assert all(mistake.file == "a.yaml" or not mistake.file for mistake in mistakes)


@given(st.dictionaries(st.sampled_from(WORDS[:16]), values, max_size=6))
def test_any_shape_below_the_known_sections(document):
    shaped = "\n".join(f"{name}: {text_of(value)}" for name, value in document.items() if name != "guardrails")
    read(f"guardrails: 1\n{shaped}\n".encode())


@pytest.mark.parametrize("name", WORDS[1:16])
@pytest.mark.parametrize("value", ["1", "[]", "{}", '""', "[[]]", "{a: }", "{a: {b: {c: d}}}", "{a: [{}]}", "true", "{1: 2}"])
def test_every_section_with_the_wrong_thing_in_it(name, value):
    read(f"guardrails: 1\n{name}: {value}\n".encode())
