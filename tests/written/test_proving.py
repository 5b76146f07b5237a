"""No patch without its proof, whatever an aim says that it would change."""

from __future__ import annotations

import pytest

from guardrails.written import proving
from guardrails.written.cuts import Cut
from guardrails.written.patching import unified
from guardrails.written.proving import Sketch, patch_for
from guardrails.written.rewriting import NoPatch
from guardrails.written.terraform import configuration_of
from written.sources import copy

TEXT = 'resource "a" "one" {\n  v = 1\n}\nresource "a" "two" {\n  v = 2\n}\nresource "a" "three" {\n  v = 3 # */\n}\n'


class Claim:
    """An aim that changes what it is told to, and says so."""

    def __init__(self, *cuts: Cut, met: object = True, more: int = 0) -> None:
        self.cuts, self.met, self.more = cuts, met, more

    def sketch(self, _sources):
        return Sketch(path="a.tf", place="a.tf:2", cuts=self.cuts, more=self.more)

    def is_met(self, _sources):
        if isinstance(self.met, NoPatch):
            raise self.met
        return self.met


def proposed(aim):
    return patch_for(configuration_of(copy({"a.tf": TEXT})), aim)


AT = TEXT.index("1")
OTHER = Cut(AT, AT + 1, "5")
NOT_SAID = "the changed source would not say what is wanted"


def test_what_is_met_is_proposed():
    patch = proposed(Claim(OTHER))
    assert "+  v = 5\n" in patch.diff


@pytest.mark.parametrize(
    ("aim", "why"),
    [
        (Claim(OTHER, met=False), NOT_SAID),
        (Claim(OTHER, met=NoPatch("it is two")), "it is two"),
        (Claim(Cut(AT, AT + 1, "1 /*")), NOT_SAID),
        (Claim(Cut(len(TEXT), len(TEXT), 'resource "a" "four" {\n}\n')), NOT_SAID),
        (Claim(Cut(AT, AT + 1, "[")), "the changed source would not be understood"),
    ],
)
def test_what_is_not_proven_is_not(aim, why):
    patch = proposed(aim)
    assert (patch.place, patch.diff, patch.note) == ("a.tf:2", "", why)


def test_a_block_may_come_where_one_is_meant_to():
    assert proposed(Claim(Cut(len(TEXT), len(TEXT), 'resource "a" "four" {\n}\n'), more=1)).diff


def test_a_patch_that_would_make_something_else_is_not_proposed(monkeypatch):
    other = Cut(TEXT.index("2"), TEXT.index("2") + 1, "7")
    monkeypatch.setattr(proving, "unified", lambda path, text, cuts: unified(path, text, [*cuts, other]))
    assert proposed(Claim(OTHER)).note == "the patch would make something else of the source"
