"""What texts, maps and names with keys are made of, as the gate needs it; what patches see of them stays a value that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.hcl.blocks import read_hcl
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import Items, NotRead, Opaque, Plain, Reference, Text, value_of


def value(text):
    return read_hcl(f"a {{\n  v = {text}\n}}\n").blocks[0].body.get("v")


def made(text):
    """Values of texts, names as they are joined, and the kind of all else."""
    node = value(text)
    assert isinstance(node, Opaque)
    return [
        one.value if isinstance(one, Text | Plain) else ".".join(one.path) if isinstance(one, Reference) else type(one).__name__
        for one in node.made
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('"${a.b}"', ["", "a.b", ""]),
        ('"$$${x}${a.b}%%{"', ["$${x}", "a.b", "%{"]),
        ('"${a}${b}"', ["", "a", "", "b", ""]),
        ('"x${f("}")}"', ["x", "Call", ""]),
        ('"x${["a"]}"', ["x", "Items", ""]),
        ('"x${1 + 1}y"', ["x", "Opaque", "y"]),
        ('"x${~ a ~}y"', ["x", "Opaque", "y"]),
        ('"x${\n  a\n}y"', ["x", "a", "y"]),
        ('"%{ if a }b%{ endif }"', []),
        ('"${a}%{ if a }b%{ endif }"', []),
        ("<<E\n%{ if a }b%{ endif }${a}\nE\n", []),
        ("<<E\n  ${a} $${b}\nE\n", ["  ", "a", " ${b}\n"]),
        ("a[0].b", ["a", 0, "b"]),
        ('a.b["c.d"]', ["a.b", "c.d"]),
        ("a[0][1].b", ["a", 0, 1, "b"]),
        ("a[b]", []),
        ("a[*].b", []),
        ('a["${b}"]', []),
        ('a["\\u0061"]', []),
        ("a[0].b + 1", []),
        ("a[0](1)", []),
        ('{ "${a}" = 1, b = c }', ["Opaque", 1, "b", "c"]),
        ("{ (a) = 1 }", []),
        ("{ a == 1 }", []),
        ("[for x in y : x]", []),
    ],
)
def test_what_something_is_made_of_is_told_where_all_of_it_is_understood(text, parts):
    assert made(text) == parts
    with pytest.raises(LookupError):
        value_of(value(text))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # each as Terraform 1.11.4 made it
        ("<<-E\n    a\n      ${l}\n \n  ${l} z ${l}\n  E\n", ["  a\n    ", "l", "\n \n", "l", " z ", "l", "\n"]),
        ("<<-E\n    a\n${l}\n  E\n", ["    a\n", "l", "\n"]),
        ("<<-E\n\n    ${l}\n  \n  E\n", ["\n", "l", "\n  \n"]),
        ("<<-E\n\t${l}\n  b\n  E\n", ["", "l", "\n b\n"]),
        ("<<-E\r\n   ${l}\r\n  \r\n  b\r\n  E\r\n", [" ", "l", "\r\n  \r\nb\r\n"]),
        ('<<-E\n    a ${join("",\n["x"])}   \n     y\n  E\n', ["a ", "Call", "   \n y\n"]),
    ],
)
def test_of_a_here_document_the_white_space_goes_that_all_lines_begin_with(text, parts):
    assert made(text) == parts


@pytest.mark.parametrize(
    ("text", "said"),
    [("<<-E\n \u00a0x\n \u00a0\u00a0y\n  E\n", "x\n\u00a0y\n"), ("<<-E\n \fx\n  y\n  E\n", "x\ny\n")],
)
def test_white_space_of_any_kind_goes(text, said):
    assert value(text).value == said


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff\ufeffa {\n}\n",
        "a {\n}\n\ufeff",
        "a {\n  b = <<-E\n \u0301x\n y\n  E\n}\n",
        'a "\\u0062" {\n}\n',
        'a "$${b}" {\n}\n',
        'a {\n  b = "${}"\n}\n',
        "a {\n  b = <<E\n${f(\nE\n)}",
        "b = <<E\n${f(\n1)}E",
        "a {\n  b = " + "[" * 49 + "]" * 49 + "\n}\n",
        "a {\n" * 49 + "}\n" * 49,
        'a {\n  b = "' + '${"' * 49 + '"}' * 49 + '"\n}\n',
    ],
)
def test_what_one_of_two_readers_refused_is_refused(text):
    with pytest.raises(NotRead, match=r"line \d+"):
        read_hcl(text)


def test_what_is_nested_as_deep_as_may_be_is_read():
    assert isinstance(read_hcl("a = " + "[" * 47 + "]" * 47 + "\n").get("a"), Items)


def test_no_more_than_names_is_told_of_what_is_put_in():
    for text in ('"${f("hunter2")}"', '"${a["hunter2"].b}"', 'a["hunter2"].b', '{ "${a}" = "hunter2" }', '<<E\n${f("hunter2")}\nE\n'):
        node = value(text)
        with pytest.raises(LookupError) as told:
            value_of(node)
        assert "hunter2" not in str(told.value)
        assert node.parts == ()


def test_a_here_document_is_no_name_of_a_file_for_patches():
    """Only between quotation marks are the parts told that patches look at."""
    assert value('"${path.module}/x"').parts[1].path == ("path", "module")
    assert value("<<E\n${path.module}/x\nE\n").parts == ()


def test_what_is_a_single_name_may_be_anything_and_no_patch_looks_at_it():
    assert value('"${a}/x"').parts == ()
    assert [one.path for one in value('"${a}/x"').made[1:2]] == [("a",)]


def test_a_key_is_told_in_words_where_it_is_a_number():
    items = value('[a[0].b, a[1].c # why\n, a["k"].d]').items

    assert [one.why for one in items] == ["a[0].b", "a[1].c # why", "an expression"]


@pytest.mark.timeout(20)
def test_what_is_deep_within_texts_is_read_in_time():
    """What is put in is read once and passed over at most once, however deep: not twice for each floor."""
    text = "x"
    for _ in range(40):
        text = f'"${{{text} + 1}}"'
    assert value(text).made[1].made == ()


texts = st.text(max_size=5).filter(lambda text: not text.endswith(("$", "%")))
"""A sign before what is put in would make it a text, and one before a brace would put it in."""
pieces = st.lists(st.one_of(texts, st.sampled_from([("a", "b"), ("var", "x"), ("each", "value")])), min_size=1, max_size=6)


@given(pieces)
def test_what_is_put_together_is_told_part_by_part(wanted):
    """The law: texts and names that are written one behind the other are told so."""
    text = "".join(quoted_text(one)[1:-1] if isinstance(one, str) else f"${{{'.'.join(one)}}}" for one in wanted)
    node = value(f'"{text}"')
    found = node.made if isinstance(node, Opaque) else (node,)
    expected = [""]
    for one in wanted:
        expected = [*expected[:-1], expected[-1] + one] if isinstance(one, str) else [*expected, one, ""]

    assert [one.value if isinstance(one, Text) else one.path for one in found] == expected
    assert not isinstance(node, Opaque) or node.parts == node.made
