"""Environments of servers: made from the lock as it is, by a Python that runs, and missed loudly."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import staged
from connectors.netbox_company import RECORDED, VERSION
from staged import HOME, STAGES


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A place with a lock and no stage."""
    (tmp_path / "requirements").mkdir()
    for stage in STAGES.STAGES:
        (tmp_path / f"requirements/{stage}.txt").write_text("a==1")
    monkeypatch.setattr(STAGES, "HOME", tmp_path)
    return tmp_path


def shim(folder, name, script):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_seed_and_the_recorded_answers_are_of_the_version_that_is_installed():
    (locked,) = re.findall(r"^netbox==(\S+)", (HOME / "requirements/netbox.txt").read_text(), re.MULTILINE)

    assert locked == VERSION
    assert (RECORDED.parent / f"netbox-{locked}.dump").read_bytes()[:5] == b"PGDMP"


def test_every_stage_has_a_lock_with_hashes_and_without_addresses():
    for stage in STAGES.STAGES:
        lock = (HOME / f"requirements/{stage}.txt").read_text()
        assert lock.count("--hash=sha256:") >= len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 0
        assert "://" not in lock


def test_a_stage_of_another_lock_is_not_there(home):
    shim(home / ".stages", "x", "")
    shim(home / ".stages/netbox", "x", "")
    shim(home / ".stages/netbox/bin", "netbox", "")
    assert STAGES.program("netbox", "netbox") is None

    STAGES._stamp("netbox").touch()
    assert STAGES.program("netbox", "netbox") == home / ".stages/netbox/bin/netbox"

    (home / "requirements/netbox.txt").write_text("a==2")
    assert STAGES.program("netbox", "netbox") is None


def test_a_python_that_refuses_is_passed_over(tmp_path, monkeypatch):
    shim(tmp_path / "bin", "python3.12", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert STAGES.python((3, 11)) is None

    (tmp_path / "pyenv/versions/3.11.0").mkdir(parents=True)
    shim(tmp_path / "pyenv/versions/3.11.0/bin", "python3", f'exec {sys.executable} "$@"')
    assert STAGES.python((3, 11)) == str(tmp_path / "pyenv/versions/3.11.0/bin/python3")
    assert STAGES.python((9, 0)) is None


def test_a_stage_that_is_missing_is_skipped_and_fails_in_ci(home, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=staged.UNTRIED):
        staged.staged("ministack", "ministack")

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make stages"):
        staged.staged("ministack", "ministack")


def test_a_stage_that_cannot_be_had_is_skipped_in_ci_as_well(home, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setitem(STAGES.STAGES, "netbox", (9, 0))
    with pytest.raises(pytest.skip.Exception, match="no Python"):
        staged.staged("netbox", "netbox")


def test_what_was_not_tried_stands_at_the_end(tmp_path):
    (tmp_path / "test_one.py").write_text(f"import pytest\npytest.skip('{staged.UNTRIED}: this one', allow_module_level=True)\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", f"--rootdir={tmp_path}", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=HOME / "tests",
        env={**os.environ, "PYTEST_ADDOPTS": "", "PYTHONPATH": f"{HOME / 'tests'}{os.pathsep}{HOME / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert re.search(rf"SERVERS THAT WERE NOT TRIED =+\n{staged.UNTRIED}: this one\n", done.stdout), done.stdout
