"""Copy plans: which step is next whatever was seen of each, and how they stand in the file, the text and the page of a plan."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.cli import main
from guardrails.model.copies import CopyPlan, CopyStep, Progress
from guardrails.plan.document import parse_plan, plan_bytes, plan_digest
from guardrails.plan.steps import Told, in_order, is_over
from guardrails.reports.plan import plan_as_json, plan_as_text
from guardrails.reports.plan_page import plan_as_html
from plan.plans import plan_of, ref

HOSTILE = "</pre><script>alert(1)</script> ' \" & \u202e \x1b[2J"


SEEN = {"+": True, "-": False, "?": None}


def steps(seen: str) -> tuple[CopyStep, ...]:
    """A step for each sign: seen done, seen not to be, or neither."""
    told = (Told(SEEN[sign], f"seen {at}") for at, sign in enumerate(seen))
    return in_order((CopyStep(id=f"s{at}", does="it", command=f"run {at}"), one) for at, one in enumerate(told))


def copy_of(seen: str = "", **more: object) -> CopyPlan:
    given = {"ref": ref("calls", "db-instance", "aws"), "control": "GR401", "why": "it is so", "steps": steps(seen)}
    return CopyPlan(**given | more)  # type: ignore[arg-type]  # as given


@given(st.text("+-?", max_size=8))
def test_a_step_is_next_only_behind_steps_that_were_all_seen_done(signs):
    found, seen = steps(signs), [SEEN[sign] for sign in signs]
    nexts = [at for at, step in enumerate(found) if step.progress is Progress.NEXT]
    assert len(nexts) <= 1
    for at in nexts:
        assert seen[:at] == [True] * at
        assert seen[at] is False
    assert bool(nexts) == (False in seen and None not in seen[: seen.index(False)])
    for told, step in zip(seen, found, strict=True):
        assert (step.progress is Progress.DONE) == (told is True)
        assert (step.progress is Progress.UNKNOWN) == (told is None)
    assert is_over(found) == all(told is True for told in seen)


@pytest.mark.parametrize("done", ["+--", "+?-", "", "+"])
def test_a_copy_plan_stands_whole_in_the_file_that_is_signed(done):
    plan = replace(plan_of(), copies=(copy_of(done, notes=("a", "b"), owner="team:data"),))
    assert parse_plan(plan_bytes(plan)) == plan
    assert json.loads(plan_as_json(plan, "d"))["plan"]["copies"][0]["is"] == "CopyPlan"


def test_a_plan_without_copies_has_the_bytes_that_it_had():
    assert b"copies" not in plan_bytes(plan_of())


def test_the_text_shows_the_command_of_the_step_to_make_and_of_no_other():
    text = plan_as_text(replace(plan_of(), copies=(copy_of("+--"),)), "d")
    assert "is copied by hand: 1 of 3 steps are done, next is s1  GR401" in text
    assert [line.strip() for line in text.splitlines() if "run: " in line] == ["run: run 1"]
    assert " 1. done        s0: it (seen 0)" in text
    assert " 3. later       s2: it (seen 2)" in text
    assert ", 1 held, 1 to copy by hand |" in text


def test_the_text_says_so_where_it_cannot_tell_and_where_there_are_no_steps():
    text = plan_as_text(replace(plan_of(), copies=(copy_of("+?-"), copy_of())), "d")
    assert "1 of 3 steps are done, cannot tell which step is next" in text
    assert " 2. CANNOT TELL s1: it (seen 1)" in text
    assert "is not copied by itself" in text


def test_show_prints_the_page(tmp_path, capsys):
    plan = replace(plan_of(), copies=(copy_of("+--"),))
    file = tmp_path / "plan.json"
    file.write_bytes(plan_bytes(plan))
    with pytest.raises(SystemExit) as ended:
        main(["show", str(file), "--output", "html"])
    assert (ended.value.code, capsys.readouterr().out) == (0, plan_as_html(plan, plan_digest(plan_bytes(plan))))


class _Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_has_every_command_and_nothing_of_a_system_becomes_markup():
    hostile = CopyStep(
        id="s", does=HOSTILE, command=f"aws {shlex.quote(HOSTILE)}", only_after=HOSTILE, progress=Progress.NEXT, found=HOSTILE
    )
    plan = replace(plan_of(), copies=(copy_of("+--"), copy_of(steps=(hostile,), why=HOSTILE, notes=(HOSTILE,), place=HOSTILE)))
    page = plan_as_html(plan, "d" * 64)
    read = _Read(page)
    assert "script" not in read.tags
    assert {"run 0", "run 1", "run 2"} <= set(read.texts)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert read.tags.count("li") == 4
