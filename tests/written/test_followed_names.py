"""Locals and variables of Terraform: followed to where a value is written out, and patched there where nothing else is made of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from guardrails.connectors.aws.written import patches
from guardrails.connectors.vault.written import patches as patches_of_vault
from guardrails.hcl.blocks import read_hcl
from guardrails.hcl.tree import Reference, value_of
from guardrails.model.changes import Edit
from written.sources import copy, left_by_git, policy, seen_and_wanted, wanted
from written.test_vault_patches import SAYS, THEN, rewriting

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE = 'resource "aws_iam_role" "app" {\n  name = "app"\n%s}\n'
OWN = 'resource "aws_iam_role_policy" "own" {\n  role = aws_iam_role.app.id\n  name = "own"\n  policy = %s\n}\n'
ACTIONS = '["s3:GetObject", "s3:DeleteObject"]'
DOCUMENT = '{ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = %s, Resource = "*" }] }'
GONE = ', "s3:DeleteObject"'


def said(*actions):
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def own_rewritten(**more):
    edits = seen_and_wanted("inline/own", said("s3:GetObject", "s3:DeleteObject"), said("s3:GetObject"))
    return wanted("role", "app", *edits, **{"told": ("a.tf",), **more})


def detached(**more):
    return wanted("role", "app", Edit(field="policy", removes=(ADMIN,)), **{"told": ("a.tf",), **more})


def one(tmp_path, files, what, make=patches):
    (patch,) = make(what, [copy(files)])
    return patch, (left_by_git(tmp_path, files, patch) if patch.diff else None)


def role(policy_):
    return ROLE % "" + OWN % policy_


def set_by(name):
    return f"look whether -var, -var-file or TF_VAR_{name} sets var.{name}"


VARIABLE = 'variable "actions" {\n  default = %s\n}\n'
DECLARED = 'variable "actions" {}\n'
BY_VARIABLE = role(f"jsonencode({DOCUMENT % 'var.actions'})")


@pytest.mark.parametrize(
    ("files", "place", "note"),
    [
        ({"a.tf": role("local.own"), "b.tf": f"locals {{\n  own = jsonencode({DOCUMENT % ACTIONS})\n}}\n"}, "b.tf:2", ""),
        ({"a.tf": role("jsonencode(local.own)") + f"locals {{\n  own = {DOCUMENT % ACTIONS}\n}}\n"}, "a.tf:10", ""),
        ({"a.tf": role(f"jsonencode({DOCUMENT % 'local.actions'})"), "b.tf": f"locals {{\n  actions = {ACTIONS}\n}}\n"}, "b.tf:2", ""),
        (
            {
                "a.tf": role(f"jsonencode({DOCUMENT % 'local.actions'})"),
                "b.tf": f"locals {{\n  actions = local.more.own\n  more = {{\n    own = {ACTIONS}\n    other = []\n  }}\n  x = local.more.other\n}}\n",
            },
            "b.tf:4",
            "",
        ),
        (
            {
                "a.tf": role("data.aws_iam_policy_document.own.json"),
                "b.tf": f'data "aws_iam_policy_document" "own" {{\n  statement {{\n    actions = local.actions\n    resources = ["*"]\n  }}\n}}\nlocals {{\n  actions = {ACTIONS}\n}}\n',
            },
            "b.tf:8",
            "",
        ),
        ({"a.tf": BY_VARIABLE, "b.tf": VARIABLE % ACTIONS}, "b.tf:2", set_by("actions")),
        ({"a.tf": BY_VARIABLE, "b.tf": VARIABLE % "[]", "c.auto.tfvars": f"actions = {ACTIONS}\n"}, "c.auto.tfvars:1", ""),
        ({"a.tf": BY_VARIABLE, "b.tf": DECLARED, "terraform.tfvars": f"x = 1\nactions = {ACTIONS}\n"}, "terraform.tfvars:2", ""),
        ({"a.tf": BY_VARIABLE, "b.tf": DECLARED, "env/prod.tfvars": f"actions = {ACTIONS}\n"}, "env/prod.tfvars:1", set_by("actions")),
        (
            {"a.tf": BY_VARIABLE, "b.tf": VARIABLE % ACTIONS, "other/terraform.tfvars": "actions = []\n"},
            "b.tf:2",
            set_by("actions"),
        ),
        (
            {
                "m/a.tf": BY_VARIABLE,
                "m/b.tf": VARIABLE % "[]",
                "c.tf": f'module "m" {{\n  source = "./m"\n  actions = local.of_app\n}}\nlocals {{\n  of_app = {ACTIONS}\n}}\n',
            },
            "c.tf:6",
            "",
        ),
        ({"m/a.tf": BY_VARIABLE, "m/b.tf": VARIABLE % ACTIONS, "c.tf": 'module "m" {\n  source = "./m"\n}\n'}, "m/b.tf:2", ""),
    ],
)
def test_a_value_is_patched_where_it_is_written_out(tmp_path, files, place, note):
    patch, after = one(tmp_path, files, own_rewritten())

    assert (patch.place, patch.note) == (place, note)
    path = place.partition(":")[0]
    assert after == {**files, path: files[path].replace(GONE, "")}


OTHER = 'resource "x" "y" {\n  z = local.actions\n}\n'


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"a.tf": role(f"jsonencode({DOCUMENT % 'local.actions'})") + OTHER, "b.tf": f"locals {{\n  actions = {ACTIONS}\n}}\n"},
            "local.actions is used in 2 places: a.tf:7, a.tf:10",
        ),
        (
            {
                "a.tf": role(f"jsonencode({DOCUMENT % 'local.all.actions'})") + OTHER.replace("local.actions", "local.all"),
                "b.tf": f"locals {{\n  all = {{ actions = {ACTIONS} }}\n}}\n",
            },
            "local.all.actions is used in 2 places: a.tf:7, a.tf:10",
        ),
        (
            {
                "a.tf": role(f"jsonencode({DOCUMENT % 'local.all.actions'})") + OTHER.replace("local.actions", "local.all[each.key]"),
                "b.tf": f"locals {{\n  all = {{ actions = {ACTIONS} }}\n}}\n",
            },
            "local.all.actions is used in 2 places: a.tf:7, a.tf:10",
        ),
        (
            {"a.tf": BY_VARIABLE + OTHER.replace("local", "var"), "b.tf": VARIABLE % ACTIONS},
            "var.actions is used in 2 places: a.tf:7, a.tf:10",
        ),
        (
            {"a.tf": BY_VARIABLE, "b.tf": VARIABLE % ACTIONS, "env/prod.tfvars": f"actions = {ACTIONS}\n"},
            "var.actions is written out in 2 places: env/prod.tfvars:1, b.tf:2",
        ),
        (
            {"a.tf": BY_VARIABLE, "b.tf": DECLARED, "terraform.tfvars": f"actions = {ACTIONS}\n", "x.auto.tfvars": "actions = []\n"},
            "var.actions is written out in 2 places: terraform.tfvars:1, x.auto.tfvars:1",
        ),
        (
            {"a.tf": BY_VARIABLE, "b.tf": VARIABLE % ACTIONS, "terraform.tfvars.json": '{"actions": []}'},
            "var.actions may be set in terraform.tfvars.json, which is of the form of JSON",
        ),
        ({"a.tf": BY_VARIABLE, "b.tf": DECLARED}, "var.actions is written out in 0 places"),
        ({"a.tf": BY_VARIABLE, "b.tf": VARIABLE % '["s3:GetObject"]'}, "what it says is not what is so"),
        ({"a.tf": BY_VARIABLE, "b.tf": VARIABLE % "concat([], [])"}, "its value is decided by concat()"),
        (
            {"a.tf": role("local.a") + "locals {\n  a = local.b\n  b = local.c\n  c = local.b\n}\n"},
            "local.b is used in 2 places: a.tf:10, a.tf:12",
        ),
        ({"a.tf": role("local.a") + "locals {\n  a = local.a\n}\n"}, "local.a is used in 2 places: a.tf:7, a.tf:10"),
        (
            {"a.tf": role("local.a") + 'locals {\n  a = "x"\n}\nlocals {\n  a = "y"\n}\n'},
            "local.a is written out in 2 places: a.tf:10, a.tf:13",
        ),
        (
            {
                "m/a.tf": BY_VARIABLE,
                "m/b.tf": DECLARED,
                "c.tf": 'module "m" {\n  source = "./m"\n  actions = []\n}\nmodule "n" {\n  source = "./m"\n  actions = []\n}\n',
            },
            "its module m is called several times, or may be",
        ),
        ({"a.tf": BY_VARIABLE, "b.tf": VARIABLE % ACTIONS, "c.tfvars": "not of the language {"}, "c.tfvars was not understood"),
        (
            {"a.tf": role(f"jsonencode({DOCUMENT % 'local.all.none'})"), "b.tf": f"locals {{\n  all = {{ actions = {ACTIONS} }}\n}}\n"},
            "none is not written out",
        ),
    ],
)
def test_what_else_is_made_of_it_or_is_not_known_gets_no_patch(tmp_path, files, why):
    patch, after = one(tmp_path, files, own_rewritten())

    assert after is None
    assert patch.note.startswith(why)


def test_what_holds_by_default_is_passed_over_where_something_else_is_so(tmp_path):
    document = (DOCUMENT % ACTIONS).replace('"*"', "var.where")
    files = {"a.tf": role(f"jsonencode({document})"), "b.tf": 'variable "where" {\n  default = "arn:aws:s3:::here/*"\n}\n'}

    patch, after = one(tmp_path, files, own_rewritten())

    assert patch.note == "it takes var.where for *, as it is now"
    assert after["a.tf"] == files["a.tf"].replace(GONE, "")

    files["b.tf"] = 'locals {\n  where = "arn:aws:s3:::here/*"\n}\n'
    files["a.tf"] = files["a.tf"].replace("var.where", "local.where")
    patch, after = one(tmp_path, files, own_rewritten())
    assert (patch.note, after) == ("what it says is not what is so", None)


def test_a_change_in_two_files_is_told(tmp_path):
    document = (DOCUMENT % "local.actions").replace('"*"', '["a", "b"]')
    files = {"a.tf": role(f"jsonencode({document})"), "b.tf": f"locals {{\n  actions = {ACTIONS}\n}}\n"}
    seen, then = said("s3:GetObject", "s3:DeleteObject"), said("s3:GetObject")
    seen["Statement"][0]["Resource"], then["Statement"][0]["Resource"] = ["a", "b"], ["a"]
    what = wanted("role", "app", *seen_and_wanted("inline/own", seen, then), told=("a.tf",))

    patch, after = one(tmp_path, files, what)
    assert (patch.note, after) == ("it would have to be changed in several files: a.tf, b.tf", None)

    together = {"a.tf": files["a.tf"] + files["b.tf"]}
    patch, after = one(tmp_path, together, what)
    assert after["a.tf"] == together["a.tf"].replace(GONE, "").replace('["a", "b"]', '["a"]')


def test_a_marked_variable_is_never_told(tmp_path):
    variable = f'variable "actions" {{\n  default = {ACTIONS}\n  sensitive = true\n}}\n'
    patch, after = one(tmp_path, {"a.tf": BY_VARIABLE, "b.tf": variable}, own_rewritten())
    assert (patch.note, after) == ("a line that would have to be told may hold a secret", None)


@pytest.mark.parametrize(
    ("name", "values"),
    [("local.name", 'locals {\n  name = "app"\n}\n'), ("var.name", 'variable "name" {\n  default = "app"\n}\n')],
)
def test_a_resource_is_found_by_a_name_behind_a_name(tmp_path, name, values):
    files = {"a.tf": (ROLE % f'  managed_policy_arns = ["{ADMIN}", "x"]\n').replace('"app"\n', f"{name}\n"), "b.tf": values}

    _, after = one(tmp_path, files, detached())

    assert after["a.tf"] == files["a.tf"].replace(f'"{ADMIN}", ', "")


LIST = f'["{ADMIN}", "arn:aws:iam::aws:policy/X"]'
LEFT = '["arn:aws:iam::aws:policy/X"]'
EACH = 'resource "aws_iam_role_policy_attachment" "x" {\n  for_each = %s\n  role = %s\n  policy_arn = %s\n}\n'
MAP = f'{{\n  admin = "{ADMIN}"\n  x = "arn:aws:iam::aws:policy/X"\n}}'


@pytest.mark.parametrize(
    ("rest", "gone", "left"),
    [
        (ROLE % "  managed_policy_arns = local.all\n" + f"locals {{\n  all = {LIST}\n}}\n", LIST, LEFT),
        (ROLE % "" + EACH % (f"toset({LIST})", "aws_iam_role.app.name", "each.value"), LIST, LEFT),
        (ROLE % "" + EACH % (f"toset({LIST})", '"app"', "each.key"), LIST, LEFT),
        (ROLE % "" + EACH % ("toset(local.all)", '"app"', "each.value") + f"locals {{\n  all = {LIST}\n}}\n", LIST, LEFT),
        (ROLE % "" + EACH % ("local.all", '"app"', "each.value") + f"locals {{\n  all = toset({LIST})\n}}\n", LIST, LEFT),
        (ROLE % "" + EACH % (MAP, '"app"', "each.value"), f'  admin = "{ADMIN}"\n', ""),
        (ROLE % "" + EACH % ('toset(["app", "other"])', "each.key", f'"{ADMIN}"'), '["app", "other"]', '["other"]'),
        (ROLE % "" + EACH % (f'{{ app = "{ADMIN}", other = "{ADMIN}" }}', "each.key", "each.value"), f'app = "{ADMIN}", other', "other"),
        (ROLE % "" + EACH % (f'{{ a = {{ role = "app", arn = "{ADMIN}" }} }}', "each.value.role", "each.value.arn"), f'{{ a = {{ role = "app", arn = "{ADMIN}" }} }}', "{}"),
    ],
)  # fmt: skip
def test_one_of_several_goes_from_where_they_are_listed(tmp_path, rest, gone, left):
    patch, after = one(tmp_path, {"a.tf": rest}, detached())

    assert patch.note == ""
    assert after["a.tf"] == rest.replace(gone, left)


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (EACH % (f"toset({LIST})", '"app"', "each.value") + 'x {\n  y = aws_iam_role_policy_attachment.x["a"]\n}\n', "other blocks name it: a.tf:10"),
        (EACH % ("toset(var.all)", '"app"', "each.value"), f"{ADMIN} of app is written out in 0 places"),
        (EACH % (f'toset(["{ADMIN}", "{ADMIN}"])', '"app"', "each.value"), f"{ADMIN} of app is written out in 2 places: a.tf:4, a.tf:4"),
        (
            EACH % ("toset(local.all)", '"app"', "each.value") + f'locals {{\n  all = {LIST}\n}}\noutput "o" {{\n  value = local.all\n}}\n',
            "local.all is used in 2 places: a.tf:5, a.tf:13",
        ),
        (EACH % ("local.all", '"app"', "each.value") + f"locals {{\n  all = {{ for a in {LIST} : a => a }}\n}}\n", f"{ADMIN} of app is written out in 0 places"),
    ],
)  # fmt: skip
def test_what_is_made_for_each_of_what_is_not_known_gets_no_patch(tmp_path, rest, why):
    patch, after = one(tmp_path, {"a.tf": ROLE % "" + rest}, detached())

    assert (patch.note, after) == (why, None)


RULE = 'resource "aws_security_group" "web" {\n  name = "web"\n  ingress {\n    from_port   = 443\n    to_port     = 443\n    protocol    = "tcp"\n    cidr_blocks = local.open\n  }\n}\n'


@pytest.mark.parametrize(
    ("listed", "come", "left"),
    [
        ('["10.0.0.0/8", "0.0.0.0/0"]', "", '["10.0.0.0/8"]'),
        ('["0.0.0.0/0"]', "10.1.0.0/16", '["10.1.0.0/16"]'),
        ('["0.0.0.0/0"]', "", None),
    ],
)
def test_an_address_goes_from_where_it_is_listed_or_the_rule_does(tmp_path, listed, come, left):
    edits = [Edit(field="443/tcp from 0.0.0.0/0", removes=("{}",))]
    edits += [Edit(field=f"443/tcp from {come}", adds=("{}",))] if come else []
    files = {"a.tf": RULE, "b.tf": f"locals {{\n  open = {listed}\n}}\n"}

    patch, after = one(tmp_path, files, wanted("security-group", "web", *edits, told=("a.tf",), identifier="sg-1"))

    assert patch.place == ("b.tf:2" if left else "a.tf:3")
    assert after["b.tf"] == f"locals {{\n  open = {left or listed}\n}}\n"
    assert ("local.open" in after["a.tf"]) is (left is not None)


def test_a_policy_of_vault_behind_a_name(tmp_path):
    text = f'resource "vault_policy" "p" {{\n  name = "app"\n  policy = local.app\n}}\nlocals {{\n  app = <<EOT\n{SAYS}EOT\n}}\n'

    patch, after = one(tmp_path, {"a.tf": text}, rewriting(SAYS, THEN), patches_of_vault)

    assert patch.note == ""
    assert 'path "sys/policies' not in after["a.tf"]
    assert "# what the team may" in after["a.tf"]


names = st.sampled_from(["a", "b", "c", "d"])
values = st.lists(st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "sqs:SendMessage"]), min_size=1, unique=True)


@st.composite
def configurations(draw):
    """Roles whose actions are written out, or stand behind names that lead to each other."""
    locals_ = {name: draw(st.one_of(values.map(json.dumps), names.map("local.{}".format))) for name in "abcd"}
    actions = [draw(st.one_of(values.map(json.dumps), names.map("local.{}".format))) for _ in range(3)]
    blocks = [
        f'resource "aws_iam_role" "r{at}" {{\n  name = "r{at}"\n}}\nresource "aws_iam_role_policy" "p{at}" {{\n  role = "r{at}"\n'
        f'  name = "own"\n  policy = jsonencode({DOCUMENT % action})\n}}\n'
        for at, action in enumerate(actions)
    ]
    return {"a.tf": "".join(blocks), "b.tf": "locals {\n" + "".join(f"  {key} = {held}\n" for key, held in locals_.items()) + "}\n"}


def evaluated(files):
    """The actions of each role, by nothing but the letters: names are replaced until none is left."""
    held = {entry.name: entry.value for block in read_hcl(files["b.tf"]).of("locals") for entry in block.body.attributes}
    found = {}
    for block in read_hcl(files["a.tf"]).of("resource"):
        if block.labels[0] == "aws_iam_role_policy":
            node = block.body.get("policy").arguments[0].get("Statement").items[0].get("Action")
            for _ in range(9):
                node = held[node.path[1]] if isinstance(node, Reference) else node
            found[block.labels[1]] = None if isinstance(node, Reference) else value_of(node)
    return found


@given(configurations(), st.integers(0, 2), st.integers(0, 3))
def test_no_patch_changes_what_another_resource_says(tmp_path_factory, files, number, keep):
    before = evaluated(files)
    held = before[f"p{number}"]
    if held is None or len(held) < 2:
        return
    then = held[: keep % (len(held) - 1) + 1]
    what = wanted("role", f"r{number}", *seen_and_wanted("inline/own", said(*held), said(*then)), told=("a.tf",))

    patch, after = one(tmp_path_factory.mktemp("git"), files, what)

    event("patch" if patch.diff else "used in several places" if "is used in" in patch.note else patch.note)
    if after is not None:
        assert evaluated(after) == {**before, f"p{number}": then}
    else:
        assert "is used in" in patch.note


def test_a_list_of_a_login_behind_a_name(tmp_path):
    text = 'resource "vault_token_auth_backend_role" "t" {\n  role_name = "t"\n  allowed_policies = ["a"]\n  token_policies = local.all\n}\nlocals {\n  all = ["root", "app"]\n}\n'
    what = wanted("role", "t", Edit(field="token_policies", removes=("root",)), identifier="auth/token/roles/t")

    patch, after = one(tmp_path, {"a.tf": text}, what, patches_of_vault)

    assert patch.note == ""
    assert after["a.tf"] == text.replace('"root", ', "")
