"""What the documentation says about the program is so: rights, sections that are not evaluated, modules, words, decisions."""

from __future__ import annotations

import fnmatch
import importlib
import json
import re
import tomllib

import pytest
from doc_pages import ROOT, blocks
from moto.iam.aws_managed_policies import aws_managed_policies_data

from guardrails import declare, workflow
from guardrails.declare.sections import CLASS_FIELDS_UNEVALUATED, UNEVALUATED
from guardrails.model.findings import ExitCode
from guardrails.model.words import GapReason, Verdict

CONNECTORS = (ROOT / "docs/connectors.md").read_text()
RIGHTS = set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", CONNECTORS.partition("## LDAP")[0]))
OTHERWISE = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketACL": "s3:GetBucketAcl",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
}
"""Rights that are not named like their call."""
SPELLED = {"db": "DB", "ip": "IP", "acl": "ACL", "acls": "ACLs"}
"""Words that calls do not begin with one capital letter."""


def calls_in_the_code() -> set[str]:
    """As `service:Operation`, from every call through the one door."""
    found = set()
    for path in (ROOT / "src/guardrails/connectors/aws").rglob("*.py"):
        for prefix, operation in re.findall(r"\.ask\(\s*\"([a-z0-9-]+)\", \"([a-z_]+)\"", path.read_text()):
            name = "".join(SPELLED.get(word, word.capitalize()) for word in operation.split("_"))
            service = prefix.removesuffix("-admin")  # IAM calls sso-admin so
            found.add(OTHERWISE.get(f"{service}:{name}", f"{service}:{name}"))
    return found


def test_the_rights_for_aws_are_those_of_the_calls():
    assert calls_in_the_code() == RIGHTS


def test_security_audit_is_enough_but_for_assuming_roles():
    statements = json.loads(aws_managed_policies_data)["SecurityAudit"]["Document"]["Statement"]
    granted = [action.lower() for statement in statements for action in statement["Action"]]
    lacking = {right for right in RIGHTS if not any(fnmatch.fnmatch(right.lower(), action) for action in granted)}
    assert lacking == {"sts:AssumeRole", "sts:GetCallerIdentity", "wafv2:GetIPSet", "wafv2:GetRuleGroup"}


def test_the_settings_shown_are_understood():
    for block in blocks(CONNECTORS, "yaml"):
        workflow.checked(declare.loads([("guardrails.yaml", f"guardrails: 1\n{block}".encode())]))


@pytest.mark.parametrize("section", sorted([*UNEVALUATED, *CLASS_FIELDS_UNEVALUATED]))
def test_what_nothing_evaluates_is_named(section):
    assert f"`{section}`" in (ROOT / "docs/not-yet.md").read_text()


def test_every_module_on_the_way_of_a_finding_is_there():
    named = set(re.findall(r"`(guardrails(?:\.\w+)+)`", (ROOT / "docs/life-of-a-finding.md").read_text()))
    assert len(named) > 15
    for name in named:
        importlib.import_module(name)


def test_every_exit_code_and_every_reason_of_a_gap_is_explained():
    page = (ROOT / "docs/exit-codes.md").read_text()
    assert [code for code in ExitCode if f"| {int(code)} |" not in page] == []
    assert [reason.value for reason in GapReason if f"`{reason.value}`" not in page] == []


def test_every_verdict_is_in_the_glossary():
    page = (ROOT / "docs/glossary.md").read_text()
    assert [verdict.value for verdict in Verdict if f"`{verdict.value}`" not in page] == []


def test_every_decision_follows_the_template():
    decisions = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert len(decisions) >= 8
    for path in decisions:
        text = path.read_text()
        assert re.match(r"# \d{4}: ", text), path.name
        assert text.startswith(f"# {path.name[:4]}: ")
        for part in ("## Situation", "## Decision", "## Options not taken", "## What follows"):
            assert f"\n{part}\n" in text, f"{path.name} lacks {part}"


def test_every_test_that_stands_against_a_threat_is_there():
    page = (ROOT / "docs/threats.md").read_text()
    for threat in page.partition("## Threats")[2].partition("\n## ")[0].split("\n**")[1:]:
        named = re.findall(r"^- `([\w/.]+?)(?:::(\w+))?`$", threat, re.MULTILINE)
        assert named, threat
        for path, test in named:
            source = (ROOT / path).read_text()
            assert f"def {test}(" in source if test else "def test_" in source or "CHECKS" in source, path


def test_every_change_note_is_of_a_known_kind():
    notes = [path.name for path in (ROOT / "changes").glob("*.md") if path.name != "README.md"]
    kinds = {kind["directory"] for kind in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]}
    assert notes
    assert [name for name in notes if not (form := re.fullmatch(r"(\+[a-z-]+|[0-9]+)\.([a-z]+)\.md", name)) or form[2] not in kinds] == []
