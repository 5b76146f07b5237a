"""The page about earlier runs, typed as its reader types it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from doc_pages import ROOT, blocks

from guardrails.cli import cli
from guardrails.cli.host import read_host

PAGE = (ROOT / "docs/history.md").read_text()


def test_the_host_file_that_is_shown_is_understood(tmp_path):
    (shown,) = blocks(PAGE, "yaml")
    (tmp_path / "host.yaml").write_text(shown)
    assert str(read_host(tmp_path / "host.yaml").history) == "/var/lib/guardrails/history.sqlite"


@pytest.mark.parametrize("option", ["--since", "--output", "--host"])
def test_the_options_that_are_named_are_there(option):
    assert option in PAGE
    assert option in CliRunner().invoke(cli, ["history", "--help"]).output
