"""Objects of Vault in sources of Terraform: policies rule by rule, lists of logins and identities, and how keys are rotated."""

from __future__ import annotations

import json

import pytest

from guardrails.connectors.vault.written import patches
from guardrails.model.actions import RewritePolicy
from guardrails.model.changes import Edit
from guardrails.model.reference import Ref
from guardrails.vault.stored import restored, stored
from guardrails.vault.writing import write
from written.sources import copy, left_by_git, wanted

ENGINE = "openbao-2.7.2"
SAYS = """# what the team may
path "secret/data/app/*" {
  capabilities = ["read", "list", "delete"] # since 2024
}

path "sys/policies/acl/*" {
  capabilities = ["update"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}
"""
THEN = """path "secret/data/app/*" {
  capabilities = ["read", "list"]
}
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
"""


def rewriting(seen=SAYS, then=THEN, name="app"):
    policy = Ref(system="vault", realm="", kind="policy", id=name, name=name)
    action = RewritePolicy(holder=policy, policy=policy, text=stored(then, ENGINE, name=name), seen=stored(seen, ENGINE, name=name))
    edit = Edit(field="policy", removes=(seen,), adds=(write(restored(action.text, name)),))
    return wanted("policy", name, edit, identifier=name, action=action)


def one(tmp_path, files, what, **more):
    (patch,) = patches(what, [copy(files, **more)])
    return patch, (left_by_git(tmp_path, files, patch) if patch.diff else None)


def here(text, mark="<<EOT", indent=""):
    body = "".join(f"{indent}{line}" if line.strip() else line for line in text.splitlines(keepends=True))
    return {"a.tf": f'resource "vault_policy" "p" {{\n  name = "app"\n  policy = {mark}\n{body}{indent}EOT\n}}\n'}


@pytest.mark.parametrize("files", [here(SAYS), here(SAYS, "<<-EOT", "    ")])
def test_a_rule_goes_and_a_capability_with_every_remark_kept(tmp_path, files):
    patch, after = one(tmp_path, files, rewriting())

    assert after is not None, patch.note
    assert patch.place == "a.tf:6"
    assert "# since 2024" in after["a.tf"]
    assert "# what the team may" in after["a.tf"]
    assert after["a.tf"].count("path ") == 2
    assert 'capabilities = ["read", "list"] # since' in after["a.tf"]
    assert "sys/policies" not in after["a.tf"]


def test_a_policy_in_a_file_of_its_own(tmp_path):
    files = {"i/a.tf": 'resource "vault_policy" "p" {\n  name   = "app"\n  policy = file("${path.module}/app.hcl")\n}\n', "i/app.hcl": SAYS}

    patch, after = one(tmp_path, files, rewriting())

    assert after is not None, patch.note
    assert patch.place == "i/app.hcl:3"
    assert after["i/a.tf"] == files["i/a.tf"]


def test_a_policy_between_quotation_marks(tmp_path):
    files = {"a.tf": f'resource "vault_policy" "p" {{\n  name   = "app"\n  policy = {json.dumps(SAYS)}\n}}\n'}

    patch, after = one(tmp_path, files, rewriting())

    assert after is not None, patch.note
    assert "sys/policies" not in after["a.tf"]


def test_rules_that_come_make_it_another_text(tmp_path):
    then = 'path "secret/data/app/own/{{identity.entity.id}}" {\n  capabilities = ["read"]\n}\n'

    patch, after = one(tmp_path, here(SAYS, "<<-EOT", "    "), rewriting(then=then))

    assert after is not None, patch.note
    assert '    path "secret/data/app/own/{{identity.entity.id}}" {\n' in after["a.tf"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"a.tf": 'resource "vault_policy" "p" {\n  name = "app"\n  policy = data.vault_policy_document.x.hcl\n}\n'},
            "it is decided by data.vault_policy_document.x.hcl",
        ),
        (here(SAYS.replace("auth/token", "${var.x}/token")), "it is decided by var.x"),
        (here(SAYS.replace('"delete"', '"sudo"')), "what it says is not what is so: apply it, or bring it up to date, and plan again"),
        (here("what?\n"), "its text is no policy that the engine would accept"),
        ({"a.tf": 'resource "vault_policy" "p" {\n  name = "app"\n}\n'}, "it has no policy that is written out"),
        ({"a.tf": here(SAYS)["a.tf"].replace("  name", "  count = 1\n  name", 1)}, "it is made by count"),
        ({"a.tf": here(SAYS)["a.tf"], "b/c.tf": here(SAYS)["a.tf"]}, "policy app is written out in 2 places: a.tf:1, b/c.tf:1"),
    ],
)
def test_a_policy_that_something_decides_gets_no_patch(tmp_path, files, why):
    patch, after = one(tmp_path, files, rewriting())

    assert (patch.note, after) == (why, None)
    assert patch.place


def role(inner, kind="vault_approle_auth_backend_role", name='role_name = "ci"'):
    return {"a.tf": f'resource "vault_auth_backend" "approle" {{\n  type = "approle"\n}}\nresource "{kind}" "ci" {{\n  {name}\n{inner}}}\n'}


def login(*edits, identifier="auth/approle/role/ci", kind="role"):
    return wanted(kind, identifier.removeprefix("auth/"), *edits, identifier=identifier)


ADMIN = Edit(field="token_policies", removes=("admin",))


@pytest.mark.parametrize(
    ("inner", "what", "after"),
    [
        ('  token_policies = ["admin", "app"]\n', login(ADMIN), '  token_policies = ["app"]\n'),
        (
            '  backend = vault_auth_backend.approle.path\n  token_policies = ["admin"]\n',
            login(ADMIN),
            "  backend = vault_auth_backend.approle.path\n  token_policies = []\n",
        ),
        ('  token_policies = [vault_policy.p.name, "admin"]\n', login(ADMIN), "  token_policies = [vault_policy.p.name]\n"),
        (
            '  token_bound_cidrs = ["0.0.0.0/0"]\n',
            login(Edit(field="token_bound_cidrs", removes=("0.0.0.0/0",), adds=("10.0.0.0/8", "10.1.2.3"))),
            '  token_bound_cidrs = ["10.0.0.0/8", "10.1.2.3"]\n',
        ),
        (
            '  token_bound_cidrs = ["10.1.2.3/32", "10.0.0.0/8"]\n',
            login(Edit(field="token_bound_cidrs", removes=("10.1.2.3",))),
            '  token_bound_cidrs = ["10.0.0.0/8"]\n',
        ),
    ],
)
def test_lists_of_a_login(tmp_path, inner, what, after):
    patch, found = one(tmp_path, role(inner), what)

    assert found is not None, patch.note
    assert found == role(after)


@pytest.mark.parametrize(
    "inner",
    [
        "  token_policies = var.policies\n",
        '  token_policies = concat(["admin"], var.more)\n',
        "  token_policies = [var.admin]\n",
        "",
        '  backend = "other"\n  token_policies = ["admin"]\n',
        '  backend = var.mount\n  token_policies = ["admin"]\n',
        '  for_each = var.all\n  token_policies = ["admin"]\n',
    ],
)
def test_a_login_that_something_decides_gets_no_patch(tmp_path, inner):
    patch, found = one(tmp_path, role(inner), login(ADMIN))

    assert found is None
    assert patch.note


def test_entities_groups_and_keys(tmp_path):
    group = {
        "a.tf": 'resource "vault_identity_entity" "carol" {\n  name = "carol"\n}\nresource "vault_identity_group" "ops" {\n  name = "ops"\n  member_entity_ids = [vault_identity_entity.carol.id, "e-2"]\n}\n'
    }
    what = wanted("group", "ops", Edit(field="member_entity_ids", removes=("e-1",)), identifier="g-1")
    patch, found = one(tmp_path, group, what)
    assert found is None  # whose id it is only the state tells
    known = {"vault_identity_entity.carol": {"id": "e-1", "name": "carol"}, "vault_identity_group.ops": {"id": "g-1", "name": "ops"}}
    patch, found = one(tmp_path, group, what, known=known)
    assert 'member_entity_ids = ["e-2"]' in found["a.tf"], patch.note

    entity = {"a.tf": 'resource "vault_identity_entity" "carol" {\n  name = "carol"\n}\n'}
    _, found = one(tmp_path, entity, wanted("entity", "carol", Edit(field="disabled", removes=("false",), adds=("true",))))
    assert found["a.tf"] == 'resource "vault_identity_entity" "carol" {\n  name = "carol"\n  disabled = true\n}\n'

    key = {"a.tf": 'resource "vault_transit_secret_backend_key" "k" {\n  backend = "transit"\n  name    = "k"\n}\n'}
    edit = Edit(field="auto_rotate_period", removes=("0",), adds=("7776000",))
    _, found = one(tmp_path, key, wanted("transit-key", "transit/keys/k", edit, identifier="transit/keys/k"))
    assert "  auto_rotate_period = 7776000\n" in found["a.tf"]


def test_what_no_source_can_say_is_told():
    (patch,) = patches(wanted("token", "t", Edit(field="ended", removes=("false",), adds=("true",))), [copy({"a.tf": ""})])
    assert patch.note == "how a token of Vault is written in sources is not known here"
