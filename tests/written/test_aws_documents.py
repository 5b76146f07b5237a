"""Policy documents in sources of Terraform: every form in which they are written out is patched at the line, and `git apply` takes it."""

from __future__ import annotations

import json

import pytest

from guardrails.connectors.aws.written import patches
from written.sources import copy, left_by_git, policy, seen_and_wanted, wanted


def allow(actions, resources="arn:aws:s3:::cdr-*", **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


BEFORE = policy(allow(["s3:GetObject", "s3:DeleteObject"]), allow(["sqs:SendMessage"], "*"))
AFTER = policy(allow(["s3:GetObject"]), allow(["sqs:SendMessage"], "*"))
ROLE = 'resource "aws_iam_role" "app" {\n  name = "app"\n}\n\n'
OWN = ROLE + 'resource "aws_iam_role_policy" "own" {\n  role   = aws_iam_role.app.id\n  name   = "own"\n  policy = %s\n}\n'
OTHER = 'resource "aws_iam_role_policy" "other" {\n  role   = "else"\n  name   = "own"\n  policy = var.x\n}\n'


def patched(tmp_path, files, edits, **more):
    """The patch that is made, and what the files are afterwards."""
    found = patches(wanted("role", "app", *edits, **more), [copy(files)])
    (patch,) = found
    return patch, (left_by_git(tmp_path, files, patch) if patch.diff else None)


def own(document, **files):
    return {"infra/app.tf": OWN % document + OTHER, **files}


EDITS = seen_and_wanted("inline/own", BEFORE, AFTER)

HERE = """<<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::cdr-*"},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
      ]
    }
  EOT"""
ENCODED = """jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Action = [
          "s3:GetObject",    # reads
          "s3:DeleteObject", # and why it deletes
        ]
        Resource = "arn:aws:s3:::cdr-*"
      },
      { "Effect" : "Allow", "Action" : "sqs:SendMessage", "Resource" : "*" },
    ]
  })"""
QUOTED = json.dumps(json.dumps(BEFORE))
SOURCE = """data "aws_iam_policy_document" "app" {
  statement {
    sid     = ""
    actions = [
      "s3:GetObject",
      "s3:DeleteObject",
    ]
    resources = ["arn:aws:s3:::cdr-*"]
  }

  statement {
    effect    = "Allow"
    actions   = ["sqs:SendMessage"]
    resources = ["*"]
  }
}
"""


@pytest.mark.parametrize(
    ("files", "place", "gone", "come"),
    [
        (own(HERE), "infra/app.tf:12", ', "s3:DeleteObject"', ""),
        (own(ENCODED), "infra/app.tf:15", '          "s3:DeleteObject", # and why it deletes\n', ""),
        (own(QUOTED), "infra/app.tf:8", ', \\"s3:DeleteObject\\"', ""),
        (own("data.aws_iam_policy_document.app.json", **{"infra/data.tf": SOURCE}), "infra/data.tf:6", '      "s3:DeleteObject",\n', ""),
        (
            own('file("${path.module}/policies/app.json")', **{"infra/policies/app.json": json.dumps(BEFORE, indent=2)}),
            "infra/policies/app.json:7",
            ',\n        "s3:DeleteObject"',
            "",
        ),
        (own('file("app.json")', **{"infra/app.json": json.dumps(BEFORE)}), "infra/app.json:1", ', "s3:DeleteObject"', ""),
    ],
)
def test_an_action_goes_and_every_other_byte_stays(tmp_path, files, place, gone, come):
    patch, after = patched(tmp_path, files, EDITS, told=("infra/app.tf",))

    assert (patch.place, patch.note) == (place, "")
    path = place.partition(":")[0]
    assert after == {**files, path: files[path].replace(gone, come, 1)}


def test_what_is_not_written_out_stays_and_is_told(tmp_path):
    files = own(ENCODED.replace('"arn:aws:s3:::cdr-*"', "aws_s3_bucket.cdr.arn"))

    patch, after = patched(tmp_path, files, EDITS, told=("app.tf",))

    assert patch.note == "it takes aws_s3_bucket.cdr.arn for arn:aws:s3:::cdr-*, as it is now"
    assert "aws_s3_bucket.cdr.arn" in after["infra/app.tf"]
    assert "DeleteObject" not in after["infra/app.tf"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (own("var.policy"), "var.policy is written out in 0 places"),
        (own('"${var.policy}"'), "it is decided by var.policy"),
        (own('<<EOT\n{"Statement": [${local.more}]}\nEOT'), "it is decided by local.more"),
        (own('templatefile("x.json", {})'), "it is decided by templatefile()"),
        (own('file("${var.folder}/x.json")'), "which file it reads is decided by var.folder"),
        (own('file("../../x.json")'), "the file that it reads is outside of the folder that was named"),
        (own('file("x.json")'), "infra/x.json was not read: there is no such file"),
        (own("jsonencode(local.policy)"), "local.policy is written out in 0 places"),
        (
            own(ENCODED.replace('"s3:GetObject",    # reads', "var.a,").replace('"s3:DeleteObject",', "var.b,")),
            "which of its expressions stands for what is not known",
        ),
        (
            own(ENCODED.replace('"sqs:SendMessage"', '"sqs:Other"')),
            "what it says is not what is so: apply it, or bring it up to date, and plan again",
        ),
        (own('"not json"'), "its text is no JSON"),
        (own("data.aws_iam_policy_document.app.json"), "data.aws_iam_policy_document.app is made several times, or not found"),
        (
            own(
                "data.aws_iam_policy_document.app.json", **{"infra/d.tf": SOURCE.replace("  statement {", "  count = 1\n  statement {", 1)}
            ),
            "data.aws_iam_policy_document.app is made several times, or not found",
        ),
        (
            own(
                "data.aws_iam_policy_document.app.json",
                **{"infra/d.tf": SOURCE.replace("  statement {", "  source_policy_documents = []\n  statement {", 1)},
            ),
            "source_policy_documents decides what it says",
        ),
        (
            own("data.aws_iam_policy_document.app.json", **{"infra/d.tf": SOURCE.replace("  statement {", '  dynamic "statement" {', 1)}),
            "dynamic decides what it says",
        ),
        (
            own(
                "data.aws_iam_policy_document.app.json",
                **{"infra/d.tf": SOURCE, "infra/e.tf": 'output "x" {\n  value = data.aws_iam_policy_document.app.json\n}\n'},
            ),
            "it is used in 2 places: infra/app.tf:8, infra/e.tf:2",
        ),
        (
            own(
                'file("app.json")',
                **{"infra/app.json": json.dumps(BEFORE), "other/x.tf": 'resource "a" "b" {\n  c = file("../infra/app.json")\n}\n'},
            ),
            "infra/app.json may be read in other places too: infra/app.tf:8, other/x.tf:2",
        ),
        (
            own(
                'file("app.json")',
                **{"infra/app.json": json.dumps(BEFORE), "infra/x.tf": 'resource "a" "b" {\n  c = file("${each.key}.json")\n}\n'},
            ),
            "infra/app.json may be read in other places too: infra/app.tf:8, infra/x.tf:2",
        ),
        ({"a.tf": OWN.replace("  name   = ", "  count  = 2\n  name   = ") % HERE}, "it is made by count"),
        ({"a.tf": OWN.replace("  name   = ", '  for_each = toset(["a"])\n  name   = ') % HERE}, "it is made by for_each"),
        (
            {"m/a.tf": OWN % HERE, "main.tf": 'module "x" {\n  source = "./m"\n}\nmodule "y" {\n  source = "./m"\n}\n'},
            "its module m is called several times, or may be",
        ),
        (
            {"m/a.tf": OWN % HERE, "main.tf": 'module "x" {\n  source = "./m"\n  count  = 1\n}\n'},
            "its module m is called several times, or may be",
        ),
        (own(HERE, **{"infra/override.tf": "a {\n}\n"}), "infra/override.tf is merged with other files, which is not done here"),
        (own(HERE, **{"infra/broken.tf": "a {\n"}), "infra/broken.tf was not understood: line 1: a block has no end"),
    ],
)
def test_where_something_else_decides_no_patch_is_made_up(tmp_path, files, why):
    patch, after = patched(tmp_path, files, EDITS)

    assert (patch.note, after) == (why, None)
    assert patch.place


def test_a_module_that_is_called_once_is_patched(tmp_path):
    files = {"m/a.tf": OWN % HERE, "main.tf": 'module "x" {\n  source = "./m"\n}\n'}

    patch, after = patched(tmp_path, files, EDITS)

    assert patch.diff
    assert "DeleteObject" not in after["m/a.tf"]


def test_a_file_that_is_named_from_where_terraform_runs_is_not_guessed(tmp_path):
    files = {"m/a.tf": OWN % 'file("app.json")', "m/app.json": json.dumps(BEFORE), "main.tf": 'module "x" {\n  source = "./m"\n}\n'}

    patch, _ = patched(tmp_path, files, EDITS)

    assert patch.note == "the file that it reads is named from where Terraform is run"


def test_two_resources_of_one_name_are_told_apart_by_the_tag_alone(tmp_path):
    files = {"prod/a.tf": OWN % HERE, "staging/a.tf": OWN % HERE}

    patch, _ = patched(tmp_path, files, EDITS)
    assert patch.diff == ""
    assert patch.note == "2 resources may be it: prod/a.tf:1, staging/a.tf:1"

    patch, after = patched(tmp_path, files, EDITS, told=("prod/a.tf",))
    assert "DeleteObject" not in after["prod/a.tf"]
    assert after["staging/a.tf"] == files["staging/a.tf"]


def test_the_state_tells_which_resource_it_is(tmp_path):
    files = {"a.tf": (OWN % HERE).replace('"app"\n', "var.name\n")}

    patch, _ = patched(tmp_path, files, EDITS)
    assert (patch.place, patch.diff) == ("", "")

    known = {"aws_iam_role.app": {"name": "app", "id": "app", "unique_id": "id-of-app"}}
    (patch,) = patches(wanted("role", "app", *EDITS), [copy(files, known=known)])
    assert patch.diff
    assert "DeleteObject" not in left_by_git(tmp_path, files, patch)["a.tf"]


def test_a_state_that_knows_another_object_of_the_name_is_believed():
    known = {"aws_iam_role.app": {"name": "app", "id": "app", "unique_id": "another"}}

    assert not any(patch.diff for patch in patches(wanted("role", "app", *EDITS), [copy({"a.tf": OWN % HERE}, known=known)]))


def test_what_is_made_several_times_is_not_known_by_the_state():
    files = {"a.tf": (OWN % HERE).replace('"app"\n', "var.name\n")}
    known = {'aws_iam_role.app["x"]': {"name": "app", "id": "app"}, "module.x.aws_iam_role.app": {"name": "app"}}

    assert not any(patch.diff for patch in patches(wanted("role", "app", *EDITS), [copy(files, known=known)]))


def test_statements_go_and_come(tmp_path):
    then = policy(allow(["s3:GetObject"]), allow(["s3:DeleteObject"], "arn:aws:s3:::cdr-old-*"))
    for number, document in enumerate((HERE, ENCODED, QUOTED)):
        folder = tmp_path / str(number)
        folder.mkdir()
        patch, after = patched(folder, own(document), seen_and_wanted("inline/own", BEFORE, then))
        assert patch.diff, patch.note
        assert "cdr-old" in after["infra/app.tf"]
        assert "sqs" not in after["infra/app.tf"]


def test_a_statement_goes_from_a_data_source_as_a_block(tmp_path):
    files = own("data.aws_iam_policy_document.app.json", **{"infra/d.tf": SOURCE})

    patch, after = patched(tmp_path, files, seen_and_wanted("inline/own", BEFORE, policy(allow(["sqs:SendMessage"], "*"))))

    assert patch.diff
    assert after["infra/d.tf"].count("statement {") == 1
    assert "sqs:SendMessage" in after["infra/d.tf"]


def test_another_statement_comes_to_a_data_source_as_a_block(tmp_path):
    files = own("data.aws_iam_policy_document.app.json", **{"infra/d.tf": SOURCE})
    then = policy(
        allow(["s3:GetObject", "s3:DeleteObject"]),
        allow(["sqs:SendMessage"], "*"),
        allow(["s3:ListBucket"], "arn:aws:s3:::${aws:username}"),
    )

    patch, after = patched(tmp_path, files, seen_and_wanted("inline/own", BEFORE, then))

    assert patch.diff, patch.note
    assert 'resources = ["arn:aws:s3:::&{aws:username}"]' in after["infra/d.tf"]


def test_all_statements_of_a_data_source_may_not_go(tmp_path):
    files = own("data.aws_iam_policy_document.app.json", **{"infra/d.tf": SOURCE})

    patch, after = patched(tmp_path, files, seen_and_wanted("inline/own", BEFORE, policy()))

    assert after is None
    assert patch.note


PRINCIPALS = """data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root", "999900001111"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["x7"]
    }
  }
}
"""


def test_a_stranger_goes_out_of_a_trust_policy(tmp_path):
    seen = policy(
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::999900001111:root"]},
            "Condition": {"StringEquals": {"sts:ExternalId": "x7"}},
        }
    )
    then = json.loads(json.dumps(seen))
    then["Statement"][0]["Principal"]["AWS"] = "arn:aws:iam::111122223333:root"
    role = (
        'resource "aws_iam_role" "app" {\n  name               = "app"\n  assume_role_policy = data.aws_iam_policy_document.trust.json\n}\n'
    )

    patch, after = patched(tmp_path, {"a.tf": PRINCIPALS + role}, seen_and_wanted("trust", seen, then))

    assert patch.diff, patch.note
    assert '      identifiers = ["arn:aws:iam::111122223333:root"]\n' in after["a.tf"]


def test_a_managed_policy_and_a_policy_of_a_bucket(tmp_path):
    managed = {"a.tf": f'resource "aws_iam_policy" "p" {{\n  name   = "p"\n  policy = {HERE}\n}}\n'}
    (patch,) = patches(wanted("policy", "p", *seen_and_wanted("document", BEFORE, AFTER)), [copy(managed)])
    assert "DeleteObject" not in left_by_git(tmp_path, managed, patch)["a.tf"]

    bucket = {
        "b.tf": f'resource "aws_s3_bucket" "b" {{\n  bucket = "b"\n}}\nresource "aws_s3_bucket_policy" "p" {{\n  bucket = aws_s3_bucket.b.id\n  policy = {HERE}\n}}\n'
    }
    (patch,) = patches(wanted("bucket", "b", *seen_and_wanted("policy", BEFORE, AFTER)), [copy(bucket)])
    assert "DeleteObject" not in left_by_git(tmp_path, bucket, patch)["b.tf"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("document", [HERE, ENCODED])
def test_line_breaks_and_marks_stay_as_they_are(tmp_path, ending, begin, document):
    text = begin + own(document)["infra/app.tf"].replace("\n", ending).replace("        ", "\t\t")

    patch, after = patched(tmp_path, {"a.tf": text}, EDITS)

    assert patch.diff, patch.note
    lines = after["a.tf"].split("\n")
    assert all(line.endswith("\r") for line in lines[:-1]) is (ending == "\r\n")
    assert after["a.tf"].startswith(begin)
    assert "DeleteObject" not in after["a.tf"]


def test_variables_of_policies_stay_what_they_are(tmp_path):
    seen = policy(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::home/${aws:username}/*"))
    then = policy(
        allow(["s3:GetObject"], "arn:aws:s3:::home/${aws:username}/*"), allow(["s3:PutObject"], "arn:aws:s3:::home/${aws:username}/in/*")
    )
    here = '<<EOT\n{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::home/$${aws:username}/*"}]}\nEOT'

    patch, after = patched(tmp_path, own(here), seen_and_wanted("inline/own", seen, then))

    assert patch.diff, patch.note
    assert after["infra/app.tf"].count("$${aws:username}") == 2


def test_a_reference_that_would_have_to_mean_two_things_is_no_patch(tmp_path):
    seen = policy(allow(["s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::a"), allow(["sqs:SendMessage"], "arn:aws:s3:::b"))
    document = ENCODED.replace('"arn:aws:s3:::cdr-*"', "local.x").replace('"Resource" : "*"', '"Resource" : local.x')

    patch, after = patched(tmp_path, own(document), seen_and_wanted("inline/own", seen, policy(seen["Statement"][1])))

    assert after is None
    assert patch.note == "what it says is not what is so"
