"""A policy that others need is replaced for one holder alone on a real OpenBao: planned, applied, killed, cut again, and taken back."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from apply.runs import Killed
from guardrails import declare, workflow
from guardrails.apply.engine import Engine
from guardrails.apply.journal import opened_journal
from guardrails.connectors.vault.api import VaultWriterApi
from guardrails.connectors.vault.language import read_settings
from guardrails.connectors.vault.objects import VaultRemediator
from guardrails.errors import RolledBack, Unfinished
from guardrails.model.actions import ReplacePolicy, RewritePolicy
from guardrails.model.changes import Effect, Restore
from guardrails.model.findings import Selection
from guardrails.plan.document import parse_plan, plan_bytes
from guardrails.remediation import Order, make_plan
from guardrails.reports.plan import plan_as_text
from guardrails.testing.openbao import openbao
from staged import staged

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
WRITER = """
path "identity/entity/id/+" { capabilities = ["read", "update"] }
path "identity/group/id/+" { capabilities = ["read", "update"] }
path "auth/+/role/+" { capabilities = ["read", "update"] }
path "auth/+/users/+" { capabilities = ["read", "update"] }
path "sys/policies/acl/*" { capabilities = ["read", "update"] }
path "sys/policies/acl/guardrails-declared*" { capabilities = ["read", "update", "delete"] }
"""
SHARED = """
path "kv/data/*" { capabilities = ["read", "update", "list"] }
path "kv/data/app/sealed" { capabilities = ["deny"] }
"""
OTHERS = 'path "kv/metadata/app/*" { capabilities = ["list"] }\npath "kv/data/app/sealed" { capabilities = ["read"] }\n'
DECLARED = """
guardrails: 1
systems:
  vault: {connector: vault, address: "%s", read: {token: "env:VAULT_READER"}, write: {token: "env:VAULT_WRITER"}}
teams: {data: {}}
entitlements:
  app: {vault: {"kv/data/app/*": [read], "kv/metadata/app/*": [list]}}
  kv: {vault: {"kv/data/*": [read, update, list], "kv/metadata/*": [list]}}
  basics: {vault: {policy: default}}
everyone: {may: [basics]}
workloads:
  app: {is: [%s], may: [app], must: [], owner: "team:data"}
  other: {is: [%s], may: [kv], owner: "team:data"}
apply: {limits: {percent: 100, changes: 40}}
"""
APP, OTHER = "vault:entity/app", "vault:entity/other"
HOLDERS = [APP, "vault:group/crew", "vault:role/approle/app", "vault:role/jwt/app", "vault:user/userpass/app"]


class Dying(VaultWriterApi):
    """Kills before or after the write of a number."""

    left = 0
    after = False
    compared = ()

    def _sent(self, *told, **more):
        if "cas" in (fields := more.get("json", {})):
            Dying.compared = (*Dying.compared, fields["cas"])
        Dying.left -= 1
        if Dying.left == 0 and not Dying.after:
            raise Killed
        answer = super()._sent(*told, **more)
        if Dying.left == 0 and Dying.after:
            raise Killed
        return answer


class World:
    """A server where one policy is held by an entity, a group, and logins of several methods; `other` is declared for all of it."""

    def __init__(self, server) -> None:
        self.server, ask = server, server.ask
        for name, text in {"writer": WRITER, "shared": SHARED, "others": OTHERS}.items():
            ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
        both = ["shared", "others"]
        self.entities = {name: ask("POST", "identity/entity", {"name": name, "policies": both})["data"]["id"] for name in ("app", "other")}
        self.group = ask("POST", "identity/group", {"name": "crew", "policies": both})["data"]["id"]
        ask("POST", "identity/group", {"name": "spare"})
        for method in ("approle", "userpass", "jwt"):
            ask("POST", f"sys/auth/{method}", {"type": method})
        ask("POST", "auth/approle/role/app", {"token_policies": both})
        ask("POST", "auth/userpass/users/app", {"password": "x", "token_policies": both})
        ask("POST", "auth/jwt/role/app", {"role_type": "jwt", "user_claim": "sub", "bound_subject": "app", "token_policies": both})
        for login in ("approle/role/spare", "userpass/users/spare"):
            ask("POST", f"auth/{login}", {"password": "x"})
        self.writer = ask("POST", "auth/token/create", {"policies": ["writer"], "no_parent": True})["auth"]["client_token"]
        self.company = self.declared()

    def declared(self, *changes, app=(APP,)):
        """Whoever is not `app` is declared for all of the shared policy."""
        others = [OTHER, *(one for one in HOLDERS if one not in app)]
        text = DECLARED % (self.server.url, *(", ".join(map(json.dumps, refs)) for refs in (app, others)))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return declare.loads([("guardrails.yaml", text.encode())])

    @property
    def policies(self):
        names = self.server.ask("LIST", "sys/policies/acl")["data"]["keys"]
        return {name: self.server.ask("GET", f"sys/policies/acl/{name}")["data"]["policy"] for name in names if name != "root"}

    @property
    def own(self):
        return {name: text for name, text in self.policies.items() if name.startswith("guardrails-declared")}

    def listed(self, path):
        found = self.server.ask("GET", path)["data"]
        return found.get("token_policies") or found["policies"]

    @property
    def app(self):
        return self.listed(f"identity/entity/id/{self.entities['app']}")

    def everything(self):
        paths = [f"identity/entity/id/{one}" for one in self.entities.values()]
        paths += [f"identity/group/id/{self.group}", "auth/approle/role/app", "auth/userpass/users/app", "auth/jwt/role/app"]
        found = {path: self.server.ask("GET", path)["data"] for path in paths}
        for entry in found.values():
            entry.pop("last_update_time", None)
            entry.pop("modify_index", None)
        return json.dumps([found, self.policies], sort_keys=True).replace('"custom_metadata": {}', '"custom_metadata": null')

    def seen(self):
        return tuple(workflow.observe(self.company, datetime.now(UTC)))

    def found(self, control="GR101"):
        found = workflow.assess(self.company, self.seen(), datetime.now(UTC)).findings
        return sorted(one.difference.subject for one in found if one.control == control)

    def plan(self):
        order = Order(id=secrets.token_hex(16), now=datetime.now(UTC), selection=Selection(select=("GR101",)))
        return parse_plan(plan_bytes(make_plan(self.company, self.seen(), workflow.unsigned, order)))

    @contextmanager
    def engine(self, plan, folder):
        settings = read_settings(self.company.systems[0]).of_writer
        writer = VaultRemediator("vault", settings, Dying(settings))
        with opened_journal(folder / f"{plan.id}.journal") as journal:
            yield Engine(plan=plan, journal=journal, remediators={"vault": writer}, note=lambda *_: None, clock=lambda: datetime.now(UTC))

    def killed(self, plan, folder, name, point, *, after):
        """Whether there was a write of that number."""
        Dying.left, Dying.after = point, after
        try:
            self.step(plan, folder, name)
        except Killed:
            return True
        finally:
            Dying.left = 0
        return False

    def step(self, plan, folder, name):
        with self.engine(plan, folder) as engine:
            getattr(engine, name)(*([{"by": "test"}] if name == "apply" else []))


EACH_VERSION = pytest.mark.parametrize("world", [None, "openbao-2.6.2"], indirect=True)


@pytest.fixture
def world(request, socket_enabled, monkeypatch):
    stage = getattr(request, "param", None)
    with openbao(staged(stage, "bao") if stage else None) as server:
        made = World(server)
        monkeypatch.setenv("VAULT_READER", server.token)
        monkeypatch.setenv("VAULT_WRITER", made.writer)
        before = made.everything()
        yield made
        assert made.everything() == before, "each test leaves the server as it was"


@pytest.fixture
def company(world):
    """Another declaration for as long as a test runs."""

    def declared(*changes, **more):
        world.company = world.declared(*changes, **more)

    yield declared
    world.company = world.declared()


@EACH_VERSION
def test_each_gets_one_of_its_own_and_all_comes_back_as_it_was(world, company, tmp_path):
    company(app=HOLDERS)
    before, shared = world.everything(), world.policies["shared"]
    assert len(world.found()) == len(HOLDERS)

    plan = world.plan()

    assert {type(one.action) for one in plan.changes} == {ReplacePolicy}
    assert sorted(str(one.ref) for one in plan.changes) == sorted(HOLDERS)
    assert {(one.effect, one.undo) for one in plan.changes} == {(Effect.NARROWS, Restore())}
    assert plan.hazards == ()
    assert "kv/data/app/*" in plan_as_text(plan, "0" * 64)
    world.step(plan, tmp_path, "apply")
    assert world.found() == []
    assert world.found("GR102") == []
    assert world.plan().changes == ()
    own = f"guardrails-declared/entity/{world.entities['app']}"
    assert world.app == [own, "others"]
    assert '"deny"' in world.own[own], "what a denial takes from another policy it still takes"
    assert world.policies["shared"] == shared
    assert world.listed(f"identity/entity/id/{world.entities['other']}") == ["others", "shared"]
    world.step(plan, tmp_path, "rollback")
    assert world.everything() == before


@pytest.fixture
def replaced(world, tmp_path):
    """One of its own in the place of the shared policy, until the end."""
    plan = world.plan()
    world.step(plan, tmp_path, "apply")
    yield f"guardrails-declared/entity/{world.entities['app']}"
    world.step(plan, tmp_path, "rollback")


def killed_everywhere(world, plan, folder, *, after, back):
    """How many writes there are, and the names that the holder listed and that had a policy after each kill."""
    before, told = world.everything(), []
    for point in range(1, 10):
        folder = folder / str(point)
        folder.mkdir()
        if not world.killed(plan, folder, "apply", point, after=after):
            world.step(plan, folder, "rollback")
            assert world.everything() == before
            return told
        told.append((len(world.app), len(world.own)))
        assert not world.own.keys() - set(world.app), "none is left that nobody lists"
        if not back:
            world.step(plan, folder, "resume")
        if world.killed(plan, folder, "rollback", 2, after=after):
            assert not world.own.keys() - set(world.app)
            world.step(plan, folder, "rollback")
        assert world.everything() == before
    raise AssertionError


@EACH_VERSION
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("back", [False, True])
def test_killed_around_each_write_it_is_gone_on_with_or_taken_back(world, tmp_path, after, back):
    told = killed_everywhere(world, world.plan(), tmp_path, after=after, back=back)

    listed = [(2, 0), (3, 0), (3, 1), (2, 1)]
    assert told == (listed[1:] if after else listed[:-1])


@pytest.mark.parametrize(("after", "back"), [(False, False), (True, False), (True, True)])
def test_when_nothing_is_declared_any_more_its_own_goes_in_two_writes(world, company, tmp_path, after, back):
    shared = SHARED.splitlines()[1]
    world.server.ask("PUT", "sys/policies/acl/shared", {"policy": shared})  # one that denies nothing, for a denial stays
    first = world.plan()
    world.step(first, tmp_path, "apply")
    (own,) = world.own
    company(("may: [app]", "may: []"))

    plan = world.plan()

    change = next(one for one in plan.changes if one.action.policy.name == own)
    assert isinstance(change.action, RewritePolicy)
    assert [(edit.field, edit.adds) for edit in change.edits] == [(f"policy/{own}", ()), ("policies", ())]
    folder = tmp_path / "end"
    folder.mkdir()
    told = killed_everywhere(world, plan, folder, after=after, back=back)
    assert len(told) == len(plan.changes) + 1
    world.step(first, tmp_path, "rollback")
    world.server.ask("PUT", "sys/policies/acl/shared", {"policy": SHARED})


def test_what_is_declared_shrinks_and_its_own_is_cut_down(world, company, replaced, tmp_path):
    company(('"kv/data/app/*": [read]', '"kv/data/app/a/*": [read]'))
    plan, before = world.plan(), world.everything()

    (change,) = plan.changes
    assert isinstance(change.action, RewritePolicy)
    assert (str(change.ref), [edit.field for edit in change.edits]) == (APP, [f"policy/{replaced}"])
    Dying.compared = ()
    world.step(plan, tmp_path, "apply")
    assert Dying.compared == (1,), "OpenBao compares versions"
    assert "kv/data/app/a/*" in world.own[replaced]
    assert (world.found(), world.plan().changes) == ([], ())
    world.step(plan, tmp_path, "rollback")
    assert world.everything() == before


def test_a_policy_of_that_name_is_never_given_or_written_over(world, tmp_path):
    plan = world.plan()
    name = plan.changes[0].action.own.name
    world.server.ask("PUT", f"sys/policies/acl/{name}", {"policy": 'path "*" { capabilities = ["sudo"] }'})
    meanwhile = world.everything()

    with pytest.raises((RolledBack, Unfinished)):
        world.step(plan, tmp_path, "apply")
    assert world.everything() == meanwhile
    assert world.plan().changes[0].action.own.name == name.replace("declared/", "declared-2/")

    world.server.ask("DELETE", f"sys/policies/acl/{name}")


def test_who_puts_a_policy_there_between_two_writes_stops_the_run(world, tmp_path):
    plan = world.plan()
    name, folder = plan.changes[0].action.own.name, tmp_path
    assert world.killed(plan, folder, "apply", 1, after=True)
    world.server.ask("PUT", f"sys/policies/acl/{name}", {"policy": 'path "*" { capabilities = ["sudo"] }'})
    meanwhile = world.everything()

    for step in ("resume", "rollback"):
        with pytest.raises((RolledBack, Unfinished)):
            world.step(plan, folder, step)
        assert world.everything() == meanwhile

    world.server.ask("DELETE", f"sys/policies/acl/{name}")
    world.step(plan, folder, "rollback")


@pytest.mark.parametrize("body", [{"policy": 'path "kv/data/*" { capabilities = ["read"] }'}, {"cas_required": True, "cas": 1}])
def test_what_somebody_else_made_of_it_is_left_alone(world, tmp_path, body):
    plan = world.plan()
    world.step(plan, tmp_path, "apply")
    (name,), (text,) = world.own.keys(), world.own.values()
    world.server.ask("PUT", f"sys/policies/acl/{name}", {"policy": text, **body})
    meanwhile = world.everything()

    with pytest.raises((RolledBack, Unfinished)):
        world.step(plan, tmp_path, "rollback")
    assert world.everything() == meanwhile

    world.server.ask("DELETE", f"sys/policies/acl/{name}")
    world.server.ask("PUT", f"sys/policies/acl/{name}", {"policy": text})
    world.step(plan, tmp_path, "rollback")
