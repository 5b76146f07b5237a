"""The grammar of policies: each way to write a tree is read as that tree, with its places."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_drawn import dice
from vault_spelled import Speller, placeless, some_object

from guardrails.vault import PolicyError
from guardrails.vault.hcl import Item, Literal, Object, Sequence, parse


def value(text):
    """What stands behind `a =`."""
    (item,) = parse(f"a = {text}").items
    return placeless(item.value)[1] if isinstance(item.value, Literal) else placeless(item.value)


def as_python(node):
    """What JSON this is; objects in lists with a member that is none keep their form."""
    match node:
        case Literal(value=value):
            return value
        case Sequence(members=members):
            return list(map(as_python, members))
        case Object(items=items):
            return {item.keys[0]: as_python(item.value) for item in items}


@given(dice, dice)
def test_each_spelling_of_a_tree_is_read_as_that_tree(drawn, spelled):
    tree = some_object(drawn)
    text = Speller(spelled).document(tree)
    assert placeless(parse(f"z = 1\n{text}")) == [(("z",), ("int", 1)), *placeless(tree)], text


def test_each_thing_knows_its_place():
    assert parse('# x\npath "a" {\n  b = [1,\n    "c"] }') == Object(
        (
            Item(
                ("path", "a"),
                Object(
                    (Item(("b",), Sequence((Literal(1, 3, 8, "1"), Literal("c", 4, 5)), 3, 7), 3, 3),),
                    2,
                    10,
                ),
                2,
                1,
            ),
        ),
        1,
        1,
    )


def test_columns_count_letters_and_lines_end_as_windows_has_them():
    (first, second) = parse('"é" = 1\r\n/* \r\n */ b = <<E\r\nx\r\nE\r\n').items
    assert (first.value.column, second.line, second.column) == (7, 3, 5)
    assert second.value.value == "x\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10", 10),
        ("-10", -10),
        ("010", 8),
        ("-0x1F", -31),
        ("0X1f", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("true", True),
        ('"tr\\x75e"', "true"),
        ('"\\u00e9\\303\\251\\xc3\\xa9\\U000000e9"', "éééé"),
        ('"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\a\b\f\n\r\t\v\\"'),
        ('"\\ud800"', "\ufffd"),
        ('"\\Uff000061\\U80000062"', "ab"),
        ('"${"a"}\\n"', '${"a"}\n'),
        ('"${\n"\\n"}"', '${\n"\\n"}'),
        ('"${{}}"', "${{}}"),
        ('"$${a}"', "$${a}"),
        ('"a # b"', "a # b"),
        ("[]", ()),
        ("[,1,,2,]", (("int", 1), ("int", 2))),
        ("{}", []),
        ("{ a = 1, b = 2 c = 3 }", [(("a",), ("int", 1)), (("b",), ("int", 2)), (("c",), ("int", 3))]),
        ('{ a "b" c {} }', [(("a", "b", "c"), [])]),
    ],
)
def test_values_are_read(text, said):
    assert (value(text), type(value(text))) == (said, type(said))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<<E\nfoo\nE\n", "foo\n"),
        ("<<E\nE\n", ""),
        ("<<E\nE E\nE\n", "E E\n"),
        ('<<E\n\\n"\nE\n', '\\n"\n'),
        ("<<E\r\nfoo\r\nE\r\n", "foo\n"),
        # what stands before the mark belongs to the text
        ("<<E\nfoo\n  E\n", "foo\n  "),
        ("<<E\nfoo\n\vE\n", "foo\n\v"),
        # it is taken away from each line, and nothing more
        ("<<-E\n  foo\n  E\n", "foo\n"),
        ("<<-E\n    foo\n  bar\n  E\n", "  foo\nbar\n"),
        ("<<-E\n  \n  E\n", "\n"),
        # but only when all lines begin with it, an empty one too
        ("<<-E\n\n  foo\n  E\n", "\n  foo\n"),
        ("<<-E\n foo\n  E\n", " foo\n"),
        ("<<-E\n  foo\n\tE\n", "  foo\n"),
    ],
)
def test_here_documents_are_what_the_server_told_of_them(text, said):
    """OpenBao names the value of an unknown `policy`; these are its words."""
    assert value(text) == said


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a = 08", "1:5", "08 is no number"),
        ("a = 1e999", "1:5", "1e999 is no number that engines hold"),
        ("a = 9223372036854775808", "1:5", "is no number that engines hold"),
        ("a = 5a", "1:5", "'5' cannot stand here"),
        ("a = +5", "1:5", "'+' cannot stand here"),
        ("a² = 1", "1:2", "'²' cannot stand here"),
        ("a =\n\n  = 1", "3:3", "'=' is no value"),
        ("a = b", "1:5", "'b' is no value"),
        ("a = [1 2]", "1:8", "a comma between them"),
        ("a = [1", "1:7", "a comma between them"),
        ('a "b" = 1', "1:1", "a block has no ="),
        ("true = 1", "1:1", "a key is missing before 'true'"),
        ("<<E\nx\nE\n {}", "1:1", "a key is missing"),
        ("a {}}", "1:5", "a key is missing before '}'"),
        ('a = "b', "1:5", "a text has no end"),
        ('a = "b\nc"', "1:5", "a text has no end"),
        ('a = "\\q"', "1:5", "\\q is no escape"),
        ('a = "\\400"', "1:5", "\\400 is no letter"),
        ('a = "\\xff"', "1:5", "a part of a letter"),
        ("a = <<E\nE.\n", "1:5", "no E at its end"),
        ("a = <<-E\nE\n", "1:5", "no E at its end"),
        ("a = <<E.x\nE.x\n", "1:5", "has no mark"),
        ("a = 1 /* b", "1:7", "'/' cannot stand here"),
        ("a = \0", "1:5", "a text has no '\\x00' in it"),
        ('{"a": 1,\n "b": "\\ud83d\\ude00"}', "2:7", "a part of a letter"),
        ('{"a": 1e999}', "1:7", "not JSON: 1e999 is no number that engines hold"),
        ('{"a": NaN}', "1:7", "not JSON: 'N' cannot stand here"),
        ('{"a": 01}', "1:8", "'1' cannot stand here"),
        ('{"a": 1,}', "1:9", "'}' cannot stand here"),
        ('{"a": [1 2]}', "1:10", "'2' cannot stand here"),
        ('{"a": [null]}', "1:8", "a list holds null"),
        ('{"a": [1, []]}', "1:11", "a list in a list"),
        ('{"a" 1}', "1:6", "'1' cannot stand here"),
        ("{a: 1}", "1:2", "'a' cannot stand here"),
        ('{"a": "\n"}', "1:7", "cannot stand here"),
        ('{"a": "\\q"}', "1:7", "cannot stand here"),
        ("{} x", "1:4", "cannot stand here"),
        ("{} {}", "1:4", "something stands behind the object"),
        ('{"a":', "1:6", "the end cannot stand here"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, place, what):
    with pytest.raises(PolicyError, match=r".") as caught:
        parse(text)
    assert str(caught.value).startswith(f"{place}: ")
    assert what in str(caught.value)


@given(dice, dice, st.integers(0, 400), st.sampled_from(["", '"', "{", "}", "[", "]", "=", ",", "\\", "/*", "<<E\n", "é", "²", "\0", "0x"]))
def test_a_broken_text_is_a_tree_or_a_mistake(drawn, spelled, at, instead):
    text = Speller(spelled).document(some_object(drawn))
    with contextlib.suppress(PolicyError):
        assert isinstance(parse(f"{text[:at]}{instead}{text[at + 1 :]}"), Object)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF)),
        lambda inner: (
            st.lists(inner.filter(lambda one: not isinstance(one, list) and one is not None), max_size=3)
            | st.dictionaries(st.text('ab"\\/é\n', max_size=3), inner, max_size=3)
        ),
        max_leaves=9,
    ),
    st.sampled_from((None, 2)),
    st.booleans(),
)
def test_json_is_read_as_json(found, indent, ascii_only):
    whole = {"k": found if isinstance(found, list) else [found, 1]} if found else {}
    if isinstance(found, list):  # not all of it objects, for then it would be laid out as blocks
        found.append(1)
    assert as_python(parse(json.dumps(whole, indent=indent, ensure_ascii=ascii_only))) == whole


@pytest.mark.parametrize("opening", ["a = [", "a {", "a = {", 'a "b" {', '{"a":', '{"a":['])
def test_what_is_deep_is_refused_before_it_is_too_deep(opening):
    text = opening + opening.lstrip("{") * 100_000 if opening.startswith("{") else opening * 100_000
    with pytest.raises(PolicyError):
        parse(text)
