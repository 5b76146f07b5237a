"""What becomes of the values that a plan does not know yet, in plans that a real Terraform made: tests/proposals/recorded/.

`unknowns.py` prints how many of them the gate knows by what they hang on, how many hang on something else or are secret, and how many
nobody wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guardrails.connectors.aws.proposed.terraform.documents import Documents
from guardrails.connectors.aws.proposed.terraform.places import Places
from guardrails.connectors.aws.proposed.terraform.symbols import Symbols
from guardrails.proposals.terraform import Plan, read_plan
from guardrails.proposals.terraform.symbols import addressed
from guardrails.proposals.values import Unknown, unknowns

RECORDED = Path(__file__).parent.parent / "tests/proposals/recorded"
KNOWN, UNTOLD, UNWRITTEN = "known by what it hangs on", "hangs on something else", "written by nobody"


@dataclass(frozen=True, slots=True)
class Counted:
    plan: str
    resources: int
    of: Counter[str]


def counted(name: str, plan: Plan) -> Counted:
    symbols = Symbols(addressed(plan), Places(plan, {}).of, lambda _: None)
    documents = Documents(symbols, lambda _: None)
    changing = [one for one in plan.resources if one.after]
    found = Counter(_kind(value, symbols, documents) for one in changing for inner in one.after.values() for value in unknowns(inner))
    return Counted(name, len(changing), found)


def _kind(value: Unknown, symbols: Symbols, documents: Documents) -> str:
    if not value.is_declared:
        return UNWRITTEN
    of = symbols.of(value.target, "arn") if value.target else None
    return KNOWN if of is not None or isinstance(documents.text(value), str) else UNTOLD


def measured() -> Iterator[Counted]:
    for path in sorted(RECORDED.glob("*/plan.json")):
        yield counted(path.parent.name, read_plan(path.read_bytes(), str(path)))


def shown(rows: list[Counted]) -> Iterator[str]:
    yield f"| recorded plan | resources | {KNOWN} | {UNTOLD} | {UNWRITTEN} |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.plan} | {row.resources} | {row.of[KNOWN]} | {row.of[UNTOLD]} | {row.of[UNWRITTEN]} |"


if __name__ == "__main__":
    print("\n".join(shown(list(measured()))))
