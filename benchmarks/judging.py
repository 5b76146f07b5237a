"""Judges a whole account against its declaration, in a process of its own, and prints what that took and whom it found.

`judging.py ACCOUNT.json DECLARATION.json [AGAIN.json]`: the account as `aws iam get-account-authorization-details` writes it.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from guardrails.iam import Account, compare
from guardrails.iam.comparison import Compared


def account_of(path: str, scps: list[list[dict]]) -> Account:
    return Account.read(Path(path).read_text(), scps=scps)


def found(compared: Compared) -> dict[str, list[str]]:
    return {
        word: [arn for arn, one in compared.verdicts.items() if one.verdict == verdict]
        for word, verdict in (("over", "not-covered"), ("undecided", "undecided"))
    }


def mebibytes() -> float:
    """The most that this process held; what `getrusage` says of a new process can be the peak of the one that started it."""
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(held.split()[1]) / 1024


def main(path: str, declaration: str, *again: str) -> None:
    gc.disable()
    ticks = [0.0, time.process_time()]
    said = json.loads(Path(declaration).read_text())
    declared = {arn: [*(said["policies"][name] for name in one["managed"]), *one["documents"]] for arn, one in said["roles"].items()}
    account = account_of(path, said["scps"])
    ticks.append(time.process_time())
    compared = compare(account, declared)
    ticks.append(time.process_time())
    peak = mebibytes()
    seconds = {step: ticks[at + 1] - ticks[at] for at, step in enumerate(("start", "read", "decide"))}
    answers = [found(compared)]
    for changed in again:
        account = account_of(changed, said["scps"])
        read = time.process_time()
        anew = compare(account, declared, before=compared)
        seconds |= {"again": time.process_time() - read}
        answers.append(found(anew))
        if anew.decided != 1:
            raise AssertionError(f"one role has changed, and {anew.decided} were decided anew")
    print(json.dumps({"seconds": seconds, "mebibytes": peak, "found": answers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
