"""The example's records can be made anew at any time, by the calls that people use."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from guardrails.cli.host import read_host
from guardrails.trust.chain import read_roster
from guardrails.trust.decisions import read_decisions
from guardrails.trust.records import Approved

ROOT = Path(__file__).parent.parent.parent


def test_the_example_signed_anew_stands(tmp_path):
    example = tmp_path / "connectel"
    shutil.copytree(ROOT / "examples/connectel", example, copy_function=shutil.copyfile)  # not its mode, which is that of the checkout
    before = read_host(example / "host.yaml").anchor
    subprocess.run([sys.executable, str(ROOT / "scripts/sign_example.py"), str(example)], check=True, capture_output=True)
    anchor, isg, at = read_host(example / "host.yaml").anchor, example / "declaration/registers/isg", date(2026, 11, 25)
    assert anchor != before
    standings = read_decisions(isg / "decisions", read_roster(isg / "roster.json", anchor, at), at).standings
    assert standings
    assert {type(standing) for standing in standings.values()} == {Approved}
