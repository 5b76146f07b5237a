"""`guardrails explain`: every code is explained with one example of each side."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.controls import CONTROLS


def explained(*arguments: str) -> str:
    ended = CliRunner().invoke(cli, ["explain", *arguments], standalone_mode=False)
    assert ended.exception is None
    return ended.stdout


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.code)
def test_a_code_is_explained_with_one_example_of_each_side(control):
    said = explained(control.code.lower())

    for part in (control.title, control.severity.label, control.why, control.clause, control.iso, control.remedy):
        assert words(part) in words(said)
    for part in (control.allows[0].title, control.allows[0].declared, control.forbids[0].title, control.forbids[0].says):
        assert words(part) in words(said)
    assert control.forbids[0].declared in said.replace(" " * 13, "")


def test_a_declaration_that_both_examples_share_is_shown_once():
    assert explained("GR101").count("entitlements:") == 1
    assert explained("GR902").count("classes:") == 2


def test_without_a_code_all_are_listed():
    assert [line.split()[0] for line in explained().splitlines()] == [control.code for control in CONTROLS]
