"""Our verifier against `ssh-keygen -Y verify`: it takes nothing that the other refuses, and all that it alone refuses has a name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from random import Random

import pytest

from guardrails.trust.errors import BadSignature
from guardrails.trust.sshsig import verify
from trust.drawn_signatures import Case, drawn

CASES = int(os.environ.get("GUARDRAILS_DEEP_CASES", "0")) * 5 or 400
"""`make deep` takes 20,000 of everything, and a hundred thousand here: a wrong yes to a signature is the end of all else."""
PARTS = 4
STRICTER = {
    "the hardware key was not touched": "no touch",
    "the hardware key added data that nothing checks": "data beside the touch",
    "not an SSH signature of version 1": "version 0",
    "not exactly one armored SSH signature": "another spelling of the armor",
    "not base64": "another spelling of base64",
    "not base64 in its only spelling": "another spelling of base64",
    "the signature is not made with rsa-sha2-512": "RSA with SHA-256",
    "a number in the signature is not in its shortest form": "another spelling of a number",
    "the reserved field is in use, and nothing here knows what for": "the reserved field",
}
"""Why we refuse what ssh-keygen takes: our reason, and the name of the class."""

pytestmark = [
    pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed"),
    pytest.mark.timeout(3600),
]


def theirs(case: Case, room) -> bool:
    (room / "allowed").write_text(case.allowed)
    (room / "signature").write_bytes(case.armored)
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        str(room / "allowed"),
        "-I",
        "someone",
        "-n",
        case.namespace,
        "-s",
        str(room / "signature"),
    ]
    # without closing descriptors one by one a process costs half
    return subprocess.run(command, input=case.message, capture_output=True, check=False, close_fds=False).returncode == 0


def ours(case: Case) -> str:
    """Empty when it counts, else why not."""
    try:
        verify(case.message, case.armored, case.namespace, {case.key: "someone"} if case.counts else {})
    except BadSignature as error:
        return error.reason
    return ""


def why_stricter(reason: str, case: Case) -> str:
    """The class of a signature that only we refuse; it must be what was done to it."""
    name = STRICTER.get(reason, "")
    if name == "no touch":
        return name if case.flags is None or not case.flags & 1 else ""
    if name == "data beside the touch":
        return name if case.flags is None or case.flags & 0xC0 else ""
    return name


@pytest.mark.parametrize("part", range(PARTS))
def test_we_take_nothing_that_ssh_keygen_refuses(tmp_path, part, record_property):
    dice, counts = Random(part), Counter()  # noqa: S311  # a sample, no secret
    for number in range(CASES // PARTS):
        case = drawn(dice)
        reason, said = ours(case), theirs(case, tmp_path)
        told = f"case {number} of part {part}: {case.twists}, flags {case.flags}, {case.namespace!r}, {case.allowed[:60]!r}: {reason}"
        assert said or reason, f"we take it and ssh-keygen does not: {told}"
        if said and reason:
            name = why_stricter(reason, case)
            assert name, f"ssh-keygen takes it, and nothing says why we do not: {told}"
            counts[name] += 1
        counts["both take it" if said and not reason else "both refuse it" if not said else "only ssh-keygen takes it"] += 1
    for name, count in sorted(counts.items()):
        record_property(name, count)
    assert counts["both take it"] > CASES // PARTS // 20
    assert counts["both refuse it"] > CASES // PARTS // 20


def test_the_classes_that_are_named_are_met(tmp_path):
    """Each is a case that ssh-keygen really takes: a name that stands for nothing would hide a difference."""
    dice, met = Random("met"), set()  # noqa: S311  # likewise
    wanted = {"no touch", "data beside the touch", "version 0", "another spelling of the armor", "RSA with SHA-256"}
    for _ in range(6000):
        case = drawn(dice)
        name = why_stricter(ours(case), case)
        if name in wanted - met and theirs(case, tmp_path):
            met.add(name)
        if met == wanted:
            return
    assert met == wanted
