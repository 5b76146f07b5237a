"""Our decision on a case, and the peer's: one process of node for a batch."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from guardrails.iam import Policies, Request, evaluate
from guardrails.iam.principals import caller

HOME = Path(__file__).resolve().parent.parent.parent
STAGE = HOME / ".stages/iam-simulate"
RECORDED = HOME / "tests/iam/recorded/iam-simulate.json.gz"
VERSION = json.loads((HOME / "requirements/iam-simulate/package.json").read_text())["dependencies"]["@cloud-copilot/iam-simulate"]
Case = dict[str, Any]


def missing() -> str:
    """What keeps the peer from being asked; nothing when it can be."""
    if shutil.which("node") is None:
        return "node is not installed"
    return "" if (STAGE / "node_modules").exists() else "iam-simulate is not installed; run scripts/iam_differential.py install"


def ask(cases: Iterable[Case]) -> list[str]:
    """The peer's results, in order."""
    lines = "".join(json.dumps({**case, "context": _whole_context(case)}) + "\n" for case in cases)
    runner = [shutil.which("node") or "node", str(HOME / "scripts/iam_differential.cjs"), str(STAGE)]
    return subprocess.run(runner, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()


def _whole_context(case: Case) -> dict[str, Any]:
    told = {key.lower() for key in case["context"]}
    return {**{key: value for key, value in caller(case["principal"]).keys().items() if key.lower() not in told}, **case["context"]}


def request(case: Case) -> Request:
    """The case's request, in our terms."""
    context = {key: tuple(value) if isinstance(value, list) else value for key, value in case["context"].items()}
    return Request(principal=case["principal"], action=case["action"], resource=case["resource"], context=context)


def ours(case: Case) -> bool | None:
    """Our verdict."""
    return evaluate(request(case), Policies(**case["policies"])).allowed
