"""A leaver's token that hangs on no account of theirs is planned for, revoked on a real OpenBao, and refused by it from then on."""

from __future__ import annotations

import json
import secrets
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.error import HTTPError

import pytest

from guardrails import declare, workflow
from guardrails.apply.engine import Engine
from guardrails.apply.journal import opened_journal
from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.images import ENDED
from guardrails.errors import Conflict, ConnectorError, OperatorError, Refused, Unfinished
from guardrails.model.changes import Cas, Disable, Image, Irreversible, Revoke, edited
from guardrails.plan.document import parse_plan, plan_bytes
from guardrails.remediation import Order, make_plan
from guardrails.remediation.carrying import Ground, engine_of
from guardrails.reports.plan import plan_as_text
from guardrails.testing.openbao import openbao
from guardrails.trust.roster import Roster
from small_directory import group, ldif, person

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
WRITER = """
path "identity/entity/id/+" { capabilities = ["read", "update"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "auth/token/revoke-accessor" { capabilities = ["update"] }
"""
APP = """
path "pki/issue/r" { capabilities = ["update"] }
path "auth/token/create" { capabilities = ["update"] }
"""
DECLARED = """
guardrails: 1
systems:
  dir: {{connector: ldap, base: "dc=example,dc=se", groups: "dc=example,dc=se", export: "{folder}/people.ldif"}}
  vault: {{connector: vault, address: "{url}", read: {{token: "env:VAULT_READER"}}, write: {{token: "env:VAULT_WRITER"}}}}
people: {{sources: {{dir: {{key: entryUUID, name: uid}}}}, leaver: disabled-in-any, join: {{vault: {{alias: uid}}}}}}
apply: {{limits: {{percent: 100}}}}
"""
PEOPLE = ldif(person("fay", 1, "pwdAccountLockedTime: 000001010000Z"), person("bob", 2), group("ops", 3, "bob"))


class World:
    """A server on which `fay`, who has left, has a token whose entity lost its alias, and a child of that token."""

    def __init__(self, server):
        self.server = server
        server.ask("POST", "sys/auth/userpass", {"type": "userpass"})
        server.ask("POST", "sys/mounts/pki", {"type": "pki"})
        server.ask("POST", "pki/root/generate/internal", {"common_name": "example.se"})
        server.ask("POST", "pki/roles/r", {"allow_any_name": True, "generate_lease": True})
        for name, text in {"writer": WRITER, "app": APP}.items():
            server.ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
        server.ask("POST", "auth/userpass/users/fay", {"password": "x", "token_policies": ["app"]})
        self.had = server.ask("POST", "auth/userpass/login/fay", {"password": "x"})["auth"]
        self.lease = self.asked("pki/issue/r", {"common_name": "a.se", "ttl": "1h"})["lease_id"]
        self.writer = server.ask("POST", "auth/token/create", {"policies": ["writer"], "no_parent": True})["auth"]
        server.ask("DELETE", "auth/userpass/users/fay")
        entity = server.ask("GET", f"identity/entity/id/{self.had['entity_id']}")["data"]
        server.ask("DELETE", f"identity/entity-alias/id/{entity['aliases'][0]['id']}")

    def asked(self, path, body, token=None):
        headers = {"X-Vault-Token": token or self.had["client_token"]}
        request = urllib.request.Request(f"{self.server.url}/v1/{path}", json.dumps(body).encode(), headers, method="POST")  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
                return json.loads(answer.read() or b"{}")
        except HTTPError as error:
            return error.code

    @property
    def leases(self):
        try:
            return self.server.ask("LIST", "sys/leases/lookup/pki/issue/r/")["data"]["keys"]
        except OperatorError:
            return []

    def awaited_leases(self):
        """Those that are left after a while: the server ends them behind the answer."""
        for _ in range(100):
            if not self.leases:
                break
            time.sleep(0.1)
        return self.leases


@pytest.fixture
def world(socket_enabled, monkeypatch):
    with openbao() as server:
        made = World(server)
        monkeypatch.setenv("VAULT_READER", server.token)
        monkeypatch.setenv("VAULT_WRITER", made.writer["client_token"])
        yield made


@pytest.fixture
def company(world, tmp_path):
    (tmp_path / "people.ldif").write_text(PEOPLE)
    return declare.loads([("guardrails.yaml", DECLARED.format(folder=tmp_path, url=world.server.url).encode())])


def planned(company):
    now = datetime.now(UTC)
    plan = make_plan(company, workflow.observe(company, now), workflow.unsigned, Order(id=secrets.token_hex(16), now=now))
    return parse_plan(plan_bytes(plan))


def remediator(company):
    return CONNECTOR.remediator(next(system for system in company.systems if system.name == "vault"))


@contextmanager
def engine(plan, company, tmp_path):
    with opened_journal(tmp_path / f"{plan.id}.journal") as journal:
        yield Engine(
            plan=plan,
            journal=journal,
            remediators={"vault": remediator(company)},
            note=lambda *_: None,
            clock=lambda: datetime.now(UTC),
        )


def leavers(company):
    now = datetime.now(UTC)
    found = workflow.assess(company, workflow.observe(company, now), now).findings
    return [finding.difference.message for finding in found if finding.control == "GR201"]


def test_it_is_planned_revoked_and_refused_and_its_leases_end_with_it(world, company, tmp_path):
    assert len(world.leases) == 1
    child = world.asked("auth/token/create", {})["auth"]

    plan = planned(company)

    assert [held.reason for held in plan.held if held.control == "GR201"] == []
    (change,) = plan.changes
    assert isinstance(change.action, Revoke)
    assert (change.ref.id, [one.id for one in change.action.ends]) == (world.had["accessor"], [child["accessor"]])
    assert (change.cas, change.subject, plan.hazards) == (Cas.NATIVE, "person:fay", ())
    text = plan_as_text(plan, "0" * 64)
    assert "END    vault:token/userpass-fay" in text
    assert "CANNOT BE TAKEN BACK: a token that was revoked does not come again" in text
    assert "1 narrow, 1 CANNOT BE TAKEN BACK" in text
    assert all(one["client_token"] not in plan_bytes(plan).decode() for one in (world.had, child, world.writer))

    with engine(plan, company, tmp_path) as running:
        running.apply({"by": "test"})

    for token in (world.had["client_token"], child["client_token"]):
        assert world.asked("pki/issue/r", {"common_name": "b.se", "ttl": "1h"}, token) == 403
    assert world.awaited_leases() == []
    assert leavers(company) == []
    assert planned(company).changes == ()

    with engine(plan, company, tmp_path) as running:
        with pytest.raises(Unfinished, match="a token that was revoked does not come again"):
            running.rollback()
        assert running.journal.ended == "rolled-back-in-part"


def test_a_leaver_is_taken_back_as_far_as_can_be_and_the_rest_is_told(world, company, tmp_path):
    world.server.ask("POST", "identity/entity", {"name": "fay"})
    entity = world.server.ask("GET", "identity/entity/name/fay")["data"]["id"]
    mount = world.server.ask("GET", "sys/auth")["data"]["userpass/"]["accessor"]
    world.server.ask("POST", "identity/entity-alias", {"name": "fay", "canonical_id": entity, "mount_accessor": mount})

    plan = planned(company)
    assert [type(change.action) for change in plan.changes] == [Disable, Revoke]
    with engine(plan, company, tmp_path) as running:
        running.apply({"by": "test"})
        assert world.server.ask("GET", f"identity/entity/id/{entity}")["data"]["disabled"] is True
        with pytest.raises(Unfinished, match="all was taken back but what cannot be: vault:token/userpass-fay"):
            running.rollback()

    assert world.server.ask("GET", f"identity/entity/id/{entity}")["data"]["disabled"] is False


def test_to_ask_again_is_no_error_and_nothing_brings_it_back(world, company):
    (change,) = planned(company).changes
    writer = remediator(company)
    before = writer.current(change.ref)
    after = edited(before, change.edits)
    assert (before.fingerprint, after) == (change.before, ENDED)
    assert isinstance(change.undo, Irreversible)

    writer.write(change.ref, before, after)
    assert writer.current(change.ref) == ENDED
    writer.write(change.ref, before, after)
    with pytest.raises(Conflict, match="stays as it was made"):
        writer.write(change.ref, after, before)


def test_it_is_the_same_token_after_it_was_used_and_renewed(world, company):
    (change,) = planned(company).changes
    seen = world.server.ask("POST", "auth/token/lookup-accessor", {"accessor": world.had["accessor"]})["data"]
    world.server.ask("POST", "auth/userpass/users/fay", {"password": "x", "token_policies": ["app"]})
    assert isinstance(world.asked("auth/token/renew-self", {"increment": "2h"}), dict)
    now = world.server.ask("POST", "auth/token/lookup-accessor", {"accessor": world.had["accessor"]})["data"]
    assert now["expire_time"] != seen["expire_time"]

    assert remediator(company).current(change.ref).fingerprint == change.before


def test_one_that_ended_since_it_was_planned_is_not_taken_for_what_was_planned(world, company, tmp_path):
    plan = planned(company)
    world.server.ask("POST", "auth/token/revoke-accessor", {"accessor": world.had["accessor"]})

    with engine(plan, company, tmp_path) as running, pytest.raises(Refused, match="was changed since the plan was made"):
        running.apply({"by": "test"})
    other = Image.of({"ended": ("false",), "path": ("auth/other",)})
    with pytest.raises(Conflict, match="is not as it was"):
        remediator(company).write(plan.changes[0].ref, other, Image.of({}))


def test_who_may_not_ask_is_told_so_and_not_that_it_has_ended(world, company, monkeypatch):
    (change,) = planned(company).changes
    poor = world.server.ask("POST", "auth/token/create", {"policies": ["default"], "no_parent": True})["auth"]["client_token"]
    monkeypatch.setenv("VAULT_WRITER", poor)

    with pytest.raises(ConnectorError, match="status 403"):
        remediator(company).current(change.ref)
    looks = 'path "auth/token/lookup-accessor" { capabilities = ["update"] }'
    world.server.ask("PUT", "sys/policies/acl/looks", {"policy": looks})
    poor = world.server.ask("POST", "auth/token/create", {"policies": ["looks"], "no_parent": True})["auth"]["client_token"]
    monkeypatch.setenv("VAULT_WRITER", poor)
    writer = remediator(company)
    before = writer.current(change.ref)
    with pytest.raises(ConnectorError, match="status 403") as told:
        writer.write(change.ref, before, ENDED)
    assert told.value.remedy == "give the one who writes: update auth/token/revoke-accessor"
    assert writer.current(change.ref) == before


def ground(company, state):
    def now():
        return datetime.now(UTC)

    day = now().date()
    nobody = Roster(
        version=1, on=day, members=(), thresholds={}, max_ttl_days=None, require_uv=False, expires_on=day, previous=None, digest=""
    )
    return Ground(declaration=company, roster=nobody, state=state, now=now(), clock=now, who="test", note=lambda *_: None)


def test_guardrails_knows_its_own_token_and_is_not_revoked(world, company, monkeypatch, tmp_path):
    assert {ref.id for ref in remediator(company).itself()} == {world.writer["accessor"]}

    child = world.asked("auth/token/create", {})["auth"]
    plan = planned(company)
    for writes in (world.had, child):
        monkeypatch.setenv("VAULT_WRITER", writes["client_token"])
        with pytest.raises(Refused, match="is guardrails itself"), engine_of(plan, plan_bytes(plan), ground(company, tmp_path)):
            pass
    monkeypatch.setenv("VAULT_READER", world.had["client_token"])
    reader = CONNECTOR.objects(next(system for system in company.systems if system.name == "vault"))
    assert world.had["accessor"] in {ref.id for ref in reader.itself() if ref.kind == "token"}
