"""The documentation is rendered without a warning, as by `make docs`."""

from __future__ import annotations

import subprocess
import sys

from doc_pages import ROOT


def test_every_page_is_rendered_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "library.html").exists()
