"""`guardrails adopt` as a person runs it: on the example company's real servers, and on an account's export."""

from __future__ import annotations

import importlib.util
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.errors import AuthorError
from guardrails.model.snapshot import dump_observations
from guardrails.testing.servers import aws_credentials, moto

EXAMPLE = Path(__file__).parents[2] / "examples/connectel"
FAMILIES = ("GR1", "GR3", "GR4")


def run(*arguments: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(cli, list(arguments), standalone_mode=False)
    if ended.exception:
        raise ended.exception
    return int(ended.return_value or 0), ended.stdout, ended.stderr


def drift(folder: Path, snapshot: Path) -> tuple[set[tuple[str, str]], dict]:
    _, out, _ = run("reconcile", str(folder), "--from", str(snapshot), "--output", "json")
    report = json.loads(out)
    return {(f["control"], f["subject"]) for f in report["findings"] if f["control"].startswith(FAMILIES)}, report


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The example's folder, with `bare` (systems and people only) and what was seen of its servers in `seen.json`."""
    room = tmp_path_factory.mktemp("company") / "connectel"
    shutil.copytree(EXAMPLE, room)
    spec = importlib.util.spec_from_file_location("connectel_world", EXAMPLE / "world.py")
    world = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(world)
    text = (room / "declaration/guardrails.yaml").read_text()
    (room / "bare").mkdir()
    with moto() as url, aws_credentials(*world.seed(url)):
        (room / "bare/guardrails.yaml").write_text(
            text.replace("http://127.0.0.1:5999", url).replace("isg: {roster: registers/isg/roster.json}\n\n", "")
        )
        (room / "seen.json").write_text(dump_observations(workflow.observe(declare.load(room / "bare"), datetime.now(UTC))))
    return room


@pytest.mark.server
def test_the_company_as_it_is_has_no_drift_once_it_is_adopted(company):
    before, _ = drift(company / "bare", company / "seen.json")
    code, _, told = run("adopt", str(company / "bare"), "--from", str(company / "seen.json"))
    after, report = drift(company / "bare", company / "seen.json")
    files = {path.name: path.read_bytes() for path in (company / "bare").iterdir()}
    again, _, nothing = run("adopt", str(company / "bare"), "--from", str(company / "seen.json"))

    assert len(before) > 20
    assert after == set()
    # one account could not be read, and who left is still found
    assert (code, again) == (3, 3)
    assert {"GR201", "GR202", "GR901"} <= {finding["control"] for finding in report["findings"]}
    assert "drift left: 0 access, 0 exposure, 0 encryption" in told
    assert f"to review: {len(report['adopted'])} entries" in told
    for line in (
        "entitlements.old-deploy-own: everything on everything",
        "assets.aws-prod-bucket-service-shared: it lets in anybody",
        "assets.aws-prod-db-instance-unprotected: nothing protects it",
        "allowlists.aws-dev-bastion: reached from anywhere",
    ):
        assert f"look first at {line}" in told
    assert "nothing to adopt" in nothing
    assert {path.name: path.read_bytes() for path in (company / "bare").iterdir()} == files
    (written,) = (company / "bare").glob("adopted-*.yaml")
    assert "workloads:" in written.read_text()
    assert run("fmt", str(company / "bare"), "--check")[0] == 0


@pytest.mark.server
def test_what_the_company_declared_is_not_adopted_away(company):
    before, _ = drift(company / "declaration", company / "seen.json")
    code, text, _ = run("adopt", str(company / "declaration"), "--from", str(company / "seen.json"), "--dry-run")
    assert not [path for path in (company / "declaration").iterdir() if path.name.startswith("adopted")]
    (company / "declaration/more.yaml").write_text(text)
    after, _ = drift(company / "declaration", company / "seen.json")

    assert code == 3
    assert {control for control, _ in before - after} == {"GR103", "GR104", "GR303"}
    assert {subject for control, subject in before - after if control == "GR104"} == {"aws@222233334444:role/forgotten"}
    assert after < before


ACCOUNT = "111122223333"
ROLES = [
    {
        "RoleId": f"AROA{number}",
        "RoleName": f"r{number}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/r{number}",
        "Path": "/",
        "AssumeRolePolicyDocument": {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
        },
        "RolePolicyList": [
            {
                "PolicyName": "p",
                "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::b{number % 2}"}]},
            }
        ],
    }
    for number in range(4)
]


@pytest.fixture
def exported(tmp_path):
    document = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": ROLES, "Policies": []}
    (tmp_path / "account.json").write_text(json.dumps(document))
    (tmp_path / "guardrails.yaml").write_text("guardrails: 1\nsystems: {aws: {connector: aws, export: account.json}}\n")
    return tmp_path


def adopted(folder: Path) -> list[Path]:
    return sorted(folder.glob("adopted-*.yaml"))


def test_roles_that_are_alike_are_one_workload_and_one_entitlement(exported):
    code, _, told = run("adopt", str(exported), "--review-by", "2036-01-01")

    assert code == 3  # an export holds no assets, which is a gap
    assert "2 entitlements, 2 workloads" in told
    assert 'is: ["aws:role/r0", "aws:role/r2"]' in adopted(exported)[0].read_text()
    assert "review-by: 2036-01-01" in adopted(exported)[0].read_text()


def test_adopting_from_the_beginning_again_gives_the_same_bytes(exported):
    run("adopt", str(exported))
    (first,) = adopted(exported)
    text = first.read_bytes()
    first.unlink()
    run("adopt", str(exported))

    assert [path.read_bytes() for path in adopted(exported)] == [text]


def test_what_comes_later_is_written_into_a_file_of_its_own(exported):
    run("adopt", str(exported))
    (first,) = adopted(exported)
    text = first.read_bytes()
    found = json.loads((exported / "account.json").read_text())
    found["RoleDetailList"].append({**ROLES[0], "RoleId": "AROA9", "RoleName": "r9", "Arn": f"arn:aws:iam::{ACCOUNT}:role/r9"})
    (exported / "account.json").write_text(json.dumps(found))
    run("adopt", str(exported))

    more = next(path for path in adopted(exported) if path != first)
    assert first.read_bytes() == text
    assert "aws:role/r9" in more.read_text()
    assert "aws:role/r0" not in more.read_text()


def test_whoever_is_given_more_than_they_hold_is_counted(exported):
    found = json.loads((exported / "account.json").read_text())
    statements = found["RoleDetailList"][1]["RolePolicyList"][0]["PolicyDocument"]["Statement"]
    statements.append({"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"})
    (exported / "account.json").write_text(json.dumps(found))

    _, _, told = run("adopt", str(exported))
    assert f"1 principals are given more than they surely hold, as conditions and denies are left out: aws@{ACCOUNT}:role/r1" in told


def test_a_dry_run_prints_and_writes_nothing(exported):
    before = sorted(exported.iterdir())
    _, text, _ = run("adopt", str(exported), "--dry-run")

    assert "workloads:" in text
    assert sorted(exported.iterdir()) == before


def test_one_file_is_no_place_to_write_beside(exported):
    with pytest.raises(AuthorError, match="is no folder"):
        run("adopt", str(exported / "guardrails.yaml"))
