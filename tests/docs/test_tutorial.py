"""The tutorial, as a reader follows it: every file is written, every command is run, and what it prints is what the page says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, Command, Shown, blocks, is_told, page_name, steps
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from guardrails.reports import as_text

TUTORIAL = (ROOT / "docs/tutorial.md").read_text()
ADOPTING = (ROOT / "docs/adopting.md").read_text()


@pytest.fixture
def room(tmp_path):
    """The folder in which the reader begins, and the program on the path."""
    shutil.copytree(ROOT / "docs/tutorial", tmp_path / "room")
    program = tmp_path / "bin/guardrails"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from guardrails.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    return tmp_path / "room"


def typed(line: str, room: Path) -> str:
    environment = {**os.environ, "PATH": f"{room.parent}/bin:{os.environ['PATH']}"}
    ended = subprocess.run(
        ["bash", "-c", line], cwd=room, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return ended.stdout


def followed(page: str, room: Path) -> int:
    """How many commands a reader of the page ran, each with what the page says."""
    done = 0
    for step in steps(page):
        match step:
            case Shown(path, content):
                (room / path).parent.mkdir(exist_ok=True)
                (room / path).write_text(content)
            case Command(line, said):
                printed = typed(line, room)
                assert is_told(said, printed), f"$ {line}\n{printed}"
                done += 1
    return done


def test_every_command_prints_what_the_page_about_adopting_says(room):
    assert followed(ADOPTING, room) == 4


@pytest.mark.timeout(300)
def test_every_command_prints_what_the_tutorial_says(room):
    assert followed(TUTORIAL, room) > 20
    assert "exit 0" in typed("guardrails reconcile declaration --host host.yaml", room)


def test_a_command_that_prints_something_else_is_seen():
    assert is_told("from ... until", "from 2026-01-01 until\n")
    assert not is_told("exit 0", "exit 3")
    assert not is_told("", "a word")


@pytest.fixture
def declared(room, monkeypatch):
    """The working directory of a reader who has come to the end of the tutorial, files alone."""
    (room / "declaration").mkdir()
    for step in steps(TUTORIAL):
        if isinstance(step, Shown) and "slip" not in step.path:
            (room / step.path).write_text(step.content)
    monkeypatch.chdir(room)
    return room


EXAMPLES = ("README.md", "docs/library.md")


def test_no_page_has_python_that_nobody_runs():
    elsewhere = [
        "plugins/README.md",
        "docs/effective.md",
        "docs/notifying.md",
        "docs/proving.md",
        "docs/vault-policies.md",
    ]  # by tests of their own
    assert [page_name(page) for page in PAGES if any(blocks(page.read_text(), "python"))] == sorted([*EXAMPLES, *elsewhere])


@pytest.mark.parametrize("page", EXAMPLES)
def test_the_python_examples_run(declared, page, capsys):
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(ROOT / page).examples())
    assert examples
    for example in examples:
        example.evaluate()
    namespace = examples[-1].namespace
    assert as_text(namespace["report"]) in capsys.readouterr().out
