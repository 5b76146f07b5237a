"""What goes from lists and resources of Terraform: policies, memberships, rules, entries; and how buckets and keys become stronger."""

from __future__ import annotations

import json

import pytest

from guardrails.connectors.aws.written import patches
from guardrails.model.changes import Edit
from written.sources import ACCOUNT, copy, left_by_git, wanted

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE = 'resource "aws_iam_role" "app" {\n  name = "app"\n}\n'
END = "locals {\n}\n"
USER = 'resource "aws_iam_user" "kim" {\n  name = "kim"\n}\n'


def one(tmp_path, files, what, **more):
    (patch,) = patches(what, [copy(files, **more)])
    return patch, (left_by_git(tmp_path, files, patch) if patch.diff else None)


def off(arn=ADMIN, kind="role", name="app", **more):
    return wanted(kind, name, Edit(field="policy", removes=(arn,)), told=("a.tf",), **more)


def block(kind, label, /, **attributes):
    return f'resource "{kind}" "{label}" {{\n' + "".join(f"  {key} = {value}\n" for key, value in attributes.items()) + "}\n"


@pytest.mark.parametrize(
    ("rest", "after"),
    [
        (block("aws_iam_role_policy_attachment", "x", role="aws_iam_role.app.name", policy_arn=f'"{ADMIN}"'), ""),
        (block("aws_iam_role_policy_attachment", "x", role='"app"', policy_arn=f'"{ADMIN}"'), ""),
        (
            block(
                "aws_iam_role_policy_attachments_exclusive",
                "x",
                role_name="aws_iam_role.app.name",
                policy_arns=f'["{ADMIN}", "arn:aws:iam::aws:policy/X"]',
            ),
            block(
                "aws_iam_role_policy_attachments_exclusive",
                "x",
                role_name="aws_iam_role.app.name",
                policy_arns='["arn:aws:iam::aws:policy/X"]',
            ),
        ),
        (
            block("aws_iam_role_policy_attachments_exclusive", "x", role_name="aws_iam_role.app.name", policy_arns=f'["{ADMIN}"]'),
            block("aws_iam_role_policy_attachments_exclusive", "x", role_name="aws_iam_role.app.name", policy_arns="[]"),
        ),
        (
            block("aws_iam_policy_attachment", "x", name='"x"', roles='["other", aws_iam_role.app.name]', policy_arn=f'"{ADMIN}"'),
            block("aws_iam_policy_attachment", "x", name='"x"', roles='["other"]', policy_arn=f'"{ADMIN}"'),
        ),
        (
            block("aws_iam_policy_attachment", "x", name='"x"', users='["kim"]', roles="[aws_iam_role.app.name]", policy_arn=f'"{ADMIN}"'),
            block("aws_iam_policy_attachment", "x", name='"x"', users='["kim"]', roles="[]", policy_arn=f'"{ADMIN}"'),
        ),
        (block("aws_iam_policy_attachment", "x", name='"x"', roles="[aws_iam_role.app.name]", policy_arn=f'"{ADMIN}"'), ""),
    ],
)
def test_a_policy_goes_off_a_role(tmp_path, rest, after):
    files = {"a.tf": f"{ROLE}\n{rest}\n{END}"}

    patch, found = one(tmp_path, files, off())

    assert (patch.note, found is None) == ("", False)
    assert found["a.tf"] == (f"{ROLE}\n{after}\n{END}" if after else f"{ROLE}\n{END}")


def test_a_policy_of_ones_own_is_known_by_its_resource(tmp_path):
    own = block("aws_iam_policy", "p", name='"p"', path='"/team/"') + block(
        "aws_iam_user_policy_attachment", "x", user="aws_iam_user.kim.name", policy_arn="aws_iam_policy.p.arn"
    )

    patch, found = one(tmp_path, {"a.tf": USER + own}, off(f"arn:aws:iam::{ACCOUNT}:policy/team/p", "user", "kim"))
    assert found is not None, patch.note
    assert "attachment" not in found["a.tf"]

    patch, found = one(tmp_path, {"a.tf": USER + own}, off(f"arn:aws:iam::{ACCOUNT}:policy/p", "user", "kim"))
    assert found is None


def test_a_list_of_the_role_itself_loses_a_member_and_the_role_stays(tmp_path):
    files = {"a.tf": ROLE.replace("}\n", f'  managed_policy_arns = [\n    "{ADMIN}",\n  ]\n}}\n')}

    patch, found = one(tmp_path, files, off())

    assert patch.place == "a.tf:4"
    assert 'resource "aws_iam_role" "app"' in found["a.tf"]
    assert "AdministratorAccess" not in found["a.tf"]


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("", f"{ADMIN} of app is written out in 0 places"),
        (
            block("aws_iam_role_policy_attachment", "x", role="var.role", policy_arn=f'"{ADMIN}"'),
            f"{ADMIN} of app is written out in 0 places",
        ),
        (
            block("aws_iam_role_policy_attachment", "x", for_each="toset(var.all)", role="aws_iam_role.app.name", policy_arn=f'"{ADMIN}"'),
            "it is made by for_each",
        ),
        (
            block("aws_iam_role_policy_attachment", "x", role="aws_iam_role.app.name", policy_arn="each.value"),
            f"{ADMIN} of app is written out in 0 places",
        ),
        (
            block("aws_iam_role_policy_attachment", "x", role='"app"', policy_arn=f'"{ADMIN}"')
            + block("aws_iam_role_policy_attachment", "y", role='"app"', policy_arn=f'"{ADMIN}"'),
            f"{ADMIN} of app is written out in 2 places: a.tf:4, a.tf:8",
        ),
        (
            block("aws_iam_role_policy_attachment", "x", role='"app"', policy_arn=f'"{ADMIN}"')
            + block("aws_lambda_function", "y", depends_on="[aws_iam_role_policy_attachment.x]"),
            "other blocks name it: a.tf:9",
        ),
        (
            f'resource "aws_iam_role_policy_attachment" "x" {{\n  role = "app"\n  policy_arn = "{ADMIN}"\n}} # its end\n',
            "something else stands in its lines",
        ),
    ],
)
def test_a_policy_whose_place_is_not_one_gets_no_patch(tmp_path, rest, why):
    patch, found = one(tmp_path, {"a.tf": ROLE + rest}, off())

    assert (patch.note, found) == (why, None)
    assert patch.place.startswith("a.tf:")


def test_an_attachment_of_another_folder_is_not_of_this_role(tmp_path):
    """Both folders have a role of the name; where the tag says prod, nothing of staging goes."""
    rest = block("aws_iam_role_policy_attachment", "x", role='"app"', policy_arn=f'"{ADMIN}"')
    files = {"prod/a.tf": ROLE, "staging/b.tf": ROLE + rest}

    patch, found = one(tmp_path, files, wanted("role", "app", Edit(field="policy", removes=(ADMIN,)), told=("prod/a.tf",)))

    assert (found, patch.place) == (None, "prod/a.tf:1")


def test_a_role_that_is_found_by_its_name_alone_says_so(tmp_path):
    rest = block("aws_iam_role_policy_attachment", "x", role='"app"', policy_arn=f'"{ADMIN}"')

    patch, _ = one(tmp_path, {"a.tf": ROLE + rest}, wanted("role", "app", Edit(field="policy", removes=(ADMIN,))))

    assert patch.note == "found by its name alone: look whether other accounts are made of the same sources"


def test_an_inline_policy_goes_with_its_block(tmp_path):
    rest = block("aws_iam_role_policy", "x", role="aws_iam_role.app.id", name='"own"', policy="var.any")

    patch, found = one(tmp_path, {"a.tf": ROLE + rest}, wanted("role", "app", Edit(field="inline/own", removes=("{}",)), told=("a.tf",)))

    assert (patch.note, found["a.tf"]) == ("", ROLE)


@pytest.mark.parametrize(
    ("rest", "left"),
    [
        (block("aws_iam_user_group_membership", "x", user="aws_iam_user.kim.name", groups='["ops", "dev"]'), '["dev"]'),
        (
            block("aws_iam_user_group_membership", "x", user='"kim"', groups='[\n    aws_iam_group.ops.name,\n    # stays\n    "dev"\n  ]'),
            '[\n    # stays\n    "dev"\n  ]',
        ),
        (
            block("aws_iam_group_membership", "x", name='"x"', group="aws_iam_group.ops.name", users='["alice", aws_iam_user.kim.name]'),
            '["alice"]',
        ),
    ],
)
def test_somebody_goes_out_of_a_group(tmp_path, rest, left):
    files = {"a.tf": USER + block("aws_iam_group", "ops", name='"ops"') + rest}

    patch, found = one(tmp_path, files, wanted("user", "kim", Edit(field="group", removes=("ops",)), told=("a.tf",)))

    assert found is not None, patch.note
    assert left in found["a.tf"]


def test_the_last_membership_goes_with_its_resource(tmp_path):
    rest = block("aws_iam_user_group_membership", "x", user="aws_iam_user.kim.name", groups='["ops"]')

    _, found = one(tmp_path, {"a.tf": USER + rest}, wanted("user", "kim", Edit(field="group", removes=("ops",))))

    assert found["a.tf"] == USER


def test_who_should_be_disabled_is_named_and_not_patched(tmp_path):
    edit = Edit(field="inline/guardrails-disabled", adds=("{}",))

    patch, found = one(tmp_path, {"a.tf": USER}, wanted("user", "kim", edit))

    assert (patch.place, found) == ("a.tf:1", None)
    assert patch.note == "who should be disabled is for its owner to take out of the sources, with all that names it"


GROUP = 'resource "aws_security_group" "web" {\n  name = "web"\n%s}\n'
INGRESS = '  ingress {\n    from_port   = 443\n    to_port     = 443\n    protocol    = "tcp"\n    cidr_blocks = %s\n  }\n'


def rule(gone, come=None):
    edits = [Edit(field=f"443/tcp from {gone}", removes=("{}",)), *([Edit(field=f"443/tcp from {come}", adds=("{}",))] if come else [])]
    return wanted("security-group", "web", *edits, told=("a.tf",), identifier="sg-1")


@pytest.mark.parametrize(
    ("text", "what", "after"),
    [
        (GROUP % (INGRESS % '["10.0.0.0/8", "0.0.0.0/0"]'), rule("0.0.0.0/0"), GROUP % (INGRESS % '["10.0.0.0/8"]')),
        (GROUP % (INGRESS % '["0.0.0.0/0"]'), rule("0.0.0.0/0"), GROUP % ""),
        (GROUP % (INGRESS % '["0.0.0.0/0"]'), rule("0.0.0.0/0", "10.1.0.0/16"), GROUP % (INGRESS % '["10.1.0.0/16"]')),
        (
            GROUP % (INGRESS.replace("443", "80") % '["0.0.0.0/0"]' + INGRESS % '["0.0.0.0/0"]'),
            rule("0.0.0.0/0"),
            GROUP % (INGRESS.replace("443", "80") % '["0.0.0.0/0"]'),
        ),
        (
            GROUP % ""
            + block(
                "aws_security_group_rule",
                "r",
                type='"ingress"',
                security_group_id="aws_security_group.web.id",
                from_port=443,
                to_port=443,
                protocol='"tcp"',
                cidr_blocks='["0.0.0.0/0", "10.0.0.0/8"]',
            ),
            rule("0.0.0.0/0"),
            GROUP % ""
            + block(
                "aws_security_group_rule",
                "r",
                type='"ingress"',
                security_group_id="aws_security_group.web.id",
                from_port=443,
                to_port=443,
                protocol='"tcp"',
                cidr_blocks='["10.0.0.0/8"]',
            ),
        ),
        (
            GROUP % ""
            + block(
                "aws_vpc_security_group_ingress_rule",
                "r",
                security_group_id="aws_security_group.web.id",
                from_port=443,
                to_port=443,
                ip_protocol='"tcp"',
                cidr_ipv4='"0.0.0.0/0"',
            ),
            rule("0.0.0.0/0"),
            GROUP % "",
        ),
        (
            GROUP % (INGRESS.replace("    cidr_blocks", '    security_groups = ["sg-2"]\n    cidr_blocks') % '["0.0.0.0/0"]'),
            rule("0.0.0.0/0"),
            GROUP % (INGRESS.replace("    cidr_blocks", '    security_groups = ["sg-2"]\n    cidr_blocks') % "[]"),
        ),
    ],
)
def test_a_rule_of_a_security_group_is_closed(tmp_path, text, what, after):
    patch, found = one(tmp_path, {"a.tf": text}, what)

    assert found is not None, patch.note
    assert found["a.tf"] == after


@pytest.mark.parametrize(
    "text",
    [
        GROUP % (INGRESS % "var.cidrs"),
        GROUP % (INGRESS % '["10.0.0.0/8"]'),
        GROUP % (INGRESS.replace("= 443", "= var.port") % '["0.0.0.0/0"]'),
        GROUP % ('  dynamic "ingress" {\n    for_each = var.x\n    content {\n      cidr_blocks = ["0.0.0.0/0"]\n    }\n  }\n'),
        GROUP % (INGRESS.replace("ingress", "egress") % '["0.0.0.0/0"]'),
        GROUP % ""
        + block(
            "aws_security_group_rule",
            "r",
            type='"egress"',
            security_group_id="aws_security_group.web.id",
            from_port=443,
            to_port=443,
            protocol='"tcp"',
            cidr_blocks='["0.0.0.0/0"]',
        ),
        GROUP % ""
        + block(
            "aws_security_group_rule",
            "r",
            type='"ingress"',
            security_group_id="aws_security_group.other.id",
            from_port=443,
            to_port=443,
            protocol='"tcp"',
            cidr_blocks='["0.0.0.0/0"]',
        ),
    ],
)
def test_a_rule_that_is_not_written_out_gets_no_patch(tmp_path, text):
    patch, found = one(tmp_path, {"a.tf": text}, rule("0.0.0.0/0"))

    assert found is None
    assert patch.note == "443/tcp from 0.0.0.0/0 of web is written out in 0 places"
    assert patch.place == "a.tf:1"


LIST = 'resource "aws_ec2_managed_prefix_list" "l" {\n  name = "l"\n  entry {\n    cidr        = "198.51.100.0/24"\n    description = "x"\n  }\n  entry {\n    cidr = "10.0.0.0/8"\n  }\n}\n'


@pytest.mark.parametrize(
    ("come", "cidrs"),
    [
        ((), ["10.0.0.0/8"]),
        (("198.51.100.0/25",), ["198.51.100.0/25", "10.0.0.0/8"]),
        (("198.51.100.0/26", "198.51.100.128/26"), ["198.51.100.0/26", "198.51.100.128/26", "10.0.0.0/8"]),
    ],
)
def test_entries_of_a_prefix_list(tmp_path, come, cidrs):
    edits = [Edit(field="entry 198.51.100.0/24", removes=("x",)), *(Edit(field=f"entry {cidr}", adds=("",)) for cidr in come)]

    patch, found = one(tmp_path, {"a.tf": LIST}, wanted("prefix-list", "l", *edits, told=("a.tf",)))

    assert found is not None, patch.note
    assert [line.split('"')[1] for line in found["a.tf"].splitlines() if "cidr" in line] == cidrs


IP_SET = """resource "aws_wafv2_ip_set" "s" {
  name               = "s"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = %s
}
"""
INLINE, LINES = '["198.51.100.0/24", "10.0.0.0/8"]', '[\n    "198.51.100.0/24", # office\n    "10.0.0.0/8",\n  ]'


def of_set(gone, come, **more):
    fields = [Edit(field=f"address {cidr}", removes=("",)) for cidr in gone] + [Edit(field=f"address {cidr}", adds=("",)) for cidr in come]
    return wanted("ip-set", "s", *fields, told=("a.tf",), **more)


@pytest.mark.parametrize(
    ("listed", "gone", "come", "after"),
    [
        (INLINE, ["198.51.100.0/24"], [], '["10.0.0.0/8"]'),
        (INLINE, ["10.0.0.0/8"], [], '["198.51.100.0/24"]'),
        (INLINE, ["198.51.100.0/24", "10.0.0.0/8"], [], "[]"),
        (INLINE, ["10.0.0.0/8"], ["10.0.0.0/9"], '["198.51.100.0/24", "10.0.0.0/9"]'),
        (INLINE, ["198.51.100.0/24", "10.0.0.0/8"], ["10.0.0.0/9"], '["10.0.0.0/9"]'),
        (INLINE, ["10.0.0.0/8"], ["10.0.0.0/10", "10.192.0.0/10"], '["198.51.100.0/24", "10.0.0.0/10", "10.192.0.0/10"]'),
        (LINES, ["198.51.100.0/24"], [], '[\n    "10.0.0.0/8",\n  ]'),
        (LINES, ["10.0.0.0/8"], [], '[\n    "198.51.100.0/24", # office\n  ]'),
    ],
)
def test_addresses_of_an_ip_set(tmp_path, listed, gone, come, after):
    patch, found = one(tmp_path, {"a.tf": IP_SET % listed}, of_set(gone, come))

    assert found is not None, patch.note
    assert found["a.tf"] == IP_SET % after


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("var.addresses", "its addresses are not all written out"),
        ('["10.0.0.0/8", var.more]', "its addresses are not all written out"),
        ('["192.0.2.0/24"]', "not all addresses that should go are written out"),
    ],
)
def test_an_ip_set_that_is_not_written_out_gets_no_patch(tmp_path, listed, why):
    patch, found = one(tmp_path, {"a.tf": IP_SET % listed}, of_set(["10.0.0.0/8"], []))

    assert found is None
    assert (patch.note, patch.place) == (why, "a.tf:1")


def encrypted(algorithm, key=""):
    rule_ = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    edit = Edit(field="encryption", adds=(json.dumps({"Rules": [{"ApplyServerSideEncryptionByDefault": rule_}]}),))
    return wanted("bucket", "b", edit, told=("a.tf",))


BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'
SSE = 'resource "aws_s3_bucket_server_side_encryption_configuration" "b" {\n  bucket = aws_s3_bucket.b.id\n  rule {\n    apply_server_side_encryption_by_default {\n      sse_algorithm = "%s"\n%s    }\n  }\n}\n'
KEY = "arn:aws:kms:eu-north-1:444455556666:key/1"


def test_a_bucket_is_encrypted_under_a_key_of_ours(tmp_path):
    files = {"a.tf": f"{BUCKET}\n{SSE % ('AES256', '')}"}
    patch, found = one(tmp_path, files, encrypted("aws:kms", KEY))
    assert found is not None, patch.note
    assert found["a.tf"] == f"{BUCKET}\n" + SSE % ("aws:kms", f'      kms_master_key_id = "{KEY}"\n')


def test_a_bucket_whose_encryption_nobody_wrote_gets_a_resource_beside_it(tmp_path):
    files = {"a.tf": f"{BUCKET}\n# next\n"}
    patch, found = one(tmp_path, files, encrypted("aws:kms", KEY))
    assert found is not None, patch.note
    assert found["a.tf"] == f"{BUCKET}\n" + SSE % ("aws:kms", f'      kms_master_key_id = "{KEY}"\n') + "\n# next\n"


@pytest.mark.parametrize(
    "text", [BUCKET + (SSE % ("AES256", "")).replace('"AES256"', "var.algorithm"), BUCKET.replace('"b"\n}', "var.name\n}")]
)
def test_a_bucket_whose_encryption_is_not_written_out_gets_no_patch(tmp_path, text):
    patch, found = one(tmp_path, {"a.tf": text}, encrypted("aws:kms", KEY))
    assert found is None
    assert patch.note


@pytest.mark.parametrize(
    ("inner", "days", "after"),
    [
        ("", 365, "  enable_key_rotation = true\n"),
        ("  enable_key_rotation = false\n", 365, "  enable_key_rotation = true\n"),
        ("  enable_key_rotation = false\n", 180, "  enable_key_rotation = true\n  rotation_period_in_days = 180\n"),
        (
            "  enable_key_rotation = true\n  rotation_period_in_days = 400\n",
            365,
            "  enable_key_rotation = true\n  rotation_period_in_days = 365\n",
        ),
    ],
)
def test_a_key_is_rotated(tmp_path, inner, days, after):
    files = {"a.tf": f'resource "aws_kms_key" "k" {{\n  description = "k"\n{inner}}}\n'}
    edit = Edit(field="rotation", removes=("never",), adds=(f"{days} days",))
    what = wanted("key", "1111", edit, identifier="arn:aws:kms:x:1:key/1111")

    patch, found = one(tmp_path, files, what, known={"aws_kms_key.k": {"key_id": "1111"}})
    assert found is not None, patch.note
    assert found["a.tf"] == f'resource "aws_kms_key" "k" {{\n  description = "k"\n{after}}}\n'

    (patch,) = patches(what, [copy(files)])
    assert patch.note == "only the state says which key it is: --source terraform=DIR,STATE.json"


def test_what_stands_in_no_copy_is_told_once():
    (patch,) = patches(off(), [copy({"a.tf": ""}), copy({"b.tf": ""})])
    assert (patch.place, patch.diff) == ("", "")


def test_stacks_are_not_looked_for_in_terraform():
    assert patches(off(manager="the CloudFormation stack x"), [copy({"a.tf": ROLE})]) == ()
