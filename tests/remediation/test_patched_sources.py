"""The example, in which Terraform manages what is wrong: the plan holds patches of its sources, and git takes each of them."""

from __future__ import annotations

import json
import subprocess

import pytest
from pytest_socket import enable_socket

from connectors.aws_models import models_read_once
from guardrails.cli import main
from guardrails.plan.document import parse_plan
from guardrails.testing.company import company
from written.sources import applied_by_git

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
CANARY = "canary-hunter2"
MANAGED = """
apply:
  environment: prod
  limits: {percent: 100, changes: 40}
  managed-by:
    terraform:
      objects: ["aws@prod:role/sms-api", "aws@prod:security-group/sms-api", "aws@prod:bucket/cdr-archive", "aws@prod:role/cdr-etl"]
"""
SOURCES = {
    "prod/api.tf": """# the API
resource "aws_iam_role" "sms_api" {
  name               = "sms-api"
  assume_role_policy = file("${path.module}/lambda.json")
}

resource "aws_iam_role_policy" "own" {
  role = aws_iam_role.sms_api.id
  name = "own"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "s3:GetObject",
          "s3:ListBucket",
          "s3:DeleteObject", # nobody knows why
        ]
        Resource = ["arn:aws:s3:::cdr-*"]
      },
    ]
  })
}
""",
    "prod/network.tf": """variable "db_password" {
  default   = "canary-hunter2"
  sensitive = true
}
resource "aws_security_group" "sms_api" {
  name = "sms-api"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = var.nobody_knows
  }
}
""",
}


@pytest.fixture
def folder():
    enable_socket()
    with models_read_once(), company(lambda _: None) as made:
        yield made


def run(*arguments) -> int:
    enable_socket()
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    return ended.value.code


def test_a_plan_holds_a_patch_that_git_takes(folder, tmp_path, capfd):
    settings = folder / "declaration/guardrails.yaml"
    settings.write_text(settings.read_text() + MANAGED)
    sources = tmp_path / "infra"
    for name, text in SOURCES.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text)
    (tmp_path / "elsewhere.tf").write_text("not of the language {")
    given = ("plan", folder / "declaration", "--host", folder / "host.yaml", "--select", "GR101,GR301", "--source", f"terraform={sources}")

    code = run(*given, "--out", tmp_path / "plan.json")

    told = capfd.readouterr()
    assert code == 0, told.err
    assert f"sources of terraform: 2 files below {sources}\n" in told.err
    plan = parse_plan((tmp_path / "plan.json").read_bytes())
    held = {one.subject: one for one in plan.held if one.patches}
    (patch,) = held["aws@111122223333:role/sms-api"].patches
    assert patch.place == "prod/api.tf:18"
    after = applied_by_git(tmp_path / "git", SOURCES, patch.diff)
    assert after["prod/api.tf"] == SOURCES["prod/api.tf"].replace('          "s3:DeleteObject", # nobody knows why\n', "")
    assert "       patch: prod/api.tf:18\n         --- a/prod/api.tf\n         +++ b/prod/api.tf\n" in told.out
    assert '         -          "s3:DeleteObject", # nobody knows why\n' in told.out
    (closed,) = held["aws@111122223333:security-group/sms-api"].patches
    assert (closed.place, closed.diff) == ("prod/network.tf:5", "")
    assert "       no patch: prod/network.tf:5: 443/tcp from" in told.out
    assert CANARY not in told.out + told.err + (tmp_path / "plan.json").read_text()
    assert (sources / "prod/api.tf").read_text() == SOURCES["prod/api.tf"], "sources are never written"

    assert run("show", tmp_path / "plan.json", "--patches", tmp_path / "out") == 0
    (written,) = sorted((tmp_path / "out").iterdir())
    assert written.name == "001-GR101-prod-api.tf-18.patch"
    subprocess.run(["patch", "-p1", "-i", str(written)], cwd=sources, check=True, capture_output=True)
    assert "DeleteObject" not in (sources / "prod/api.tf").read_text()

    assert run("show", tmp_path / "plan.json", "--patches", tmp_path / "out") == 0, "what is there already is the same"
    written.write_text("mine")
    assert run("show", tmp_path / "plan.json", "--patches", tmp_path / "out") != 0
    assert written.read_text() == "mine"
    assert json.loads((tmp_path / "plan.json").read_text())


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("terraform", "names no kind and folder"),
        ("pulumi=x", "names no kind and folder"),
        ("terraform=/nowhere-at-all", "is no folder"),
        ("cloudformation=.,state.json", "only Terraform has a state"),
    ],
)
def test_a_source_that_there_is_not_is_told_before_anything_is_contacted(tmp_path, capfd, source, why):
    (tmp_path / "d.yaml").write_text("guardrails: 1\nsystems: {dir: {connector: ldap}}\n")
    code = run("plan", tmp_path / "d.yaml", "--out", tmp_path / "p.json", "--source", source)
    told = capfd.readouterr()
    assert code == 2
    assert why in told.err
