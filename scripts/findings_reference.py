"""Writes docs/findings.md from the controls, so that the page and `guardrails explain` say the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from guardrails.controls import CONTROLS, Control
from guardrails.controls.examples import ACCOUNT, NOW, Example, Forbidden
from guardrails.model.words import Verdict

WIDTH = 130
TARGET = Path(__file__).parent.parent / "docs/findings.md"
FAMILIES = {"1": "access", "2": "people and credentials", "3": "network", "4": "cryptography", "5": "governance", "9": "evidence"}


OPENING = f"""\
# Findings

<!-- written by scripts/findings_reference.py from src/guardrails/controls; change it there -->

Each finding belongs to one control. A control has a code that is never used again for anything else, a severity, a clause of the
policy and of ISO/IEC 27001:2022 Annex A, and examples that prove it: the tests judge every one of them. `guardrails explain GR101`
shows a part of this page in a terminal.

The examples stand beside a team `data` and a system `aws`, with the account {ACCOUNT} as its set `prod`. Some have a `directory`
or an `inventory` as well. They are judged on {NOW:%Y-%m-%d} at {NOW:%H:%M} UTC. Where no verdict is named, it is `violation`; `unknown`
says that something was not seen, `undecided` that something cannot be evaluated.

| Code | Severity | Finding |
| --- | --- | --- |"""


def page() -> str:
    """The whole page, ending in one line end."""
    listed = (f"| {control.code} | {control.severity.label} | {control.title} |" for control in CONTROLS)
    sections = (line for digit, name in FAMILIES.items() for line in _family(digit, name))
    return "\n".join([OPENING, *listed, *sections]) + "\n"


def _family(digit: str, name: str) -> Iterator[str]:
    yield f"\n## GR{digit}xx: {name}"
    for control in CONTROLS:
        if control.code.startswith(f"GR{digit}"):
            yield from _section(control)


def _section(control: Control) -> Iterator[str]:
    yield f"\n### {control.code}: {control.title}\n"
    yield from wrap(control.why, WIDTH)
    yield ""
    yield f"- Severity: {control.severity.label}"
    yield f"- Policy: {control.clause}; ISO/IEC 27001:2022 Annex A {control.iso}"
    yield f"- What to do: {control.remedy}."
    examples = (*control.allows, *control.forbids)
    for declared in dict.fromkeys(example.declared for example in examples):
        yield f"\n```yaml\n{declared}```\n" if declared else "\nWhatever is declared:\n"
        for example in examples:
            if example.declared == declared:
                yield from _example(example)


def _example(example: Example) -> Iterator[str]:
    if isinstance(example, Forbidden):
        verdict = "" if example.verdict is Verdict.VIOLATION else f" ({example.verdict.value})"
        yield f"- Forbidden{verdict}: {example.title}.\n"
        yield from wrap(example.says.replace("*", r"\*"), WIDTH, initial_indent="  > ", subsequent_indent="  > ", break_on_hyphens=False)
    else:
        yield f"- Allowed: {example.title}."


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(page())
    print(f"{TARGET.name}: {len(CONTROLS)} controls")
