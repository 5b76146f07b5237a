"""Who may come into an external group, from an export: found with a declared directory and without, and through groups of groups."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from connectors.test_vault_export import WHOLE, write
from guardrails import adoption, declare, workflow
from guardrails.model.words import Kind
from small_directory import ldif, person

AT = datetime(2026, 11, 25, tzinfo=UTC)
DECLARED = """
guardrails: 1
systems: {{vault: {{connector: vault, export: "{folder}/vault"}}{more}}}
teams: {{sms: {{}}}}
{people}
"""
PEOPLE = "people: {sources: {dir: {key: entryUUID, name: uid}}, leaver: disabled-in-any, join: {vault: {alias: uid}}}"


def declared(tmp_path, method, *, inner=(), outer=(), claim="groups", directory=False):
    """A group that a mount of a method fills, with one around it; the text that declares nothing of them."""
    accessor = f"auth_{method}_1"
    alias = {"id": "a-9", "name": "Ops", "mount_accessor": accessor, "mount_type": method}
    inside = {"id": "g-8", "name": "inside", "policies": [*inner], "type": "external", "alias": alias}
    around = {"id": "g-9", "name": "around", "policies": [*outer], "type": "internal", "member_group_ids": ["g-8"]}
    role = {"role_type": "jwt", "user_claim": "sub", "bound_subject": "x", "token_policies": [], "groups_claim": claim}
    files = {
        **WHOLE,
        "auth.json": {"data": {f"{method}/": {"type": method, "accessor": accessor}}},
        f"auth/{method}/config.json": {"data": {}},
        "identity/group/inside.json": {"data": inside},
        "identity/group/around.json": {"data": around},
        **(
            {f"auth/{method}/role/any.json": {"data": role}}
            if method == "jwt"
            else {f"auth/{method}/groups": None, f"auth/{method}/users": None}
        ),
    }
    write(tmp_path / "vault", {name: content for name, content in files.items() if not name.startswith("auth/approle")})
    (tmp_path / "people.ldif").write_text(ldif(person("ann", 1)))
    more = (
        f', dir: {{connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: {json.dumps(str(tmp_path / "people.ldif"))}}}'
        if directory
        else ""
    )
    return DECLARED.format(folder=tmp_path, more=more, people=PEOPLE if directory else "")


def groups(tmp_path, method, *texts, **more):
    """What is found of groups that nothing stands for, also beside further texts."""
    files = (declared(tmp_path, method, **more), *texts)
    found = declare.loads([(f"{at}.yaml", text.encode()) for at, text in enumerate(files)])
    findings = workflow.assess(found, workflow.observe(found, AT), AT, approval=lambda *_: "").findings
    told = [one.difference for one in findings if one.difference.kind is Kind.PRINCIPAL_UNDECLARED]
    return {one.subject.rpartition("/")[2]: one.message for one in told if ":group/" in one.subject}


def test_a_group_gives_what_groups_around_it_give(tmp_path):
    found = groups(tmp_path, "jwt", outer=["app"])
    assert [*found] == ["inside"]
    assert found["inside"].endswith("it is held by whoever auth/jwt/ says is in Ops, by the claim groups")


def test_a_group_that_gives_nothing_is_nothing(tmp_path):
    assert groups(tmp_path, "jwt") == {}


def test_no_claim_lets_nobody_in(tmp_path):
    assert groups(tmp_path, "jwt", inner=["app"], claim="") == {}


@pytest.mark.parametrize("method", ["okta", "ldap"])
def test_whoever_comes_by_a_service_that_nothing_declares_is_told(tmp_path, method):
    assert groups(tmp_path, method, inner=["app"])["inside"].endswith(f"it is held by whoever auth/{method}/ says is in Ops")


def test_people_of_a_declared_directory_are_judged_one_by_one_and_those_of_a_service_are_not(tmp_path):
    assert groups(tmp_path / "ldap", "ldap", inner=["app"], directory=True) == {}
    assert [*groups(tmp_path / "okta", "okta", inner=["app"], directory=True)] == ["inside"]


def test_what_is_adopted_speaks_of_such_a_group(tmp_path):
    found = declare.loads([("guardrails.yaml", declared(tmp_path, "jwt", inner=["app"]).encode())])
    world = workflow.side_by_side(found, workflow.observe(found, AT), AT)
    adopted = adoption.adopt(world, date(2099, 1, 1), owner="team:sms").files
    assert any("vault:group/inside" in text for text in adopted)
    assert groups(tmp_path, "jwt", *adopted, inner=["app"]) == {}
