"""Servers that live in environments of their own (`make stages`): where their programs are, and what follows when they are not there."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from guardrails.testing.netbox import missing_servers
from reports.browser import program as browser_program

HOME = Path(__file__).resolve().parent.parent
UNTRIED = "NOT TESTED LIVE"
"""Every reason to skip such tests begins with it; the end of the run repeats them."""


def _stages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages", HOME / "scripts/stages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STAGES = _stages()


def staged(stage: str, program: str) -> Path:
    """The program; without it the module is skipped, or fails in CI when the program could be had."""
    found = STAGES.program(stage, program)
    if found is not None:
        return found
    if STAGES.python(STAGES.STAGES[stage]) is None:
        pytest.skip(f"{UNTRIED}: {stage}, for no Python {STAGES.STAGES[stage]} or newer was found; install one", allow_module_level=True)
    return _missing(f"{stage}, which is not installed; run make stages")


def staged_netbox() -> Path:
    """NetBox's program, likewise, when the servers that it needs are there as well."""
    found = staged("netbox", "netbox")
    if missing := missing_servers():
        _missing(f"netbox, which needs {' and '.join(missing)}; run scripts/setup.sh as root")
    return found


def staged_browser() -> str:
    """The browser, likewise; Debian installs it."""
    return browser_program() or str(_missing("the HTML report in a browser, for no Chromium was found; run scripts/setup.sh as root"))


def untried(reason: str) -> None:
    """Skips what cannot be tried here, or fails in CI, where it can be had."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def _missing(what: str) -> Path:
    untried(f"{UNTRIED}: {what}")
    raise AssertionError(what)
