"""Laws of patches: whatever statements a document has and should have, in whatever form it is written, git makes of it what is wanted."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrails.connectors.aws.written import patches
from guardrails.hcl.blocks import read_hcl
from guardrails.hcl.texts import quoted_text
from guardrails.hcl.tree import value_of
from guardrails.written.dialects import HCL
from guardrails.written.documents import alike
from written.sources import copy, left_by_git, policy, seen_and_wanted, wanted

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:Delete*", "sqs:*", "sts:AssumeRole", "kms:Decrypt"]
PLACES = ["arn:aws:s3:::a/*", "arn:aws:s3:::home/${aws:username}/*", "*", "arn:aws:sqs:eu-north-1:444455556666:q"]
some = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=4, unique=True)
places = st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)
single = st.booleans()


@st.composite
def statements(draw):
    actions, resources = draw(some), draw(places)
    found = {"Effect": draw(st.sampled_from(["Allow", "Deny"])), "Action": actions, "Resource": resources}
    for key in ("Action", "Resource"):
        if len(found[key]) == 1 and draw(single):
            found[key] = found[key][0]
    if draw(single):
        found = {"Sid": draw(st.sampled_from(["One", "Two"])), **found}
    if draw(single):
        found["Condition"] = {"StringEquals": {"aws:SourceVpc": draw(st.sampled_from(["vpc-1", ["vpc-1", "vpc-2"]]))}}
    return found


documents = st.lists(statements(), min_size=1, max_size=4).map(lambda found: policy(*found))


@st.composite
def narrowed(draw, document):
    """What a plan makes of a document: statements go, and actions and resources of others."""
    kept = []
    for said in document["Statement"]:
        if not draw(st.integers(0, 3)):
            continue
        entry = dict(said)
        for key in ("Action", "Resource"):
            held = entry[key] if isinstance(entry[key], list) else [entry[key]]
            stays = [value for value in held if draw(st.integers(0, 2))] or held[:1]
            entry[key] = stays
        kept.append(entry)
        if not draw(st.integers(0, 5)):
            kept.append(draw(statements()))
    return policy(*(kept or [draw(statements())]))


def in_json(document, draw):
    return json.dumps(
        document, indent=draw(st.sampled_from([None, 1, 2, 4, "\t"])), separators=draw(st.sampled_from([None, (",", ":"), (" , ", " : ")]))
    )


def in_hcl(document, draw):
    text = HCL.render(document, draw(st.sampled_from(["", "\n  "])))
    return text if not draw(single) else text.replace('", "', '",\n      "').replace('"]', '", # last\n    ]')


def written(document, draw):
    form = draw(st.sampled_from(["here", "flush", "quoted", "encoded", "file"]))
    text = in_json(document, draw)
    template = text.replace("${", "$${")
    match form:
        case "here":
            return f"<<EOT\n{template}\nEOT", {}
        case "flush":
            return "<<-EOT\n" + "\n".join(f"    {line}" for line in template.split("\n")) + "\n  EOT", {}
        case "quoted":
            return quoted_text(text), {}
        case "encoded":
            return f"jsonencode({in_hcl(document, draw)})", {}
        case _:
            return 'file("${path.module}/own.json")', {"own.json": text}


@settings(max_examples=max(120, settings.default.max_examples), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_git_leaves_says_what_is_wanted_and_nothing_else_changes(tmp_path_factory, data):
    before = data.draw(documents)
    then = data.draw(narrowed(before))
    document, more = written(before, data.draw)
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    head = f'# é\nresource "aws_iam_role" "app" {{\n  name = "app"\n}}\n{data.draw(st.sampled_from(["", "# {", "/* x */"]))}\n'
    own = f'resource "aws_iam_role_policy" "own" {{\n  role   = aws_iam_role.app.id\n  name   = "own"\n  policy = {document}\n}}\n'
    tail = 'resource "x" "y" {\n  z = [1, 2]\n}' + data.draw(st.sampled_from(["", "\n"]))
    files = {path: text.replace("\n", ending) for path, text in {"a.tf": head + own + tail, **more}.items()}

    (patch,) = patches(wanted("role", "app", *seen_and_wanted("inline/own", before, then)), [copy(files)])

    if alike(before, then):
        return
    assert patch.diff, patch.note
    after = left_by_git(tmp_path_factory.mktemp("git"), files, patch)
    assert alike(read_anew(after), then)
    assert after["a.tf"].startswith(head.replace("\n", ending))
    assert after["a.tf"].endswith(tail.replace("\n", ending))
    if more:
        assert after["a.tf"] == files["a.tf"]


def read_anew(files):
    """By the reader of values alone, from the files that git left."""
    block = next(block for block in read_hcl(files["a.tf"]).blocks if block.labels[0] == "aws_iam_role_policy")
    node = block.body.get("policy")
    if getattr(node, "name", "") == "jsonencode":
        return value_of(node.arguments[0])
    return json.loads(files["own.json"] if getattr(node, "name", "") == "file" else value_of(node))
