"""What is written is read back as it was, is in the one form already, and is never larger than a reader takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.adoption.writing import documents
from guardrails.declare.form import formatted
from guardrails.notation.document import Items, Mapping, Scalar, read

_ODD = ["*", "&a", "ä", "", " ", '"', "\\", "-", "a\nb", "\u2028", "a\u2029b", "\x85"]
WORDS = st.sampled_from(["true", "no", "on", "~", "1", "0o7", "a: b", "# x", "{{x}}", "2027-02-01", *_ODD])
TEXTS = WORDS | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
KEYS = TEXTS.filter(lambda text: not set("\n\x85\u2028\u2029") & set(text))  # a key of several lines gets a form of its own
VALUES = st.recursive(TEXTS | st.lists(TEXTS, max_size=3), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
ENTRIES = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), min_size=1, max_size=4)


def plain(node):
    match node:
        case Scalar():
            return node.text
        case Items():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}


@pytest.mark.parametrize("text", ["\u2028", "a\u2029b", "\x85"])
def test_what_other_programs_take_for_the_end_of_a_line_is_none(text):
    entries = {text: {text: {}, "x": text}}
    (written,) = documents({"workloads": entries}, "head")
    node, mistakes = read(written.encode(), "f.yaml")

    assert mistakes == ()
    assert plain(node) == {"workloads": entries}


@given(ENTRIES)
def test_what_is_written_is_read_back(entries):
    (text,) = documents({"workloads": entries}, "head")
    node, mistakes = read(text.encode(), "f.yaml")

    assert mistakes == ()
    assert plain(node) == {"workloads": entries}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.dictionaries(KEYS, VALUES, min_size=1, max_size=3), min_size=1))
def test_it_is_in_the_one_form(entries):
    (text,) = documents({"roles": entries}, "head")

    assert formatted(text, "f.yaml") == text


@pytest.mark.parametrize("text", ["\x80", "\x9f", "\x7f", "\ufffe", "\uffff"])
def test_what_yaml_does_not_take_as_it_is_is_escaped(text):
    (written,) = documents({"roles": {text: {"note": text}}}, "head")
    node, mistakes = read(written.encode(), "f.yaml")

    assert mistakes == ()
    assert plain(node) == {"roles": {text: {"note": text}}}
    assert formatted(written, "f.yaml") == written


def test_many_entries_are_several_files_each_with_its_sections():
    entries = {f"e{number}": {"aws": {"allow": ["s3:*"], "resources": [f"arn:aws:s3:::{number:0100}"]}} for number in range(9000)}

    texts = list(documents({"entitlements": entries, "workloads": {"w": {"is": ["aws:role/x"]}}}, "head"))
    found = [read(text.encode(), "f.yaml") for text in texts]

    assert len(texts) > 2
    assert all(mistakes == () for _, mistakes in found)
    assert sum(len(plain(node).get("entitlements", {})) for node, _ in found) == 9000
    assert plain(found[-1][0])["workloads"] == {"w": {"is": ["aws:role/x"]}}
