"""A whole account against its declaration: what it costs in a fresh process, cold, and again with one role changed.

`account.py SIZE [unshared]` makes an account of that many roles and prints its row of the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from estate import estate, listed

SIZE = 10_000
JUDGING = Path(__file__).parent / "judging.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One process: CPU seconds of its steps, and what it found."""

    question: str
    seconds: dict[str, float]
    mebibytes: float
    over: int
    undecided: int


def measured(size: int = SIZE, *, shared: bool = True, seed: int = 1) -> Measured:
    """Judge one account in a fresh process, and once more after one role got another statement.

    Raises:
        AssertionError: A role that holds too much was missed, or one that does not was flagged.
    """
    made = estate(seed, size, shared=shared)
    held = sum(len(listed(document["Statement"])) for role in made.roles for document in made.all_of(role))
    expected = [made.over]
    with tempfile.TemporaryDirectory(prefix="guardrails-bench-") as room:
        paths = [Path(room) / f"{name}.json" for name in ("account", "declaration", "again")]
        paths[0].write_text(json.dumps(made.details()))
        paths[1].write_text(json.dumps(made.declaration()))
        made.grow()
        paths[2].write_text(json.dumps(made.details()))
        expected.append(made.over)
        done = subprocess.run([sys.executable, str(JUDGING), *map(str, paths)], check=True, capture_output=True)
    said = json.loads(done.stdout)
    for found, over in zip(said["found"], expected, strict=True):
        missed, wrong = set(over) - set(found["over"]), set(found["over"]) - set(over)
        if missed or wrong:
            raise AssertionError(f"an account of {size} roles: missed {sorted(missed)[:3]}, wrongly flagged {sorted(wrong)[:3]}")
    return Measured(
        question=f"{size:,} roles x {held / size:.0f} statements, {'shared documents' if shared else 'nothing shared'}",
        seconds=said["seconds"],
        mebibytes=said["mebibytes"],
        over=len(said["found"][0]["over"]),
        undecided=len(said["found"][0]["undecided"]),
    )


STEPS = ("start", "read", "decide")


def shown(found: list[Measured]) -> Iterator[str]:
    names = ("account", "cold, s", "read, s", "decide, s", "decide again, one role changed, s", "peak, MiB")
    yield f"| {' | '.join(names)} | have too much | undecided |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in found:
        times = one.seconds
        read, cold = times["start"] + times["read"], sum(times[step] for step in STEPS)
        yield (
            f"| {one.question} | {cold:.2f} | {read:.2f} | {times['decide']:.2f} | {times['again']:.2f} "
            f"| {one.mebibytes:.0f} | {one.over:,} | {one.undecided} |"
        )


if __name__ == "__main__":
    print(*shown([measured(int(sys.argv[1]), shared="unshared" not in sys.argv)]), sep="\n")
