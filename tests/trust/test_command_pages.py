"""Every command line of docs/records.md, docs/audit.md and docs/history.md does what the page says."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent.parent / "docs"
BLOCK = re.compile(r"^```(?P<language>console|yaml)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(block):
    """Each command, with the lines that it must print; `...` in them stands for anything."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif line.startswith("> "):
            found[-1][0].append(line[2:])
        else:
            found[-1][1].append(line)
    return [("\n".join(command), "\n".join(said)) for command, said in found]


@pytest.fixture
def room(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/guardrails"
    program.write_text(f"#!{sys.executable}\nfrom guardrails.cli import main\nmain()\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.mark.parametrize(("page", "commands"), [("records.md", 21), ("audit.md", 13), ("history.md", 2)])
def test_every_command_line_does_what_the_page_says(room, page, commands):
    ran = 0
    for block in BLOCK.finditer((DOCS / page).read_text()):
        if block["language"] == "yaml":
            name, _, text = block["text"].partition("\n")
            path = room / name.removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            continue
        for command, said in steps(block["text"]):
            ended = subprocess.run(["bash", "-c", command], cwd=room, capture_output=True, text=True, check=False)
            assert ended.returncode == 0, (command, ended.stderr)
            pattern = "*".join(part.replace("[", "[[]") for part in said.split("..."))
            assert fnmatch.fnmatchcase(ended.stdout.strip(), pattern), (command, ended.stdout)
            ran += 1
    assert ran >= commands
