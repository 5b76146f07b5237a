"""What the gate writes down of a verdict, and that the step which makes the change takes nothing else for it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.cli import main
from guardrails.model.observation import Observation, fold
from guardrails.model.snapshot import dump_observations
from guardrails.proposals.attestation import refusal, statement
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
    return statement(subjects or {"plan.json": "aa"}, judgement, {"observation": "bb"}, {"accounts": {"": ACCOUNT}}, at)


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
        (made().replace(b"urn:guardrails:gate:1", b"urn:guardrails:gate:2"), {"aa"}, NOW, "no statement of the gate"),
        (made().replace(b"2026-11-26T12:00:00Z", b"yesterday"), {"aa"}, NOW, "does not say when"),
    ],
)
def test_a_statement_passes_for_one_change_and_for_a_while(content, digests, at, why):
    found = refusal(content, frozenset(digests), {}, at, DAY)

    assert (why in found) if why else not found


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(["aa", "bb", "cc"]), min_size=1))
def test_a_statement_is_about_its_subjects_and_no_others(subjects):
    content = made(subjects=subjects)

    assert not refusal(content, frozenset(subjects.values()), {}, NOW, DAY)
    assert refusal(content, frozenset({*subjects.values(), "dd"}), {}, NOW, DAY)
    assert parse(content)
