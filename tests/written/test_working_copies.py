"""Working copies are read once, whole or not at all, never out of their folder; and what was not read is never taken for nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from guardrails.cli.patches import write_patches
from guardrails.cli.working_copies import working_copies
from guardrails.connectors.aws.written import patches
from guardrails.errors import AuthorError, OperatorError
from guardrails.model.changes import Edit, Held, Patch
from guardrails.plan.document import parse_plan, plan_bytes
from guardrails.written.state import known_of
from plan.plans import plan_of
from written.sources import wanted

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE = 'resource "aws_iam_role" "app" {\n  name = "app"\n}\n'
OFF = f'resource "aws_iam_role_policy_attachment" "x" {{\n  role = "app"\n  policy_arn = "{ADMIN}"\n}}\n'
CANARY = "hunter2-Canary"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def proposed(folder: Path, more: str = "") -> Patch:
    (patch,) = patches(wanted("role", "app", Edit(field="policy", removes=(ADMIN,))), working_copies((f"terraform={folder}{more}",)))
    return patch


def test_sources_of_all_folders_are_read_but_those_of_tools(tmp_path):
    put(tmp_path, "a.tf", ROLE)
    put(tmp_path, "deep/er/b.tf", OFF)
    for name in (".terraform/modules/x.tf", "node_modules/x.tf", "notes.md"):
        put(tmp_path, name, "not of the language {")

    (copy,) = working_copies((f"terraform={tmp_path}",))

    assert sorted(copy.files) == ["a.tf", "deep/er/b.tf"]
    assert copy.unread == {}


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("c.tf", lambda path, outside: path.symlink_to(outside / "c.tf"), "c.tf was not read:"),
        ("more", lambda path, outside: path.symlink_to(outside, target_is_directory=True), "more was not read: it is a link"),
        ("c.tf", lambda path, _: os.mkfifo(path), "c.tf was not read: not a plain file"),
        ("c.tf", lambda path, _: path.write_bytes(b"# \xff\xfe\n"), "c.tf was not read: it is not UTF-8"),
        ("c.tf", lambda path, _: path.write_bytes(b"#" * (1024 * 1024 + 1)), "c.tf was not read: longer than 1048576 bytes"),
        ("c.tf.json", lambda path, _: path.write_text("{}"), ""),
    ],
)
def test_what_is_not_read_may_say_the_same_and_holds_every_patch_back(tmp_path, name, make, why):
    sources, outside = tmp_path / "in", tmp_path / "out"
    put(sources, "a.tf", ROLE + OFF)
    put(outside, "c.tf", f'# "{CANARY}"\n')
    assert proposed(sources).diff

    make(sources / name, outside)

    patch = proposed(sources)
    if why:
        assert patch.diff == ""
        assert patch.note.startswith(why)
    assert CANARY not in repr(working_copies((f"terraform={sources}",))[0].files)


def test_sources_in_the_form_of_json_may_say_the_same(tmp_path):
    put(tmp_path, "a.tf", ROLE + OFF)
    put(tmp_path, "b.tf.json", "{}")
    assert proposed(tmp_path).note == "b.tf.json was not understood: it is of the form of JSON"


def test_other_files_of_json_that_were_not_read_matter_where_they_are_named_alone(tmp_path):
    put(tmp_path, "a.tf", ROLE + OFF)
    put(tmp_path, "big.json", "1" * (1024 * 1024 + 1))
    assert proposed(tmp_path).diff


def test_a_folder_without_sources_is_a_mistake(tmp_path):
    put(tmp_path, "x.md", "")
    with pytest.raises(AuthorError, match="no sources of terraform are below it"):
        working_copies((f"terraform={tmp_path}",))


def test_a_folder_with_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("guardrails.cli.working_copies._MOST_ALL", 10)
    put(tmp_path, "a.tf", ROLE)
    with pytest.raises(AuthorError, match="holds more than"):
        working_copies((f"terraform={tmp_path}",))


def state(*resources, inner=()):
    return json.dumps({"values": {"root_module": {"resources": list(resources), "child_modules": list(inner)}}}).encode()


ENTRY = {
    "address": "aws_iam_role.app",
    "mode": "managed",
    "values": {"name": "app", "unique_id": "AROA1", "tags": {"x": CANARY}, "path": "/"},
}


def test_of_a_state_names_and_ids_are_kept_and_no_secret():
    db = {
        "address": "aws_db.x",
        "mode": "managed",
        "values": {"id": CANARY, "password": CANARY, "name": "db"},
        "sensitive_values": {"id": True},
    }
    data_ = {"address": "data.x.y", "mode": "data", "values": {"id": "1"}}
    within = {"resources": [{**ENTRY, "address": "module.m.aws_iam_role.app"}], "address": "module.m"}

    known = known_of(state(ENTRY, db, data_, inner=[within]), "state.json")

    assert known == {
        "aws_iam_role.app": {"name": "app", "unique_id": "AROA1", "path": "/"},
        "aws_db.x": {"name": "db"},
        "module.m.aws_iam_role.app": {"name": "app", "unique_id": "AROA1", "path": "/"},
    }
    assert CANARY not in repr(known)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"values": 1}', b'{"values": {"root_module": {"resources": [1]}}}', b"[" * 100_000]
)
def test_what_is_no_state_is_told(content):
    with pytest.raises(AuthorError, match=r"s\.json"):
        known_of(content, "s.json")


def test_a_state_finds_what_no_name_tells_also_in_modules(tmp_path):
    text = ROLE.replace('"app"\n', "var.name\n") + OFF.replace('role = "app"', "role = aws_iam_role.app.name")
    put(tmp_path, "m/a.tf", text)
    put(tmp_path, "main.tf", 'module "m" {\n  source = "./m"\n}\n')
    put(tmp_path.parent, "state.json", state(inner=[{"resources": [{**ENTRY, "address": "module.m.aws_iam_role.app"}]}]))
    assert proposed(tmp_path).diff == ""

    patch = proposed(tmp_path, f",{tmp_path.parent / 'state.json'}")

    assert patch.diff == "", "the id is another one"
    put(
        tmp_path.parent,
        "state.json",
        state(
            inner=[
                {
                    "resources": [
                        {"address": "module.m.aws_iam_role.app", "mode": "managed", "values": {"name": "app", "unique_id": "id-of-app"}}
                    ]
                }
            ]
        ),
    )
    assert proposed(tmp_path, f",{tmp_path.parent / 'state.json'}").diff


def held(*found: Patch) -> Held:
    return Held(control="GR101", finding="f1", subject="s", reason="r", proposal="p", patches=found)


def test_patches_are_a_part_of_the_plan_that_is_signed():
    plan = plan_of(held=(held(Patch(place="a.tf:1", diff="--- a/a.tf\r\n", note="n")),))
    assert parse_plan(plan_bytes(plan)) == plan


def test_a_plan_without_patches_has_the_bytes_that_it_had():
    assert b"patches" not in plan_bytes(plan_of(held=(held(),)))


def test_files_of_patches_are_written_whole_and_never_over_others(tmp_path):
    plan = plan_of(
        held=(
            held(Patch(place="a b/../x.tf:1", diff="diff\n"), Patch(place="a.tf:2", note="no")),
            held(Patch(place="a b/../x.tf:1", diff="diff\n")),
        )
    )

    assert write_patches(plan, tmp_path / "out") == 1
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "001-GR101-a-b-..-x.tf-1.patch"
    assert path.read_text() == "GR101 f1 at a b/../x.tf:1\n\ndiff\n"

    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OperatorError, match="is there already"):
        write_patches(plan, tmp_path / "out")
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(OperatorError):
        write_patches(plan, path.parent.parent / "out" / path.name)
