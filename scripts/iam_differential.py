"""Compares our verdicts with those of the npm package iam-simulate, a tool for development.

`install` puts it into .stages/iam-simulate from its lock, `run COUNT [SEED]` asks both about that many random requests and names every
difference, `record COUNT` keeps a sample for the tests that run without node.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HOME / "tests/iam"), str(HOME / "src")]

from iam_cases import cases  # noqa: E402  # found only now
from iam_peer import RECORDED, STAGE, VERSION, ask, missing, ours  # noqa: E402
from iam_readings import explained  # noqa: E402

_BATCH = 2000


def install() -> None:
    STAGE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HOME / "requirements/iam-simulate" / name, STAGE)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=STAGE, check=True)


def run(count: int, seed: int) -> int:
    """How many differences no reading explains."""
    found: Counter[str] = Counter()
    for number, start in enumerate(range(0, count, _BATCH)):
        batch = list(cases(seed * 1_000_000 + number, min(_BATCH, count - start)))
        for case, theirs in zip(batch, ask(batch), strict=True):
            if ours(case) is (theirs == "Allowed"):
                found["the same"] += 1
                continue
            why = explained(case, theirs)
            found["UNEXPLAINED" if why is None else why[0] if len(why) == 1 else "several readings together"] += 1
            if why is None:
                print(theirs, json.dumps(case))
        print(f"{start + len(batch)} of {count}", file=sys.stderr)
    for name, times in found.most_common():
        print(f"{times:8} {name}")
    return found["UNEXPLAINED"]


def record(count: int) -> None:
    sample = list(cases(0, count))
    recorded = {"iam-simulate": VERSION, "policies": f"moto {version('moto')}", "cases": sample, "results": ask(sample)}
    RECORDED.parent.mkdir(exist_ok=True)
    RECORDED.write_bytes(gzip.compress(json.dumps(recorded, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{count} cases, {RECORDED.stat().st_size} bytes")


if __name__ == "__main__":
    task, *numbers = sys.argv[1:] or ["run", "2000"]
    if task == "install":
        install()
    elif why_not := missing():
        sys.exit(why_not)
    elif task == "record":
        record(int(numbers[0]))
    else:
        sys.exit(min(1, run(int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 1)))
