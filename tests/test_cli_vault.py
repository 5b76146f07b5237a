"""`guardrails vault` and `why`: exit codes, JSON, and what they say of files that are no policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrails.cli import main

EXPORT = Path(__file__).parent.parent / "examples/connectel/exports/vault"


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def asked(*arguments, files=()):
        for name, text in dict(files).items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return asked


def rule(path, *capabilities, more=""):
    return f'path "{path}" {{ capabilities = {json.dumps(list(capabilities))} {more} }}\n'


@pytest.mark.parametrize(
    ("actual", "declared", "code", "verdict"),
    [
        (rule("kv/a", "read"), rule("kv/*", "read"), 0, "covered"),
        (rule("kv/*", "read"), rule("kv/a", "read"), 1, "not-covered"),
        (rule("kv/a", "list"), rule("kv/a", "list", more="pagination_limit = 5"), 1, "not-covered"),
        ("{{", rule("kv/a", "read"), 2, ""),
    ],
)
def test_the_exit_code_says_the_verdict(ask, actual, declared, code, verdict):
    ended, out, _ = ask("vault", "contains", "a.hcl", "b.hcl", files={"a.hcl": actual, "b.hcl": declared})
    assert ended == code
    assert out.startswith(verdict)


def test_a_witness_is_shown_whole(ask):
    files = {"a.hcl": rule("kv/a", "update"), "b.hcl": rule("kv/a", "update", more='allowed_parameters = { "x" = ["y"] }')}
    ended, out, _ = ask("vault", "contains", "a.hcl", "b.hcl", "--output", "json", files=files)
    found = json.loads(out)
    assert (ended, found["verdict"], found["engine"]) == (1, "not-covered", "openbao-2.7.2")
    assert (found["witness"]["operation"], found["witness"]["path"]) == ("update", "kv/a")
    assert found["witness"]["parameters"]
    assert "with {" in ask("vault", "contains", "a.hcl", "b.hcl")[1]


@pytest.mark.parametrize(
    ("files", "arguments", "told"),
    [
        (
            {"a.hcl": 'path "a" {\n  capabilities = ["reed"]\n}'},
            ["contains", "a.hcl", "a.hcl"],
            "a.hcl:2:3: path 'a': 'reed' is no capability",
        ),
        ({}, ["contains", "a.hcl", "a.hcl"], "a.hcl: No such file or directory"),
        ({"a.hcl": b"\xff"}, ["contains", "a.hcl", "a.hcl"], "a.hcl: not UTF-8"),
        ({"a.hcl": ""}, ["contains", "a.hcl", "a.hcl", "--engine", "consul"], "'consul' names no engine and version"),
        ({}, ["who-can", "read", "kv/x"], "it is not said which Vault to ask"),
    ],
)
def test_bad_input_gets_a_clear_error(ask, files, arguments, told):
    ended, out, err = ask("vault", *arguments, files=files)
    assert (ended, out) == (2, "")
    assert told in err


def test_what_does_not_do_what_it_seems_to_is_told_with_its_place(ask):
    text = rule("*", "read") + rule("+/data/*", "deny") + rule("kv/{{identity.entity.name}}", "deny") + rule("kv/a*b", "read")
    ended, out, _ = ask("vault", "lint", "p.hcl", files={"p.hcl": text})
    assert ended == 1
    assert [line.split(": path")[0] for line in out.splitlines()] == [
        "p.hcl:2:1: unreached-deny",
        "p.hcl:3:1: fails-open",
        "p.hcl:4:1: literal",
    ]
    assert ask("vault", "lint", "p.hcl", files={"p.hcl": rule("kv/*", "read")})[:2] == (0, "")


def test_who_can_reach_a_path_is_told_from_a_folder_of_exports(ask):
    ended, out, _ = ask("vault", "who-can", "read", "kv/data/cdr/2026", "--export", str(EXPORT))
    assert ended == 0
    assert out.splitlines() == [
        "vault:role/approle/cdr-etl may read kv/data/cdr/2026 now",
        "    policy cdr-etl path kv/data/cdr/*",
    ]


def test_nobody_is_an_answer(ask):
    ended, out, _ = ask("vault", "who-can", "delete", "kv/data/cdr/2026", "--export", str(EXPORT))
    assert (ended, out) == (0, "nobody may delete kv/data/cdr/2026\n")


def test_groups_are_in_the_chain(ask):
    _, out, _ = ask("vault", "who-can", "update", "transit/decrypt/sms-2026", "--export", str(EXPORT), "--output", "json")
    found = json.loads(out)
    chains = {one["principal"]: one["chain"] for one in found["found"]}
    assert chains["vault:entity/agnes"] == ["group sms-oncall", "policy sms-oncall path transit/decrypt/sms-*"]
    assert found["not_seen"] == []


def test_an_export_with_a_hole_cannot_tell_whole(ask, tmp_path):
    folder = tmp_path / "export"
    for name, text in {
        "auth.json": '{"data": {"approle/": {"type": "approle", "accessor": "a"}}}',
        "auth/approle/role/ci.json": '{"data": {"token_policies": ["ci"]}}',
        "policies/ci.hcl": rule("kv/a", "read"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    ended, out, err = ask("vault", "who-can", "read", "kv/a", "--export", str(folder))
    assert ended == 3
    assert "vault:role/approle/ci cannot tell whether it may read kv/a now" in out
    assert "not seen: " in err
