"""The connector that plugins/README.md shows, installed as a distribution of its own and used."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from doc_pages import ROOT, blocks

DECLARATION = """\
guardrails: 1
systems: {house: {connector: badges, file: doors.txt}}
teams: {office: {}}
entitlements: {work: {house: {doors: [entrance]}}}
roles:
  staff: {through: {house: {badge: ann}}, may: [work], must: [work], owner: "team:office"}
  guards: {through: {house: {badge: bob}}, may: [work], owner: "team:office"}
"""


@pytest.fixture
def installed(tmp_path):
    """A folder in which the plugin is installed, and a declaration that uses it."""
    page = (ROOT / "plugins/README.md").read_text()
    module = next(block for block in blocks(page, "python") if "class Badges" in block)
    site = tmp_path / "site"
    metadata = site / "guardrails_badges-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "guardrails_badges.py").write_text(module)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: guardrails-badges\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text("[guardrails.connectors]\nbadges = guardrails_badges:CONNECTOR\n")
    (tmp_path / "guardrails.yaml").write_text(DECLARATION)
    (tmp_path / "doors.txt").write_text("ann entrance\nbob entrance\n")
    return tmp_path


def run(room, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from guardrails.cli import main; main()"
    paths = os.pathsep.join(filter(None, [str(room / "site"), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=room,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_found_by_its_entry_point(installed):
    assert "badges" in run(installed, "connectors", "list").stdout.split()


def test_what_is_as_declared_is_clean(installed):
    ended = run(installed, "reconcile", "guardrails.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_door_beyond_the_ceiling_is_found_with_a_witness(installed):
    (installed / "doors.txt").write_text("ann entrance\nbob vault\n")
    ended = run(installed, "reconcile", "guardrails.yaml")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "bob may open on vault" in ended.stdout
    assert "doors.txt:2" in ended.stdout


def test_a_line_that_says_nothing_is_a_gap_and_a_list_that_is_not_there_an_error(installed):
    (installed / "doors.txt").write_text("ann entrance\n\n")
    assert run(installed, "reconcile", "guardrails.yaml").returncode == 3
    (installed / "doors.txt").unlink()
    ended = run(installed, "reconcile", "guardrails.yaml")
    assert ended.returncode == 3
    assert "name the list" in ended.stderr


def test_a_mistake_in_its_words_has_a_place(installed):
    (installed / "guardrails.yaml").write_text(DECLARATION.replace("doors: [entrance]", "dors: [entrance]"))
    ended = run(installed, "lint", "guardrails.yaml")
    assert ended.returncode == 2
    assert "guardrails.yaml:4:" in ended.stderr
