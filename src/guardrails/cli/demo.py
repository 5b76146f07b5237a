"""The demo: the example company's declaration against its world on a server that is started and stopped here."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import click

import guardrails
from guardrails import declare, reports, workflow
from guardrails.cli.host import read_host
from guardrails.cli.options import progress
from guardrails.errors import OperatorError
from guardrails.testing.servers import aws_credentials, moto

__all__ = ["command"]

_PLACEHOLDER = "http://127.0.0.1:5999"


@click.command("demo")
def command() -> int:
    """Run the main job on an example company, against an AWS server on loopback that is started and stopped here.

    Exit 0 when the demo itself worked, whatever it found.
    """
    example = _example()
    with moto() as url, tempfile.TemporaryDirectory(prefix="guardrails-demo-") as room:
        click.echo(f"started an AWS server (moto) on {url}")
        reader = _world(example).seed(url)
        folder = Path(shutil.copytree(example, Path(room) / "connectel")) / "declaration"
        settings = folder / "guardrails.yaml"
        settings.write_text(settings.read_text().replace(_PLACEHOLDER, url))
        found = declare.load(folder)
        now = datetime.now(UTC)
        approval = workflow.approval(found, read_host(example / "host.yaml"), found.clock.day(now))
        with aws_credentials(*reader):
            seen = workflow.observe(found, now, progress)
        assessment = workflow.assess(found, seen, now, approval)
        click.echo(reports.as_text(assessment), nl=False)
    click.echo("stopped the server. Look next at examples/connectel/, and run: guardrails explain GR101")
    return 0


def _example() -> Path:
    package = Path(guardrails.__file__).parent
    for place in (package / "_examples/connectel", package.parents[1] / "examples/connectel"):
        if place.is_dir():
            return place
    raise OperatorError("the example is not installed", remedy="install guardrails from a wheel or a checkout")


def _world(example: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("guardrails_demo_world", example / "world.py")
    if spec is None or spec.loader is None:
        raise OperatorError("the example has no world.py", remedy="install guardrails from a wheel or a checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
