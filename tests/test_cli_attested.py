"""What the gate writes down of a verdict, and that the step which makes the change takes nothing else for it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.cli import main
from guardrails.model.observation import Observation, fold
from guardrails.model.snapshot import dump_observations
from guardrails.proposals.attestation import Asked, bound, refusal, statement
from guardrails.proposals.judgement import Judgement
from guardrails.trust.canonical import parse
from proposals.terraform_plans import ACCOUNT, change, plan, policy, seen

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
DECLARED = """\
guardrails: 1
systems: {aws: {connector: aws, regions: {read: [eu-north-1], others: closed-by-scp}}}
entitlements: {read: {aws: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::logs/*"]}}}
workloads: {ci: {is: ["aws:role/ci"], may: [read]}, kim: {is: ["aws:user/kim"], may: []}}
"""
ABOUT = {"accounts": {"": ACCOUNT}}
CALM = Judgement(blocking=(), earlier=(), ended=(), untold=())


def fresh() -> Observation:
    was = seen()
    return fold((*was.facts, *was.edges), system="aws", connector="aws", taken_at=datetime.now(UTC))


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("declared").mkdir()
    Path("declared/guardrails.yaml").write_text(DECLARED)
    Path("seen.json").write_text(dump_observations((fresh(),)))
    for name, action in (("calm", "s3:GetObject"), ("wide", "s3:PutObject")):
        entry = change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "more", "policy": policy(action)})
        Path(f"{name}.json").write_text(json.dumps(plan(entry)))
    for name in ("key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name], check=True)
    return tmp_path


def gate(name, *arguments, host="none"):
    return run("gate", "declared", "--from", "seen.json", "--host", host, "--terraform", f"{name}.json", *arguments)


def attested(*arguments, statement_file="calm.statement", key="key.pub"):
    return run("attested", statement_file, "--key", key, *arguments)


def test_a_verdict_is_a_statement_about_exactly_these_files(room):
    assert gate("calm", "--attest", "calm.statement") == 0
    said = json.loads(Path("calm.statement").read_text())

    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "calm.json", "digest": {"sha256": hashlib.sha256(Path("calm.json").read_bytes()).hexdigest()}}]
    assert said["predicate"]["verdict"] == "passed"
    assert said["predicate"]["grounds"]["observation"]["sha256"] == hashlib.sha256(Path("seen.json").read_bytes()).hexdigest()
    assert set(said["predicate"]["grounds"]) == {"declaration", "declaration-before", "observation"}


def test_a_signed_verdict_that_passed_lets_exactly_this_change_through(room, capsys):
    gate("calm", "--attest", "calm.statement", "--attest-key", "key")

    assert attested("--for", "calm.json") == 0
    assert attested("--for", "wide.json") == 4
    assert attested("--for", "calm.json", "--for", "wide.json") == 4
    assert attested("--for", "calm.json", key="other.pub") not in {0, 1}
    Path("calm.json").write_text(Path("calm.json").read_text() + " ")
    assert attested("--for", "calm.json") == 4


def test_a_verdict_for_one_principal_account_or_region_is_none_for_another(room):
    Path("more.json").write_text(policy("s3:GetObject"))
    judged = (
        "gate",
        "declared",
        "--from",
        "seen.json",
        "--host",
        "none",
        "--iam-policy",
        "more.json",
        "--principal",
        f"aws@{ACCOUNT}:role/ci",
    )
    assert run(*judged, "--attest", "calm.statement", "--attest-key", "key") == 0

    assert attested("--for", "more.json", "--principal", f"aws@{ACCOUNT}:role/ci") == 0
    for other in ((), ("--principal", f"aws@{ACCOUNT}:user/kim"), ("--principal", f"aws@{ACCOUNT}:role/ci", "--region", "eu-north-1")):
        assert attested("--for", "more.json", *other) == 4
    assert attested("--for", "more.json", "--principal", f"aws@{ACCOUNT}:role/ci", "--account", ACCOUNT) == 4


def test_a_statement_that_was_changed_or_not_signed_lets_nothing_through(room):
    gate("calm", "--attest", "calm.statement")
    unsigned = attested("--for", "calm.json")
    gate("calm", "--attest", "other.statement", "--attest-key", "key")
    shutil.copy("other.statement.sig", "calm.statement.sig")
    Path("calm.statement").write_text(Path("other.statement").read_text().replace("passed", "passed "))

    assert unsigned not in {0, 1}
    assert attested("--for", "calm.json") not in {0, 1}


def test_a_verdict_that_blocked_lets_nothing_through(room):
    assert gate("wide", "--attest", "wide.statement", "--attest-key", "key") == 1
    assert attested("--for", "wide.json", statement_file="wide.statement") == 4


def test_a_verdict_is_never_written_over(room):
    gate("calm", "--attest", "calm.statement")
    was = Path("calm.statement").read_bytes()

    assert gate("wide", "--attest", "calm.statement") == 2
    assert Path("calm.statement").read_bytes() == was


def test_a_key_without_a_file_to_sign_is_a_mistake_in_the_call(room):
    assert gate("calm", "--attest-key", "key") == 2


def test_a_verdict_stands_in_the_log_of_the_host(room, tmp_path, capsys):
    state = tmp_path / "state"
    state.mkdir()
    Path("host.yaml").write_text(f'roster-digest: "{"0" * 64}"\nstate: {state}\n')
    gate("wide", "--attest", "wide.statement", host="host.yaml")
    capsys.readouterr()
    run("audit", "export", state / "audit", "--event", "gate.verdict", "--out", "log.jsonl")
    said = Path("log.jsonl").read_text()

    assert hashlib.sha256(Path("wide.statement").read_bytes()).hexdigest() in said
    assert hashlib.sha256(Path("wide.json").read_bytes()).hexdigest() in said


def made(judgement=CALM, at=NOW, subjects=None):
    return statement(subjects or {"plan.json": "aa"}, judgement, {"observation": "bb"}, ABOUT, at)


def asked(digests, about=None, **more):
    return Asked(digests=frozenset(digests), about=ABOUT if about is None else about, **more)


@pytest.mark.parametrize(
    ("content", "digests", "at", "why"),
    [
        (made(), {"aa"}, NOW, ""),
        (made(), {"aa"}, NOW + DAY, ""),
        (made(), {"aa"}, NOW + DAY + timedelta(seconds=1), "not within the last"),
        (made(), {"aa"}, NOW - timedelta(seconds=1), "not within the last"),
        (made(), {"bb"}, NOW, "another change"),
        (made(), set(), NOW, "another change"),
        (made(subjects={"a": "aa", "b": "bb"}), {"aa"}, NOW, "another change"),
        (made(Judgement(blocking=(), earlier=(), ended=(), untold=("x",))), {"aa"}, NOW, "its verdict is untold"),
        (made().replace(b'"exit_code":0', b'"exit_code":3'), {"aa"}, NOW, "its verdict is passed"),
        (made().replace(b'[{"digest":{"sha256":"aa"},"name":"plan.json"}]', b"[]"), set(), NOW, "another change"),
        (b"{}", {"aa"}, NOW, "no statement of the gate"),
        (b"[]", {"aa"}, NOW, "no statement of the gate"),
        (b"{", {"aa"}, NOW, "canonical JSON"),
        (made().replace(b"urn:guardrails:gate:2", b"urn:guardrails:gate:1"), {"aa"}, NOW, "no statement of the gate"),
        (made().replace(b"2026-11-26T12:00:00Z", b"yesterday"), {"aa"}, NOW, "does not say when"),
    ],
)
def test_a_statement_passes_for_one_change_and_for_a_while(content, digests, at, why):
    found = refusal(content, asked(digests), at, DAY)

    assert (why in found) if why else not found


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(["aa", "bb", "cc"]), min_size=1))
def test_a_statement_is_about_its_subjects_and_no_others(subjects):
    content = made(subjects=subjects)

    assert not refusal(content, asked(subjects.values()), NOW, DAY)
    assert refusal(content, asked({*subjects.values(), "dd"}), NOW, DAY)
    assert parse(content)


@pytest.mark.parametrize(
    "about", [{}, {"accounts": {"": "999999999999"}}, {**ABOUT, "region": "eu-north-1"}, {**ABOUT, "deployed": "none"}, {"accounts": {}}]
)
def test_a_statement_is_about_what_was_said_beside_the_files_and_no_less(about):
    assert "it was judged for" in refusal(made(), asked({"aa"}, about), NOW, DAY)


@pytest.mark.parametrize(
    ("grounds", "why"), [({}, ""), ({"observation": "bb"}, ""), ({"observation": "cc"}, "another observation"), ({"x": "bb"}, "another x")]
)
def test_a_statement_rests_on_what_it_is_asked_to(grounds, why):
    found = refusal(made(), asked({"aa"}, grounds=grounds), NOW, DAY)

    assert (why in found) if why else not found


TEXTS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@given(TEXTS, TEXTS, st.frozensets(st.text(max_size=3), max_size=2))
def test_parameters_count_by_every_name_and_by_every_value_that_is_read(judged, given_now, secret):
    about = ABOUT | {"parameters": bound(frozenset({"aa"}), judged, secret)}
    content = statement({"plan.json": "aa"}, CALM, {}, about, NOW)
    found = refusal(content, asked({"aa"}, parameters=given_now), NOW, DAY)
    same = judged.keys() == given_now.keys() and all(judged[name] == given_now[name] for name in judged.keys() - secret)

    assert (not found) == same
    assert not (found and "other parameters" not in found)


def test_the_same_values_of_another_change_have_another_digest():
    one, other = (bound(frozenset({digest}), {"Env": "prod"}, frozenset()) for digest in ("aa", "bb"))

    assert one["sha256"] != other["sha256"]


ROLE = """\
Parameters:
  Action: {Type: String, Default: "s3:GetObject"}
  Word: {Type: String, NoEcho: "true"}
Resources:
  P:
    Type: AWS::IAM::RolePolicy
    Properties: {RoleName: ci, PolicyName: more, PolicyDocument: {Version: "2012-10-17", Statement: [
      {Effect: Allow, Action: [!Ref Action], Resource: "arn:aws:s3:::logs/*"}]}}
"""
STACK = ("--account", ACCOUNT, "--region", "eu-north-1")


@pytest.fixture
def stacked(room):
    Path("new.yaml").write_text(ROLE)
    Path("old.yaml").write_text(ROLE.replace("s3:GetObject", "s3:PutObject"))
    return room


def template(name, *arguments):
    judged = ("--cloudformation", f"{name}.yaml", *STACK, "--attest", "calm.statement", "--attest-key", "key")
    return run("gate", "declared", "--from", "seen.json", "--host", "none", *judged, *arguments)


def test_a_verdict_for_some_parameters_is_none_for_others(stacked):
    calm = ("--parameter", "Action=s3:GetObject", "--parameter", "Word=hunter2")
    assert template("new", "--deployed", "none", *calm) == 0

    told = ("--for", "new.yaml", *STACK, "--deployed", "none")
    assert attested(*told, *calm) == 0
    assert attested(*told, "--parameter", "Action=s3:GetObject", "--parameter", "Word=other") == 0  # nobody reads it
    assert attested(*told, "--parameter", "Action=s3:*", "--parameter", "Word=hunter2") == 4
    assert attested(*told, "--parameter", "Action=s3:GetObject") == 4
    assert attested(*told) == 4
    assert attested(*told, *calm, "--parameter", "More=x") == 4
    assert "hunter2" not in Path("calm.statement").read_text()
    assert "s3:GetObject" not in Path("calm.statement").read_text()


def test_the_parameters_that_a_stack_has_are_a_part_of_the_change(stacked):
    """What is not given may keep its value: known to be the default it passes, and for that value alone."""
    said = {"Stacks": [{"StackName": "s", "Parameters": [{"ParameterKey": "Action", "ParameterValue": "s3:GetObject"}]}]}
    Path("stack.json").write_text(json.dumps(said))
    Path("wide.json").write_text(json.dumps(said).replace("s3:GetObject", "s3:*"))
    Path("broken.json").write_text("{}")
    Path("old.yaml").write_text(ROLE)

    assert template("new", "--deployed", "old.yaml", "--stack", "stack.json") == 0
    assert attested("--for", "new.yaml", "--deployed", "old.yaml", "--stack", "stack.json", *STACK) == 0
    assert attested("--for", "new.yaml", "--deployed", "old.yaml", "--stack", "wide.json", *STACK) == 4
    assert attested("--for", "new.yaml", "--deployed", "old.yaml", *STACK) == 4
    for other in (("--stack", "wide.json"), ()):
        Path("calm.statement").unlink()
        Path("calm.statement.sig").unlink()
        assert template("new", "--deployed", "old.yaml", *other) == 3
    assert run("gate", "declared", "--from", "seen.json", "--cloudformation", "new.yaml", *STACK, "--stack", "broken.json") == 2


def test_a_template_and_what_it_takes_the_place_of_are_not_exchanged(stacked):
    assert template("new", "--deployed", "old.yaml", "--parameter", "Action=s3:GetObject") == 0

    assert attested("--for", "new.yaml", "--deployed", "old.yaml", *STACK, "--parameter", "Action=s3:GetObject") == 0
    assert attested("--for", "old.yaml", "--deployed", "new.yaml", *STACK, "--parameter", "Action=s3:GetObject") == 4
    assert attested("--for", "new.yaml", "--for", "old.yaml", *STACK, "--parameter", "Action=s3:GetObject") == 4
    assert attested("--for", "new.yaml", "--deployed", "none", *STACK, "--parameter", "Action=s3:GetObject") == 4
    assert attested("--for", "new.yaml", *STACK, "--parameter", "Action=s3:GetObject") == 4
    Path("older.yaml").write_text(Path("old.yaml").read_text() + "# older\n")
    assert attested("--for", "new.yaml", "--deployed", "older.yaml", *STACK, "--parameter", "Action=s3:GetObject") == 4


def test_a_policy_that_was_judged_by_one_name_is_not_another(room):
    Path("more.json").write_text(policy("s3:GetObject"))
    shutil.copy("more.json", "other.json")
    who = ("--principal", f"aws@{ACCOUNT}:role/ci")
    judged = ("--iam-policy", "more.json", *who, "--attest", "calm.statement", "--attest-key", "key")
    assert run("gate", "declared", "--from", "seen.json", "--host", "none", *judged) == 0

    assert attested("--for", "more.json", *who) == 0
    assert attested("--for", "other.json", *who) == 4
    assert attested("--for", "more.json", "--for", "other.json", *who) == 4


def test_a_verdict_by_another_declaration_is_told(room):
    gate("calm", "--attest", "calm.statement", "--attest-key", "key")
    shutil.copytree("declared", "lax")
    Path("lax/guardrails.yaml").write_text(DECLARED + "# other\n")

    assert attested("--for", "calm.json", "--declared", "declared") == 0
    assert attested("--for", "calm.json", "--declared", "lax") == 4


def git(*arguments):
    subprocess.run(["git", "-c", "user.name=kim", "-c", "user.email=kim@corp.example", *arguments], check=True, capture_output=True)


def test_a_change_of_the_declaration_passes_from_the_revision_that_it_was_judged_from(room):
    git("init", "-q")
    for text in (DECLARED, DECLARED + "# one\n", DECLARED + "# two\n"):
        Path("declared/guardrails.yaml").write_text(text)
        git("add", "declared")
        git("commit", "-q", "-m", "x")
    judged = ("gate", "declared", "--from", "seen.json", "--host", "none", "--attest", "calm.statement", "--attest-key", "key")

    assert run(*judged, "--declaration", "HEAD..HEAD") == 2
    assert run(*judged, "--declaration", "HEAD~1..HEAD") == 0
    assert attested("--declared", "declared", "--declaration", "HEAD~1..HEAD") == 0
    assert attested("--declared", "declared", "--declaration", "HEAD~2..HEAD") == 4
    assert attested("--declared", "declared", "--declaration", "HEAD~1..HEAD~1") == 4
    Path("declared/.more").mkdir()
    Path("declared/.more/wide.yaml").write_text("teams: {t: {}}\n")
    git("add", "declared")
    git("commit", "-q", "-m", "what lies in a folder with a dot is read as well")
    assert attested("--declared", "declared", "--declaration", "HEAD~2..HEAD") == 4
    assert attested("--declaration", "HEAD~1..HEAD") == 2
    assert attested("--declared", "declared") == 2


def test_a_plan_file_is_a_part_of_the_change(room):
    """What is applied is the plan file, so a verdict about another one is about another change."""
    sources = 'resource "aws_iam_role_policy" "p" {}\n'
    for name, text in (("it.tfplan", sources), ("other.tfplan", sources + "# other\n")):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("tfconfig/m-/main.tf", text)
    assert gate("calm", "--plan-file", "it.tfplan", "--attest", "calm.statement", "--attest-key", "key") == 0

    assert attested("--for", "calm.json", "--for", "it.tfplan") == 0
    assert attested("--for", "calm.json") == 4
    assert attested("--for", "calm.json", "--for", "other.tfplan") == 4


def test_a_plan_file_without_its_plan_or_of_another_is_a_mistake_in_the_call(room):
    Path("it.tfplan").write_text("x")
    judged = ("gate", "declared", "--from", "seen.json", "--host", "none")

    assert run(*judged, "--plan-file", "it.tfplan") == 2
    assert gate("calm", "--plan-file", "it.tfplan") == 2
    assert gate("calm", "--plan-file", "nothing.tfplan") == 2
