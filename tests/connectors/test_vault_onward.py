"""To what somebody can come in Vault: each way by name, as policies let them; and each way taken on a real server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_socket import enable_socket

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.declaration import Clause
from guardrails.model.facts import Edge, Policy, Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.ports import BoundClause
from guardrails.vault.escalation import WAYS
from guardrails.vault.stored import stored
from vault.vault_served import Client, served

AT = datetime(2026, 11, 26, tzinfo=UTC)


def ref(kind, identifier, name=""):
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=name or identifier)


ANN = ref("entity", "e-1", "ann")
CI = ref("role", "auth/approle/role/ci", "approle/ci")
EVE = ref("entity", "e-3", "eve")
JOB = ref("role", "auth/token/roles/job", "token/job")
BOB = ref("user", "auth/userpass/users/bob", "userpass/bob")
ADMINS = ref("group", "g-1", "admins")
WIDE = 'path "kv/*" { capabilities = ["read"] }'


def rule(path, *capabilities, more=""):
    given = ", ".join(f'"{word}"' for word in capabilities)
    return f'path "{path}" {{ capabilities = [{given}] {more} }}\n'


def meaning(mine, **others):
    """Ann with her policy `own`; CI, Bob and the admins with `wide`."""
    said = [
        Principal(ref=ANN, form=PrincipalForm.USER, resource="identity/entity/id/e-1"),
        Principal(ref=CI, form=PrincipalForm.MACHINE, resource=CI.id),
        Principal(ref=BOB, form=PrincipalForm.USER, resource=BOB.id),
        Principal(ref=EVE, form=PrincipalForm.USER, resource="identity/entity/id/e-3"),
        Principal(ref=JOB, form=PrincipalForm.MACHINE, resource=JOB.id),
        Setting(ref=ANN, form="entity", text='{"policies": ["own", "waiting"]}'),
        Setting(ref=ref("auth-mount", "a-1", "ldap/"), form="ldap", text="{}"),
        Setting(ref=ref("auth-mount", "a-2", "userpass/"), form="userpass", text="{}"),
        Principal(ref=ADMINS, form=PrincipalForm.GROUP, resource="identity/group/id/g-1"),
        Policy(ref=ref("policy", "own"), text=stored(mine, "openbao-2.7.2", name="own")),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=ANN, target=ref("policy", "own")),
    ]
    for name, text in ({"wide": WIDE} | others).items():
        said.append(Policy(ref=ref("policy", name), text=stored(text, "openbao-2.7.2", name=name)))
    said += [Edge(kind=EdgeKind.IDENTITY_POLICY, source=one, target=ref("policy", "wide")) for one in (CI, BOB, ADMINS, EVE, JOB)]
    return VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))


def declared(text):
    """Whatever the rules of Ann's own policy give, by its name."""
    return lambda _at: (BoundClause(clause=Clause(scope=Scope("vault"), actions=("policy",), resources=(text,)), entitlement="e"),)


def onward(mine, *, expected=frozenset(), **others):
    found = meaning(mine, **others)
    assert found.excess(ANN, declared("own")(ANN)).verdict is Verdict.OK
    return found, found.onward(ANN, declared("own"), expected)


@pytest.mark.parametrize(
    ("mine", "how", "target"),
    [
        (rule("sys/policies/acl/own", "update"), "writing a policy that it has", "any permission"),
        (rule("sys/policies/acl/*", "create", "update"), "writing a policy that it has", "any permission"),
        (rule("sys/policy/+", "update"), "writing a policy that it has", "any permission"),
        (rule("identity/entity/id/e-1", "update"), "giving its entity policies", "any permission"),
        (rule("identity/entity/id/{{identity.entity.id}}", "update"), "giving its entity policies", "any permission"),
        (rule("identity/entity/name/*", "update"), "giving its entity policies", "any permission"),
        (rule("identity/group", "update"), "making a group of its own", "any permission"),
        (rule("identity/group/id/*", "update"), "joining a group", "vault:group/admins"),
        (rule("auth/token/create", "update", "sudo"), "issuing tokens of any policies", "any permission"),
        (
            rule("auth/approle/role/ci/secret-id", "update") + rule("auth/approle/role/ci/role-id", "read"),
            "issuing a secret id",
            "vault:role/approle/ci",
        ),
        (rule("auth/userpass/users/bob/password", "update"), "setting a password", "vault:user/userpass/bob"),
        (rule("auth/userpass/users/*", "update"), "setting a password", "vault:user/userpass/bob"),
        (rule("auth/approle/role/ci", "update"), "writing a login for itself", "any permission"),
        (rule("sys/policies/acl/own", "patch"), "writing a policy that it has", "any permission"),
        (rule("identity/entity-alias", "update"), "moving its login to an entity", "vault:entity/eve"),
        (rule("identity/entity-alias/id/*", "update"), "moving its login to an entity", "vault:entity/eve"),
        (rule("identity/entity/merge", "update"), "merging its entity into another", "vault:entity/eve"),
        (rule("auth/token/create/job", "update"), "issuing tokens of a role", "vault:role/token/job"),
        (rule("auth/userpass/users/+", "create"), "writing a login for itself", "any permission"),
        (rule("auth/ldap/groups/*", "create"), "writing a login for itself", "any permission"),
        (rule("sys/policies/acl/waiting", "create"), "writing a policy that it has", "any permission"),
        (rule("sys/raw/*", "update", "sudo"), "reading and writing the storage", "any permission"),
        (rule("*", "update"), "writing a policy that it has", "any permission"),
    ],
)
def test_a_way_to_more_is_told_with_its_first_request(mine, how, target):
    found, told = onward(mine)
    assert told.comparison.verdict is Verdict.VIOLATION
    assert (told.path[0].how.split(" (")[0], told.path[-1].target) == (how, target)
    assert found.replay(ANN, told.comparison.witness)
    assert told.comparison.granted_by[0].startswith("policy own path ")


@pytest.mark.parametrize(
    "mine",
    [
        rule("sys/policies/acl/other", "update"),
        rule("sys/policies/acl/*", "read", "list"),
        rule("sys/policies/acl/own", "update", more='denied_parameters = { "policy" = [] }'),
        rule("identity/entity/id/e-2", "update"),
        rule("identity/group/id/g-2", "update"),
        rule("auth/token/create", "update"),
        rule("auth/approle/role/ci/secret-id", "update"),  # without the role id
        rule("sys/raw/*", "update"),
        rule("auth/token/renew-self", "update") + rule("sys/wrapping/wrap", "update") + rule("cubbyhole/*", "create", "update"),
    ],
)
def test_what_leads_nowhere_is_none(mine):
    assert onward(mine)[1].comparison.verdict is Verdict.OK


def test_steps_follow_each_other():
    mine = rule("auth/userpass/users/bob/password", "update")
    steps = rule("kv/x", "read")
    found = meaning(mine, wide=rule("sys/policies/acl/wide", "update") + steps)
    ceiling = declared("own")

    def both(at):
        return ceiling(at) if at == ANN else declared("wide")(at)

    told = found.onward(ANN, both, frozenset())
    assert [(step.source, step.target) for step in told.path] == [
        ("vault:entity/ann", "vault:user/userpass/bob"),
        ("vault:user/userpass/bob", "any permission"),
    ]


def test_who_is_meant_to_be_become_is_no_way():
    assert onward(rule("auth/userpass/users/bob/password", "update"), expected=frozenset({BOB}))[1].comparison.verdict is Verdict.OK


def test_of_whoever_is_no_entity_what_may_be_done_to_any_may_be_done_to_its_own():
    said = [
        Principal(ref=CI, form=PrincipalForm.MACHINE, resource=CI.id),
        Policy(ref=ref("policy", "own"), text=stored(rule("identity/entity/id/*", "update"), "openbao-2.7.2", name="own")),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=CI, target=ref("policy", "own")),
    ]
    found = VaultMeaning(fold(said, system="vault", connector="vault", taken_at=AT))
    assert found.onward(CI, declared("own"), frozenset()).comparison.verdict is Verdict.VIOLATION


def test_what_was_found_before_there_were_too_many_ways_is_found(monkeypatch):
    monkeypatch.setattr("guardrails.connectors.vault.meaning.onward._MOST_TRIED", 1)
    _, told = onward(rule("sys/policies/acl/own", "update") + rule("identity/group/id/*", "update"))
    assert told.comparison.verdict is Verdict.VIOLATION
    _, told = onward(rule("identity/group/id/g-2", "update") + rule("auth/userpass/users/bob/password", "update"))
    assert told.comparison.verdict is Verdict.UNDECIDED


def test_whoever_may_do_everything_comes_to_no_more():
    everything = rule("*", "create", "read", "update", "patch", "delete", "list", "sudo")
    assert onward(everything)[1].comparison.verdict is Verdict.OK


def test_a_step_that_cannot_be_told_is_undecided():
    found = meaning(rule("auth/approle/role/{{time.now}}", "update"))
    told = found.onward(ANN, declared("own"), frozenset())
    assert told.comparison.verdict is Verdict.UNDECIDED


@pytest.fixture(scope="module")
def root():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served("2.7.2") as client:
        client.done("POST", "sys/auth/userpass", {"type": "userpass"})
        client.done("POST", "sys/auth/approle", {"type": "approle"})
        client.done("POST", "auth/userpass/users/bob", {"password": "one", "token_policies": ["wide"]})
        client.done("POST", "auth/approle/role/ci", {"token_policies": ["wide"]})
        client.done("PUT", "sys/policies/acl/wide", {"policy": rule("sys/mounts", "read")})
        client.done("POST", "auth/userpass/users/ann", {"password": "a", "token_policies": ["own"]})
        yield client


def logged_in(root, text):
    """Ann with a policy, and her entity."""
    root.done("PUT", "sys/policies/acl/own", {"policy": text})
    auth = root.done("POST", "auth/userpass/login/ann", {"password": "a"})["auth"]
    return Client(root.server, auth["client_token"], root.profile), auth["entity_id"]


def reads_mounts(root, token):
    return Client(root.server, token, root.profile).ask("GET", "sys/mounts")[0] == 200


@pytest.mark.server
@pytest.mark.timeout(600)
class TestOnAServer:
    """What the table says of a way is so."""

    def test_writing_its_own_policy(self, root):
        ann, _ = logged_in(root, rule("sys/policies/acl/own", "update"))
        assert ann.ask("GET", "sys/mounts")[0] == 403
        ann.done("PUT", "sys/policies/acl/own", {"policy": rule("*", "read", "sudo")})
        assert ann.ask("GET", "sys/mounts")[0] == 200

    @pytest.mark.parametrize("path", ["identity/entity/id/{id}", "identity/entity/name/{name}"])
    def test_giving_its_entity_policies(self, root, path):
        _, entity = logged_in(root, rule("cubbyhole/x", "read"))
        name = root.done("GET", f"identity/entity/id/{entity}")["data"]["name"]
        where = path.format(id=entity, name=name)
        ann, _ = logged_in(root, rule(where, "update"))
        ann.done("POST", where, {"policies": ["wide"]})
        assert ann.ask("GET", "sys/mounts")[0] == 200
        root.done("POST", where, {"policies": []})

    def test_joining_a_group(self, root):
        group = root.done("POST", "identity/group", {"name": "admins", "policies": ["wide"]})["data"]["id"]
        ann, entity = logged_in(root, rule(f"identity/group/id/{group}", "update"))
        ann.done("POST", f"identity/group/id/{group}", {"member_entity_ids": [entity]})
        assert ann.ask("GET", "sys/mounts")[0] == 200
        root.done("DELETE", f"identity/group/id/{group}")

    def test_patching_its_own_policy(self, root):
        ann, _ = logged_in(root, rule("sys/policies/acl/own", "patch"))
        headers = {"Content-Type": "application/merge-patch+json"}
        assert ann.ask("PATCH", "sys/policies/acl/own", {"policy": rule("*", "read", "sudo")}, headers)[0] < 300
        assert ann.ask("GET", "sys/mounts")[0] == 200

    @pytest.mark.parametrize("merges", [False, True])
    def test_becoming_another_entity(self, root, merges):
        eve = root.done("POST", "identity/entity", {"name": f"eve-{merges}", "policies": ["wide"]})["data"]["id"]
        where = "identity/entity/merge" if merges else "identity/entity-alias"
        ann, mine = logged_in(root, rule(where, "update", "create"))
        if merges:
            ann.done("POST", where, {"from_entity_ids": [mine], "to_entity_id": eve, "force": True})
        else:
            accessor = root.done("GET", "sys/auth")["data"]["userpass/"]["accessor"]
            ann.done("POST", where, {"name": "ann", "canonical_id": eve, "mount_accessor": accessor})
        again = root.done("POST", "auth/userpass/login/ann", {"password": "a"})["auth"]["client_token"]
        assert reads_mounts(root, again)
        entity = root.done("POST", "auth/userpass/login/ann", {"password": "a"})["auth"]["entity_id"]
        root.done("DELETE", f"identity/entity/id/{entity}")

    def test_issuing_tokens_of_a_role(self, root):
        root.done("POST", "auth/token/roles/job", {"allowed_policies": ["wide"]})
        ann, _ = logged_in(root, rule("auth/token/create/job", "update"))
        assert reads_mounts(root, ann.done("POST", "auth/token/create/job", {"policies": ["wide"]})["auth"]["client_token"])

    def test_writing_a_login_that_is_new(self, root):
        ann, _ = logged_in(root, rule("auth/userpass/users/+", "create", "update"))
        ann.done("POST", "auth/userpass/users/nobody-yet", {"password": "p", "token_policies": ["wide"]})
        assert reads_mounts(root, root.done("POST", "auth/userpass/login/nobody-yet", {"password": "p"})["auth"]["client_token"])

    def test_issuing_a_secret_id(self, root):
        where = "auth/approle/role/ci"
        ann, _ = logged_in(root, rule(f"{where}/secret-id", "update") + rule(f"{where}/role-id", "read"))
        role, secret = ann.done("GET", f"{where}/role-id"), ann.done("POST", f"{where}/secret-id")
        keys = {"role_id": role["data"]["role_id"], "secret_id": secret["data"]["secret_id"]}
        assert reads_mounts(root, root.done("POST", "auth/approle/login", keys)["auth"]["client_token"])

    def test_setting_a_password(self, root):
        ann, _ = logged_in(root, rule("auth/userpass/users/bob/password", "update"))
        ann.done("POST", "auth/userpass/users/bob/password", {"password": "two"})
        assert reads_mounts(root, root.done("POST", "auth/userpass/login/bob", {"password": "two"})["auth"]["client_token"])

    @pytest.mark.parametrize("sudo", [False, True])
    def test_issuing_tokens_takes_sudo_for_policies_that_it_has_not(self, root, sudo):
        ann, _ = logged_in(root, rule("auth/token/create", "update", *(["sudo"] if sudo else [])))
        status, found = ann.ask("POST", "auth/token/create", {"policies": ["wide"]})
        assert (status < 300 and reads_mounts(root, found["auth"]["client_token"])) is sudo

    def test_writing_a_login(self, root):
        ann, _ = logged_in(root, rule("auth/userpass/users/eve", "create", "update"))
        ann.done("POST", "auth/userpass/users/eve", {"password": "p", "token_policies": ["wide"]})
        assert reads_mounts(root, root.done("POST", "auth/userpass/login/eve", {"password": "p"})["auth"]["client_token"])


def test_the_ways_are_named_once():
    assert len({(way.how, way.path) for way in WAYS}) == len(WAYS)
