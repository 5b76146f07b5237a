"""The rights that the documentation shows are those that reading asks real servers for, and the words around them are true."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from doc_pages import ROOT, blocks
from test_claims import RIGHTS

PAGE = (ROOT / "docs/rights.md").read_text()
HAS_SLAPD = shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") or os.environ.get("CI") == "true"


@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.skipif(not HAS_SLAPD, reason="slapd IS NOT INSTALLED: the page of rights was not held against it (packages slapd, ldap-utils)")
def test_the_page_of_rights_is_not_stale():
    command = [sys.executable, str(ROOT / "scripts/reader_rights.py"), "--check"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr


def test_the_policies_for_aws_are_the_table_of_rights():
    documents = json.loads(next(blocks(PAGE, "json")))
    statements = [statement for part in ("identity-policy", "role-policy") for statement in documents[part]["Statement"]]
    assert {action for statement in statements for action in statement["Action"]} == RIGHTS - {"sts:GetCallerIdentity"}


def test_the_policy_for_vault_names_no_mount_of_secrets_but_by_name():
    policy = next(block for block in blocks(PAGE, "text") if block.startswith("path"))
    wild = [line for line in policy.splitlines() if line.partition('"')[2].startswith("+")]
    assert wild == []
