"""The rights that the page about changing AWS names are those that sessions are made of, kind by kind."""

from __future__ import annotations

import re

from doc_pages import ROOT

from guardrails.connectors.aws.editing import KINDS, cas
from guardrails.model.changes import Edit
from guardrails.model.reference import Ref

PAGE = (ROOT / "docs/changing-aws.md").read_text()
FIELDS = {
    "user": ("group", "policy", "inline/x"),
    "role": ("policy", "inline/x", "trust"),
    "group": ("policy", "inline/x"),
    "bucket": ("policy", "acl", "encryption"),
    "key": ("policy", "rotation"),
}


def rows():
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0] in KINDS:
            yield cells


def rights(kind, edits):
    ref = Ref(system="aws", realm="111122223333", kind=kind, id="arn:aws:kms:eu-north-1:111122223333:key/k", name="n")
    return {action for statement in KINDS[kind].rights(ref, edits) for action in statement["Action"]}


def test_the_table_of_rights_is_what_the_writer_takes():
    found = {cells[0]: cells for cells in rows()}
    assert set(found) == set(KINDS)
    for kind, (_, reads, writes, _, how) in found.items():
        edits = [Edit(field=field, adds=('{"Tags":[]}',)) for field in FIELDS.get(kind, ("x",))]
        named = [set(re.findall(r"`([a-z0-9]+:\w+)`", cell)) for cell in (reads, writes)]
        assert named[0] == rights(kind, [])
        assert named[0] | named[1] == rights(kind, edits)
        ref = Ref(system="aws", realm="1", kind=kind, id="x", name="x")
        assert how == cas(ref).value
