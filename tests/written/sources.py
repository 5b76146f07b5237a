"""Small sources of Terraform for tests, what should become of them, and `git apply` in a folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from guardrails.model.changes import Disable, Edit, Image, Patch
from guardrails.model.reference import Ref
from guardrails.model.written import Wanted, WorkingCopy

__all__ = ["ACCOUNT", "BARE", "applied_by_git", "copy", "left_by_git", "policy", "seen_and_wanted", "wanted"]

ACCOUNT = "444455556666"


def copy(files: dict[str, str], *, kind: str = "terraform", **more) -> WorkingCopy:
    return WorkingCopy(kind=kind, files=files, **more)


def policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def seen_and_wanted(field: str, seen: object, then: object) -> tuple[Edit, ...]:
    return (Edit(field=field, removes=(json.dumps(seen),), adds=(json.dumps(then),)),)


def wanted(
    kind: str, name: str, *edits: Edit, identifier: str = "", told: tuple[str, ...] = (), manager: str = "terraform", **more
) -> Wanted:
    ref = Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or f"id-of-{name}", name=name)
    return Wanted(manager=manager, told=told, action=more.pop("action", Disable(ref=ref)), ref=ref, image=Image.of({}), edits=edits, **more)


BARE = "--unidiff-zero"


def left_by_git(folder: Path, files: dict[str, str], patch: Patch) -> dict[str, str]:
    """The files as git leaves them when it is called as the patch says."""
    return applied_by_git(folder, files, patch.diff, options=(BARE,) if BARE in patch.note else ())


def applied_by_git(folder: Path, files: dict[str, str], *diffs: str, options: tuple[str, ...] = ()) -> dict[str, str]:
    """The files as `git apply` leaves them, to the byte."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    if not (folder / ".git").exists():
        subprocess.run(["git", "init", "-q", str(folder)], check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)})
    for diff in diffs:
        subprocess.run(
            ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", *options, "-"],
            cwd=folder,
            input=diff.encode(),
            check=True,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        )
    return {path: (folder / path).read_bytes().decode() for path in files}
