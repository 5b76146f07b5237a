"""`guardrails vault` and `why`: exit codes, JSON, and what they say of files that are no policies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guardrails.cli import main
from small_directory import group, ldif, person

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


DECLARED = """
guardrails: 1
systems:
  aws: {connector: aws, sets: {prod: {accounts: ["111122223333"]}}, endpoint-url: "http://127.0.0.1:1", read: {role: reader}}
  directory: {connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: people.ldif}
  vault: {connector: vault, export: vault}
people:
  sources: {directory: {key: entryUUID, name: uid}}
  leaver: disabled-in-any
  join: {vault: {alias: uid}}
"""
SEARCH = {
    "binddn": "cn=reader", "userattr": "uid", "userdn": "dc=example,dc=se", "groupdn": "dc=example,dc=se", "groupattr": "cn",
    "groupfilter": "(|(memberUid={{.Username}})(member={{.UserDN}})(uniqueMember={{.UserDN}}))", "userfilter": "({{.UserAttr}}={{.Username}})",
}  # fmt: skip
"""How a real server tells that it finds people and groups, without anything set but the names."""
LDIF = ldif(person("ann", 1), person("bob", 2), group("oncall", 3, "ann"))


@pytest.fixture
def company(tmp_path):
    """Bob has an entity in a group; Ann comes to the same at her next login, through a group of the directory."""
    policy = rule("kv/data/x", "read")
    files = {
        "guardrails.yaml": DECLARED,
        "people.ldif": LDIF,
        "vault/auth.json": json.dumps({"data": {"ldap/": {"type": "ldap", "accessor": "auth_ldap_1"}}}),
        "vault/mounts.json": json.dumps({"data": {"sys/": {"type": "system", "running_plugin_version": "v2.6.2+builtin.bao"}}}),
        "vault/auth/ldap/config.json": json.dumps({"data": {"url": "ldaps://x", "token_no_default_policy": True, **SEARCH}}),
        "vault/auth/ldap/groups/oncall.json": json.dumps({"data": {"policies": ["app"]}}),
        "vault/auth/ldap/users/.keep": "",
        "vault/identity/entity/bob.json": json.dumps(
            {
                "data": {
                    "id": "e-bob",
                    "name": "bob",
                    "policies": [],
                    "group_ids": ["g-1"],
                    "direct_group_ids": ["g-1"],
                    "aliases": [{"id": "a-1", "name": "bob", "mount_accessor": "auth_ldap_1"}],
                }
            }
        ),
        "vault/identity/group/app.json": json.dumps(
            {"data": {"id": "g-1", "name": "apps", "policies": ["app"], "type": "internal", "member_entity_ids": ["e-bob"]}}
        ),
        "vault/policies/app.hcl": policy,
        "vault/policies/default.hcl": rule("cubbyhole/*", "read"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_people_are_named_with_what_they_may_now_and_at_the_next_login(ask, company):
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert out.splitlines() == [
        "person:bob as vault:entity/bob may read kv/data/x now",
        "    group apps > policy app path kv/data/x",
        "person:ann as vault:ldap-group/ldap/oncall may read kv/data/x at the next login",
        "    directory@dc=example,dc=se:group/oncall > mapping auth/ldap/groups/oncall > policy app path kv/data/x",
    ]


def with_external(company, mount_type, accessor, **files):
    """One more group, which a login by a mount fills, with the same policy."""
    alias = {"id": "a-9", "name": "OnCall", "mount_accessor": accessor, "mount_type": mount_type}
    group = {"id": "g-9", "name": "outside", "policies": ["app"], "type": "external", "alias": alias, "member_entity_ids": []}
    mounts = {"ldap/": {"type": "ldap", "accessor": "auth_ldap_1"}, "oidc/": {"type": "oidc", "accessor": "auth_oidc_1"}}
    folders = {
        "auth/oidc/role/web.json": {
            "role_type": "oidc",
            "user_claim": "sub",
            "token_policies": [],
            "token_no_default_policy": True,
            **files,
        }
    }
    for name, content in {"identity/group/outside.json": group, "auth.json": mounts, "auth/oidc/config.json": {}, **folders}.items():
        (company / "vault" / name).parent.mkdir(parents=True, exist_ok=True)
        (company / "vault" / name).write_text(json.dumps({"data": content}))


def test_whoever_a_directory_puts_into_an_external_group_is_named(ask, company):
    with_external(company, "ldap", "auth_ldap_1")
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert "    directory@dc=example,dc=se:group/oncall > group outside > policy app path kv/data/x" in out.splitlines()
    assert "person:ann as vault:group/outside may read kv/data/x at the next login" in out.splitlines()
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", "--export", str(company / "vault"))
    assert "    whoever auth/ldap/ says is in OnCall > group outside > policy app path kv/data/x" in out.splitlines()


def test_a_provider_is_named_and_a_group_of_the_same_name_in_the_directory_is_not_taken_for_its(ask, company):
    with_external(company, "oidc", "auth_oidc_1", groups_claim="roles")
    (company / "vault/auth/ldap/groups/oncall.json").unlink()
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert out.splitlines()[2:] == [
        "vault:group/outside may read kv/data/x at the next login",
        "    whoever auth/oidc/ says is in OnCall, by the claim roles > group outside > policy app path kv/data/x",
    ]
    ended, out, _ = ask("why", "ann", "read", "kv/data/x", str(company))
    assert ended == 3
    assert "cannot tell whether it may read kv/data/x at the next login: nothing that was read tells whether ann" in out


def test_where_no_role_asks_for_groups_nobody_comes_into_one(ask, company):
    with_external(company, "oidc", "auth_oidc_1")
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert "outside" not in out


def test_while_a_role_was_not_read_somebody_may_come_into_one(ask, company):
    with_external(company, "oidc", "auth_oidc_1")
    (company / "vault/auth/oidc/role/web.json").write_text("no JSON")
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert "whoever auth/oidc/ says is in OnCall" in out


def test_the_groups_of_another_service_are_open_even_where_the_directory_has_one_of_that_name(ask, company):
    mounts = {"data": {"ldap/": {"type": "ldap", "accessor": "auth_ldap_1"}, "kerberos/": {"type": "kerberos", "accessor": "auth_k_1"}}}
    (company / "vault/auth.json").write_text(json.dumps(mounts))
    for name in ("groups/oncall", "config", "config/ldap"):
        (company / f"vault/auth/kerberos/{name}.json").parent.mkdir(parents=True, exist_ok=True)
        (company / f"vault/auth/kerberos/{name}.json").write_text(json.dumps({"data": {"policies": ["app"]} if "groups" in name else {}}))
    _, out, _ = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert (
        "    whoever another service puts into oncall > mapping auth/kerberos/groups/oncall > policy app path kv/data/x" in out.splitlines()
    )


def test_why_tells_of_one_person(ask, company):
    _, out, _ = ask("why", "ann", "read", "kv/data/x", str(company))
    assert out.splitlines()[0] == "person:ann as vault:ldap-group/ldap/oncall may read kv/data/x at the next login"
    assert len(out.splitlines()) == 2
    ended, _, err = ask("why", "eve", "read", "kv/data/x", str(company))
    assert ended == 2
    assert "eve is nobody in the directories" in err


def test_a_declaration_without_a_vault_cannot_be_asked(ask, tmp_path):
    (tmp_path / "guardrails.yaml").write_text("guardrails: 1\nsystems: {inventory: {connector: netbox, export: x.json}}\n")
    ended, _, err = ask("vault", "who-can", "read", "kv/x", str(tmp_path))
    assert ended == 2
    assert "no system is declared of which it can be told" in err


def token(name, **more):
    return json.dumps({"data": {"accessor": name, "display_name": name, "policies": ["app"], "entity_id": "", "expire_time": None} | more})


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ["vault:token/t may read kv/data/x now"]),
        ({"policies": ["default"]}, []),
        ({"policies": ["default"], "identity_policies": ["app"]}, ["vault:token/t may read kv/data/x now"]),
        ({"expire_time": "2020-01-01T00:00:00Z"}, []),
        ({"expire_time": "2100-01-01T00:00:00Z"}, ["vault:token/t may read kv/data/x now"]),
        ({"policies": ["root"]}, ["vault:token/t may read kv/data/x now"]),
        ({"entity_id": "e-bob"}, []),  # Bob may by himself, and is told
        ({"entity_id": "e-gone"}, ["vault:token/t may read kv/data/x now"]),
    ],
)
def test_tokens_that_are_out_are_told_as_well(ask, company, more, told):
    (company / "vault/tokens").mkdir()
    (company / "vault/tokens/t.json").write_text(token("t", **more))
    _, out, err = ask("vault", "who-can", "read", "kv/data/x", str(company))
    assert [line for line in out.splitlines() if "token/" in line and "mapping" not in line] == told
    assert "tokens" not in err


def test_while_tokens_were_not_read_nobody_is_no_answer(ask, company):
    ended, out, err = ask("vault", "who-can", "delete", "kv/data/x", str(company))
    assert (ended, out) == (3, "nobody who was seen may delete kv/data/x, and not everybody was seen\n")
    assert "auth/token/accessors" in err
