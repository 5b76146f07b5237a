"""`guardrails gate`: the documents it reads, whom they touch, and that nothing unread or unheld ever passes."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from guardrails import declare, workflow
from guardrails.cli import main
from guardrails.connectors.aws.iam import canonical
from guardrails.model.facts import Account, Edge, Policy, Principal
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.snapshot import dump_observations
from guardrails.model.words import EdgeKind, PrincipalForm

EXPORT = Path(__file__).parent.parent / "examples/connectel/exports/vault"
REALM = "111122223333"
CI = f"arn:aws:iam::{REALM}:role/ci"
DECLARED = """\
guardrails: 1
systems:
  aws: {connector: aws, sets: {prod: {accounts: ["111122223333"]}}, regions: {read: [eu-north-1], others: closed-by-scp}, read: {role: guardrails-reader}}
  vault: {connector: vault, export: vault}
entitlements:
  read-logs: {aws@prod: {allow: ["s3:GetObject"], resources: ["arn:aws:s3:::logs/*"]}}
  use-keys: {vault: {"transit/*": [update], "auth/token/*": [read, update]}}
workloads:
  ci: {is: ["aws@prod:role/ci"], may: [read-logs]}
  sms-api: {is: ["vault:role/approle/sms-api"], may: [use-keys]}
"""


def ref(kind, name):
    return Ref(system="aws", realm=REALM, kind=kind, id=f"id-{name}", name=name)


def account():
    ci, own = ref("role", "ci"), Ref(system="aws", realm=REALM, kind="inline-policy", id="id-ci/own", name="ci/own")
    linked = Principal(ref=ref("role", "linked"), form=PrincipalForm.PROVIDER, resource=f"arn:aws:iam::{REALM}:role/linked")
    said = [
        Account(ref=ref("account", REALM), sets=("prod",), regions=("eu-north-1",)),
        Principal(ref=ci, form=PrincipalForm.ROLE, resource=CI),
        linked,
        Policy(ref=own, text=canonical(policy("s3:GetObject"))),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=ci, target=own, provenance=CI),
    ]
    return fold(said, system="aws", connector="aws", taken_at=datetime.now(UTC))


def policy(*actions, resource="arn:aws:s3:::logs/*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": [resource]}]}


TWICE = (
    '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}, "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)


@pytest.fixture
def gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(EXPORT, "declared/vault")
    Path("declared/guardrails.yaml").write_text(DECLARED)
    found = declare.load(Path("declared"))
    vault = workflow.observe_some(found, ("vault",), datetime.now(UTC))
    Path("seen.json").write_text(dump_observations((account(), *vault)))

    def asked(*arguments, files=(), seen="seen.json"):
        for name, text in dict(files).items():
            Path(name).write_text(text if isinstance(text, str) else json.dumps(text))
        with pytest.raises(SystemExit) as ended:
            main(["gate", "declared", "--from", seen, "--host", "no-host.yaml", "--output", "json", *arguments])
        told = capsys.readouterr()
        return ended.value.code, json.loads(told.out) if told.out else {}, told.err

    return asked


def test_a_policy_within_the_ceiling_passes(gate):
    code, told, _ = gate("--iam-policy", "own.json", "--principal", CI, files={"own.json": policy("s3:GetObject")})

    assert (code, told["blocking"], told["untold"]) == (0, [], [])


@pytest.mark.parametrize("name", [CI, f"aws@{REALM}:role/ci"])
def test_a_policy_beyond_the_ceiling_blocks_whether_it_replaces_another_or_is_new(gate, name):
    for file in ("own.json", "more.json"):
        code, told, _ = gate("--iam-policy", file, "--principal", name, files={file: policy("s3:PutObject")})

        assert code == 1
        assert [(one["control"], one["why"], one["sure"]) for one in told["blocking"]] == [("GR101", "new", True)]


def test_a_policy_of_vault_is_judged_for_everybody_who_holds_it(gate):
    wide = 'path "transit/*" { capabilities = ["update"] }\npath "sys/policies/acl/*" { capabilities = ["update"] }\n'
    code, told, _ = gate("--vault-policy", "sms-api.hcl", files={"sms-api.hcl": wide})
    calm, quiet, _ = gate("--vault-policy", "sms-api.hcl", files={"sms-api.hcl": 'path "transit/*" { capabilities = ["update"] }\n'})

    assert code == 1
    assert [(one["control"], one["subject"]) for one in told["blocking"]] == [("GR101", "vault:role/approle/sms-api")]
    assert (calm, quiet["blocking"]) == (0, [])


KEYS = 'path "transit/*" { capabilities = ["update"] }\n'
API = "vault:role/approle/sms-api"


def test_a_new_policy_is_judged_for_who_would_carry_it(gate):
    wide = 'path "sys/policies/acl/*" { capabilities = ["update"] }\n'
    code, told, _ = gate("--vault-policy", "fresh.hcl", "--principal", API, files={"fresh.hcl": wide})
    calm, quiet, _ = gate("--vault-policy", "fresh.hcl", "--principal", API, "--system", "vault", files={"fresh.hcl": KEYS})

    assert (code, [(one["control"], one["subject"]) for one in told["blocking"]]) == (1, [("GR101", API)])
    assert (calm, quiet["blocking"], quiet["untold"]) == (0, [], [])


def test_a_new_policy_that_nobody_would_carry_lets_nothing_pass(gate):
    code, told, _ = gate("--vault-policy", "fresh.hcl", files={"fresh.hcl": KEYS})

    assert (code, told["blocking"]) == (3, [])
    assert "nobody who is judged would hold" in told["untold"][0]


def test_a_new_policy_is_held_by_who_carried_its_name_before_it_was_there(gate):
    """Names of policies that are not there are kept by roles: whoever writes one of that name gives it to them."""
    role = Path("declared/vault/auth/approle/role/sms-api.json")
    said = json.loads(role.read_text())
    said["data"]["token_policies"].append("fresh")
    role.write_text(json.dumps(said))
    vault = workflow.observe_some(declare.load(Path("declared")), ("vault",), datetime.now(UTC))
    Path("seen.json").write_text(dump_observations((account(), *vault)))
    wide = 'path "sys/policies/acl/*" { capabilities = ["update"] }\n'
    code, told, _ = gate("--vault-policy", "fresh.hcl", files={"fresh.hcl": wide})

    assert (code, [one["subject"] for one in told["blocking"]]) == (1, [API])


def test_a_policy_is_the_same_in_any_letters(gate):
    wide = 'path "sys/policies/acl/*" { capabilities = ["update"] }\n'
    code, told, _ = gate("--vault-policy", "SMS-API.hcl", files={"SMS-API.hcl": wide})

    assert (code, [one["subject"] for one in told["blocking"]]) == (1, [API])


def test_a_policy_that_a_principal_would_carry_as_well_is_judged_for_both(gate):
    """Of a policy that is there, the principal is one more holder, and not the only one."""
    wide = 'path "sys/policies/acl/*" { capabilities = ["update"] }\n'
    code, told, _ = gate("--vault-policy", "sms-api.hcl", "--principal", API, files={"sms-api.hcl": wide})

    assert (code, [one["subject"] for one in told["blocking"]]) == (1, [API])


def test_both_documents_are_judged_in_one_world(gate):
    files = {"own.json": policy("s3:PutObject"), "sms-api.hcl": 'path "sys/*" { capabilities = ["read"] }\n'}
    _, told, _ = gate("--iam-policy", "own.json", "--principal", CI, "--vault-policy", "sms-api.hcl", files=files)

    assert {one["subject"] for one in told["blocking"]} == {f"aws@{REALM}:role/ci", "vault:role/approle/sms-api"}


def test_who_would_be_in_a_group_is_judged(gate, monkeypatch):
    people = 'base: "ou=people,dc=connectel,dc=se", groups: "ou=groups,dc=connectel,dc=se"'
    declared = DECLARED.replace("  vault:", f"  directory: {{connector: ldap, {people}, export: directory.ldif}}\n  vault:")
    declared = declared.replace("workloads:", "  vpn-admin: {directory: {member-of: [group/vpn-admin]}}\nworkloads:")
    shutil.copy(EXPORT.parent / "directory.ldif", "declared/directory.ldif")
    Path("declared/guardrails.yaml").write_text(declared + "people: {sources: {directory: {key: entryUUID, name: uid}}}\n")
    seen = workflow.observe_some(declare.load(Path("declared")), ("vault", "directory"), datetime.now(UTC))
    Path("seen.json").write_text(dump_observations((account(), *seen)))
    group, olle = "dn: cn=vpn-admin,ou=groups,dc=connectel,dc=se\nchangetype: modify\n", "uid=olle,ou=people,dc=connectel,dc=se"
    code, told, _ = gate("--ldif", "c.ldif", files={"c.ldif": f"{group}add: member\nmember: {olle}\n"})
    refused, _, error = gate("--ldif", "c.ldif", files={"c.ldif": f"{group}add: description\ndescription: x\n"})
    nothing, untold, _ = gate("--ldif", "c.ldif", files={"c.ldif": "# nothing\n"})

    assert (code, [one["why"] for one in told["blocking"]]) == (1, ["new"])
    assert (refused, "c.ldif:3: add: description changes no membership" in error) == (2, True)
    assert (nothing, len(untold["untold"])) == (3, 1)


def test_a_principal_that_is_not_judged_lets_nothing_pass(gate):
    linked = f"aws@{REALM}:role/linked"
    code, told, _ = gate("--iam-policy", "own.json", "--principal", linked, files={"own.json": policy("*", resource="*")})

    assert code == 3
    assert "nothing evaluated never passes" in told["untold"][0]


def test_an_observation_of_long_ago_lets_nothing_pass(gate):
    old = fold(account().facts + account().edges, system="aws", connector="aws", taken_at=datetime.now(UTC) - timedelta(days=90))
    vault = workflow.observe_some(declare.load(Path("declared")), ("vault",), datetime.now(UTC))
    Path("old.json").write_text(dump_observations((old, *vault)))
    code, told, _ = gate("--iam-policy", "own.json", "--principal", CI, files={"own.json": policy("s3:GetObject")}, seen="old.json")

    assert code == 3
    assert "longer ago than" in told["untold"][0]


def test_an_observation_that_is_yet_to_come_lets_nothing_pass(gate):
    """It would never have been too old."""
    ahead = fold(account().facts + account().edges, system="aws", connector="aws", taken_at=datetime.now(UTC) + timedelta(days=90))
    vault = workflow.observe_some(declare.load(Path("declared")), ("vault",), datetime.now(UTC))
    Path("ahead.json").write_text(dump_observations((ahead, *vault)))
    code, told, _ = gate("--iam-policy", "own.json", "--principal", CI, files={"own.json": policy("s3:GetObject")}, seen="ahead.json")

    assert code == 3
    assert "which is yet to come" in told["untold"][0]


@pytest.mark.parametrize(
    ("arguments", "files", "said"),
    [
        ((), {}, "nothing evaluated never passes"),
        (("--iam-policy", "a.json"), {"a.json": policy("s3:Get*")}, "belong together"),
        (("--principal", CI), {}, "belong together"),
        (("--iam-policy", "a.json", "--principal", "nobody"), {"a.json": policy("s3:Get*")}, "no principal is called nobody"),
        (("--iam-policy", "a.json", "--principal", CI), {"a.json": "{"}, "a.json:1:2: not JSON"),
        (("--iam-policy", "a.json", "--principal", CI), {"a.json": "[]"}, "no Statement"),
        (("--iam-policy", "a.json", "--principal", CI), {"a.json": "[" * 100_000}, "a.json: too deep"),
        (("--iam-policy", "a.json", "--principal", CI), {"a.json": {"Statement": [{"Effect": "allow"}]}}, "not as AWS takes it"),
        (("--iam-policy", "a.json", "--principal", CI), {"a.json": TWICE}, "not as AWS takes it"),
        (("--iam-policy", "no.json", "--principal", CI), {}, "no.json"),
        (("--iam-policy", "a.json", "--principal", "vault:role/approle/sms-api"), {"a.json": policy("s3:Get*")}, "in no AWS account"),
        (("--vault-policy", "root.hcl"), {"root.hcl": ""}, "no server takes a policy that is called root"),
        (("--vault-policy", "x.hcl", "--principal", "nobody"), {"x.hcl": ""}, "no principal is called nobody"),
        (("--vault-policy", "x.hcl", "--principal", CI), {"x.hcl": ""}, "carries no policies of vault"),
        (("--vault-policy", "x.hcl", "--system", "aws"), {"x.hcl": ""}, "--system aws"),
        (("--vault-policy", "x.hcl"), {"x.hcl": "{{"}, "x.hcl"),
        (("--vault-policy", "sms-api.hcl"), {"sms-api.hcl": "{{"}, "sms-api.hcl"),
        (("--ldif", "c.ldif"), {"c.ldif": "x"}, "0 directories are declared"),
        (("--declaration", "HEAD"), {}, "names no two revisions"),
        (("--declaration", "--output=x..HEAD"), {}, "names no two revisions"),
        (("--declaration", "HEAD..--output=x"), {}, "names no two revisions"),
    ],
)
def test_what_cannot_be_judged_is_a_mistake_in_the_call(gate, arguments, files, said):
    code, told, error = gate(*arguments, files=files)

    assert (code, told) == (2, {})
    assert said in error


def git(*arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.se", *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(gate):
    git("init", "-q", ".")
    git("add", "declared")
    git("commit", "-qm", "base")

    def commit(text):
        Path("declared/guardrails.yaml").write_text(text)
        git("commit", "-qam", "change")

    return commit


def test_a_declaration_that_allows_less_than_is_held_blocks(gate, repository):
    repository(DECLARED.replace("may: [read-logs]", "may: []"))
    code, told, _ = gate("--declaration", "HEAD~1..HEAD")

    assert code == 1
    assert [(one["control"], one["subject"]) for one in told["blocking"]] == [("GR101", f"aws@{REALM}:role/ci")]


def test_the_other_way_round_it_ends(gate, repository):
    repository(DECLARED.replace("may: [read-logs]", "may: []"))
    code, told, _ = gate("--declaration", "HEAD..HEAD~1")

    assert (code, [one["control"] for one in told["ended"]]) == (0, ["GR101"])


def test_what_lies_uncommitted_is_no_part_of_a_revision(gate, repository):
    repository(DECLARED + "# more\n")
    Path("declared/guardrails.yaml").write_text("{{ broken")
    code, told, _ = gate("--declaration", "HEAD~1..")

    assert (code, told["blocking"]) == (0, [])


UNSEEN = 'teams: {t: {}}\nclasses: {c: {}}\nassets: {a: {class: c, owner: "team:t", match: {}}}\n'


@pytest.mark.parametrize("attribute", ["export-ignore", "export-subst"])
def test_what_attributes_leave_out_of_an_archive_is_judged_all_the_same(gate, repository, attribute):
    """A file that `git archive` leaves out was not judged, and is declared once the change is merged."""
    Path("declared/unseen.yaml").write_text(UNSEEN)
    Path(".gitattributes").write_text(f"declared/unseen.yaml {attribute}\n")
    git("add", ".gitattributes", "declared")
    git("commit", "-qm", "more")
    code, told, _ = gate("--declaration", "HEAD~1..HEAD")

    assert code == 1
    assert "GR502" in {one["control"] for one in told["blocking"]}


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.yaml", "guardrails.yaml"])
def test_a_link_in_a_declaration_is_refused(gate, repository, target):
    """What it leads to is not in the revision, or not under this name."""
    Path("declared/link.yaml").symlink_to(target)
    git("add", "declared")
    git("commit", "-qm", "link")
    code, _, error = gate("--declaration", "HEAD~1..HEAD")

    assert code == 2
    assert "declared/link.yaml in HEAD is no file of its own" in error


def test_links_and_odd_names_elsewhere_are_no_matter(gate, repository):
    Path("elsewhere").symlink_to("/nowhere")
    Path("a\tb \u00e9\n.txt").write_text("x")
    Path("empty").write_text("")
    git("add", "elsewhere", "empty", "a\tb \u00e9\n.txt")
    repository(DECLARED + "# more\n")

    assert gate("--declaration", "HEAD~1..HEAD")[0] == 0


@pytest.mark.parametrize("wanted", ["nope..HEAD", "HEAD..nope"])
def test_a_revision_that_is_not_there_is_told(gate, repository, wanted):
    code, _, error = gate("--declaration", wanted)

    assert code == 2
    assert "git rev-parse" in error


def test_a_declaration_outside_of_the_revision_is_told(gate, repository):
    git("mv", "declared", "elsewhere")
    git("commit", "-qm", "moved")
    shutil.copytree("elsewhere", "declared")
    code, _, error = gate("--declaration", "HEAD~1..HEAD")

    assert code == 2
    assert "declared is not in HEAD" in error


def test_for_people_it_is_said_in_words(gate, capsys):
    Path("own.json").write_text(json.dumps(policy("s3:PutObject")))
    with pytest.raises(SystemExit) as ended:
        main(["gate", "declared", "--from", "seen.json", "--host", "no.yaml", "--iam-policy", "own.json", "--principal", CI])
    out = capsys.readouterr().out

    assert ended.value.code == 1
    assert "GR101 high     violation" in out
    assert out.rstrip().endswith("exit 1")
