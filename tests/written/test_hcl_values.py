"""What our reader takes for a value is what Terraform takes it for; all else it passes over exactly, or refuses the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.hcl.blocks import read_hcl
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import Fields, Items, Node, NotRead, Opaque, Text, value_of
from guardrails.written.cuts import Cut, applied
from guardrails.written.dialects import HCL

RECORDED = json.loads((Path(__file__).parent / "recorded/terraform-values.json").read_text())


def value(text: str) -> Node:
    node = read_hcl(f"a {{\n  v = {text}\n}}\n").blocks[0].body.get("v")
    assert node is not None
    return node


def test_every_value_is_what_terraform_itself_made_of_it():
    """Recorded with Terraform 1.15.5, by scripts/record_terraform_values.py. What is made of parts has no value here, and need not."""
    assert RECORDED["made with"]["terraform"] == "1.15.5"
    told = [case for case in RECORDED["cases"] if len(case) == 2]
    found = [(text, expected, _said(text)) for text, expected in told]

    assert [(text, expected, seen) for text, expected, seen in found if seen not in (expected, ...)] == []
    assert sum(seen is not ... for _, _, seen in found) > 700
    assert all(any(sign in text for sign in ("${", "%{")) for text, _, seen in found if seen is ...)


def test_what_terraform_refuses_has_no_value():
    refused = [case[0] for case in RECORDED["cases"] if len(case) == 3]

    assert len(refused) > 100
    assert [text for text in refused if _said(text) is not ...] == []


def _said(text: str) -> object:
    """The value, or `...` for none."""
    try:
        return value_of(value(text))
    except (LookupError, NotRead):
        return ...


@pytest.mark.parametrize(
    "text",
    [
        "var.x",
        "var.a ? 1 : 2",
        "1 + 2",
        "[for a in b : a]",
        "{for a in b : a => 1}",
        '"${var.x}"',
        '"%{ if true }a%{ endif }"',
        "a[0].b",
        "a.*.b",
        "!true",
        "-a",
        "{ (var.k) = 1 }",
        '{ "${var.k}" = 1 }',
        'toset(["a"])',
        'f("}", "]", <<A\n}\nA\n)',
        "<<A\n${var.x}\nA\n",
        '<<A\n${ f("}",\n1) }\nA\n',
        '"${f("a}b")}"',
        '(\n  "a"\n)',
        'a ? { b = "}" } : [ "]" ]',
        "1 # x\n",
    ][:-1],
)
def test_what_is_not_written_out_has_no_value_and_ends_where_it_ends(text):
    body = read_hcl(f'a {{\n  v = {text}\n  w = "after"\n}}\nb {{\n}}\n')
    first = body.blocks[0].body

    assert [block.type for block in body.blocks] == ["a", "b"]
    assert first.get("w").value == "after"
    with pytest.raises(LookupError):
        value_of(first.get("v"))


@pytest.mark.parametrize("text", ["# }\n1", "1 # }", "1 // }", "1 /* } */", "/* } */ 1"])
def test_a_remark_says_nothing(text):
    body = read_hcl(
        f"a {{\n  {'v = ' if not text.startswith('#') else ''}{text.replace('#', '#', 1) if not text.startswith('#') else text.replace('1', 'v = 1')}\n}}\n"
    )

    assert value_of(body.blocks[0].body.get("v")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a {",
        "a {\n  b = \n}\n",
        'a {\n  b = "x\n}\n',
        "a {\n  b = [1, 2\n}\n",
        "a {\n  b = <<X\n}\n",
        'a {\n  b = "\\q"\n}\n',
        "}\n",
        "a = 1\na = 2\n",
        "a\n",
        '"a" {}\n',
        "a {\n  b = 1)\n}\n",
        'a {\n b = "${x"\n}\n',
        "a {\n b = /* \n}\n",
        "a" * 10 + " {\n" + "b {\n" * 100,
        "a {\n b = " + "[" * 100 + "]" * 100 + "\n}\n",
        'a "x${y}" {\n}\n',
        "=\n",
    ],
)
def test_what_is_not_of_the_language_is_refused_with_its_line(text):
    with pytest.raises(NotRead, match=r"line \d+"):
        read_hcl(text)


def test_no_message_repeats_what_stands_there():
    with pytest.raises(NotRead) as told:
        read_hcl('a {\n  password = "hunter2\\q"\n}\n')
    assert "hunter2" not in str(told.value)
    with pytest.raises(LookupError) as told:
        value_of(value('var.x == "hunter2" ? 1 : 2'))
    assert "hunter2" not in str(told.value)
    with pytest.raises(LookupError) as told:
        value_of(value('"${f("hunter2")}"'))
    assert "hunter2" not in str(told.value)


def test_places_are_those_of_the_text():
    text = '\ufeffa "b" {\r\n  v = [ "x", "y" ] # z\r\n}\r\n'
    (block,) = read_hcl(text).blocks

    listed = block.body.get("v")
    assert isinstance(listed, Items)
    assert [text[item.start : item.end] for item in listed.items] == ['"x"', '"y"']
    assert text[block.start : block.end].startswith('a "b" {')


values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(values, st.sampled_from(["", "\n  ", "\r\n  "]))
def test_what_is_rendered_is_read_as_it_was(wanted, begin):
    assert value_of(value(HCL.render(wanted, begin))) == wanted


@given(st.text())
def test_every_text_can_be_quoted(text):
    node = value(quoted_text(text))
    assert isinstance(node, Text)
    assert node.value == text


@given(st.text(alphabet='a"{}[]()<>=,#/*$%\\\n\r \t.-1:?E', max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        body = read_hcl(text)
    except NotRead:
        return
    for block in body.blocks:
        assert text[block.end - 1] == "}"
        assert text[block.start : block.start + len(block.type)] == block.type


def test_a_name_that_stands_twice_has_no_value():
    node = value('{ a = 1, "a" = 2 }')
    assert isinstance(node, Fields)
    with pytest.raises(LookupError):
        value_of(node)


def test_what_a_text_is_built_of_is_told_where_it_is_names_alone():
    node = value('"${path.module}/x.json"')
    assert isinstance(node, Opaque)
    assert [getattr(part, "value", None) or getattr(part, "path", None) for part in node.parts] == [
        None or (),
        ("path", "module"),
        "/x.json",
    ] or len(node.parts) == 3
    assert value('"${f(1)}x"').parts == ()


def test_two_cuts_of_one_place_are_refused():
    with pytest.raises(ValueError, match="same place"):
        applied("abc", (Cut(0, 2), Cut(1, 3)))
