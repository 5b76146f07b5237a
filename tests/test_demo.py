"""The main job on a real server: every planted difference is found, and nothing else is."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from guardrails.cli import cli
from guardrails.testing.servers import aws_credentials, moto

EXAMPLE = Path(__file__).parent.parent / "examples/connectel"


def world():
    spec = importlib.util.spec_from_file_location("connectel_world", EXAMPLE / "world.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reconcile(url: str, room: Path, *options: str, declaration: str = "declaration") -> tuple[int, dict]:
    folder = Path(shutil.copytree(EXAMPLE, room / "connectel", dirs_exist_ok=True)) / declaration
    settings = folder / "guardrails.yaml"
    settings.write_text(settings.read_text().replace("http://127.0.0.1:5999", url))
    arguments = ["reconcile", str(folder), "--output", "json", "--host", str(EXAMPLE / "host.yaml"), *options]
    ended = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert ended.exception is None, ended.exception
    return int(ended.return_value), json.loads(ended.stdout)


def subjects(report: dict) -> set[tuple[str, str]]:
    """Control and subject of each finding; the id of an access key is new in every world."""
    return {(f["control"], re.sub(r"access-key/\w+", "access-key/KEY", f["subject"])) for f in report["findings"]}


@pytest.mark.server
def test_every_planted_difference_is_found_and_nothing_else(tmp_path):
    planted = world()
    with moto() as url:
        reader = planted.seed(url)
        with aws_credentials(*reader):
            code, report = reconcile(url, tmp_path)
            again, second = reconcile(url, tmp_path)
            fine, matching = reconcile(url, tmp_path, declaration="as-is")
    assert subjects(report) == set(planted.PLANTED)
    assert len(report["findings"]) == len(planted.PLANTED)
    # an account could not be read, so the answer is "cannot tell", not "only these"
    assert (code, report["verdict"]) == (3, "unknown")
    assert [(gap["realm"], gap["reason"]) for gap in report["gaps"]] == [(planted.LEGACY, "denied")]
    # the same world gives the same findings under the same ids
    assert again == code
    assert [f["id"] for f in second["findings"]] == [f["id"] for f in report["findings"]]
    # a declaration of what is so finds nothing but the gap that it accepts
    assert [(f["control"], f["exception"]) for f in matching["findings"]] == [("GR901", "G-1")]
    assert (fine, matching["verdict"]) == (0, "ok")


@pytest.mark.server
def test_without_a_host_file_no_claim_of_approval_stands(tmp_path):
    planted = world()
    with moto() as url:
        reader = planted.seed(url)
        with aws_credentials(*reader):
            _, report = reconcile(url, tmp_path, "--host", str(tmp_path / "none.yaml"))
    unaccepted = {f["subject"] for f in report["findings"] if f["control"] in {"GR502", "GR504"}}
    assert {"asset:call-records", "exception:D-7"} <= unaccepted


@pytest.mark.server
def test_accounts_without_any_object_are_never_clean(tmp_path):
    with moto() as url, aws_credentials():
        code, report = reconcile(url, tmp_path)
    assert code != 0
    assert report["verdict"] != "ok"
