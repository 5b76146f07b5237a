"""An export is read as what it holds; what it lacks was not read, and nothing of it is lost without a word."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.answers import Failed
from guardrails.connectors.vault.asking import Asker
from guardrails.connectors.vault.engine import Engine
from guardrails.connectors.vault.quotas import quotas as quotas_of
from guardrails.errors import ConnectorError, DeclarationError
from guardrails.model.declaration import System
from guardrails.model.facts import Asset, Exposure, Key, NotSeen, Policy, Principal, Protection, Reading, Setting, Trail
from guardrails.model.observation import fold
from guardrails.model.reference import Ref, Scope
from guardrails.model.words import AtRest, Custody, EdgeKind, GapReason, PrincipalForm, State, Verdict
from guardrails.notation.document import read

AT = datetime(2026, 11, 25, tzinfo=UTC)
ROLE = {"token_policies": ["app"], "token_bound_cidrs": ["10.0.0.1", "10.1.2.3/16"], "secret_id_bound_cidrs": None}
WHOLE = {
    "policies/default.hcl": 'path "auth/token/lookup-self" { capabilities = ["read"] }',
    "policies/app.json": {"path": {"kv/data/app/*": {"capabilities": ["read"]}}},
    "policies/team/sms.json": {"data": {"name": "team/sms", "policy": 'path "transit/encrypt/sms-a" { policy = "write" }'}},
    "auth/approle/role/ci.json": {"data": ROLE},
    "auth/approle/role/ci/secret-id": None,
    "auth/token/roles": None,
    "tokens/a-1.json": {"data": {"accessor": "a-1", "display_name": "token", "policies": ["root"], "expire_time": None, "id": ""}},
    "identity/entity/bob.json": {
        "data": {
            "id": "e-1", "name": "bob", "policies": ["App"], "disabled": True, "direct_group_ids": ["g-1"], "group_ids": ["g-1"],
            "aliases": [{"name": "bob@example.se"}], "metadata": {"team": "sms"}, "creation_time": "2026-11-25T13:08:59.616200636Z",
        }
    },
    "identity/group/sms.json": {"data": {"id": "g-1", "name": "sms", "policies": ["team/sms"], "member_entity_ids": ["e-1"]}},
    "transit/transit/sms-a.json": {"data": {"name": "sms-a", "type": "aes256-gcm96", "auto_rotate_period": 90000, "exportable": True}},
    "mounts.json": {
        "data": {
            "transit/": {"type": "transit"}, "kv/": {"type": "kv", "accessor": "kv_1"}, "identity/": {"type": "identity"},
            "sys/": {"type": "system", "running_plugin_version": "v2.7.2+builtin.bao"},
        }
    },
    "auth.json": {"data": {"approle/": {"type": "approle"}, "token/": {"type": "token"}}},
    "audit.json": {"data": {"file/": {"type": "file", "options": {"file_path": "/var/log/vault.log", "headers": "canary"}}}},
    "seal.json": {"type": "shamir", "initialized": True, "sealed": False, "t": 3, "n": 5, "version": "2.7.2", "storage_type": "raft"},
    "leases.json": ["auth/"],
    "namespaces.json": {},
    "quotas.json": {"data": {"rate_limit_exempt_paths": ["sys/health"]}},
    "quotas/rate-limit/all.json": {"data": {"name": "all", "type": "rate-limit", "path": "", "rate": 100, "interval": 1}},
    "cors.json": {"data": {"enabled": False}},
    "key-status.json": {"data": {"term": 1, "install_time": "2026-11-26T14:04:55Z", "encryptions": 29}},
    "rotation.json": {"data": {"enabled": True, "interval": 0, "max_operations": 3865470566}},
    "sanitized.json": {"data": {"default_lease_ttl": 0, "listeners": [{"type": "tcp", "config": {"tls_disable": False}}], "storage": {"type": "raft"}}},
}  # fmt: skip


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def settings(text):
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="vault", connector="vault", settings=node)


def observed(folder, files):
    write(folder, files)
    observer = CONNECTOR.observer(settings(f'export: "{folder}"'), AT)
    return fold(observer.observe(), system="vault", connector="vault", taken_at=AT)


def of(observation, form):
    return [fact for fact in observation.facts if isinstance(fact, form)]


def test_a_whole_export_leaves_no_gap(tmp_path):
    found = observed(tmp_path, WHOLE)
    assert found.gaps == ()
    assert [(p.ref.kind, p.ref.name, p.form, p.state) for p in of(found, Principal)] == [
        ("entity", "bob", PrincipalForm.USER, State.DISABLED),
        ("group", "sms", PrincipalForm.GROUP, State.ACTIVE),
        ("role", "approle/ci", PrincipalForm.MACHINE, State.ACTIVE),
    ]
    assert of(found, Principal)[0].names == (("alias", "bob@example.se"),)
    assert [policy.ref.name for policy in of(found, Policy)] == ["app", "default", "team/sms"]
    assert all('"engine":"openbao-2.7.2"' in policy.text for policy in of(found, Policy))


def test_policies_and_memberships_are_edges(tmp_path):
    found = observed(tmp_path, WHOLE)
    assert [(edge.kind, edge.source.name, edge.target.name) for edge in found.edges] == [
        (EdgeKind.IDENTITY_POLICY, "bob", "app"),
        (EdgeKind.IDENTITY_POLICY, "bob", "default"),
        (EdgeKind.IDENTITY_POLICY, "sms", "team/sms"),
        (EdgeKind.IDENTITY_POLICY, "approle/ci", "app"),
        (EdgeKind.IDENTITY_POLICY, "approle/ci", "default"),
        (EdgeKind.MEMBER, "bob", "sms"),
    ]


def test_addresses_are_told_in_one_form_and_none_is_anywhere(tmp_path):
    free = {"token_policies": [], "token_no_default_policy": True, "token_bound_cidrs": []}
    found = observed(tmp_path, {**WHOLE, "auth/approle/role/free.json": {"data": free}})
    assert {(rule.target.name, rule.ports, rule.addresses) for rule in of(found, Exposure)} == {
        ("approle/ci", ("all",), ("10.0.0.1/32", "10.1.0.0/16")),
        ("approle/free", ("all",), ("0.0.0.0/0", "::/0")),
    }
    assert "approle/free" not in {edge.source.name for edge in found.edges}


def test_keys_and_mounts_are_assets(tmp_path):
    found = observed(tmp_path, WHOLE)
    assert [(a.ref.kind, a.ref.id, a.resource) for a in of(found, Asset)] == [
        ("mount", "kv_1", "kv/"),
        ("transit-key", "transit/keys/sms-a", "transit/keys/sms-a"),
    ]
    key = of(found, Key)[-1]
    assert (key.rotation_days, dict(key.tags)["exportable"]) == (2, "true")
    assert {p.at_rest for p in of(found, Protection)} == {AtRest.CUSTOMER_KEY}
    assert [p.key for p in of(found, Protection)] == ["", "transit/keys/sms-a"]


def test_where_it_is_written_down_is_a_trail_without_anything_secret(tmp_path):
    (trail,) = of(observed(tmp_path, WHOLE), Trail)
    assert (trail.ref.name, trail.form, trail.attributes) == ("file/", "file", (("file_path", "/var/log/vault.log"),))


def test_a_server_without_audit_devices_says_so_and_leaves_no_gap(tmp_path):
    found = observed(tmp_path, {**WHOLE, "audit.json": {"data": {}}})
    assert (found.gaps, of(found, Trail)) == ((), [])
    assert [reading.items for reading in found.readings if reading.what == "sys/audit"] == [0]


@pytest.mark.parametrize(
    ("form", "custody"),
    [("shamir", Custody.CUSTOMER), ("pkcs11", Custody.CUSTOMER_HSM), ("awskms", Custody.CUSTOMER)],
)
def test_the_seal_is_a_key(tmp_path, form, custody):
    saved = {**WHOLE["seal.json"], "type": form}
    seal = of(observed(tmp_path, {**WHOLE, "seal.json": {"data": saved}}), Key)[0]
    assert (seal.ref.kind, seal.custody, seal.state) == ("seal", custody, State.ACTIVE)
    assert dict(seal.tags) == {"shares": "5", "storage": "raft", "threshold": "3", "type": form, "version": "2.7.2"}


def test_a_seal_of_an_unknown_type_is_held_by_nobody_knows_whom_and_one_that_is_closed_is_disabled(tmp_path):
    saved = {**WHOLE["seal.json"], "type": "new", "sealed": True}
    seal = of(observed(tmp_path, {**WHOLE, "seal.json": saved}), Key)[0]
    assert isinstance(seal.custody, NotSeen)
    assert seal.state is State.DISABLED


def test_a_key_without_a_period_was_not_seen_rotating(tmp_path):
    found = observed(tmp_path, {**WHOLE, "transit/transit/sms-a.json": {"data": {"name": "sms-a", "type": "aes256-gcm96"}}})
    assert isinstance(of(found, Key)[-1].rotation_days, NotSeen)


@pytest.mark.parametrize("lacking", WHOLE)
def test_whatever_an_export_lacks_is_a_gap(tmp_path, lacking):
    files = {name: content for name, content in WHOLE.items() if name != lacking}
    found = observed(tmp_path, files)

    assert found.gaps
    assert {gap.reason for gap in found.gaps} <= {GapReason.NOT_READ, GapReason.INCOMPLETE}
    assert all(gap.remedy for gap in found.gaps)


def test_a_policy_that_is_carried_and_not_exported_makes_its_carrier_unknown(tmp_path):
    found = observed(tmp_path, {name: content for name, content in WHOLE.items() if name != "policies/app.json"})
    role = Ref(system="vault", realm="", kind="role", id="auth/approle/role/ci", name="approle/ci")
    assert CONNECTOR.meaning(found).excess(role, ()).verdict is Verdict.UNKNOWN
    assert [gap.subject.name for gap in found.gaps] == ["app"]


def test_a_policy_that_cannot_be_read_makes_its_carrier_unknown(tmp_path):
    found = observed(tmp_path, {**WHOLE, "policies/app.json": {"path": {"a": {"capabilities": ["reed"]}}}})
    role = Ref(system="vault", realm="", kind="role", id="auth/approle/role/ci", name="approle/ci")
    assert CONNECTOR.meaning(found).excess(role, ()).verdict is Verdict.UNKNOWN
    assert [gap.reason for gap in found.gaps] == [GapReason.MALFORMED]


def test_a_group_that_was_not_seen_makes_its_member_unknown(tmp_path):
    found = observed(tmp_path, {name: content for name, content in WHOLE.items() if name != "identity/group/sms.json"})
    entity = Ref(system="vault", realm="", kind="entity", id="e-1", name="bob")
    assert CONNECTOR.meaning(found).excess(entity, ()).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("auth/approle/role/ci.json", {"token_policies": ["app"]}),
        ("auth/approle/role/ci.json", "<html>"),
        ("auth/approle/role/ci.json", {"data": {"token_policies": "app"}}),
        ("auth/approle/role/ci.json", {"data": {**ROLE, "token_bound_cidrs": ["office"]}}),
        ("auth/token/roles/ci.json", {"data": {"allowed_policies": [], "allowed_policies_glob": ["a*"]}}),
        ("identity/entity/bob.json", "[]"),
        ("transit/transit/sms-a.json", {"keys": {}}),
        ("mounts.json", {"kv/": {"type": "kv"}}),
        ("audit.json", {"data": {"file/": {"options": {}}}}),
        ("seal.json", {"data": {"sealed": "no"}}),
        ("auth.json", {"data": {"cf/": {"type": "cf"}}}),
        ("auth.json", {"data": {"github/": {"type": "github"}}}),
        ("tokens/a-1.json", {"data": {"accessor": "a-2"}}),
        ("tokens/a-1.json", {"data": {}}),
        ("cors.json", {"data": {}}),
        ("key-status.json", {"data": {}}),
        ("rotation.json", {"errors": []}),
        ("sanitized.json", {"data": {"listeners": []}}),
    ],
)
def test_an_answer_that_is_not_understood_is_a_gap(tmp_path, name, content):
    assert observed(tmp_path, {**WHOLE, name: content}).gaps


@pytest.mark.parametrize("name", ["rules.json", "auth/ci.json", "identity/ci.json", "transit/ci.json", "auth/approle/role/ci.hcl"])
def test_a_file_that_is_no_part_of_an_export_is_told(tmp_path, name):
    with pytest.raises(ConnectorError, match="no part of an export"):
        observed(tmp_path, {**WHOLE, name: "{}"})


def test_a_time_that_is_none_is_left_out(tmp_path):
    entity = {"data": {"id": "e-1", "name": "bob", "policies": [], "creation_time": "once"}}
    assert of(observed(tmp_path, {**WHOLE, "identity/entity/bob.json": entity}), Principal)[0].created_at is None


def test_one_thing_exported_twice_is_told(tmp_path):
    with pytest.raises(ConnectorError, match="twice"):
        observed(tmp_path, {**WHOLE, "policies/app.hcl": ""})


def test_an_export_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConnectorError, match="no export"):
        observed(tmp_path / "nowhere", {})


@pytest.mark.parametrize(
    "text",
    [
        'address: "https://vault.example:8200"\nread: {token: "env:VAULT_TOKEN"}',
        'address: "http://127.0.0.1:8200"\nnamespace: tenants/a\nread: {approle: {role-id: "env:R", secret-id: "file:/run/s"}}\nca: ca.pem',
        "export: saved",
        "export: saved\nread: {tokens: all, secret-ids: look-up, parallel: 2, per-second: 10}",
        "export: saved\nread: {tokens: 5, secret-ids: none}",
    ],
)
def test_settings_name_a_server_and_one_way_to_log_in_or_an_export(text):
    assert CONNECTOR.settings(settings(text))


@pytest.mark.parametrize(
    "text",
    [
        'address: "http://vault.example:8200"\nread: {token: "env:VAULT_TOKEN"}',
        'address: "https://vault.example:8200/v1"\nread: {token: "env:VAULT_TOKEN"}',
        'address: "https://vault.example:8200"',
        'read: {token: "env:VAULT_TOKEN"}',
        'address: "https://vault.example:8200"\nread: {token: "env:T", approle: {role-id: "env:R", secret-id: "env:S"}}',
        'address: "https://vault.example:8200"\nread: {approle: {role-id: "env:R"}}',
        'address: "https://vault.example:8200"\nread: {token: "hvs.canary"}',
        'address: "https://vault.example:8200"\nread: {token: "env:T"}\ntoken: x',
        "export: saved\nread: {tokens: some}",
        "export: saved\nread: {tokens: 0}",
        "export: saved\nread: {parallel: none}",
        "export: saved\nread: {per-second: [1]}",
        "export: saved\nread: {secret-ids: all}",
    ],
)
def test_settings_that_do_not_say_how_to_read_are_refused_and_no_secret_is_repeated(text):
    with pytest.raises(DeclarationError) as told:
        CONNECTOR.settings(settings(text))
    assert "canary" not in str(told.value)


def clauses(text):
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return CONNECTOR.clauses(node, Scope("vault"), "")


def test_an_entitlement_is_paths_with_capabilities_and_policies_by_name():
    found = clauses('"transit/encrypt/sms-*": [update]\n"kv/+/x": [read, list]\npolicy: Default')
    assert [(clause.actions, clause.resources) for clause in found] == [
        (("update",), ("transit/encrypt/sms-*",)),
        (("read", "list"), ("kv/+/x",)),
        (("policy",), ("default",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "/kv: [read]",
        '"kv/*/x": [read]',
        '"kv/+*": [read]',
        "kv/a+: [read]",
        "kv/{{x}}: [read]",
        "kv: [deny]",
        "kv: [reed]",
        "kv: []",
        "kv: read",
        "{}",
    ],
)
def test_an_entitlement_that_means_nothing_is_told(text):
    with pytest.raises(DeclarationError):
        clauses(text)


@pytest.mark.parametrize(
    ("text", "right"), [('"auth/+"', True), ("auth/approle/role/ci", True), ("kv/x", False), ("auth/*/x", False), ("{a: b}", False)]
)
def test_an_allowlist_is_about_auth_mounts_and_their_roles(text, right):
    node, _ = read(text.encode(), "guardrails.yaml")
    if right:
        assert CONNECTOR.target(node) == text.strip('"')
        return
    with pytest.raises(DeclarationError):
        CONNECTOR.target(node)


def test_a_selector_is_a_path():
    assert CONNECTOR.mistaken("transit/+/sms-*") == ""
    assert CONNECTOR.mistaken("/kv/x")


def quotas(found):
    return {fact.ref.id: json.loads(fact.text) for fact in of(found, Setting) if fact.ref.kind == "quota"}


def test_quotas_are_kept_and_what_was_not_saved_of_them_is_a_gap(tmp_path):
    found = observed(tmp_path / "a", WHOLE)
    told = {"name": "all", "type": "rate-limit", "path": "", "rate": 100, "interval": 1}
    assert (found.gaps, quotas(found)) == ((), {"sys/quotas/rate-limit/all": told})
    lacking = {name: content for name, content in WHOLE.items() if not name.startswith("quotas/")}
    found = observed(tmp_path / "b", lacking)
    assert [(gap.what, gap.reason) for gap in found.gaps] == [("quotas", GapReason.NOT_READ)]
    found = observed(tmp_path / "c", {**lacking, "quotas/rate-limit": None})
    assert (found.gaps, quotas(found)) == ((), {})


def test_a_quota_under_another_name_is_a_gap(tmp_path):
    found = observed(tmp_path, {**WHOLE, "quotas/rate-limit/all.json": {"data": {"name": "other", "rate": 1}}})
    assert [(gap.what, gap.reason, gap.subject.name) for gap in found.gaps] == [
        ("quotas", GapReason.MALFORMED, "sys/quotas/rate-limit/all")
    ]
    assert quotas(found) == {}


def test_quotas_of_leases_are_asked_of_a_vault_alone(tmp_path):
    system = {"sys/": {"type": "system", "running_plugin_version": "v1.21.0+builtin.vault"}}
    mounts = {"data": {**WHOLE["mounts.json"]["data"], **system}}
    found = observed(tmp_path / "a", {**WHOLE, "mounts.json": mounts})
    assert [(gap.what, gap.remedy) for gap in found.gaps] == [("quotas", "add sys/quotas/lease-count to the export")]
    saved = {"quotas/lease-count/few.json": {"data": {"name": "few", "max_leases": 5, "type": "lease-count"}}}
    found = observed(tmp_path / "b", {**WHOLE, **saved, "mounts.json": mounts})
    assert (found.gaps, quotas(found)["sys/quotas/lease-count/few"]["max_leases"]) == ((), 5)


def test_a_vault_that_counts_no_leases_has_no_such_quotas():
    class Fixed:
        calls, parallel = 0, 1

        def listed(self, path):
            unsupported = Failed(GapReason.UNSUPPORTED, f"LIST {path}: this server has no such path")
            return unsupported if path.endswith("lease-count") else Failed(GapReason.DENIED, "status 403", (f"list {path}/",))

    told = list(quotas_of(Asker(system="v", realm="", source=Fixed()), Engine("vault", (1, 21, 0))))
    assert [(one.what, one.items if isinstance(one, Reading) else one.reason) for one in told] == [
        ("quotas", GapReason.DENIED), ("sys/quotas/lease-count", 0),
    ]  # fmt: skip
