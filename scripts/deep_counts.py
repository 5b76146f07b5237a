"""Counts what a deep run tried, property by property, and keeps it as counts.json beside the run's log."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

_TEST = re.compile(r"^(tests/\S+::\S+):$")
_CASES = re.compile(r"(\d+) passing, (\d+) failing, and (\d+) invalid test cases")


def main(folder: Path) -> None:
    counts: dict[str, dict[str, int]] = {}
    name = ""
    for line in (folder / "log.txt").read_text().splitlines():
        if found := _TEST.match(line.strip()):
            name = found[1]
        elif (cases := _CASES.search(line)) and name:
            kept = counts.setdefault(name, {"passing": 0, "failing": 0, "invalid": 0})
            for word, number in zip(("passing", "failing", "invalid"), cases.groups(), strict=True):
                kept[word] += int(number)
    (folder / "counts.json").write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
    print(f"{sum(kept['passing'] for kept in counts.values())} cases of {len(counts)} properties; counts in {folder / 'counts.json'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
