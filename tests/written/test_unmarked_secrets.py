"""A secret without any mark of one, in whatever line beside a change, is told nowhere; and git still takes the patch."""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from guardrails.connectors.aws.written import patches
from guardrails.connectors.vault.written import patches as patches_of_vault
from guardrails.model.changes import Edit, Held
from guardrails.plan.document import plan_bytes
from guardrails.reports.plan import plan_as_json, plan_as_text
from guardrails.reports.plan_page import plan_as_html
from guardrails.written.concealed import unsure
from plan.plans import plan_of
from written.sources import BARE, copy, left_by_git, wanted
from written.test_vault_patches import SAYS, THEN, here, rewriting

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
OTHER = f'"{ADMIN}X"'
WORDS = st.from_regex(r"[a-zA-Z]{5,9}[0-9]{1,6}", fullmatch=True)
SECRETS = st.one_of(WORDS, WORDS.map("admin:{}".format), WORDS.map("{} horse staple".format), st.integers(10**8, 10**12).map(str))
LINES = [
    'x{} = "{}"',
    'x{} = ["a", "{}"]',
    "# x{} {}",
    'x{} = {{ name = "a", value = "{}" }}',
    "x{} = <<EOT\n{}\nEOT",
    "// {} {}",
    "x{} = f({})",
]
OF_TEMPLATES = [
    "X{}: {}",
    'X{}: "{}"',
    "# {} {}",
    "X{}: [a, {}]",
    "X{}:\n        - {}",
    "X{}: |\n        {}",
    "X{}: {{Name: a, Value: {}}}",
]


def around(forms):
    """Lines before and behind, each with a secret of its own."""
    return st.lists(st.tuples(st.sampled_from(forms), SECRETS), max_size=3)


def written(lines, mark, indent="  "):
    return "".join(f"{indent}{form.format(f'{mark}{at}', secret)}\n" for at, (form, secret) in enumerate(lines))


def told(patch):
    plan = plan_of(held=(Held(control="GR101", finding="f", subject="s", reason="r", patches=(patch,)),))
    return "\n".join((repr(plan), plan_as_text(plan, "d"), plan_as_json(plan, "d"), plan_as_html(plan, "d"), plan_bytes(plan).decode()))


def require_silence(tmp_path_factory, files, patch, lines, gone):
    """Nothing tells a secret, and git makes the change where there is a patch."""
    ((path, text),) = files.items()
    said = told(patch)
    for _, secret in lines:
        assert secret not in said, said
    event("bare" if BARE in patch.note else "patch" if patch.diff else patch.note)
    assert bool(patch.diff) is (patch.note in {"", NAMED} or BARE in patch.note), patch.note
    if patch.diff:
        after = left_by_git(tmp_path_factory.mktemp("git"), files, patch)[path]
        assert after == text.replace(gone, "")


NAMED = "look whether other stacks are made of the same template"


@given(around(LINES), around(LINES))
def test_beside_a_list_of_terraform(tmp_path_factory, before, after):
    gone = f'    "{ADMIN}",\n'
    listed = f"{written(after, 'c', '    # ')}{gone}{written(before, 'd', '    # ')}"
    text = (
        'resource "aws_iam_role" "app" {\n  name = "app"\n'
        f"{written(before, 'a')}  managed_policy_arns = [\n    {OTHER},\n{listed}  ]\n{written(after, 'b')}}}\n"
    )
    (patch,) = patches(wanted("role", "app", Edit(field="policy", removes=(ADMIN,)), told=("a.tf",)), [copy({"a.tf": text})])
    require_silence(tmp_path_factory, {"a.tf": text}, patch, before + after, gone)


@given(around(LINES), around(LINES))
def test_beside_a_block_of_terraform(tmp_path_factory, before, after):
    gone = f'resource "aws_iam_role_policy_attachment" "x" {{\n  role = "app"\n  policy_arn = "{ADMIN}"\n}}\n'
    text = (
        'resource "aws_iam_role" "app" {\n  name = "app"\n}\n'
        f"locals {{\n{written(before, 'a')}}}\n{gone}locals {{\n{written(after, 'b')}}}\n"
    )
    (patch,) = patches(wanted("role", "app", Edit(field="policy", removes=(ADMIN,)), told=("a.tf",)), [copy({"a.tf": text})])
    require_silence(tmp_path_factory, {"a.tf": text}, patch, before + after, gone)


@given(around(OF_TEMPLATES), around(OF_TEMPLATES))
def test_beside_a_list_of_a_template(tmp_path_factory, before, after):
    gone = f"        - {ADMIN}\n"
    text = (
        "Resources:\n  App:\n    Type: AWS::IAM::Role\n    Properties:\n"
        f"{written(before, 'A', '      ')}      ManagedPolicyArns:\n{gone}        - arn:aws:iam::aws:policy/X\n{written(after, 'B', '      ')}"
    )
    tags = (("aws:cloudformation:logical-id", "App"), ("aws:cloudformation:stack-name", "t"))
    what = wanted("role", "app", Edit(field="policy", removes=(ADMIN,)), tags=tags)
    (patch,) = patches(what, [copy({"t.yaml": text}, kind="cloudformation")])
    require_silence(tmp_path_factory, {"t.yaml": text}, patch, before + after, gone)


@given(st.lists(st.tuples(st.just("# {} {}"), SECRETS), max_size=3))
def test_beside_a_rule_of_vault(tmp_path_factory, before):
    gone = 'path "sys/policies/acl/*" {\n  capabilities = ["update"]\n}\n\n'
    says = SAYS.replace(gone, f"{written(before, 'a', '')}{gone}{written(before, 'b', '')}").replace(', "delete"', "")
    files = here(says)
    (patch,) = patches_of_vault(rewriting(says, THEN), [copy(files)])
    assert patch.diff, patch.note
    require_silence(tmp_path_factory, files, patch, before, gone)


@pytest.mark.parametrize(
    "line",
    [
        'x = "hunter2"',
        "hunter2",
        "- hunter2",
        '"hunter2",',
        "X: hunter2",
        "# hunter2",
        "x = 1 # hunter2",
        'name = "app" # hunter2',
        'name = "app" // hunter2',
        '{ name = "a", value = "hunter2" }',
        '"name": "a", "value": "hunter2",',
        "{Name: a, Value: hunter2}",
        '"admin:Hunter"',
        "x = 471147",
        'description = "hunter2"',
        'x = "${var.a}hunter2"',
        "aHVudGVyMg==",
        "aHVudGVyMjI=",
    ],
)
def test_what_could_be_anything_is_not_told(line):
    assert 1 in unsure(f"a {{\n{line}\n}}\n")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "}",
        "  ]",
        'resource "aws_iam_role" "app" {',
        "  ingress {",
        '  name = "app"',
        '  Effect = "Allow"',
        "  Action = [",
        '    "s3:GetObject",',
        "    - s3:GetObject",
        '  "Resource": ["arn:aws:s3:::cdr-*", "*"]',
        "  role = aws_iam_role.app.name",
        "  cidr_blocks = var.cidrs",
        '  cidr_blocks = ["10.0.0.0/8"]',
        "  from_port = 443",
        "  - !Ref Base",
        "  Type: AWS::IAM::Role",
        "  policy = jsonencode({",
        '  Version = "2012-10-17"',
        "  - PolicyName: own",
        '  capabilities = ["read"]',
    ],
)
def test_what_policies_are_made_of_is_told(line):
    assert unsure(f"a {{\n{line}\n}}\n") == frozenset()
