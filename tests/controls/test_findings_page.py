"""docs/findings.md says what the controls say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from guardrails.controls import CONTROLS

ROOT = Path(__file__).parents[2]


def reference():
    spec = importlib.util.spec_from_file_location("findings_reference", ROOT / "scripts/findings_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_not_stale():
    assert (ROOT / "docs/findings.md").read_text() == reference().page(), "run scripts/findings_reference.py"


def test_the_page_has_a_section_for_each_control():
    titles = [line.removeprefix("### ") for line in reference().page().splitlines() if line.startswith("### ")]

    assert titles == [f"{control.code}: {control.title}" for control in CONTROLS]
