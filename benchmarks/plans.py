"""A plan of Terraform with a thousand resources, judged on an account of a thousand: the CPU seconds of one call after start-up.

`plans.py [RESOURCES]`, in a process of its own. Nobody else judges a plan against a declaration, so there is no peer.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guardrails import declare, workflow
from guardrails.connectors.aws.proposed.terraform import with_plan
from guardrails.model.facts import Account, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm
from guardrails.proposals.judgement import judge
from guardrails.proposals.terraform import read_plan

ACCOUNT = "111122223333"
LIMIT_SECONDS = 2.0
TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)
DECLARED = """\
guardrails: 1
systems: {aws: {connector: aws, regions: {read: [eu-north-1], others: closed-by-scp}}}
entitlements: {read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::*"]}}}
workloads:
"""


def change(kind: str, name: str, after: object, unknown: object) -> dict[str, object]:
    said = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "change": said}


def block(kind: str, name: str, **expressions: object) -> dict[str, object]:
    return {"mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions}


def plan(number: int) -> bytes:
    """Roles with a policy each, that hang on a managed policy, and buckets with keys: five resources a round."""
    changes, blocks = [], []
    for at in range(number // 5):
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::b{at}/*"}],
        }
        policy, key = f"aws_iam_policy.p{at}", f"aws_kms_key.k{at}"
        sse = [{"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]}]
        hidden = [{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}]
        refers = [{"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": {"references": [f"{key}.arn", key]}}]}]}]
        changes += [
            change("aws_iam_role", f"r{at}", {"name": f"r{at}", "assume_role_policy": TRUST}, {"arn": True, "id": True}),
            change("aws_iam_policy", f"p{at}", {"name": f"p{at}", "policy": json.dumps(document)}, {"arn": True}),
            change("aws_iam_role_policy_attachment", f"a{at}", {"role": f"r{at}"}, {"policy_arn": True}),
            change("aws_kms_key", f"k{at}", {"enable_key_rotation": True}, {"arn": True, "policy": True}),
            change(
                "aws_s3_bucket",
                f"b{at}",
                {"bucket": f"b{at}", "server_side_encryption_configuration": sse},
                {"server_side_encryption_configuration": hidden},
            ),
        ]
        blocks += [
            block("aws_iam_role", f"r{at}", assume_role_policy={}),
            block("aws_iam_policy", f"p{at}", policy={}),
            block("aws_iam_role_policy_attachment", f"a{at}", policy_arn={"references": [f"{policy}.arn", policy]}),
            block("aws_kms_key", f"k{at}", enable_key_rotation={}),
            block("aws_s3_bucket", f"b{at}", server_side_encryption_configuration=refers),
        ]
    told = {"region": {"constant_value": "eu-north-1"}, "allowed_account_ids": {"constant_value": [ACCOUNT]}}
    configuration = {"provider_config": {"aws": {"expressions": told}}, "root_module": {"resources": blocks}}
    return json.dumps({"format_version": "1.2", "resource_changes": changes, "configuration": configuration}).encode()


def measured(sizes: tuple[int, ...] = (100, 1000, 5000)) -> Iterator[dict[str, Any]]:
    """Each size in a process of its own, three times; the median of all seconds, and that of each step in the same run."""
    for size in sizes:
        runs = [json.loads(subprocess.run([sys.executable, __file__, str(size)], capture_output=True, check=True).stdout) for _ in range(3)]
        yield sorted(runs, key=lambda run: run["all"])[1]


def shown(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| planned resources | observed principals | read, s | put, s | judge twice, s | all, s |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        steps = " | ".join(f"{row['seconds'][step]:.2f}" for step in ("read", "put", "judge"))
        yield f"| {row['resources']:,} | {row['resources']:,} | {steps} | {row['all']:.2f} |"


def main(number: str = "1000") -> None:
    at, size = datetime.now(UTC), int(number)
    roles = range(size // 5)
    with TemporaryDirectory() as room:
        Path(room, "d.yaml").write_text(DECLARED + "".join(f'  r{one}: {{is: ["aws:role/r{one}"], may: [read]}}\n' for one in roles))
        declared = declare.load(Path(room))
    account = Ref(system="aws", realm=ACCOUNT, kind="account", id=ACCOUNT, name=ACCOUNT)
    people = (Ref(system="aws", realm=ACCOUNT, kind="user", id=f"u{one}", name=f"u{one}") for one in range(size))
    users = [Principal(ref=ref, form=PrincipalForm.USER, resource=f"arn:aws:iam::{ACCOUNT}:user/{ref.name}") for ref in people]
    said = [Account(ref=account, regions=("eu-north-1",)), *users]
    before = workflow.side_by_side(declared, [fold(said, system="aws", connector="aws", taken_at=at)], at)
    content = plan(size)
    gc.collect()
    ticks = [time.process_time()]
    found = read_plan(content, "plan.json")
    ticks.append(time.process_time())
    outcome = with_plan(before.observations.values(), found, {})
    ticks.append(time.process_time())
    judgement = judge(before, reduce(workflow.with_observation, outcome.edited, before), outcome.untold)
    ticks.append(time.process_time())
    steps = {step: ticks[one + 1] - ticks[one] for one, step in enumerate(("read", "put", "judge"))}
    if outcome.evaluated != size or outcome.untold or {one.finding.control for one in judgement.blocking} != {"GR104", "GR501"}:
        raise AssertionError("the plan was not judged as it has to be")
    print(json.dumps({"resources": size, "seconds": steps, "all": ticks[-1] - ticks[0]}))
    if size <= 1000 and ticks[-1] - ticks[0] > LIMIT_SECONDS:  # what was promised
        raise AssertionError(f"above {LIMIT_SECONDS} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
