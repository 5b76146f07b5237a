"""Loading a declaration of many files against only reading their YAML."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from measure import Case

from guardrails import declare

FILES = 10_000
LIMIT_SECONDS = 30.0
HEAD = """\
guardrails: 1
systems:
  aws: {connector: aws, regions: {read: [eu-north-1]}}
teams:
  platform: {}
"""
ENTRY = """\
entitlements:
  use-{number}:
    aws:
      allow: [s3:GetObject, s3:PutObject, "kms:*"]
      resources: ["arn:aws:s3:::app-{number}-*", "arn:aws:s3:::app-{number}-*/{prefix}/*"]
workloads:
  app-{number}:
    is: ["aws:role/app-{number}"]
    assumed-by: ["aws:service/lambda.amazonaws.com"]
    may: [use-{number}, use-{other}]
    owner: "team:platform"
"""


def written(folder: Path, seed: int, files: int) -> Path:
    draw = random.Random(seed)
    (folder / "guardrails.yaml").write_text(HEAD)
    for number in range(files - 1):
        text = ENTRY.format(number=number, other=draw.randrange(files - 1), prefix=draw.choice(["in", "out", "log"]))
        (folder / f"app-{number:05d}.yaml").write_text(text)
    return folder


def ours(folder: Path) -> int:
    return len(declare.load(folder).workloads)


def theirs(folder: Path) -> int:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return sum(len(yaml.load(path.read_bytes(), loader).get("workloads", {})) for path in declare.files(folder))  # noqa: S506  # a safe loader


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="guardrails-bench-") as room:

        def prepare(seed: int) -> Path:
            folder = Path(room) / "declaration"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            return written(folder, seed, FILES)

        yield Case(
            question=f"load a declaration of {FILES:,} files",
            peer=f"PyYAML {yaml.__version__}, reading the YAML alone",
            unit="files",
            count=FILES,
            prepare=prepare,
            ours=ours,
            theirs=theirs,
            runs=3,
            limit_seconds=LIMIT_SECONDS,
        )
