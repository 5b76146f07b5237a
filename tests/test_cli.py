"""What the person at night sees: the right exit code, a message with a remedy, no traceback, no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from guardrails.controls import CONTROLS
from guardrails.model.words import Kind
from guardrails.secret import Secret, SecretError, SecretRef

EXAMPLE = Path(__file__).parent.parent / "examples/connectel/declaration"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from guardrails.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **environment})


def test_the_example_has_no_mistakes():
    assert run("lint", str(EXAMPLE)).returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("guardrails: 2\n", "this language version is not known"),
        ("guardrails: 1\n", "no system is declared"),
        ("guardrails: 1\nsystems: {a: {connector: aws, endpoint-url: 'http://example.org'}}\n", "the endpoint is not https"),
        ("guardrails: 1\nsystems: {a: {connector: nope}}\n", "there is no connector nope"),
        ("teams: {a: 0755}\n", "file.yaml:1:12"),
    ],
)
def test_a_bad_declaration_ends_with_a_message(tmp_path, text, said):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    ended = run("reconcile", str(path))
    assert ended.returncode in {2, 3}
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not ended.stdout


def test_an_unreachable_server_is_cannot_tell_and_never_clean(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_text("guardrails: 1\nsystems: {a: {connector: aws, endpoint-url: 'http://127.0.0.1:1'}}\n")
    ended = run("reconcile", str(path), AWS_ACCESS_KEY_ID="canary", AWS_SECRET_ACCESS_KEY="CANARYSECRET", AWS_MAX_ATTEMPTS="1")
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert "CANARYSECRET" not in ended.stderr + ended.stdout


def test_a_damaged_export_is_cannot_tell(tmp_path):
    for content in ("{", "{}", json.dumps({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []})):
        (tmp_path / "x.json").write_text(content)
        (tmp_path / "file.yaml").write_text(f"guardrails: 1\nsystems: {{a: {{connector: aws, export: '{tmp_path}/x.json'}}}}\n")
        ended = run("reconcile", str(tmp_path / "file.yaml"))
        assert ended.returncode == 3, ended.stderr
        assert "Traceback" not in ended.stderr


def test_every_kind_has_exactly_one_control():
    assert sorted(control.kind.value for control in CONTROLS) == sorted(kind.value for kind in Kind)
    assert len({control.code for control in CONTROLS}) == len(CONTROLS)


def test_importing_guardrails_loads_no_sdk():
    program = "import sys, guardrails, guardrails.declare, guardrails.workflow; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_secret_prints_stars_everywhere():
    secret = Secret("CANARY")
    assert f"{secret} {secret!r} {secret!s} {[secret]}" == "*** *** *** [***]"
    assert secret.reveal() == "CANARY"


def test_what_is_no_reference_is_not_repeated(tmp_path):
    with pytest.raises(SecretError) as caught:
        SecretRef.parse("CANARY-VALUE")
    assert "CANARY" not in str(caught.value)
    open_file = tmp_path / "secret"
    open_file.write_text("x")
    open_file.chmod(0o644)
    with pytest.raises(SecretError, match="only its owner"):
        SecretRef.parse(f"file:{open_file}").resolve()
