"""Other tools on the same account, for what a pass over it costs elsewhere. None of them answers our question.

Each lives in an environment of its own: `peers.py install` makes them. One that is missing is left out, and that is said.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from estate import estate

HOME = Path(__file__).resolve().parent.parent / ".stages" / "peers"
SIZES = (200, 1_000)
TOOLS = {
    "cloudsplaining": ("0.9.1", ["cloudsplaining", "scan", "--skip-open-report", "--input-file", "{account}", "--output", "{room}"]),
    "parliament": ("1.6.4", ["parliament", "--auth-details-file", "{account}", "--json"]),
    "principalmapper": ("1.1.5", ["python", str(Path(__file__).parent / "mapping.py"), "{account}"]),
}
"""Version, and what is run of its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """CPU seconds of the whole process, by the number of roles."""

    tool: str
    asked: str
    seconds: dict[int, float]


def home(tool: str) -> Path:
    return HOME / f"{tool}-{TOOLS[tool][0]}"


def is_there(tool: str) -> bool:
    """Whether it was installed to the end."""
    return any(home(tool).glob(f"lib/*/site-packages/{tool}-{TOOLS[tool][0]}.dist-info"))


def install() -> None:
    for tool, (version, _) in TOOLS.items():
        if not is_there(tool):
            room = home(tool)
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(room)], check=True)
            pip = [str(room / "bin/python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
            # parliament asks for pkg_resources when it starts
            subprocess.run([*pip, f"{tool}=={version}", "setuptools<80"], check=True)


def measured() -> Iterator[Pass]:
    with tempfile.TemporaryDirectory(prefix="guardrails-bench-") as room:
        paths = {size: Path(room) / f"account-{size}.json" for size in SIZES}
        declared = {size: Path(room) / f"declaration-{size}.json" for size in SIZES}
        for size in SIZES:
            made = estate(1, size)
            paths[size].write_text(json.dumps(made.details()))
            declared[size].write_text(json.dumps(made.declaration()))
        judging = str(Path(__file__).parent / "judging.py")
        ours = {size: spent([sys.executable, judging, str(paths[size]), str(declared[size])]) for size in SIZES}
        yield Pass(tool="guardrails", asked="is each role within its declaration", seconds=ours)
        for tool, (version, arguments) in TOOLS.items():
            if not is_there(tool):
                print(f"{tool.upper()} IS LEFT OUT: make its environment with benchmarks/peers.py install", file=sys.stderr)
                continue
            calls = {size: [word.format(account=paths[size], room=room) for word in arguments] for size in SIZES}
            seconds = {size: spent([str(home(tool) / "bin" / calls[size][0]), *calls[size][1:]]) for size in SIZES}
            yield Pass(tool=f"{tool} {version}", asked=ASKED[tool], seconds=seconds)


ASKED = {
    "cloudsplaining": "which policies have risky patterns",
    "parliament": "which statements have flaws",
    "principalmapper": "which roles are administrators or come to another by IAM or STS",
}


def spent(command: list[str]) -> float:
    """CPU seconds of a command.

    Raises:
        RuntimeError: It failed. Tools end with 1 when they have findings.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1} or "Traceback" in done.stderr:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def shown(found: list[Pass]) -> Iterator[str]:
    yield f"| on the same account | asked | {' | '.join(f'{size:,} roles, s' for size in SIZES)} |"
    yield f"|---|---|{'---|' * len(SIZES)}"
    for one in found:
        yield f"| {one.tool} | {one.asked} | {' | '.join(f'{one.seconds[size]:.1f}' for size in SIZES)} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["install"]:
        install()
    for each in measured():
        print(*list(shown([each]))[2:], flush=True)
