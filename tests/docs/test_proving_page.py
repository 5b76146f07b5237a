"""The page about proofs: its documents are written, its commands print what it says, its Python runs."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from guardrails.cli import main

PAGE = (Path(__file__).parent.parent.parent / "docs/proving.md").read_text()
BLOCKS = re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", PAGE, flags=re.DOTALL)


def test_every_command_prints_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for language, name, text in BLOCKS:
        if language == "json":
            (tmp_path / name).write_text(text)
    (session,) = (text for language, _, text in BLOCKS if language == "console")
    command, *told = session.rstrip().split("\n")
    *printed, _, code = told
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit) as ended:
        main(command.removeprefix("$ guardrails ").split())
    assert shown.getvalue().rstrip().split("\n") == printed
    assert str(ended.value.code) == code


def test_the_examples_run():
    scope: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        for language, _, text in BLOCKS:
            if language == "python":
                exec(text, scope)  # noqa: S102  # what the page says
    assert shown.getvalue().startswith("s3:Get")
