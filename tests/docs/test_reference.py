"""The reference of the declaration is the schema's, and says something about every field."""

from __future__ import annotations

import subprocess
import sys

import pytest
from doc_pages import ROOT

SCRIPT = ROOT / "scripts/declaration_reference.py"
PAGE = (ROOT / "docs/declaration.md").read_text()


def test_the_reference_is_not_stale():
    ended = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "section", ["systems", "people", "assets", "networks", "allowlists", "entitlements", "roles", "workloads", "exceptions"]
)
def test_every_section_has_a_place(section):
    assert f"### `{section}`" in PAGE


def test_every_field_has_a_meaning():
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith(("| `", "| **"))]
    silent = [row[0] for row in rows if not row[-1].removesuffix("|").strip()]
    assert [name for name in silent if "SYSTEM[@SET]" not in name and "connector" not in name] == []
    assert len(rows) > 80
