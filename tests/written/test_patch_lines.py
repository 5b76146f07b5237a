"""The lines of a patch: what git takes, and never one that may hold a secret."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.connectors.aws.written import patches
from guardrails.model.changes import Edit
from guardrails.written.concealed import concealed
from guardrails.written.cuts import Cut, applied
from guardrails.written.patching import patched, unified
from guardrails.written.rewriting import NoPatch
from written.sources import BARE, applied_by_git, copy, left_by_git, wanted

CANARY = "hunter2-Canary"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    "line",
    [
        'password = "x"',
        'master_password   = "x"',
        '"password": "x",',
        "Password: x",
        'db_passwd = "x"',
        'secret = "x"',
        "client_secret: 'x'",
        'api_key = "x"',
        "apiKey: x",
        'token = "x"',
        'private_key = file("x")',
        "secret_string = jsonencode({})",
        'SECRET_ACCESS_KEY = "x"',
        'user_data = "x"',
        '# password = "x"',
        'value = "AKIAIOSFODNN7EXAMPLE"',
        'value = "hvs.CAESIJabcdefgh"',
        'value = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"',
        'url = "postgres://app:x@db.example/app"',
        'value = "-----BEGIN PRIVATE KEY-----"',
        'value = "eyJhbGciOiJIUzI1NiJ9.e30.x"',
        'value = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
        'value = "AGE-SECRET-KEY-1QQQ"',
    ],
)
def test_a_line_that_looks_like_a_secret_is_concealed(line):
    assert concealed(f"a = 1\n{line}\nb = 2\n") == {1}


@pytest.mark.parametrize(
    "line",
    [
        'token_policies = ["a"]',
        'actions = ["secretsmanager:GetSecretValue"]',
        'resources = ["arn:aws:secretsmanager:eu-north-1:444455556666:secret:app/database-*"]',
        'kms_master_key_id = "arn:aws:kms:eu-north-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
        'policy_arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"',
        "role = aws_iam_role.app.name",
        'capabilities = ["read"]',
        'path "auth/token/lookup-self" {',
        '"Action": ["iam:ChangePassword"],',
        'if token == "x"',
    ],
)
def test_what_policies_are_made_of_is_not(line):
    assert concealed(f"a = 1\n{line}\nb = 2\n") == frozenset()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("secret = <<EOT\none\ntwo\nEOT\nx = 1\n", {0, 1, 2, 3}),
        ("credentials = {\n  a = 1\n  b = [\n  ]\n}\nx = 1\n", {0, 1, 2, 3, 4}),
        ("Password: |\n  one\n\n  two\nOther: x\n", {0, 1, 2, 3}),
        ("Secret:\n  Key: one\nOther: x\n", {0, 1}),
        ('variable "x" {\n  default = "one"\n  sensitive = true\n}\nx = 1\n', {0, 1, 2, 3}),
        ('variable "x" {\n  default = "one"\n}\nx = 1\n', set()),
        ("secret = <<EOT\none\n", {0, 1, 2}),
    ],
)
def test_all_lines_of_a_value_are_concealed(text, lines):
    assert concealed(text) == lines


def roles(before: str = "", after: str = "") -> str:
    return (
        f'resource "aws_iam_role" "app" {{\n  name = "app"\n}}\n{before}\n'
        f'resource "aws_iam_role_policy_attachment" "x" {{\n  role = "app"\n  policy_arn = "{ADMIN}"\n}}\n\n{after}'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'# password = "{CANARY}"\n', "a = 1\n"),
        ("a = 1\n", f'# password = "{CANARY}"\n'),
        (f'resource "x" "y" {{\n  secret = <<EOT\n{CANARY}\nEOT\n}}\n', ""),
        ("", f'variable "v" {{\n  default = "{CANARY}"\n  sensitive = true\n}}\n'),
    ],
)
def test_no_secret_beside_a_change_gets_into_a_patch(tmp_path, before, after):
    files = {"a.tf": roles(before, after)}

    (patch,) = patches(wanted("role", "app", Edit(field="policy", removes=(ADMIN,))), [copy(files)])

    assert CANARY not in repr(patch)
    if patch.diff:
        assert "Administrator" not in left_by_git(tmp_path, files, patch)["a.tf"]
    else:
        assert patch.note == "a line that would have to be told may hold a secret"


def test_a_secret_two_lines_away_costs_context_and_not_the_patch(tmp_path):
    files = {"a.tf": roles(f'# password = "{CANARY}"\na = 1\n', f'b = 1\n# token = "{CANARY}"\n')}

    (patch,) = patches(wanted("role", "app", Edit(field="policy", removes=(ADMIN,))), [copy(files)])

    assert patch.diff
    assert CANARY not in patch.diff
    assert CANARY in left_by_git(tmp_path, files, patch)["a.tf"]


def test_a_secret_in_the_line_before_needs_no_context(tmp_path):
    text = f'a = 1\npassword = "{CANARY}"\nb = 2\nc = 3\nd = 4\n'
    at = text.index("b = 2")

    diff = unified("a.tf", text, [Cut(at, at + 6)])

    assert CANARY not in diff.text
    assert applied_by_git(tmp_path, {"a.tf": text}, diff.text, options=(BARE,) if diff.is_bare else ())["a.tf"] == text.replace(
        "b = 2\n", ""
    )


def test_where_nothing_is_told_behind_a_change_patch_takes_it_too(tmp_path):
    text = f'}}\n}}\n}}\nb = true\nx = "{CANARY}"\n}}\n'
    at = text.index("b = true")

    diff = unified("a.tf", text, [Cut(at, at + 9)])

    assert diff.is_bare
    assert CANARY not in diff.text
    (tmp_path / "a.tf").write_text(text)
    subprocess.run(["patch", "-p1"], cwd=tmp_path, input=diff.text.encode(), check=True, capture_output=True)
    assert (tmp_path / "a.tf").read_text() == text.replace("b = true\n", "")


def test_what_comes_between_lines_that_are_not_told_is_no_patch():
    text = f'x = "{CANARY}"\ny = "{CANARY}"\n'
    with pytest.raises(NoPatch):
        unified("a.tf", text, [Cut(text.index("y ="), text.index("y ="), "b = true\n")])


def test_a_secret_in_what_would_go_is_no_patch():
    text = f'a {{\n  password = "{CANARY}"\n}}\n'
    with pytest.raises(NoPatch) as told:
        unified("a.tf", text, [Cut(0, len(text))])
    assert CANARY not in str(told.value)
    with pytest.raises(NoPatch):
        unified("a.tf", "a = 1\n", [Cut(0, 0, f'password = "{CANARY}"\n')])


@pytest.mark.parametrize("name", ['a"b.tf', "a\nb.tf", "a\\b.tf", "a\tb.tf", " a.tf", "a.tf "])
def test_a_name_that_patches_spell_in_several_ways_gets_none(name):
    with pytest.raises(NoPatch):
        unified(name, "a\nb\n", [Cut(0, 1)])


lines = st.lists(st.text(alphabet="ab {}\r\t\x0b\x0c\x85\u2028é", max_size=6), max_size=14)


@settings(max_examples=settings.default.max_examples, deadline=None)
@given(
    lines,
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 12), st.sampled_from(["", "new", "new\n", "\n", "x\ny"])), max_size=4),
    st.sampled_from(["a.tf", "in a/é b.tf"]),
)
def test_git_makes_of_a_patch_what_the_cuts_make(tmp_path_factory, parts, ends, raw, name):
    text = "\n".join(parts) + ("\n" if ends else "")
    cuts, at = [], 0
    for start, size, new in sorted(raw):
        low = max(start, at)
        if low + size <= len(text):
            cuts.append(Cut(low, low + size, new))
            at = low + size + 1
    after = applied(text, tuple(cuts))
    if after == text or not text or not after:
        return
    try:
        diff = unified(name, text, cuts)
    except NoPatch:
        return

    assert patched(text, diff.text) == after
    options = (BARE,) if diff.is_bare else ()
    assert applied_by_git(tmp_path_factory.mktemp("git"), {name: text}, diff.text, options=options) == {name: after}


def test_a_patch_that_does_not_fit_is_refused():
    diff = unified("a.tf", "a\nb\nc\n", [Cut(2, 4)])
    with pytest.raises(ValueError, match="not there"):
        patched("a\nx\nc\n", diff.text)
