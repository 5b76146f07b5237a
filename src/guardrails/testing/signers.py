"""A security group with keys of its own in the place of the one that signed the example: its private keys are at hand, and only here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from guardrails.trust.roster import digest
from guardrails.trust.sign import sign_record

__all__ = ["take_over"]


def take_over(roster: Path, records: Path, keys: Path) -> str:
    """Make a key for each member of a roster, and have everything that they signed signed by it. The digest of the roster then.

    Args:
        roster: Is written anew, with these keys.
        records: The folder of what was signed; who signed what stays.
        keys: An empty folder, for the private keys, each under the member's name. They have no passphrase.
    """
    written = json.loads(roster.read_text(encoding="utf-8"))
    for member in written["members"]:
        path = keys / member["id"]
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
        subprocess.run(command, check=True)  # noqa: S603  # a fixed program with arguments of ours
        member["keys"] = [" ".join(path.with_suffix(".pub").read_text(encoding="utf-8").split()[:2])]
    content = json.dumps(written, indent=1).encode()
    roster.write_bytes(content)
    for old in sorted(records.glob("*.sig")):
        record, _, name = old.stem.rpartition(".")
        old.unlink()
        sign_record(records / record, keys / name, name)
    return digest(content)
