"""The page about policies of Vault: its policies are written, its commands print what it says, its Python runs."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from guardrails.cli import main

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/vault-policies.md").read_text()
BLOCKS = re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", PAGE, flags=re.DOTALL)
SESSIONS = [text.rstrip().split("\n") for language, _, text in BLOCKS if language == "console"]


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session[0])
def test_every_command_prints_what_the_page_says(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples/connectel/exports/vault", tmp_path / "vault-export")
    for language, name, text in BLOCKS:
        if language == "hcl":
            (tmp_path / name).write_text(text)
    command, *told = session
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
        main(shlex.split(command.removeprefix("$ guardrails ")))
    assert shown.getvalue().rstrip().split("\n") == told


def test_the_examples_run():
    scope: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        for language, _, text in BLOCKS:
            if language == "python":
                exec(text, scope)  # noqa: S102  # what the page says
    assert shown.getvalue() == "policy policy[0] path kv/data/{{identity.entity.name}}/*\n"
