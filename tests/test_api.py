"""The public names: pinned, documented, lazy."""

from __future__ import annotations

import subprocess
import sys

import pytest

import guardrails

PUBLIC = """
Adoption Anchor Assessment AuthorError ConnectorError Declaration DeclarationError ExitCode Finding Gap GuardrailsError Observation OperatorError
ReviewerError SecretError Selection Severity SnapshotError Verdict Witness __version__ adopt as_json as_text dump_observations load
load_observations observe reconcile
"""


def test_the_public_names_are_these_and_each_is_there():
    assert sorted(guardrails.__all__) == sorted(PUBLIC.split())
    for name in guardrails.__all__:
        assert getattr(guardrails, name)


def test_every_public_function_and_class_is_documented():
    assert [name for name in guardrails.__all__ if not name.startswith("__") and not getattr(guardrails, name).__doc__] == []


def test_what_is_not_public_is_not_there():
    with pytest.raises(AttributeError, match="nope"):
        guardrails.nope  # noqa: B018  # asking is the test
    assert dir(guardrails) == sorted(guardrails.__all__)


@pytest.mark.parametrize("program", ["import guardrails", "import guardrails; guardrails.load", "import guardrails.cli.lint"])
def test_importing_loads_no_sdk(program):
    code = (
        f"{program}\nimport sys\nprint([m for m in ('boto3', 'hvac', 'ldap3', 'pynetbox', 'pydantic', 'ruamel.yaml') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
