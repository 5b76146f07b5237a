"""What a plan foretells of a real OpenBao is what is observed once the same is made there, by the requests of the provider."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
from pytest_socket import enable_socket
from vault_plans import AT, Made, Of, applied, between, r

from guardrails.connectors.vault.language import Settings
from guardrails.connectors.vault.observe import VaultObserver
from guardrails.model.facts import Principal, Setting
from guardrails.model.observation import fold
from guardrails.proposals.terraform.order import own_id
from guardrails.secret import SecretRef
from guardrails.testing.openbao import openbao
from staged import staged

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
READ = 'path "kv/data/app/*" { capabilities = ["read"] }'
WRITE = 'path "kv/data/app/*" { capabilities = ["read", "update"] }'
METHODS = tuple(r(f"vault_auth_backend.{name}", type=name) for name in ("approle", "kubernetes", "jwt", "cert"))


class Served:
    """A server with what tests made in it."""

    def __init__(self, server, monkeypatch) -> None:
        self.token = f"TOKEN_{id(self)}"
        monkeypatch.setenv(self.token, server.token)
        self.server = server
        self.url = server.url
        self.made = Made(server.ask)

    def seen(self):
        settings = Settings(address=self.url, token=SecretRef.parse(f"env:{self.token}"), tokens=0)
        observer = VaultObserver("vault", settings, AT)
        said = list(observer.observe())
        return fold(said, system="vault", connector="vault", taken_at=AT)


@contextmanager
def served(monkeypatch, program=None):
    enable_socket()
    with openbao(program) as server:
        yield Served(server, monkeypatch)


@pytest.fixture(scope="module")
def bao():
    with pytest.MonkeyPatch.context() as patch, served(patch) as found:
        yield found


@pytest.fixture(scope="module")
def older():
    with pytest.MonkeyPatch.context() as patch, served(patch, staged("openbao-2.6.2", "bao")) as found:
        yield found


def alike(observation, ids):
    """Facts and edges as texts, with ids that the server gave in place of those that nobody could foretell, and nothing for times."""
    found = set()
    for one in (*observation.facts, *observation.edges):
        if isinstance(one, Setting) and one.ref.kind in {"leases", "secret-ids"}:
            continue
        text = repr(_timeless(one))
        for own, given_id in ids.items():
            text = re.sub(rf"\b{re.escape(own)}\b(?!-)", given_id, text)
        # members and groups are sorted by their ids
        found.add(_sorted(text))
    return found


def _timeless(one):
    if isinstance(one, Principal):
        return replace(one, created_at=None)
    if not isinstance(one, Setting):
        return one
    # of lists and maps that are empty servers say one thing or another, or nothing
    entry = {"custom_metadata": None, "metadata": None, **json.loads(one.text)}
    return replace(one, text=json.dumps({key: value or None for key, value in entry.items()}, sort_keys=True))


def _sorted(text):
    return re.sub(r"\[((?:\"[^\"\]]*\",? ?)+)\]", lambda found: str(sorted(part.strip() for part in found[1].split(","))), text)


def compared(vault, was, will):
    """What is foretold and not seen, and what is seen and was not foretold."""
    vault.made.apply(was)
    before = vault.seen()
    found = between(was, will, dict(vault.made.known), address=vault.url)
    outcome = applied(found, before)
    known = dict(vault.made.known)
    vault.made.apply(will)
    ids = {
        own_id(key.address): value for key, value in vault.made.known.items() if key.attribute in {"id", "accessor"} and known.get(key) != value
        and key.address.split(".")[0].startswith(("vault_identity", "vault_auth_backend", "vault_mount")) and not (key.attribute == "id" and "identity" not in key.address)
    }  # fmt: skip
    (foretold,) = outcome.edited
    told, seen = alike(foretold, ids), alike(vault.seen(), {})
    return outcome, told - seen, seen - told


def same(vault, was, will):
    outcome, only_told, only_seen = compared(vault, was, will)
    try:
        assert sorted(only_told) == sorted(only_seen) == []
        assert outcome.untold == ()
        return outcome
    finally:
        vault.made.apply([])


LOGINS = {
    "approle": [r("vault_approle_auth_backend_role.x", role_name="CI", token_policies=["read", "gone"], bind_secret_id=True, backend="approle", token_type="default")],
    "approle bound": [r("vault_approle_auth_backend_role.x", role_name="ci", token_policies=["write"], token_bound_cidrs=["10.0.0.1/32", "10.1.0.0/16"],
                        secret_id_bound_cidrs=["10.2.0.0/16"], bind_secret_id=False, token_max_ttl=60, token_no_default_policy=True)],
    "kubernetes": [r("vault_kubernetes_auth_backend_role.x", role_name="app", bound_service_account_names=["*"], bound_service_account_namespaces=["*"],
                     token_policies=["read"], backend="kubernetes")],
    "token": [r("vault_token_auth_backend_role.x", role_name="Ops", allowed_policies=["read", "WRITE"], orphan=True, renewable=True, token_period=3600,
                disallowed_policies=["default"], token_type="default-service")],
    "none": [],
}  # fmt: skip
POLICIES = [r("vault_policy.read", name="Read", policy=READ), r("vault_policy.write", name="write", policy=WRITE)]


@pytest.mark.parametrize("after", LOGINS)
@pytest.mark.parametrize("before", LOGINS)
def test_logins_are_foretold(bao, before, after):
    same(bao, [*METHODS, *POLICIES, *LOGINS[before]], [*METHODS, *POLICIES, *LOGINS[after]])


def test_a_plan_makes_methods_mounts_and_all_that_is_in_them(bao):
    tuned = r("vault_auth_backend.team", type="approle", path="team/approle", tune=[{"max_lease_ttl": "2h", "token_type": "batch"}])
    role = r("vault_approle_auth_backend_role.team", role_name="x", backend=Of("vault_auth_backend.team", "path"), token_policies=["read"])
    mount = r("vault_mount.kv", type="kv", path="kv")

    same(bao, [], [tuned, mount, *POLICIES, replace(role, values={**role.values, "backend": "team/approle"})])


def test_a_plan_ends_methods_mounts_and_all_that_is_in_them(bao):
    mount, method = r("vault_mount.kv", type="kv", path="kv"), r("vault_auth_backend.approle", type="approle")
    entity = r("vault_identity_entity.kim", name="kim")

    same(bao, [mount, method, *POLICIES, *LOGINS["approle"], entity], [entity])


def test_whoever_carries_a_name_holds_a_policy_that_is_made(bao):
    group = r("vault_identity_group.ops", name="ops", policies=["write"])

    same(bao, [METHODS[0], *LOGINS["approle"], group], [METHODS[0], *LOGINS["approle"], group, *POLICIES])
    same(bao, [METHODS[0], *LOGINS["approle"], group, *POLICIES], [METHODS[0], *LOGINS["approle"], group])


KIM, LEE = (
    r("vault_identity_entity.kim", name="Kim", policies=["read"], metadata={"team": "sms"}),
    r("vault_identity_entity.lee", name="lee", disabled=True),
)
OPS = r("vault_identity_group.ops", name="ops", policies=["write"], member_entity_ids=[Of("vault_identity_entity.kim")])
ALL = r(
    "vault_identity_group.all",
    name="all",
    member_group_ids=[Of("vault_identity_group.ops")],
    member_entity_ids=[Of("vault_identity_entity.lee")],
)
KNOWN_AS = r("vault_identity_entity_alias.kim", name="kim", mount_accessor=Of("vault_auth_backend.approle", "accessor"), canonical_id=Of("vault_identity_entity.kim"))  # fmt: skip
OUTSIDE = r("vault_identity_group.outside", name="outside", type="external", policies=["read"])
FROM = r("vault_identity_group_alias.outside", name="cn=ops", mount_accessor=Of("vault_auth_backend.approle", "accessor"), canonical_id=Of("vault_identity_group.outside"))  # fmt: skip
PEOPLE = {
    "two": [KIM, LEE],
    "a group": [KIM, LEE, OPS],
    "groups in groups": [KIM, LEE, OPS, ALL],
    "known": [METHODS[0], KIM, LEE, OPS, ALL, KNOWN_AS, OUTSIDE, FROM],
    "others": [METHODS[0], replace(KIM, values={"name": "kim2", "policies": ["write"]}), replace(OPS, values={**OPS.values, "member_entity_ids": []}),
               replace(KNOWN_AS, values={**KNOWN_AS.values, "name": "other"})],
    "kept apart": [KIM, LEE, r("vault_identity_group.ops", name="ops", external_policies=True, external_member_entity_ids=True),
                   r("vault_identity_group_policies.ops", group_id=Of("vault_identity_group.ops"), policies=["write"], exclusive=True),
                   r("vault_identity_group_member_entity_ids.ops", group_id=Of("vault_identity_group.ops"), exclusive=False,
                     member_entity_ids=[Of("vault_identity_entity.lee")]),
                   r("vault_identity_entity_policies.lee", entity_id=Of("vault_identity_entity.lee"), policies=["write"], exclusive=False)],
    "none": [],
}  # fmt: skip


@pytest.mark.parametrize("after", PEOPLE)
@pytest.mark.parametrize("before", PEOPLE)
def test_entities_and_groups_are_foretold(bao, before, after):
    same(bao, [*POLICIES, *PEOPLE[before]], [*POLICIES, *PEOPLE[after]])


def test_mappings_of_a_directory_are_foretold(older):
    older.server.ask("POST", "sys/auth/ldap", {"type": "ldap"})
    older.server.ask("POST", "auth/ldap/config", {"url": "ldaps://127.0.0.1:1", "userdn": "ou=p", "token_policies": "read"})
    group = r("vault_ldap_auth_backend_group.ops", groupname="Ops", policies=["Write", "gone"], backend="ldap")
    user = r("vault_ldap_auth_backend_user.kim", username="kim", policies=["write"], groups=["Ops", "more"], backend="ldap")

    same(older, [*POLICIES], [*POLICIES, group, user])
    same(older, [*POLICIES, group, user], [*POLICIES, replace(group, values={**group.values, "policies": ["read"]})])
    same(older, [*POLICIES, user], [])
    same(older, [group, user], [group, user, *POLICIES])


def test_a_mapping_in_capital_letters_stays_and_is_told(older):
    older.server.ask("POST", "sys/auth/more", {"type": "ldap"})
    group = r("vault_ldap_auth_backend_group.ops", groupname="Ops", policies=["write"], backend="more")
    outcome, only_told, only_seen = compared(older, [*POLICIES, group], [*POLICIES])

    assert (only_told, only_seen) == (set(), set())
    assert [gap.message for gap in outcome.edited[0].gaps if "stays" in gap.message]
