"""Makes the example's roster and signed records anew, with keys that exist only while it runs.

Needed whenever an accepted or approved entry of the example changes: a signature stands behind one exact text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from guardrails import declare
from guardrails.trust.draft import draft
from guardrails.trust.roster import digest
from guardrails.trust.sign import new_record, sign_record

DAY = date(2026, 9, 1)
MEMBERS = ("dana", "erin", "femi")
OUTDATED, UNSIGNED = "ISG-2026-002", "ISG-2026-009"
"""Planted differences: a record that covers another text of its entry, and a record that nobody made."""


def main(example: Path) -> None:
    isg = example / "declaration/registers/isg"
    folder = isg / "decisions"
    for old in [*folder.glob("*"), *isg.glob("roster.json")]:
        old.unlink()
    covered = [_claims(example / name) for name in ("declaration", "as-is") if (example / name).is_dir()]
    with tempfile.TemporaryDirectory() as room:
        keys = {member: _key(Path(room), member) for member in MEMBERS}
        roster = {
            "schema": "guardrails.roster/1",
            "version": 1,
            "on": DAY.isoformat(),
            "members": [{"id": m, "keys": [_line(keys[m])], "from": DAY.isoformat(), "until": None, "revoked": None} for m in MEMBERS],
            "thresholds": {"record": 2, "roster": 2},
            "max_ttl": None,
            "require_uv": False,
            "expires": "2036-12-31",
            "previous": None,
        }
        content = json.dumps(roster, indent=2).encode() + b"\n"
        (isg / "roster.json").write_bytes(content)
        (example / "host.yaml").write_text(f'roster-digest: "{digest(content)}"\nminimum-quorum: "2"\n')
        for claim, digests in (item for claims in covered for item in claims.items()):
            path = new_record(folder, draft(digests, sorted(digests), claim=claim, on=DAY, by="femi", note="example"))
            for member in ("dana", "erin"):
                sign_record(path, keys[member], member)


def _claims(folder: Path) -> dict[str, dict[str, str]]:
    """What each record covers: every entry that claims it, by digest."""
    found = declare.load(folder)
    digests = dict(found.digests)
    claims = [(f"asset:{asset.name}", asset.accepted) for asset in found.assets]
    claims += [(f"exception:{exception.name}", exception.approved) for exception in found.exceptions]
    covered: dict[str, dict[str, str]] = {}
    for subject, claim in claims:
        if claim and claim != UNSIGNED:
            covered.setdefault(claim, {})[subject] = "0" * 64 if claim == OUTDATED else digests[subject]
    return covered


def _key(room: Path, member: str) -> Path:
    path = room / member
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def _line(key: Path) -> str:
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "examples/connectel"))
