"""Changing a real OpenBao: what an action leaves is what was planned, nothing else changes, and taking it back leaves what was there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from connectors.test_vault_live import Vault
from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.policies import policy_text
from guardrails.errors import Conflict, ConnectorError
from guardrails.model.changes import Cas, DetachPolicy, Disable, RemoveMember, RewritePolicy, SetAddresses, SetRotation, edited
from guardrails.model.declaration import System
from guardrails.model.reference import Ref
from guardrails.notation.document import read
from guardrails.ports import Writer
from guardrails.testing.openbao import openbao
from guardrails.vault.narrowing import narrowed
from guardrails.vault.stored import restored, rewritten

AT = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
WRITER = """
path "identity/entity/id/+" { capabilities = ["read", "update"] }
path "identity/group/id/+"  { capabilities = ["read", "update"] }
path "auth/approle/role/+"  { capabilities = ["read", "update"] }
path "auth/userpass/users/+" { capabilities = ["read", "update"] }
path "sys/policies/acl/*" { capabilities = ["read", "update"] }
path "sys/policies/acl/guardrails-declared*" { capabilities = ["read", "update", "delete"] }
path "transit/keys/+" { capabilities = ["read"] }
path "transit/keys/+/config" { capabilities = ["update"] }
"""
KEY = "transit/keys/sms-a"
LOGIN = "auth/approle/role/ci"


class Changing(Vault):
    """The server with a token that writes, and what is on it by name."""

    def seed(self):
        super().seed()
        self.ask("PUT", "sys/policies/acl/guardrails-writer", {"policy": WRITER})
        self.ids = {}
        for kind in ("entity", "group"):
            for name in self.ask("LIST", f"identity/{kind}/id")["data"]["keys"]:
                self.ids[self.ask("GET", f"identity/{kind}/id/{name}")["data"]["name"]] = name

    def token(self, policy):
        return self.ask("POST", "auth/token/create", {"policies": [policy], "display_name": "guardrails"})["auth"]["client_token"]

    def ref(self, kind, name):
        identifier = self.ids.get(name, name) if kind in {"entity", "group"} else name
        return Ref(system="vault", realm="", kind=kind, id=identifier, name=name)

    def everything(self):
        """All that a change could touch, without times."""
        found = {path: self.ask("GET", path)["data"] for path in (LOGIN, "auth/userpass/users/bob", KEY)}
        for name, identifier in self.ids.items():
            kind = "entity" if name == "bob" else "group"
            found[name] = self.ask("GET", f"identity/{kind}/id/{identifier}")["data"]
        for entry in found.values():
            entry.pop("last_update_time", None)
            entry.pop("modify_index", None)
        # the server writes a map without entries either way, and the other way after any write of its entity
        return json.dumps(found, sort_keys=True).replace('"custom_metadata": {}', '"custom_metadata": null')


@pytest.fixture(scope="module")
def vault():
    enable_socket()
    with openbao() as server:
        seeded = Changing(server)
        seeded.seed()
        yield seeded


@pytest.fixture
def system(vault, monkeypatch):
    monkeypatch.setenv("R", vault.token("guardrails-reader"))
    monkeypatch.setenv("W", vault.token("guardrails-writer"))
    text = f'{{connector: vault, address: "{vault.server.url}", read: {{token: "env:R"}}, write: {{token: "env:W"}}}}'
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="vault", connector="vault", settings=node)


def actions(vault):
    bob, inner, outer = vault.ref("entity", "bob"), vault.ref("group", "inner"), vault.ref("group", "outer")
    role, user = vault.ref("role", LOGIN), vault.ref("user", "auth/userpass/users/bob")
    app, sms = vault.ref("policy", "app"), vault.ref("policy", "team/sms")
    return [
        Disable(ref=bob),
        RemoveMember(group=inner, member=bob),
        RemoveMember(group=outer, member=inner),
        DetachPolicy(holder=bob, policy=app),
        DetachPolicy(holder=inner, policy=sms),
        DetachPolicy(holder=role, policy=app),
        DetachPolicy(holder=user, policy=sms),
        SetAddresses(target=role, rule=vault.ref("bound-cidrs", f"{LOGIN}/token_bound_cidrs"), addresses=("127.0.0.1/32", "192.0.2.7/32")),
        SetAddresses(target=role, rule=vault.ref("bound-cidrs", f"{LOGIN}/secret_id_bound_cidrs"), addresses=("10.0.0.0/25",)),
        SetRotation(key=vault.ref("transit-key", KEY), days=30),
    ]


@pytest.mark.parametrize("at", range(10))
def test_an_action_leaves_what_was_planned_and_going_back_what_was_there(vault, system, at):
    action, all_before = actions(vault)[at], vault.everything()
    reader, writer = CONNECTOR.objects(system), CONNECTOR.remediator(system)
    ref = CONNECTOR.touched(action)
    before = reader.current(ref)
    after = edited(before, CONNECTOR.edits(action, before, {}))

    writer.write(ref, before, after)
    assert reader.current(ref) == writer.current(ref) == after
    assert vault.everything() != all_before
    writer.write(ref, before, after)

    writer.write(ref, after, before)
    assert vault.everything() == all_before


def test_who_is_disabled_is_refused_by_the_server(vault, system):
    vault.ask("POST", "auth/userpass/users/bob", {"password": "canary-password"})
    token = vault.ask("POST", "auth/userpass/login/bob", {"password": "canary-password"})["auth"]["client_token"]
    action = Disable(ref=vault.ref("entity", "bob"))
    writer = CONNECTOR.remediator(system)
    before = writer.current(action.ref)
    after = edited(before, CONNECTOR.edits(action, before, {}))

    writer.write(action.ref, before, after)
    system_of_bob = System(name="vault", connector="vault", settings=system.settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("R", token)
        with pytest.raises(ConnectorError, match="not accepted"):
            CONNECTOR.objects(system_of_bob)
    writer.write(action.ref, after, before)


def test_what_somebody_else_has_changed_is_left_alone(vault, system):
    action = Disable(ref=vault.ref("entity", "bob"))
    writer = CONNECTOR.remediator(system)
    before = writer.current(action.ref)
    after = edited(before, CONNECTOR.edits(action, before, {}))
    vault.ask("POST", f"identity/entity/id/{action.ref.id}", {"metadata": {"team": "other"}})

    with pytest.raises(Conflict):
        writer.write(action.ref, before, after)
    assert writer.current(action.ref).values("disabled") == ("false",)
    vault.ask("POST", f"identity/entity/id/{action.ref.id}", {"metadata": {"team": "sms"}})


def test_what_is_not_there_is_none_and_what_is_denied_is_an_error(vault, system):
    reader = CONNECTOR.objects(system)

    assert reader.current(Ref(system="vault", realm="", kind="entity", id="none", name="none")) is None
    with pytest.raises(ConnectorError, match="status 403"):
        reader.current(Ref(system="vault", realm="", kind="role", id="sys/raw/x", name="x"))


def test_the_reader_cannot_write(vault, system):
    node, _ = read(
        f'{{connector: vault, address: "{vault.server.url}", read: {{token: "env:W"}}, write: {{token: "env:R"}}}}'.encode(), "x"
    )
    writer = CONNECTOR.remediator(System(name="vault", connector="vault", settings=node))
    action = Disable(ref=vault.ref("entity", "bob"))
    before = writer.current(action.ref)

    with pytest.raises(ConnectorError, match="status 403"):
        writer.write(action.ref, before, edited(before, CONNECTOR.edits(action, before, {})))


def test_a_login_knows_itself(vault, system, monkeypatch):
    vault.ask("POST", "auth/approle/role/guardrails", {"token_policies": ["guardrails-reader"]})
    role = vault.ask("GET", "auth/approle/role/guardrails/role-id")["data"]["role_id"]
    secret = vault.ask("POST", "auth/approle/role/guardrails/secret-id")["data"]["secret_id"]
    token = vault.ask("POST", "auth/approle/login", {"role_id": role, "secret_id": secret})["auth"]["client_token"]
    monkeypatch.setenv("R", token)

    found = {ref.kind: ref.id for ref in CONNECTOR.objects(system).itself()}

    assert found["role"] == "auth/approle/role/guardrails"
    assert found["entity"] == vault.ask("POST", "auth/token/lookup", {"token": token})["data"]["entity_id"]


def test_the_connector_says_how_surely_it_writes(vault, system):
    assert isinstance(CONNECTOR, Writer)
    bob = vault.ref("entity", "bob")
    assert CONNECTOR.cas(bob, CONNECTOR.objects(system).current(bob)) is Cas.EMULATED


WIDE = 'path "kv/data/*" { capabilities = ["read", "update"] }\n'
SETTLED = {"expiration": "2099-01-01T00:00:00Z", "cas_required": True, "allow_slashes_in_identity_templates": True}


@pytest.fixture
def rewriting(vault):
    """A policy that is cut down, as it was judged."""
    vault.ask("DELETE", "sys/policies/acl/wide")
    vault.ask("PUT", "sys/policies/acl/wide", {"policy": WIDE, "cas": -1, **SETTLED})
    seen = policy_text(vault.ask("GET", "sys/policies/acl/wide")["data"], "openbao-2.7.2", "wide")
    less = narrowed(restored(seen, "wide"), [("kv/data/app/*", frozenset({"read"}))])
    bob = vault.ref("entity", "bob")
    return RewritePolicy(holder=bob, policy=vault.ref("policy", "wide"), text=rewritten(seen, less), seen=seen)


def told(vault):
    found = vault.ask("GET", "sys/policies/acl/wide")["data"]
    return {name: value for name, value in found.items() if name not in {"version", "modified"}}


def test_a_policy_is_cut_down_with_all_that_belongs_to_it_and_comes_back_as_it_was(vault, system, rewriting):
    all_before, writer = told(vault), CONNECTOR.remediator(system)
    ref = CONNECTOR.touched(rewriting)
    before = CONNECTOR.objects(system).current(ref)
    after = edited(before, CONNECTOR.edits(rewriting, before, {}))
    assert CONNECTOR.cas(ref, before) is Cas.NATIVE

    writer.write(ref, before, after)
    assert writer.current(ref) == after
    assert told(vault) == {**all_before, "policy": 'path "kv/data/app/*" {\n  capabilities = ["read"]\n}\n'}
    writer.write(ref, before, after)

    writer.write(ref, after, before)
    assert told(vault) == all_before


def test_the_server_itself_refuses_a_policy_that_was_written_in_between(vault, system, rewriting):
    writer = CONNECTOR.remediator(system)
    ref = CONNECTOR.touched(rewriting)
    before = writer.current(ref)
    after = edited(before, CONNECTOR.edits(rewriting, before, {}))
    write = writer._writer.write

    def raced(path, fields):
        vault.ask("PUT", "sys/policies/acl/wide", {"policy": "# by somebody else\n", "cas": fields["cas"]})
        return write(path, fields)

    writer._writer.write = raced
    with pytest.raises(Conflict, match="status 400"):
        writer.write(ref, before, after)
    assert told(vault)["policy"] == "# by somebody else\n"


def test_a_policy_that_says_something_else_than_was_judged_is_not_written(vault, system, rewriting):
    ref = CONNECTOR.touched(rewriting)
    vault.ask("PUT", "sys/policies/acl/wide", {"policy": WIDE + 'path "kv/metadata/*" { capabilities = ["list"] }\n', "cas": 1, **SETTLED})

    with pytest.raises(ValueError, match="vault:policy/wide says something else by now"):
        CONNECTOR.edits(rewriting, CONNECTOR.objects(system).current(ref), {})


def test_a_reader_that_only_lists_policies_reads_each_as_the_writer_does(vault, system, monkeypatch):
    lists = 'path "sys/policies/detailed/acl/" { capabilities = ["list"] }\npath "auth/token/lookup-self" { capabilities = ["read"] }'
    vault.ask("PUT", "sys/policies/acl/lister", {"policy": lists})
    monkeypatch.setenv("R", vault.token("lister"))
    reader, writer = CONNECTOR.objects(system), CONNECTOR.remediator(system)

    for name in ("app", "team/sms"):
        assert reader.current(vault.ref("policy", name)) == writer.current(vault.ref("policy", name))
    with pytest.raises(ConnectorError, match="give the credential: read sys/policies/acl/none"):
        reader.current(vault.ref("policy", "none"))
