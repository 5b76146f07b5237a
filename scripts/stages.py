"""Makes the environments of servers that tests start and that cannot live in .venv, each from its hashed lock.

`stages.py` makes all of them, `stages.py NAME...` these: `.stages/NAME` from `requirements/NAME.txt`. What is there already is left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
STAGES = {"netbox": (3, 12), "openbao-2.6.2": (3, 11), "ministack": (3, 11)}
"""The oldest Python that each one runs on."""

_TRIED = ("python3.12", "python3.13", "python3.14", "python3", "python3.11")


def program(stage: str, name: str) -> Path | None:
    """A program of a stage, when the stage is whole and made from the lock as it is now."""
    found = HOME / ".stages" / stage / "bin" / name
    return found if _stamp(stage).exists() and found.exists() else None


def python(oldest: tuple[int, int]) -> str | None:
    """A Python that runs and is new enough."""
    return next((name for name in _candidates() if _runs(name, oldest)), None)


def _candidates() -> Iterator[str]:
    yield from _TRIED
    # a shim on the path may refuse a version that is there
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(path) for path in sorted(root.glob("versions/3.*/bin/python3"), key=_numbers))


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parts[-3])]


def _runs(name: str, oldest: tuple[int, int]) -> bool:
    if shutil.which(name) is None:
        return False
    asked = f"import ensurepip, sys, venv; sys.exit(sys.version_info < {oldest})"
    return subprocess.run([name, "-c", asked], capture_output=True, check=False).returncode == 0


def _stamp(stage: str) -> Path:
    lock = (HOME / "requirements" / f"{stage}.txt").read_bytes()
    return HOME / ".stages" / stage / f".installed-{hashlib.sha256(lock).hexdigest()[:16]}"


def make(stage: str) -> None:
    """Make one, unless it is there."""
    stamp, oldest = _stamp(stage), STAGES[stage]
    if stamp.exists():
        return
    found = python(oldest)
    if found is None:
        print(f"stages: {stage.upper()} IS LEFT OUT: it needs Python {oldest[0]}.{oldest[1]} or newer, and none was found", file=sys.stderr)
        return
    print(f"stages: making .stages/{stage} with {found} from requirements/{stage}.txt")
    lock = HOME / "requirements" / f"{stage}.txt"
    subprocess.run([found, "-m", "venv", "--clear", str(stamp.parent)], check=True)
    pip = [str(stamp.parent / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    # the lock names everything; what is not used is not compiled
    subprocess.run([*pip, "--no-compile", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(lock)], check=True)
    stamp.touch()


if __name__ == "__main__":
    for wanted in sys.argv[1:] or STAGES:
        make(wanted)
