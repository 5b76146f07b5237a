"""What `examples/running` has: each file is of its kind, every command in it exists, and nothing secret or privileged is in any."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs.test_readme import refusal

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "examples/running"
FILES = sorted(FOLDER.iterdir())
CALL = re.compile(r"(?:^|[\s/\"])(guardrails (?!flock)[a-z][^\n&|>;]*)")


def text(name):
    return (FOLDER / name).read_text()


def calls(content):
    """Every call of guardrails in a file; what a pipeline fills in stands for itself."""
    found = CALL.findall("\n".join(line.split("# ")[0] for line in content.splitlines()))
    return [re.sub(r"\$\{\{.*?\}\}", "x", line).rstrip("\"' ") for line in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_exists(path):
    lines = [line for line in calls(path.read_text()) if not line.startswith(("guardrails lint\n", "guardrails reads"))]
    assert [said for line in lines if line.count('"') % 2 == 0 and (said := refusal(line))] == []


def test_commands_are_found():
    assert {line.split()[1] for path in FILES for line in calls(path.read_text())} >= {"lint", "fmt", "gate", "reconcile", "heartbeat"}


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml", "pre-commit.yaml", "cronjob.yaml"])
def test_yaml_is_yaml(name):
    assert YAML(typ="safe").load(text(name))


def test_pipelines_have_the_jobs_that_they_promise():
    github = YAML(typ="safe").load(text("github-actions.yml"))
    assert set(github["jobs"]) == {"gate", "nightly", "plan"}
    assert all("permissions" in github and job["steps"] for job in github["jobs"].values())
    gitlab = YAML(typ="safe").load(text("gitlab-ci.yml"))
    assert all(job["stage"] in gitlab["stages"] for name, job in gitlab.items() if name != "stages")


def test_the_cron_job_of_kubernetes_runs_as_nobody_and_alone():
    job = YAML(typ="safe").load(text("cronjob.yaml"))
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (job["apiVersion"], job["spec"]["concurrencyPolicy"], pod["restartPolicy"]) == ("batch/v1", "Forbid", "Never")
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert not refusal(shlex.join(["guardrails", *container["args"]]))


def read(name):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(text(name))
    return unit


def test_the_heartbeat_fails_when_runs_are_missing_and_has_a_timer_of_its_own():
    service, timer = read("guardrails-heartbeat.service"), read("guardrails-heartbeat.timer")
    assert (service["Service"]["Type"], service["Service"]["User"]) == ("oneshot", "guardrails")
    assert "SuccessExitStatus" not in service["Service"]
    assert timer["Timer"]["OnCalendar"] != read("guardrails.timer")["Timer"]["OnCalendar"]


@pytest.mark.parametrize("name", ["guardrails.service", "guardrails.timer"])
def test_units_are_units(name):
    unit = read(name)
    assert unit["Unit"]["Description"]
    if name.endswith(".service"):
        assert (unit["Service"]["Type"], unit["Service"]["SuccessExitStatus"], unit["Service"]["User"]) == ("oneshot", "1", "guardrails")
    else:
        assert unit["Timer"]["Persistent"] == "true"


def test_the_lines_of_cron_have_their_five_fields_and_a_user_and_the_run_a_lock():
    lines = [line for line in text("crontab").splitlines() if line and not line.startswith("#") and "=" not in line.split(" ")[0]]
    runs, heartbeats = (line.split(" ", 6) for line in lines)
    for *when, user, _ in (runs, heartbeats):
        assert len(when) == 5
        assert all(re.fullmatch(r"[0-9*/,-]+", field) for field in when)
        assert user == "guardrails"
    assert runs[-1].split()[:2] == ["flock", "-n"]
    assert heartbeats[-1].split()[1] == "heartbeat"
    assert runs[:2] != heartbeats[:2]


def test_the_image_has_no_root_at_its_end():
    lines = text("Containerfile").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1].startswith("65532")
    assert any(line == 'ENTRYPOINT ["guardrails"]' for line in lines)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_made_for_the_shells_that_the_page_names(shell):
    program = Path(sys.executable).parent / "guardrails"
    done = subprocess.run(
        [program], env={**os.environ, "_GUARDRAILS_COMPLETE": f"{shell}_source"}, capture_output=True, text=True, check=False, timeout=60
    )
    if shell != "bash" or "version" not in done.stderr:
        assert "guardrails" in done.stdout


def test_completion_completes_commands():
    program = Path(sys.executable).parent / "guardrails"
    env = {**os.environ, "_GUARDRAILS_COMPLETE": "zsh_complete", "COMP_WORDS": "guardrails rec", "COMP_CWORD": "1"}
    done = subprocess.run([program], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert {"reconcile", "record"} <= set(done.stdout.split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_page_names_every_file(path):
    assert f"`{path.name}`" in (ROOT / "docs/running.md").read_text()
