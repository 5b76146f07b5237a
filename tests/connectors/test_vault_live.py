"""Reading a real OpenBao: an export says what live reading says, no secret comes out, and a broken answer is never an empty one."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from urllib.error import HTTPError

import pytest
from pytest_socket import enable_socket

from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.answers import Absent, Failed
from guardrails.connectors.vault.api import VaultApi
from guardrails.connectors.vault.language import Settings
from guardrails.errors import ConnectorError, SecretError
from guardrails.model.declaration import System
from guardrails.model.facts import Account, Exposure, Policy, Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.words import GapReason
from guardrails.notation.document import read
from guardrails.secret import SecretRef
from guardrails.testing.openbao import openbao

AT = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]
READER = """
path "sys/auth"                 { capabilities = ["read"] }
path "sys/mounts"               { capabilities = ["read"] }
path "sys/audit"                { capabilities = ["read", "sudo"] }
path "sys/policies/acl"         { capabilities = ["list"] }
path "sys/policies/acl/*"       { capabilities = ["read"] }
path "auth/approle/role"        { capabilities = ["list"] }
path "auth/approle/role/+"      { capabilities = ["read"] }
path "auth/userpass/users"      { capabilities = ["list"] }
path "auth/userpass/users/+"    { capabilities = ["read"] }
path "auth/token/roles"         { capabilities = ["list"] }
path "auth/token/roles/+"       { capabilities = ["read"] }
path "identity/entity/id"       { capabilities = ["list"] }
path "identity/entity/id/+"     { capabilities = ["read"] }
path "identity/group/id"        { capabilities = ["list"] }
path "identity/group/id/+"      { capabilities = ["read"] }
path "transit/keys"             { capabilities = ["list"] }
path "auth/+/config"            { capabilities = ["read"] }
path "auth/kubernetes/role"     { capabilities = ["list"] }
path "sys/key-status"           { capabilities = ["read"] }
path "sys/rotate/config"        { capabilities = ["read"] }
path "sys/config/cors"          { capabilities = ["read", "sudo"] }
path "sys/config/state/sanitized" { capabilities = ["read"] }
path "auth/token/accessors"     { capabilities = ["list", "sudo"] }
path "auth/token/lookup-accessor" { capabilities = ["update"] }
path "sys/leases/lookup/"       { capabilities = ["list", "sudo"] }
path "sys/namespaces/"          { capabilities = ["list"] }
path "sys/quotas/config"        { capabilities = ["read"] }
path "sys/quotas/rate-limit/"   { capabilities = ["list"] }
path "sys/quotas/rate-limit/+"  { capabilities = ["read"] }
path "auth/approle/role/+/secret-id" { capabilities = ["list"] }
path "transit/keys/+"           { capabilities = ["read"] }
"""
POLICY = 'path "kv/data/app/*" { capabilities = ["read"] }\npath "kv/data/{{identity.entity.name}}" { policy = "write" }'

REVIEWER = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiAiY2FuYXJ5LXJldmlld2VyIn0.Y2FuYXJ5LXJldmlld2VyLXNpZ25hdHVyZS0wMTIzNDU2Nzg5YWJjZGVm"
)

KUBERNETES = {
    "kubernetes_host": "https://127.0.0.1:1",
    "disable_local_ca_jwt": True,
    "kubernetes_ca_cert": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
}


class Vault:
    """The server with things in it, asked as root."""

    def __init__(self, server):
        self.server = server

    def ask(self, method, path, body=None):
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.server.url}/v1/{urllib.parse.quote(path)}",
            None if body is None else json.dumps(body).encode(),
            {"X-Vault-Token": self.server.token},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # likewise
            return json.loads(answer.read() or b"{}")

    def seed(self):
        self.ask("PUT", "sys/policies/acl/app", {"policy": POLICY})
        self.ask("PUT", "sys/policies/acl/team/sms", {"policy": json.dumps({"path": {"transit/encrypt/sms-a": {"policy": "write"}}})})
        self.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": READER})
        for method in ("approle", "userpass"):
            self.ask("POST", f"sys/auth/{method}", {"type": method})
        self.ask("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
        self.ask("POST", "auth/kubernetes/config", {**KUBERNETES, "token_reviewer_jwt": REVIEWER})
        self.ask("POST", "sys/mounts/transit", {"type": "transit"})
        self.ask("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        self.store("kv/data/app/x", {"password": "canary-kv"})
        bound = {"token_bound_cidrs": ["127.0.0.1/32", "10.1.2.3/8"], "secret_id_bound_cidrs": ["10.0.0.0/24"]}
        self.ask("POST", "auth/approle/role/ci", {"token_policies": ["app"], **bound})
        self.ask("POST", "auth/approle/role/free", {"token_policies": ["app", "gone"], "token_no_default_policy": True})
        self.ask("POST", "auth/approle/role/guardrails", {"token_policies": ["guardrails-reader"]})
        self.ask("POST", "auth/userpass/users/bob", {"password": "canary-password", "token_policies": ["team/sms"]})
        self.ask("POST", "sys/quotas/rate-limit/all", {"rate": 1000})
        self.ask("POST", "transit/keys/sms-a", {"auto_rotate_period": "2160h"})
        accessor = self.ask("GET", "sys/auth")["data"]["userpass/"]["accessor"]
        entity = self.ask("POST", "identity/entity", {"name": "bob", "policies": ["app"], "metadata": {"team": "sms"}})["data"]["id"]
        self.ask("POST", "identity/entity-alias", {"name": "bob", "canonical_id": entity, "mount_accessor": accessor})
        inner = self.ask("POST", "identity/group", {"name": "inner", "member_entity_ids": [entity], "policies": ["team/sms"]})["data"]["id"]
        self.ask("POST", "identity/group", {"name": "outer", "member_group_ids": [inner], "policies": ["app"]})

    def store(self, path, values):
        """Put values into a store of versions, which for a moment after it is mounted is still made one, and refuses them."""
        end = time.monotonic() + 60
        while True:
            try:
                return self.ask("POST", path, {"data": values})
            except HTTPError as error:
                if b"Upgrading" not in error.read() or time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def export(self, folder):
        """Everything as `vault read -format=json` writes it."""
        self.save(folder / "mounts.json", "sys/mounts")
        self.save(folder / "auth.json", "sys/auth")
        self.save(folder / "audit.json", "sys/audit")
        self.save(folder / "seal.json", "sys/seal-status")
        (folder / "leases.json").write_text(json.dumps(self.ask("LIST", "sys/leases/lookup")))
        (folder / "namespaces.json").write_text("{}")  # as a command prints that there are none
        for name, path in {
            "cors": "config/cors",
            "key-status": "key-status",
            "quotas": "quotas/config",
            "rotation": "rotate/config",
            "sanitized": "config/state/sanitized",
        }.items():
            self.save(folder / f"{name}.json", f"sys/{path}")
        for accessor in self.ask("LIST", "auth/token/accessors")["data"]["keys"]:
            self.save(folder / "tokens" / f"{accessor}.json", "auth/token/lookup-accessor", {"accessor": accessor})
        for path, place in {
            "sys/policies/acl": "policies", "auth/approle/role": "auth/approle/role", "auth/userpass/users": "auth/userpass/users",
            "identity/entity/id": "identity/entity", "identity/group/id": "identity/group", "transit/keys": "transit/transit",
        }.items():  # fmt: skip
            for name in self.ask("LIST", path)["data"]["keys"]:
                self.save(folder / place / f"{name}.json", f"{path}/{name}")
        for name in self.ask("LIST", "auth/approle/role")["data"]["keys"]:
            for accessor in self.accessors(name, folder / f"auth/approle/role/{name}/secret-id"):
                looked_up = (f"auth/approle/role/{name}/secret-id-accessor/lookup", {"secret_id_accessor": accessor})
                self.save(folder / f"auth/approle/role/{name}/secret-id/{accessor}.json", *looked_up)
        for name in self.ask("LIST", "sys/quotas/rate-limit")["data"]["keys"]:
            self.save(folder / f"quotas/rate-limit/{name}.json", f"sys/quotas/rate-limit/{name}")
        self.save(folder / "auth/kubernetes/config.json", "auth/kubernetes/config")
        (folder / "auth/kubernetes/role").mkdir(parents=True)
        (folder / "auth/token/roles").mkdir(parents=True)
        (folder / "policies/gone.hcl").write_text("# a name that no policy has")

    def save(self, file, path, body=None):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.ask("POST" if body else "GET", path, body)))

    def accessors(self, role, folder):
        """Of the secret ids of a role; a list without any is a 404, and an empty folder."""
        folder.mkdir(parents=True)
        with contextlib.suppress(HTTPError):
            return self.ask("LIST", f"auth/approle/role/{role}/secret-id")["data"]["keys"]
        return []

    def reader(self):
        """A token that may read, and nothing else."""
        made = {"policies": ["guardrails-reader"], "display_name": "guardrails"}
        return self.ask("POST", "auth/token/create", made)["auth"]["client_token"]


@pytest.fixture(scope="module")
def vault():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao() as server:
        seeded = Vault(server)
        seeded.seed()
        yield seeded


def observer(text):
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return CONNECTOR.observer(System(name="vault", connector="vault", settings=node), AT)


def observed(text):
    found = observer(text)
    said = list(found.observe())
    return fold(said, system="vault", connector="vault", taken_at=AT, identity=found.identity, calls=found.calls, rights=found.rights)


def live(url):
    return observed(f'address: "{url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')


def test_the_reader_s_policy_is_enough(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    found = live(vault.server.url)
    assert found.gaps == ()
    assert found.identity == "token-guardrails"
    # a login makes an entity of its own, which other tests may have done
    assert {p.ref.name for p in found.facts if isinstance(p, Principal) if not p.ref.name.startswith("entity_")} == {
        "approle/ci", "approle/free", "approle/guardrails", "userpass/bob", "bob", "inner", "outer",
    }  # fmt: skip
    assert found.calls > len(found.facts) / 2


def test_an_export_says_what_live_reading_says(vault, monkeypatch, tmp_path):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    vault.export(tmp_path)
    there, here = live(vault.server.url), observed(f'export: "{tmp_path}"\naddress: "{vault.server.url}"')
    assert here.gaps == ()
    gone = {fact for fact in here.facts if isinstance(fact, Policy) and fact.ref.name == "gone"}
    assert set(here.facts) - gone == set(there.facts)
    assert {edge for edge in here.edges if edge.target.name != "gone"} == set(there.edges)


def test_an_approle_reads_as_well(vault, monkeypatch):
    monkeypatch.setenv("TEST_ROLE_ID", vault.ask("GET", "auth/approle/role/guardrails/role-id")["data"]["role_id"])
    monkeypatch.setenv("TEST_SECRET_ID", vault.ask("POST", "auth/approle/role/guardrails/secret-id")["data"]["secret_id"])
    text = f'address: "{vault.server.url}"\nread: {{approle: {{role-id: "env:TEST_ROLE_ID", secret-id: "env:TEST_SECRET_ID"}}}}'
    assert observed(text).gaps == ()
    monkeypatch.setenv("TEST_SECRET_ID", "canary-secret-id")
    with pytest.raises(ConnectorError, match="does not log in") as told:
        observed(text)
    assert "canary" not in str(told.value)


def test_no_secret_comes_out_and_nothing_but_reading_goes_in(vault, monkeypatch):
    token = vault.reader()
    monkeypatch.setenv("TEST_VAULT_TOKEN", token)
    before = vault.server.audit.read_text().count("\n")
    said = repr(live(vault.server.url))
    assert token not in said
    assert vault.server.token not in said
    assert "canary" not in said
    assert REVIEWER not in said
    entries = [json.loads(line) for line in vault.server.audit.read_text().splitlines()[before:]]
    asked = {(e["request"]["operation"], e["request"]["path"]) for e in entries if e["auth"]["display_name"] == "token-guardrails"}
    assert {path for operation, path in asked if operation not in {"read", "list"}} == {"auth/token/lookup-accessor"}
    assert {operation for operation, path in asked if path == "auth/token/lookup-accessor"} == {"update"}
    accessors = {("list", f"auth/approle/role/{name}/secret-id/") for name in ("ci", "free", "guardrails")}
    assert accessors <= asked
    secret = ("secret-id", "role-id", "export", "backup", "kv/", "acl/root", "cubbyhole")
    assert not [path for _, path in asked - accessors if any(word in path for word in secret)]


def test_a_token_that_the_server_does_not_know_is_told_and_not_repeated(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", "canary-token")
    with pytest.raises(ConnectorError, match="cannot tell who reads") as told:
        live(vault.server.url)
    assert "canary" not in str(told.value)
    assert told.value.remedy


def test_a_reference_that_leads_nowhere_is_told(vault, monkeypatch):
    monkeypatch.delenv("TEST_VAULT_TOKEN", raising=False)
    with pytest.raises(SecretError):
        live(vault.server.url)


def test_the_environment_decides_nothing(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    for name in ("VAULT_ADDR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("VAULT_NAMESPACE", "elsewhere")
    assert live(vault.server.url).gaps == ()


def test_a_namespace_is_a_realm_of_its_own(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    vault.ask("POST", "sys/namespaces/tenant", {})
    found = observed(f'address: "{vault.server.url}"\nnamespace: tenant\nread: {{token: "env:TEST_VAULT_TOKEN"}}')
    vault.ask("DELETE", "sys/namespaces/tenant")
    assert found.gaps == ()
    assert [fact.ref.name for fact in found.facts if isinstance(fact, Account)] == ["tenant"]
    assert {fact.ref.realm for fact in found.facts if isinstance(fact, Policy)} == {"tenant"}
    assert not [fact for fact in found.facts if isinstance(fact, Principal)]


def test_addresses_that_may_use_a_token_are_exposures(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    rules = {(rule.target.name, rule.addresses) for rule in live(vault.server.url).facts if isinstance(rule, Exposure)}
    assert ("approle/ci", ("10.0.0.0/8", "127.0.0.1/32")) in rules
    assert ("approle/ci", ("10.0.0.0/24",)) in rules
    assert ("approle/free", ("0.0.0.0/0", "::/0")) in rules


def test_pages_that_a_policy_cuts_are_asked_for_to_the_end(vault, monkeypatch):
    narrow = READER.replace('path "sys/policies/acl"         { capabilities = ["list"] }', "")
    narrow += 'path "sys/policies/acl" { capabilities = ["list"]\n pagination_limit = 1 }'
    vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": narrow})
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    try:
        found = live(vault.server.url)
    finally:
        vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": READER})
    assert {fact.ref.name for fact in found.facts if isinstance(fact, Policy)} == {"app", "default", "guardrails-reader", "team/sms"}


def test_a_list_that_is_refused_is_a_gap_and_one_that_is_empty_is_not(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.ask("POST", "auth/token/create", {"policies": ["app"]})["auth"]["client_token"])
    found = live(vault.server.url)
    assert {gap.reason for gap in found.gaps} == {GapReason.DENIED}
    assert {gap.what for gap in found.gaps} == {"audit", "iam", "leases", "mounts", "namespaces", "quotas", "server", "tokens"}


DETAILED = 'path "sys/policies/detailed/acl" { capabilities = ["list"] }'
ONE_BY_ONE = 'path "sys/policies/acl"         { capabilities = ["list"] }\npath "sys/policies/acl/*"       { capabilities = ["read"] }\n'


def policies(found):
    return {fact for fact in found.facts if isinstance(fact, Policy) and fact.ref.name != "guardrails-reader"}


def with_reader(vault, monkeypatch, text):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": text})
    try:
        return live(vault.server.url)
    finally:
        vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": READER})


def test_policies_told_in_one_list_are_those_told_one_by_one(vault, monkeypatch):
    assert ONE_BY_ONE in READER
    vault.ask("PUT", "sys/policies/acl/ends", {"policy": POLICY, "expiration": "2099-01-01T00:00:00Z"})
    single = with_reader(vault, monkeypatch, READER)
    listed = with_reader(vault, monkeypatch, READER.replace(ONE_BY_ONE, DETAILED))
    cut = with_reader(vault, monkeypatch, READER.replace(ONE_BY_ONE, DETAILED.replace("]", "]\n pagination_limit = 1")))
    vault.ask("DELETE", "sys/policies/acl/ends")
    assert single.gaps == listed.gaps == cut.gaps == ()
    assert policies(single) == policies(listed) == policies(cut)
    assert {fact.ref.name for fact in policies(listed)} == {"app", "default", "ends", "team/sms"}
    assert single.edges == listed.edges == cut.edges
    assert not [right.name for right in listed.rights if right.name.endswith("policies/acl/*")]
    assert listed.calls < single.calls


def test_a_list_that_a_filter_cuts_is_a_gap_and_never_nothing(vault, monkeypatch):
    told = {"nothing": "no/{{ .key }}", "all but the default": '{{ if ne .key "default" }}{{ .key }}{{ end }}'}
    for what, template in told.items():
        cut = DETAILED.replace("}", f"\n list_scan_response_keys_filter_path = {json.dumps(template)}\n}}")
        found = with_reader(vault, monkeypatch, READER.replace(ONE_BY_ONE, cut))
        assert {gap.reason for gap in found.gaps} == {GapReason.INCOMPLETE}, what
        assert {gap.subject.name for gap in found.gaps if gap.subject} >= {"app", "default"}, what


def test_policies_that_may_be_read_in_no_way_are_gaps_and_whoever_carries_them_is_unknown(vault, monkeypatch):
    found = with_reader(vault, monkeypatch, READER.replace(ONE_BY_ONE, ""))
    assert {gap.rights for gap in found.gaps} == {("list sys/policies/detailed/acl/",)}
    assert {gap.subject.name for gap in found.gaps if gap.subject} >= {"app", "default"}
    assert policies(found) == set()


def test_an_accessor_that_ended_since_it_was_listed_is_nothing(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    api = VaultApi(Settings(address=vault.server.url, token=SecretRef.parse("env:TEST_VAULT_TOKEN")))
    assert api.looked_up("auth/token/accessors", "gone") == Absent()
    assert api.looked_up("auth/approle/role/ci/secret-id", "gone") == Absent()
    assert isinstance(api.looked_up("auth/approle/role/nobody/secret-id", "gone"), Failed)


def test_a_secret_id_is_looked_up_by_its_accessor_where_that_is_asked_for(vault, monkeypatch):
    made = vault.ask("POST", "auth/approle/role/free/secret-id", {"cidr_list": ["10.0.0.0/8"], "metadata": '{"note": "canary-metadata"}'})[
        "data"
    ]
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    found = observed(f'address: "{vault.server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN", secret-ids: look-up}}')
    vault.ask("POST", "auth/approle/role/free/secret-id/destroy", {"secret_id": made["secret_id"]})
    told = {(fact.ref.kind, fact.ref.name): json.loads(fact.text) for fact in found.facts if isinstance(fact, Setting)}
    assert told["secret-ids", "approle/free"] == {"count": 1}
    assert told["secret-id", made["secret_id_accessor"]]["cidr_list"] == ["10.0.0.0/8"]
    assert made["secret_id"] not in repr(found)
    assert "canary" not in repr(found)


@pytest.mark.parametrize("namespace", ["", "tenant"])
def test_the_engine_is_told_in_a_namespace_as_well(vault, monkeypatch, namespace):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    vault.ask("POST", "sys/namespaces/tenant", {})
    found = observed(f'address: "{vault.server.url}"\nnamespace: "{namespace}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')
    vault.ask("DELETE", "sys/namespaces/tenant")
    (engine,) = [fact for fact in found.facts if isinstance(fact, Setting) and fact.ref.name == "engine"]
    assert json.loads(engine.text) == {"engine": "openbao", "version": vault.server.version}
    engines = {json.loads(fact.text)["engine"] for fact in found.facts if isinstance(fact, Policy)}
    assert engines == {f"openbao-{vault.server.version}"}


def test_the_server_and_its_tokens_are_settings(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    found = [fact for fact in live(vault.server.url).facts if isinstance(fact, Setting)]
    told = {(fact.ref.kind, fact.ref.name): json.loads(fact.text) for fact in found}
    tokens = [json.loads(fact.text) for fact in found if fact.ref.kind == "token"]
    assert told["server", "sanitized"]["listeners"][0]["tls_disable"] is True
    assert told["server", "sanitized"]["storage"] == {"type": "inmem"}
    assert told["server", "cors"] == {"enabled": False}
    assert told["server", "key-status"].keys() == {"install_time", "term"}
    assert told["server", "seal-status"]["type"] == "shamir"
    assert told["token", "token-guardrails"]["policies"] == ["default", "guardrails-reader"]
    assert [entry["policies"] for entry in tokens if entry["expire_time"] is None] == [["root"]]
