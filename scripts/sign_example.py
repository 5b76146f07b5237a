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
STALE = "asset:web-logs"
"""Its record covers another text of the entry, as one of the planted differences."""
CLAIMS = {"ISG-2026-001": ["asset:call-records"], "ISG-2026-002": [STALE], "ISG-2026-003": ["exception:D-7", "exception:D-OLD"]}


def main(example: Path) -> None:
    isg = example / "declaration/registers/isg"
    folder = isg / "decisions"
    for old in [*folder.glob("*"), *isg.glob("roster.json")]:
        old.unlink()
    digests = dict(declare.load(example / "declaration").digests) | {STALE: "0" * 64}
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
        for claim, subjects in CLAIMS.items():
            path = new_record(folder, draft(digests, subjects, claim=claim, on=DAY, by="femi", note="example"))
            for member in ("dana", "erin"):
                sign_record(path, keys[member], member)


def _key(room: Path, member: str) -> Path:
    path = room / member
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return path


def _line(key: Path) -> str:
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "examples/connectel"))
