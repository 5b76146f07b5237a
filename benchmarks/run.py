"""Measures guardrails against its peers and prints a table; `--write` puts the table into docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from itertools import chain
from pathlib import Path

import addresses
import declarations
import patterns
import roles
from measure import machine, measure, table

PAGE = Path(__file__).parent.parent / "docs/benchmarks.md"
BEGIN, END = "<!-- begin: written by benchmarks/run.py -->", "<!-- end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the table of docs/benchmarks.md")
    parser.add_argument("only", nargs="*", help="words that a question must contain")
    options = parser.parse_args()
    results = []
    for case in chain.from_iterable(module.cases() for module in (addresses, patterns, declarations, roles)):
        if all(word in case.question for word in options.only):
            results.append(measure(case))
            print(
                f"{results[-1].ratio:8.1f}x  {case.question}: {results[-1].ours:.4f} s, {case.peer} {results[-1].theirs:.4f} s", flush=True
            )
    if options.write:
        if options.only:
            sys.exit("the page holds all questions: leave out the words")
        page = PAGE.read_text()
        before, rest = page.split(BEGIN)
        shown = "\n".join([BEGIN, "", f"{machine()}; CPU seconds, medians.", "", *table(results), "", END])
        PAGE.write_text(before + shown + rest.split(END)[1])


if __name__ == "__main__":
    main()
