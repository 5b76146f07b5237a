"""What a plan file tells of the words around references: read exactly, or not at all."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_nodes import Block, Call, Literal, Many, NotReadError, Reference, Template, Together, read_blocks
from terraform_plans import CASES, RECORDED, REGION, block, change, facts, gaps, only, plan, recorded, seen

from guardrails.connectors.aws.proposed.terraform import with_plan
from guardrails.connectors.vault.proposed.terraform.documents import Documents
from guardrails.connectors.vault.proposed.terraform.symbols import Symbols as VaultSymbols
from guardrails.errors import AuthorError
from guardrails.model.facts import Policy
from guardrails.proposals.terraform import read_plan
from guardrails.proposals.terraform.blocks import order_of
from guardrails.proposals.terraform.configuration import parsed
from guardrails.proposals.terraform.sources import sources_of, spelled, with_sources
from guardrails.proposals.terraform.symbols import Symbols, addressed
from guardrails.proposals.values import Target, Unknown

NESTED = Path(__file__).parent / "plan_files/nested.tfplan"
"""Made by Terraform 1.11.4 of three modules, one in the other, with `terraform_data` alone."""
B = Reference("aws_s3_bucket.b.arn")


def zipped(files):
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return room.getvalue()


def file_of(text="", **modules):
    """A plan file as Terraform writes it: the root, and other modules by their names."""
    return zipped({"tfplan": "x", "tfconfig/m-/main.tf": text, **{f"tfconfig/m-{name}/main.tf": said for name, said in modules.items()}})


def applied(found, content=None, *observed):
    read = read_plan(json.dumps(found).encode(), "plan.json")
    told = read if content is None else with_sources(read, sources_of(content, "it.tfplan"), "it.tfplan")
    return with_plan(observed or (seen(),), told, {})


def one_of(text):
    (found,) = read_blocks(f"it {{\n  v = {text}\n}}\n")
    return found.attributes["v"]


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ('"a"', Template(("a",))),
        ('""', Template(())),
        (r'"a\"b\\\n\u00e9"', Template(("a", '"', "b", "\\", "\n", "é"))),
        ('"$${x} %%{x} $ % $1 100%"', Template(("${", "x} ", "%{", "x} $ % $1 100%"))),
        ('"${aws_s3_bucket.b.arn}/*"', Template((B, "/*"))),
        ('"${ aws_s3_bucket.b.arn }"', Template((B,))),
        ('"a${f("}")}b"', Template(("a", Call("f", (Template(("}",)),)), "b"))),
        ('"a${x ? "}" : "{"}b"', Template(("a", None, "b"))),
        ('"a${~ x ~}b"', Template(("a", None, "b"))),
        ("aws_s3_bucket.b.arn", B),
        ('aws_s3_bucket.b["a.b"].arn', Reference('aws_s3_bucket.b["a.b"].arn')),
        ("aws_s3_bucket.b[0].arn # why", Reference("aws_s3_bucket.b[0].arn")),
        ("aws_s3_bucket.b[*].arn", None),
        ("aws_s3_bucket.b[count.index].arn", None),
        ('aws_s3_bucket.b["${x}"].arn', None),
        ("12", Literal(12)),
        ("-3", Literal(-3)),
        ("1.5", None),
        ("1 + 1", None),
        ("true", Literal(value=True)),
        ("null", Literal(None)),
        ("!true", None),
        ("(x.y)", None),
        ('[\n  x.y, # one\n  "z",\n]', Many((Reference("x.y"), Template(("z",))))),
        ("[for x in y : x]", None),
        ("[]", Many(())),
        ('{ a = x.y, "b" : "c"\n d = 1 }', Together(((Template(("a",)), Reference("x.y")), (Template(("b",)), Template(("c",))), (Template(("d",)), Literal(1))))),
        ("{ (x) = 1 }", None),
        ("{ for x in y : x => 1 }", None),
        ("jsonencode({})", Call("jsonencode", (Together(()),))),
        ('x == "a" ? "b" : "c"', None),
        ("[x, y][0]", None),
        ("f(x).y", None),
        ('<<EOT\na "${x.y}" \\n\nEOT', Template(('a "', Reference("x.y"), '" \\n\n'))),
        ("<<-EOT\n    a\n      b\n    EOT", Template(("a\n  b\n",))),
        ("<<EOT\n%{ if x }a%{ endif }\nEOT", None),
    ],
)  # fmt: skip
def test_an_expression_is_read_or_it_is_nothing(text, node):
    assert one_of(text) == node


@pytest.mark.parametrize(
    "text",
    [
        "it {",
        "it }",
        'it { v = "a',
        "it { v = <<EOT\na\n}",
        "= 1",
        "it { v = [1 }",
        "it { v = 1\nv = 2 }",
        'it { v = "a\nb" }',
        'it "${x}" {}',
    ],
)
def test_what_is_no_file_of_terraform_is_not_read(text):
    with pytest.raises(NotReadError):
        read_blocks(text)


def test_blocks_stand_in_their_order_with_what_is_not_read_between_them():
    text = """
    # a "comment" {
    data "t" "n" { /* {{{ */
      x = a ? { b = 1 } : { c = 2 } // }
      statement { effect = "Deny" }
      statement {
        y = <<-EOT
          }}} "
        EOT
        z = "last"
      }
    }
    """
    (found,) = read_blocks(text)

    assert (found.kind, found.labels, found.attributes) == ("data", ("t", "n"), {"x": None})
    assert [one.attributes.get("effect") or one.attributes["z"] for one in found.inner("statement")] == [
        Template(("Deny",)),
        Template(("last",)),
    ]


@given(st.text(alphabet='ab."${}[]()<>\\\n =,:#/*~%-EOT', max_size=60))
def test_whatever_a_file_holds_it_is_read_or_it_is_not(text):
    try:
        read_blocks(f"it {{ v = {text}")
        read_blocks(text)
    except NotReadError:
        return


QUOTED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "${": "$${", "%{": "%%{"}


def quoted(text):
    for plain in ("\\", '"', "\n", "${", "%{"):
        text = text.replace(plain, QUOTED[plain])
    return text


WORDS = st.text(alphabet='ab/*:?-_.&{} "\\$%é\n', max_size=6).filter(lambda text: "$$" not in text and "%%" not in text)
ENDS = st.lists(WORDS, min_size=1, max_size=3, unique=True)
FORMS = ("attribute", "local", "variable", "encoded")


def bucket_plan(effect, field, number):
    """A plan of a bucket, and of a policy with so many resources that hang on its ARN, as Terraform shows it."""
    source = "data.aws_iam_policy_document.d"
    references = ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"] * number
    entries = (
        change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "d"}, unknown={"policy": True}),
        change("aws_s3_bucket.b", "create", after={"bucket": "b"}, unknown={"arn": True}),
        change(
            source,
            "read",
            after={"statement": [{"effect": effect, "actions": ["s3:GetObject"], field: [None] * number}]},
            unknown={"json": True, "statement": [{field: [True] * number}]},
        ),
    )
    blocks = (
        block("aws_iam_role_policy.p", policy={"references": [f"{source}.json", source]}),
        block(source, statement=[{field: {"references": references}}]),
        block("aws_s3_bucket.b", bucket={}),
    )
    return plan(*entries, blocks=blocks)


def in_sources(effect, field, items, more=""):
    return f"""
resource "aws_s3_bucket" "b" {{
  bucket = "b"
}}
resource "aws_iam_role_policy" "p" {{
  role   = "ci"
  name   = "d"
  policy = data.aws_iam_policy_document.d.json
}}
data "aws_iam_policy_document" "d" {{
  statement {{
    effect  = "{effect}"
    actions = ["s3:GetObject"]
    {field} = {items}
  }}
}}
{more}
"""


def listed(ends):
    return "[" + ", ".join(f'"${{aws_s3_bucket.b.arn}}{quoted(end)}"' for end in ends) + "]"


def said_of(outcome, field):
    (found,) = json.loads(facts(outcome, Policy)["ci/d"].text)["Statement"]
    return found["NotResource" if field == "not_resources" else "Resource"]


@pytest.mark.parametrize("field", ["resources", "not_resources"])
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("form", ["attribute", "local"])
@given(ends=ENDS)
def test_what_is_written_around_an_arn_is_as_if_the_arn_were_known(form, effect, field, ends):
    """The law: the policy is the one of the same plan in which the ARN is known already, word by word."""
    items, more = (listed(ends), "") if form == "attribute" else ("local.both", f"locals {{\n  both = {listed(ends)}\n}}\n")
    found = bucket_plan(effect, field, len(ends))
    outcome = applied(found, file_of(in_sources(effect, field, items, more)))

    assert said_of(outcome, field) == [f"arn:aws:s3:::b{end}".replace("&{", "${") for end in ends]
    assert (outcome.assumed, gaps(outcome)) == ((), [])


def test_without_the_plan_file_it_is_assumed_as_before():
    outcome = applied(bucket_plan("Deny", "resources", 2))

    assert said_of(outcome, "resources") == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert len(outcome.assumed) == 1


def test_a_deny_of_two_items_that_are_not_the_object_and_all_below_it_denies_no_more():
    """This passed: `[arn/a/*, arn/b/*]` was taken for all of the bucket."""
    items = '["${aws_s3_bucket.b.arn}/a/*", "${aws_s3_bucket.b.arn}/b/*"]'
    outcome = applied(bucket_plan("Deny", "resources", 2), file_of(in_sources("Deny", "resources", items)))

    assert said_of(outcome, "resources") == ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/b/*"]
    assert outcome.assumed == ()


@pytest.mark.parametrize(
    "items",
    [
        '[for one in ["a"] : "${aws_s3_bucket.b.arn}/a"]',
        '[aws_s3_bucket.b.arn, replace(aws_s3_bucket.b.arn, "b", "*")]',
        'concat([aws_s3_bucket.b.arn], ["${aws_s3_bucket.b.arn}/*"])',
        "[aws_s3_bucket.b.arn]",  # of another length
        "[aws_s3_bucket.b.arn, aws_s3_bucket.b.arn]",  # a set holds one of them, and the plan tells two
        '[aws_s3_bucket.other.arn, "${aws_s3_bucket.other.arn}/*"]',
        '["arn:aws:s3:::b", "arn:aws:s3:::b/*"]',  # hangs on nothing, so it is of another plan
        '[aws_s3_bucket.b.arn, "${local.none}/*"]',
        '[aws_s3_bucket.b.arn, "${var.none}/*"]',
        '[aws_s3_bucket.b.arn, "${each.value}/*"]',
        '[aws_s3_bucket.b.arn, "${module.m.out}/*"]',
    ],
)  # fmt: skip
def test_what_the_sources_do_not_surely_tell_is_assumed_as_before(items):
    outcome = applied(bucket_plan("Deny", "resources", 2), file_of(in_sources("Deny", "resources", items)))

    assert said_of(outcome, "resources") == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
    assert len(outcome.assumed) == 1


EXACT = '["${aws_s3_bucket.b.arn}/a/*", "${aws_s3_bucket.b.arn}/b/*"]'


@pytest.mark.parametrize(
    "files",
    [
        {"main_override.tf": 'resource "aws_s3_bucket" "b" {}'},
        {"override.tf": ""},
        {"more.tf.json": "{}"},
        {"broken.tf": "x {"},
        {"latin.tf": b"# \xe9\n"},
        {"twice.tf": 'data "aws_iam_policy_document" "d" {}\n'},
    ],
)
def test_a_module_that_is_not_read_as_a_whole_tells_nothing(files):
    told = {"tfconfig/m-/main.tf": in_sources("Deny", "resources", EXACT)} | {f"tfconfig/m-/{name}": text for name, text in files.items()}
    outcome = applied(bucket_plan("Deny", "resources", 2), zipped(told))

    assert len(outcome.assumed) == 1


@pytest.mark.parametrize(("said", "is_known"), [({}, True), ({"sensitive": True}, False), (None, False)])
def test_a_variable_of_the_root_has_the_value_of_the_plan_unless_it_is_sensitive(said, is_known):
    found = bucket_plan("Deny", "resources", 2)
    found["variables"] = {"team": {"value": "core"}}
    found["configuration"]["root_module"]["variables"] = {} if said is None else {"team": said}
    items = '["${aws_s3_bucket.b.arn}/${var.team}/*", aws_s3_bucket.b.arn]'
    outcome = applied(found, file_of(in_sources("Deny", "resources", items)))

    assert (not outcome.assumed) == is_known
    assert not is_known or said_of(outcome, "resources") == ["arn:aws:s3:::b/core/*", "arn:aws:s3:::b"]


def test_texts_are_composed_as_terraform_composes_them():
    items = '["${aws_s3_bucket.b.arn}/e\u0301"]'
    outcome = applied(bucket_plan("Deny", "resources", 1), file_of(in_sources("Deny", "resources", items)))

    assert said_of(outcome, "resources") == ["arn:aws:s3:::b/\u00e9"]


def test_blocks_that_are_made_in_a_loop_tell_nothing():
    text = in_sources("Deny", "resources", EXACT).replace("  statement {", '  dynamic "statement" {\n  }\n  statement {')

    assert len(applied(bucket_plan("Deny", "resources", 2), file_of(text)).assumed) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no plan file of Terraform"),
        (b"PK\x03\x04", "no plan file of Terraform"),
        (zipped({"tfplan": "x"}), "no plan file of Terraform with its configuration"),
        (zipped({"tfconfig/m-/a.tf": "x" * (65 * 2**20)}), "no plan file of Terraform with its configuration"),
        (file_of('resource "aws_s3_bucket" "other" {}'), "of another plan, for its sources have no"),
        (zipped({"tfconfig/m-other/main.tf": ""}), "of another plan, for its sources have no"),
    ],
)
def test_what_is_no_file_of_this_plan_is_refused(content, said):
    with pytest.raises(AuthorError, match=said):
        applied(bucket_plan("Deny", "resources", 2), content)


DEFLATED = io.BytesIO()
with zipfile.ZipFile(DEFLATED, "w", zipfile.ZIP_DEFLATED) as _archive:
    _archive.writestr("tfconfig/m-/main.tf", "resource a b {}\n" * 200)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(st.sampled_from([NESTED.read_bytes(), DEFLATED.getvalue()]), st.data())
def test_a_file_of_which_bytes_were_changed_or_cut_is_read_or_refused(content, data):
    """A stream that does not unpack ended in a crash, for it is no error of the archive."""
    changed = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        changed[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AuthorError):
        sources_of(bytes(changed[: data.draw(st.integers(len(content) // 2, len(content)))]), "it.tfplan")


def test_a_stream_that_does_not_unpack_is_told():
    at = DEFLATED.getvalue().index(b"main.tf") + len("main.tf")
    changed = DEFLATED.getvalue()[:at] + b"\xff" * 8 + DEFLATED.getvalue()[at + 8 :]

    with pytest.raises(AuthorError, match="no plan file of Terraform"):
        sources_of(changed, "it.tfplan")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_there_twice_is_refused():
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as archive:
        archive.writestr("tfconfig/m-/main.tf", in_sources("Deny", "resources", EXACT))
        archive.writestr("tfconfig/m-/main.tf", in_sources("Deny", "resources", "[]"))

    with pytest.raises(AuthorError, match="a file twice"):
        applied(bucket_plan("Deny", "resources", 2), room.getvalue())


def encoded(resource):
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Deny", Action = "s3:*", Resource = {resource} }}] }})'


def encoded_plan(references=("aws_s3_bucket.b.arn", "aws_s3_bucket.b"), **more):
    return plan(
        change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "d"}, unknown={"policy": True}, **more),
        change("aws_s3_bucket.b", "create", after={"bucket": "b"}, unknown={"arn": True}),
        blocks=(block("aws_iam_role_policy.p", policy={"references": list(references)}), block("aws_s3_bucket.b", bucket={})),
    )


def encoded_sources(policy):
    return f'resource "aws_s3_bucket" "b" {{\n  bucket = "b"\n}}\nresource "aws_iam_role_policy" "p" {{\n  role = "ci"\n  name = "d"\n  policy = {policy}\n}}\n'


HEREDOC = (
    '<<-EOT\n  {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "${aws_s3_bucket.b.arn}/x/*"}}\nEOT'
)


@pytest.mark.parametrize("policy", [encoded('["${aws_s3_bucket.b.arn}/x/*"]'), HEREDOC])
def test_a_document_that_is_encoded_in_place_is_read(policy):
    before = applied(encoded_plan())
    outcome = applied(encoded_plan(), file_of(encoded_sources(policy)))
    said = json.loads(facts(outcome, Policy)["ci/d"].text)["Statement"]

    assert "ci/d" not in facts(before, Policy)
    assert "arn:aws:s3:::b/x/*" in json.dumps(said)
    assert (outcome.assumed, gaps(outcome)) == ((), [])


class OneArn(Symbols):
    def derived(self, resource, attribute):
        return "arn:aws:s3:::b" if (resource.address, attribute) == ("aws_s3_bucket.b", "arn") else None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"${aws_s3_bucket.b.arn}"', "arn:aws:s3:::b"),
        ('"${12}"', 12),
        ('"${local.n}"', 12),
        ('"x${local.n}"', "x12"),
        ('"${[aws_s3_bucket.b.arn]}"', ["arn:aws:s3:::b"]),
        ('{ "${local.l}" = 1 }', {"ll": 1}),
        ('{ "${local.l}" = 1, ll = 2 }', None),
        ("{ a = 1, a = 2 }", None),
        ('{ "e\u0301" = 1, "\\u00e9" = 2 }', None),
        ("1.5", None),
        ('"${1.5}"', None),
        ('"%{ if true }x%{ endif }"', None),
        ('"${local.l}%{ if true }x%{ endif }"', None),
        ("<<-E\n    ${local.l}\n \n   b\n   E\n", " ll\n \nb\n"),
        ("local.list[0]", None),
        ('"$$${x}${local.l}"', "$${x}ll"),
        ('"\\U0001f600"', "\U0001f600"),
        ("007", 7),
    ],
)
def test_a_value_that_is_encoded_is_what_terraform_makes_of_it(value, said):
    """Each was compared with Terraform 1.11.4; nothing where it is not worked out."""
    document = f"{{ Arn = aws_s3_bucket.b.arn, It = {value} }}"
    text = encoded_sources(f"jsonencode({document})") + 'locals {\n  l = "ll"\n  n = 12\n  list = ["a"]\n}\n'
    read = read_plan(json.dumps(encoded_plan()).encode(), "p")
    told = with_sources(read, sources_of(file_of(text), "f"), "f")
    (policy,) = [one.after["policy"] for one in spelled(told, OneArn(addressed(told), str)).resources if one.type == "aws_iam_role_policy"]

    assert isinstance(policy, str) == (said is not None)
    assert said is None or json.loads(policy)["It"] == said


def test_what_is_sensitive_is_not_read_from_the_sources_either():
    found = encoded_plan()
    found["resource_changes"][0]["change"]["after_sensitive"] = {"policy": True}
    outcome = applied(found, file_of(encoded_sources(encoded("aws_s3_bucket.b.arn"))))

    assert "ci/d" not in facts(outcome, Policy)
    assert "sensitive" in gaps(outcome)[0]


@pytest.mark.parametrize(
    ("path", "is_known"), [('"kv/data/${vault_mount.k.path}/x"', True), ('join("/", ["kv", vault_mount.k.path])', False)]
)
def test_a_path_of_vault_that_is_built_of_something_unknown_is_read(path, is_known):
    source = "data.vault_policy_document.d"
    mount = {"references": ["vault_mount.k.path", "vault_mount.k"]}
    text = f"""
resource "vault_mount" "k" {{
  path = "team"
}}
data "vault_policy_document" "d" {{
  rule {{
    path         = {path}
    capabilities = ["read"]
  }}
}}
"""
    entries = (
        change("vault_mount.k", "create", after={"path": "team"}),
        change(source, "read", after={"rule": [{"capabilities": ["read"]}]}, unknown={"hcl": True, "rule": [{"path": True}]}),
    )
    found = plan(*entries, blocks=(block("vault_mount.k", path={}), block(source, rule=[{"path": mount, "capabilities": {}}])))
    read = with_sources(read_plan(json.dumps(found).encode(), "p"), sources_of(file_of(text), "f"), "f")
    told = spelled(read, VaultSymbols(addressed(read), str))
    (data,) = [one for one in told.resources if one.is_data]
    written = Documents(VaultSymbols(addressed(told), str)).text(Unknown("x", (Target(source, "hcl"),)))

    assert isinstance(data.after["rule"][0]["path"], str) == is_known
    assert isinstance(written, str) == is_known
    assert not is_known or 'path "kv/data/team/x"' in written


def test_a_name_that_is_itself_built_of_something_unknown_is_not_guessed():
    """The ARN of a bucket whose name hangs on a key is not that of the key's id alone."""
    found = encoded_plan()
    bucket = found["resource_changes"][1]
    bucket["change"] |= {"after": {}, "after_unknown": {"arn": True, "bucket": True}}
    key = change("aws_kms_key.k", "create", after={}, unknown={"arn": True, "key_id": True})
    found["resource_changes"].append(key)
    blocks = found["configuration"]["root_module"]["resources"]
    blocks[1]["expressions"]["bucket"] = {"references": ["aws_kms_key.k.key_id", "aws_kms_key.k"]}
    blocks.append(block("aws_kms_key.k"))
    policy = encoded('["${aws_s3_bucket.b.arn}/x/*"]')
    named = encoded_sources(policy).replace('bucket = "b"', 'bucket = "logs-${aws_kms_key.k.key_id}"') + 'resource "aws_kms_key" "k" {}\n'
    looped = named.replace('"logs-${aws_kms_key.k.key_id}"', 'lower("logs-${aws_kms_key.k.key_id}")')

    assert "arn:aws:s3:::logs-planned-aws_kms_key.k/x/*" in facts(applied(found, file_of(named)), Policy)["ci/d"].text
    assert "ci/d" not in facts(applied(found, file_of(looped)), Policy)


def test_arguments_of_modules_are_followed_with_the_words_around_each():
    sources = sources_of(NESTED.read_bytes(), "nested.tfplan")
    deep = parsed("module.outer.module.inner.terraform_data.q")

    assert Block(sources.resource(deep)).attributes["input"] == Many((Reference("var.arn"), Template((Reference("var.arn"), "/*"))))
    assert Block(sources.call(deep.modules)).attributes["arn"] == Reference("var.arn")
    assert Block(sources.call(deep.modules[:1])).attributes["arn"] == Template((Reference("terraform_data.b.output"), "/logs"))


def test_a_document_in_a_module_is_built_of_what_its_callers_give():
    source = "module.m.data.aws_iam_policy_document.d"
    found = bucket_plan("Deny", "resources", 2)
    found["resource_changes"][2] |= {"address": source, "module_address": "module.m"}
    root = found["configuration"]["root_module"]
    data = root["resources"].pop(1)
    root["resources"][0]["expressions"]["policy"] = {"references": ["module.m.json", "module.m"]}
    data["expressions"]["statement"][0]["resources"] = {"references": ["var.arn", "var.arn"]}
    root["module_calls"] = {
        "m": {
            "source": "./m",
            "expressions": {"arn": {"references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]}},
            "module": {
                "resources": [data],
                "outputs": {
                    "json": {"expression": {"references": ["data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d"]}}
                },
            },
        }
    }
    inner = in_sources("Deny", "resources", '[var.arn, "${var.arn}/*"]')
    inner = inner[inner.index("data ") :]
    rest = in_sources("Deny", "resources", "[]")
    outer = rest[: rest.index("data ")].replace("data.aws_iam_policy_document.d.json", "module.m.json")
    outer += 'module "m" {\n  source = "./m"\n  arn = "${aws_s3_bucket.b.arn}/logs"\n}\n'
    outcome = applied(found, file_of(outer, m=inner))

    assert said_of(outcome, "resources") == ["arn:aws:s3:::b/logs", "arn:aws:s3:::b/logs/*"]
    assert outcome.assumed == ()


PROVIDER = 'data "aws_caller_identity" "current" {}\n'


def sources_of_recorded(case):
    files = {"tfconfig/m-/2.tf": (RECORDED / case / "2.tf").read_text(), "tfconfig/m-/provider.tf": PROVIDER}
    for path in RECORDED.glob(f"{case}/*/*.tf"):
        for name in calls(files["tfconfig/m-/2.tf"], path.parent.name):
            files[f"tfconfig/m-{name}/{path.name}"] = path.read_text()
    return zipped(files)


def calls(text, folder):
    return [one.labels[0] for one in read_blocks(text) if one.kind == "module" and one.attributes["source"] == Template((f"./{folder}",))]


@pytest.mark.parametrize("case", [case for case in CASES if case != "shapes"])
def test_a_recorded_plan_comes_to_the_same_and_less_is_assumed(case):
    found, before, _ = recorded(case)
    without, told = applied(found, None, before), applied(found, sources_of_recorded(case), before)

    assert said(only(told)) == said(only(without))
    assert set(told.assumed) <= set(without.assumed)


def said(observation):
    return replace(observation, facts=tuple(one for one in observation.facts if not isinstance(one, Policy)))


def test_of_a_recorded_plan_what_was_encoded_and_hung_on_a_local_is_known():
    found, before, _ = recorded("shapes")
    without, told = applied(found, None, before), applied(found, sources_of_recorded("shapes"), before)
    topic = f"arn:aws:sns:{REGION}:123456789012:alarms"

    assert not {"app/hidden", "app/encoded", "app/sensitive"} & facts(without, Policy).keys()
    assert {"app/hidden", "app/encoded"} <= facts(told, Policy).keys()
    assert "app/sensitive" not in facts(told, Policy)
    for name in ("app/hidden", "app/encoded"):
        (statement,) = json.loads(facts(told, Policy)[name].text)["Statement"]
        assert statement["Resource"] in (topic, [topic])


@pytest.mark.parametrize("sources", [True, False])
@pytest.mark.parametrize(("unknown", "is_usual"), [({"path": True}, False), ({}, True)])
def test_an_auth_method_whose_path_somebody_chose_is_not_at_the_usual_one(unknown, is_usual, sources):
    """A path that hung on several things was taken for the type, so that a role came to lie in another mount."""
    refers = {"references": ["local.name", "var.team"]}
    made = change("vault_auth_backend.a", "create", after={"type": "approle"}, unknown={"id": True, "accessor": True, **unknown})
    of_path = {"references": ["vault_auth_backend.a.path", "vault_auth_backend.a"]}
    role = change("vault_approle_auth_backend_role.r", "create", after={"role_name": "r"}, unknown={"backend": True})
    written = block("vault_auth_backend.a", type={}, **({"path": refers} if unknown else {}))
    found = plan(made, role, blocks=(written, block("vault_approle_auth_backend_role.r", role_name={}, backend=of_path)))
    text = f"""
resource "vault_auth_backend" "a" {{
  type = "approle"
  {'path = lower("x")' if unknown else ""}
}}
resource "vault_approle_auth_backend_role" "r" {{
  role_name = "r"
  backend   = "${{vault_auth_backend.a.path}}/x"
}}
"""
    read = read_plan(json.dumps(found).encode(), "p")
    told = with_sources(read, sources_of(file_of(text), "f"), "f") if sources else read
    symbols = VaultSymbols(addressed(told), str)
    (backend,) = [one.after["backend"] for one in spelled(told, symbols).resources if one.type == "vault_approle_auth_backend_role"]

    assert symbols.of(Target("vault_auth_backend.a", "path"), "path") == ("approle" if is_usual else None)
    assert (backend == "approle/x") == (is_usual and sources)


def conditions(*written, order, known=("test", "variable")):
    """A plan of a policy with two conditions, which stand in it in an order of their own, as sets do; and its sources."""
    source = "data.aws_iam_policy_document.d"
    blocks = [{name: {"constant_value": one[name]} for name in ("test", "variable")} | refers(one["of"]) for one in written]
    shown = [{name: written[at][name] for name in known} | {"values": [None]} for at in order]
    marks = [{"values": [True], **{name: True for name in ("test", "variable") if name not in known}} for _ in order]
    entries = (
        change("aws_iam_role_policy.p", "create", after={"role": "ci", "name": "d"}, unknown={"policy": True}),
        *(change(f"aws_s3_bucket.{name}", "create", after={"bucket": name}, unknown={"arn": True}) for name in "ab"),
        change(
            source,
            "read",
            after={"statement": [{"actions": ["s3:GetObject"], "resources": ["*"], "condition": shown}]},
            unknown={"json": True, "statement": [{"actions": [False], "condition": marks}]},
        ),
    )
    told = (
        block("aws_iam_role_policy.p", policy={"references": [f"{source}.json", source]}),
        block(source, statement=[{"actions": {"constant_value": ["s3:GetObject"]}, "condition": blocks}]),
        *(block(f"aws_s3_bucket.{name}", bucket={}) for name in "ab"),
    )
    inner = "".join(
        f'condition {{\n test = "{one["test"]}"\n variable = "{one["variable"]}"\n values = ["${{aws_s3_bucket.{one["of"]}.arn}}/x"]\n}}\n'
        for one in written
    )
    text = f"""
resource "aws_s3_bucket" "a" {{}}
resource "aws_s3_bucket" "b" {{}}
resource "aws_iam_role_policy" "p" {{
  policy = {source}.json
}}
data "aws_iam_policy_document" "d" {{
  statement {{
    actions   = ["s3:GetObject"]
    resources = ["*"]
    {inner}
  }}
}}
"""
    return plan(*entries, blocks=told), file_of(text)


def refers(bucket):
    return {"values": {"references": [f"aws_s3_bucket.{bucket}.arn", f"aws_s3_bucket.{bucket}"]}}


FIRST = {"test": "ArnLike", "variable": "aws:SourceArn", "of": "a"}
SECOND = {"test": "ArnLike", "variable": "aws:PrincipalArn", "of": "b"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_blocks_that_stand_in_another_order_than_they_are_written_keep_what_they_hang_on(order):
    """A set of blocks was taken in the order of the configuration, so that two conditions exchanged their values."""
    found, content = conditions(FIRST, SECOND, order=order)

    for file, end in ((None, ""), (content, "/x")):
        (said,) = json.loads(facts(applied(found, file), Policy)["ci/d"].text)["Statement"]
        assert said["Condition"]["ArnLike"] == {"aws:SourceArn": [f"arn:aws:s3:::a{end}"], "aws:PrincipalArn": [f"arn:aws:s3:::b{end}"]}


def test_blocks_of_which_the_same_is_known_may_be_either():
    found, content = conditions(FIRST, FIRST | {"of": "b"}, order=(1, 0))

    for file, end in ((None, ""), (content, "/x")):
        (said,) = json.loads(facts(applied(found, file), Policy)["ci/d"].text)["Statement"]
        assert sorted(said["Condition"]["ArnLike"]["aws:SourceArn"]) == [f"arn:aws:s3:::a{end}", f"arn:aws:s3:::b{end}"]


def test_blocks_that_fit_nothing_that_is_written_are_not_guessed():
    found, content = conditions(FIRST, SECOND, order=(1, 0))
    shown = found["resource_changes"][3]["change"]["after"]["statement"][0]["condition"]
    shown[0]["variable"] = "aws:Other"

    for file in (None, content):
        outcome = applied(found, file)
        assert "ci/d" not in facts(outcome, Policy)
        assert gaps(outcome)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("cd"), st.integers(0, 3)), min_size=1, max_size=5), st.randoms())
def test_the_order_of_blocks_gives_each_what_fits_it_or_nothing(written, dice):
    """The law: whichever order a plan has, what is known of a block and of the written one that it gets is the same."""
    blocks = [{"x": x, "y": y} for x, y, _ in written]
    hidden = [{"x": x} if at % 2 else {"x": x, "y": y} for at, (x, y, _) in enumerate(written)]
    places = list(range(len(written)))
    dice.shuffle(places)
    found = order_of([hidden[at] for at in places], blocks)

    assert found is None or sorted(found) == list(range(len(written)))
    for at, given_to in zip(places, found or (), strict=False):
        assert hidden[at].items() <= blocks[given_to].items()


def test_what_is_known_and_written_otherwise_is_no_other_block():
    assert order_of([{"p": 443, "c": ("b", "a")}, {"p": "22", "c": ("a",)}], [{"p": "22", "c": ("A",)}, {"p": "443", "c": ("a", "b")}]) == (
        1,
        0,
    )
    assert order_of([{"p": 1}], [{"p": 2}]) is None
    assert order_of([{"p": 1}, {"p": Unknown("x")}], [{"p": 1}, {"p": 2}]) is None
