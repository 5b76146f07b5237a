"""Measures guardrails against its peers and prints tables; `--write` puts them into docs/benchmarks.md.

Words choose the questions that hold all of them. `--access` leaves out what is not about access in AWS, `--gate` what is not about plans
that the gate judges, and `--write` then rewrites the tables of that alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import account
import addresses
import containment
import declarations
import patterns
import peers
import plans
import report
import roles
import unknowns
import vaults
from measure import Result, machine, measure, table

PAGE = Path(__file__).parent.parent / "docs/benchmarks.md"
END = "<!-- end -->"


def cases(words: list[str]) -> Iterator[Result]:
    for case in chain.from_iterable(module.cases() for module in (addresses, patterns, declarations, roles)):
        if all(word in case.question for word in words):
            found = measure(case)
            print(f"{found.ratio:8.1f}x  {case.question}: {found.ours:.4f} s, {case.peer} {found.theirs:.4f} s", flush=True)
            yield found


def access(words: list[str]) -> Iterator[list[str]]:
    """The tables about access in AWS."""
    yield told(containment.shown, containment.rows(words))
    if not words:
        yield told(account.shown, (account.measured(shared=shared) for shared in (True, False)))
        yield told(peers.shown, peers.measured())


def told(shown, found) -> list[str]:
    """The lines of a table; each row is printed as soon as it is there."""
    rows = []
    for row in found:
        rows.append(row)
        print(list(shown([row]))[-1], flush=True)
    return list(shown(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the tables of docs/benchmarks.md that were measured")
    parser.add_argument("--access", action="store_true", help="only what is about access in AWS")
    parser.add_argument("--gate", action="store_true", help="only the judgement of plans")
    parser.add_argument("only", nargs="*", help="words that a question must contain")
    options = parser.parse_args()
    if options.write and options.only:
        sys.exit("the page holds all questions: leave out the words")
    page = PAGE.read_text()
    if options.gate:
        page = gate(page)
        if options.write:
            PAGE.write_text(page)
        return
    if not options.access:
        page = put(page, "questions", "CPU seconds, medians", [list(table(list(cases(options.only))))])
    if not options.access and not options.only and report.can_be_opened():
        page = put(page, "report", "medians of five openings, seconds on the clock", [told(report.shown, report.measured())])
    if not options.access and not options.only:
        page = put(page, "vault", "CPU seconds, each question once", [told(vaults.shown, vaults.measured())])
        page = gate(page)
    page = put(page, "access", "CPU seconds, each check once", list(access(options.only)))
    if options.write:
        PAGE.write_text(page)


def gate(page: str) -> str:
    tables = [told(plans.shown, plans.measured()), told(unknowns.shown, unknowns.measured())]
    return put(page, "gate", "CPU seconds after start-up, medians of three processes", tables)


def put(page: str, name: str, what: str, tables: list[list[str]]) -> str:
    begin = f"<!-- begin {name}: written by benchmarks/run.py -->"
    before, rest = page.split(begin)
    shown = "\n\n".join("\n".join(lines) for lines in tables)
    return f"{before}{begin}\n\n{machine()}; {what}.\n\n{shown}\n\n{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    main()
