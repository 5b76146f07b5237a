"""How a plan reads at a glance: documents are shown by what goes and comes of them, and nothing of a system breaks a line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from guardrails.model.changes import Edit
from guardrails.reports.plan import plan_as_text
from plan.plans import change_of, plan_of

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}


def shown(was: str, will: str) -> list[str]:
    change = replace(change_of("carol"), edits=(Edit(field="policy", removes=(was,), adds=(will,)),))
    lines = plan_as_text(replace(plan_of(), changes=(change,)), "d").splitlines()
    return lines[: next(at for at, line in enumerate(lines) if line.startswith("       why"))]


def test_of_a_policy_of_aws_the_statements_that_go_and_come_are_shown():
    first, *rest = shown(*(json.dumps({"Version": "2012-10-17", "Statement": found}) for found in ([READ, WRITE], [READ])))

    assert "policy, see below" in first
    assert rest == [f"       - {json.dumps(WRITE)}"]


def test_of_a_policy_of_vault_the_lines_that_go_and_come_are_shown():
    kept = 'path "kv/data/app" {\n  capabilities = ["read"]\n}\n'
    first, *rest = shown(kept + 'path "kv/data/*" {\n  capabilities = ["read"]\n}\n', kept)

    assert "policy, see below" in first
    assert rest == ['       - path "kv/data/*" {', '       -   capabilities = ["read"]', "       - }"]


@pytest.mark.parametrize("hostile", ["\x1b[2Jgone", "REFUSE\rnothing"])
def test_no_line_of_a_document_does_anything_to_the_terminal(hostile):
    assert not any(letter in line for line in shown(f"a\n{hostile}", "a\n") for letter in "\x1b\r")


def test_what_is_very_long_is_cut_and_says_so():
    _, *rest = shown("x" * 1000, "y")

    assert rest == [f"       - {'x' * 300}... (1000 characters)", "       + y"]
