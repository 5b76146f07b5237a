"""Who has left and still has tokens or leases of a real OpenBao: what is told is what the server still lets through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from connectors.vault_asked import ask
from guardrails import declare, workflow
from guardrails.model.words import Kind, Verdict
from guardrails.testing.openbao import openbao

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
DECLARED = """
guardrails: 1
systems:
  dir: {{connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: "{folder}/people.ldif"}}
  vault: {{connector: vault, address: "{url}", read: {{token: "env:TEST_VAULT_TOKEN"}}}}
people: {{sources: {{dir: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
"""
PERSON = """dn: uid={uid},dc=example,dc=se
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
entryUUID: 00000000-0000-0000-0000-0000000000{number:02}
{more}
"""
GONE = "pwdAccountLockedTime: 000001010000Z\n"
PEOPLE = ("eve", "bob", "cid", "dan", "fay", "gus", "ann")
"""Of these all but `ann` have left."""


class World:
    """A server with a token of each of them, and what has become of their entities since."""

    def __init__(self, server):
        self.server = server
        ask(server, "POST", "sys/auth/userpass", {"type": "userpass"})
        ask(server, "POST", "sys/mounts/pki", {"type": "pki"})
        ask(server, "POST", "pki/root/generate/internal", {"common_name": "example.se"})
        ask(server, "POST", "pki/roles/r", {"allow_any_name": True, "generate_lease": True})
        ask(server, "PUT", "sys/policies/acl/orphans", {"policy": 'path "auth/token/create-orphan" { capabilities = ["update"] }'})
        ask(server, "PUT", "sys/policies/acl/app", {"policy": 'path "kv/data/app" { capabilities = ["read"] }'})
        self.tokens, self.entities = {}, {}
        for uid in PEOPLE:
            policies = ["orphans"] if uid == "gus" else ["app"]
            ask(server, "POST", f"auth/userpass/users/{uid}", {"password": "x", "token_policies": policies})
            had = ask(server, "POST", f"auth/userpass/login/{uid.title()}", {"password": "x"})["auth"]
            self.tokens[uid], self.entities[uid] = had["client_token"], had["entity_id"]
        self.orphan = ask(server, "POST", "auth/token/create-orphan", {}, self.tokens["gus"])["auth"]
        for uid in ("cid", "gus"):
            self.entity(uid, "POST", {"disabled": True})
        for uid in PEOPLE[:-1]:  # the tokens alone are what is asked about
            ask(server, "DELETE", f"auth/userpass/users/{uid}")
        self.entity("dan", "DELETE")
        ask(server, "POST", "auth/token/revoke", {"token": self.tokens["eve"]})
        self.entity("eve", "POST", {"disabled": True})
        alias = ask(server, "GET", f"identity/entity/id/{self.entities['fay']}")["data"]["aliases"][0]["id"]
        ask(server, "DELETE", f"identity/entity-alias/id/{alias}")

    def entity(self, uid, method, body=None):
        ask(self.server, method, f"identity/entity/id/{self.entities[uid]}", body)

    def works(self, token):
        return isinstance(ask(self.server, "GET", "auth/token/lookup-self", token=token), dict)


@pytest.fixture(scope="module")
def world():
    enable_socket()
    with openbao() as server:
        yield World(server)


@pytest.fixture
def told(world, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", world.server.token)
    entries = [PERSON.format(uid=uid, number=number, more="" if uid == "ann" else GONE) for number, uid in enumerate(PEOPLE)]
    suffix = "dn: dc=example,dc=se\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\nentryUUID: 00000000-0000-0000-0000-0000000000ff\n\n"
    (tmp_path / "people.ldif").write_text(suffix + "\n".join(entries))

    def leavers():
        at = datetime.now(UTC)
        found = declare.loads([("guardrails.yaml", DECLARED.format(folder=tmp_path, url=world.server.url).encode())])
        assessed = workflow.assess(found, workflow.observe(found, at), at, approval=lambda *_: "")
        return {f.difference.subject.removeprefix("person:"): f.difference for f in assessed.findings if f.difference.kind is Kind.LEAVER}

    return leavers


def test_whoever_has_left_and_whose_token_works_is_named_with_it(world, told):
    found = told()

    certain = {uid for uid, one in found.items() if one.verdict is Verdict.VIOLATION}
    assert certain == {uid for uid in PEOPLE if uid != "ann" and world.works(world.tokens[uid])} == {"bob", "fay"}
    assert "vault:token/userpass-bob (accessor " in found["bob"].message
    assert "had by auth/userpass/login/Bob, until 20" in found["bob"].message


def test_a_token_whose_entity_lost_its_alias_is_known_by_who_logged_in(told):
    found = told()["fay"]

    assert "vault:entity/" not in found.message
    assert found.message.startswith("person fay has left and still holds vault:token/userpass-fay (accessor ")
    assert found.actual.startswith("policy ")
    assert found.witness is not None


def test_a_token_that_is_nobodys_may_be_of_a_leaver_who_could_make_it(world, told):
    found = told()["gus"]

    assert world.works(world.orphan["client_token"])
    assert found.verdict is Verdict.UNKNOWN
    assert world.orphan["accessor"] in found.message
    assert "acts as nobody" in found.message


def test_a_refused_token_is_told_while_leases_have_not_ended(world, told):
    assert set(told()) == {"bob", "fay", "gus"}
    handed_out = ask(world.server, "POST", "pki/issue/r", {"common_name": "a.se", "ttl": "1h"}, None)

    found = told()

    assert set(found) == {"bob", "fay", "gus", "cid", "dan"}
    assert found["cid"].verdict is Verdict.UNKNOWN
    assert "may have left leases: some under pki/ have not ended" in found["cid"].message
    ask(world.server, "PUT", "sys/leases/revoke", {"lease_id": handed_out["lease_id"], "sync": True})
    assert set(told()) == {"bob", "fay", "gus"}
