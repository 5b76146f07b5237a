"""What is read in sources against what a Terraform on this machine makes of them. Its own `terraform_data` is enough, so nothing is fetched."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess

import pytest

from guardrails.proposals.terraform import read_plan
from guardrails.proposals.terraform.sources import sources_of, spelled, with_sources
from guardrails.proposals.terraform.symbols import Symbols, addressed
from guardrails.proposals.values import Unknown, unknowns

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform here")

MADE = 'arn:aws:s3:::b"\\<&>%{x}\n'
"""What hangs on it is not known before; the worst that a value can hold."""
PIECES = [
    "a",
    "/*",
    " ",
    "$-",
    "%-",
    "$${x}",
    "%%{y}",
    r"\"",
    r"\\",
    r"\n",
    r"\t",
    r"\u00e9",
    "e\u0301",
    "#",
    "//",
    "/*x*/",
    "}",
    "{",
    "'",
    "=",
    "$1",
    "100%-",
    "$$",
    "%%",
    "$$$${x}",
    r"\U0001f600",
]
REFERENCES = ["local.n", "terraform_data.b.output", "local.l", "local.t", "terraform_data.b.input", "var.v", "local.list"]
WHOLE = 60
SEEDS = int(os.environ.get("GUARDRAILS_TERRAFORM_SEEDS", "3"))


class Known(Symbols):
    """What Terraform gives once it is applied."""

    def derived(self, resource, attribute):
        return MADE if (resource.address, attribute) == ("terraform_data.b", "output") else None


def text(dice):
    parts = [dice.choice(PIECES) if dice.random() < 0.6 else f"${{{dice.choice(REFERENCES[:6])}}}" for _ in range(dice.randint(0, 5))]
    return f'"{"".join(parts)}"'


def heredoc(dice):
    dash = dice.choice(["", "-"])
    lines = [
        " " * dice.randint(0, 4)
        + "".join(
            dice.choice([*"ab\"'{}[],:\\", "$${x}", "${terraform_data.b.output}", "${local.l}", "${local.n}"])
            for _ in range(dice.randint(1, 6))
        )
        for _ in range(dice.randint(1, 3))
    ]
    lines.insert(dice.randint(0, len(lines)), " " * dice.randint(0, 4))
    return f"<<{dash}EOT\n" + "\n".join(lines) + "\nEOT\n"


def expression(dice, depth=3):  # noqa: PLR0911  # one for each form
    kind = dice.choice(
        ["text", "text", "reference", "number", "word", "list", "map", "encoded", "odd"] if depth else ["text", "reference", "number"]
    )
    match kind:
        case "text":
            return text(dice)
        case "reference":
            return dice.choice(REFERENCES)
        case "number":
            return str(dice.randint(-3, 30))
        case "word":
            return dice.choice(["true", "false", "null"])
        case "list":
            items = [expression(dice, depth - 1) for _ in range(dice.randint(0, 3))]
            return "[" + dice.choice([", ", ",\n  # why, [\n  "]).join(items) + dice.choice(["", ","] if items else [""]) + "]"
        case "map":
            keys = dice.sample(["a", '"b c"', "c-d", '"${local.l}"'], dice.randint(0, 3))
            return (
                "{" + dice.choice([", ", "\n"]).join(f"{key} {dice.choice(['=', ':'])} {expression(dice, depth - 1)}" for key in keys) + "}"
            )
        case "encoded":
            return f"jsonencode({expression(dice, depth - 1)})"
        case _:
            inner = expression(dice, depth - 1)
            return dice.choice([f"({inner})", f"[for one in [{inner}] : one]", f"true ? {inner} : null", f"try({inner})", f"[{inner}][0]"])


def terraform(folder, *arguments):
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    done = subprocess.run(["terraform", *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    assert not done.returncode, done.stderr.decode()
    return done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_worked_out_is_what_terraform_makes(tmp_path, seed):
    dice = random.Random(seed)  # noqa: S311  # any expressions will do
    wanted = [heredoc(dice) if dice.random() < 0.15 else expression(dice) for _ in range(WHOLE)]
    quoted = json.dumps(MADE).replace("%{", "%%{").replace("\\u003c", "<")
    sources = f"""
variable "v" {{
  default = "vv"
}}
locals {{
  l    = "ll"
  n    = 12
  t    = "${{terraform_data.b.output}}-${{local.l}}"
  list = [terraform_data.b.output, "x"]
}}
resource "terraform_data" "b" {{
  input = {quoted}
}}
""" + "".join(f'resource "terraform_data" "r{at}" {{\n  input = {one}\n}}\n' for at, one in enumerate(wanted))
    (tmp_path / "main.tf").write_text(sources)
    terraform(tmp_path, "init", "-no-color")
    terraform(tmp_path, "plan", "-no-color", "-out", "it.tfplan")
    read = read_plan(terraform(tmp_path, "show", "-json", "it.tfplan"), "p")
    told = with_sources(read, sources_of((tmp_path / "it.tfplan").read_bytes(), "f"), "f")
    ours = {one.address: one.after.get("input") for one in spelled(told, Known(addressed(told), str)).resources}
    terraform(tmp_path, "apply", "-no-color", "-auto-approve", "it.tfplan")
    state = json.loads(terraform(tmp_path, "show", "-json"))["values"]["root_module"]["resources"]
    theirs = {one["address"]: one["values"].get("input") for one in state}

    compared, spelt = 0, 0
    for at, one in enumerate(wanted):
        address = f"terraform_data.r{at}"
        before = next(found.after.get("input") for found in read.resources if found.address == address)
        if list(unknowns(ours[address])):
            continue
        compared += 1
        spelt += any(isinstance(part, Unknown) for part in unknowns(before))
        assert said(ours[address]) == said(theirs[address]), one
    assert compared > WHOLE // 2
    assert spelt > WHOLE // 20


def said(value):
    """As lists and maps."""
    if isinstance(value, tuple | list):
        return [said(one) for one in value]
    return {key: said(one) for key, one in value.items()} if hasattr(value, "items") else value
