"""Plans of the provider of Vault, written by hand: where they are put, what is not known of them, and what is told."""

from __future__ import annotations

import json

import pytest
from vault_plans import AT, SERVER, Of, applied, between, block, entry, plan, r

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.facts import Account, Asset, Edge, Policy, Principal, Setting, Unit
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, PrincipalForm, Verdict
from guardrails.vault.stored import stored

READ = 'path "kv/data/app/*" {\n  capabilities = ["read"]\n}\n'
WIDE = 'path "*" {\n  capabilities = ["sudo", "update"]\n}\n'


def ref(kind, identifier, name="", realm="", system="vault"):
    return Ref(system=system, realm=realm, kind=kind, id=identifier, name=name or identifier)


def setting(kind, identifier, name="", form="", pointer="", realm="", system="vault", **told):  # noqa: PLR0917  # as the fact has them
    return Setting(ref=ref(kind, identifier, name, realm, system), form=form, text=json.dumps(told, sort_keys=True), pointer=pointer)


def seen(*more, realm="", below=(), system="vault", server=SERVER):
    """A namespace with an AppRole, whose role ci carries the policy read."""
    role, read = ref("role", "auth/approle/role/ci", "approle/ci", realm, system), ref("policy", "read", "", realm, system)
    said = [
        Account(ref=ref("namespace", realm or "root", "", realm, system), within=Ref(system=system, realm="", kind="server", id=server, name=server)),
        Unit(ref=Ref(system=system, realm="", kind="server", id=server, name=server)),
        setting("namespaces", "sys/namespaces", "namespaces", "namespaces", realm=realm, system=system, below=list(below)),
        setting("server", "engine", form="openbao", realm=realm, system=system, engine="openbao", version="2.7.2"),
        setting("auth-mount", "auth_approle_1", "approle/", "approle", "sys/auth", realm, system, accessor="auth_approle_1", type="approle", config={}),
        setting("auth-mount", "auth_token_1", "token/", "token", "sys/auth", realm, system, accessor="auth_token_1", type="token", config={}),
        Principal(ref=role, form=PrincipalForm.MACHINE, resource=role.id),
        setting("role", role.id, role.name, "approle", role.id, realm, system, token_policies=["read"], token_no_default_policy=True),
        Policy(ref=read, text=stored(READ, "openbao-2.7.2", name="read")),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=role, target=read, provenance=role.id),
        Asset(ref=ref("mount", "kv_1", "kv/", realm, system), resource="kv/", tags=(("type", "kv"),)),
        *more,
    ]  # fmt: skip
    return fold(said, system=system, connector="vault", taken_at=AT)


def held(outcome, name):
    return {
        edge.target.name
        for one in outcome.edited
        for edge in one.edges
        if edge.source.name == name and edge.kind is EdgeKind.IDENTITY_POLICY
    }


def gaps(outcome):
    return [(gap.what, gap.message) for one in outcome.edited for gap in one.gaps]


POLICY = r("vault_policy.ops", name="ops", policy=WIDE)
ROLE = r("vault_approle_auth_backend_role.x", role_name="x", token_policies=["ops"], token_no_default_policy=True, backend="approle")


def test_a_role_that_is_made_may_do_what_its_policies_say():
    outcome = applied(between([], [POLICY, ROLE]), seen())
    found = VaultMeaning(outcome.edited[0]).excess(ref("role", "auth/approle/role/x"), ())

    assert (held(outcome, "approle/x"), outcome.untold, gaps(outcome), outcome.evaluated) == ({"ops"}, (), [], 2)
    assert (found.verdict, found.witness.action) == (Verdict.VIOLATION, "update")


def test_what_a_plan_leaves_alone_stays_as_it_was_observed():
    (edited,) = applied(between([POLICY], [POLICY], {Of(POLICY.address, "id"): "ops"}), seen()).edited

    assert edited == seen()


@pytest.mark.parametrize(
    ("settings", "systems", "said"),
    [
        ({"address": None}, {}, "nothing tells the server"),
        ({"address": "https://other.example:8200"}, {}, "the server of provider vault was not observed"),
        ({"address": None}, {"": "other"}, "the system other of this server was not observed"),
        ({"address": "https://other.example"}, {"": "vault"}, "names another server or namespace"),
    ],
)
def test_what_cannot_be_placed_is_told_and_never_passes(settings, systems, said):
    outcome = applied(between([], [POLICY], **settings), seen(), systems=systems)

    assert outcome.edited == ()
    assert said in outcome.untold[0]
    assert "nothing evaluated never passes" in outcome.untold[-1]


@pytest.mark.parametrize("systems", [{"": "vault"}, {"vault": "vault"}])
def test_a_system_can_be_named_where_the_environment_says_which_server(systems):
    outcome = applied(between([], [POLICY], address=None), seen(), systems=systems)

    assert (outcome.untold, outcome.evaluated) == ((), 1)


def test_a_namespace_that_the_environment_may_name_is_not_taken_for_the_root():
    outcome = applied(between([], [POLICY]), seen(below=["team"]))

    assert "nothing tells the namespace of provider vault" in outcome.untold[0]


def test_a_resource_is_put_into_its_own_namespace_below_that_of_the_provider():
    inside = r("vault_policy.ops", name="ops", policy=WIDE, namespace="team")
    team = seen(realm="team", system="team")
    (edited,) = applied(between([], [inside]), seen(below=[]), team).edited
    outcome = applied(between([], [inside]), seen())

    assert edited.system == "team"
    assert "namespace team of this server was not observed" in outcome.untold[0]


def test_an_address_that_is_built_of_a_variable_is_not_guessed():
    found = between([], [POLICY])
    found["configuration"]["provider_config"]["vault"]["expressions"]["address"] = {"references": ["var.address"]}
    found["variables"] = {"address": {"value": SERVER}}

    assert "nothing tells the server" in applied(found, seen()).untold[0]


def test_who_belongs_to_a_group_is_followed_to_entities_that_are_being_made():
    kim = r("vault_identity_entity.kim", name="kim")
    group = r("vault_identity_group.ops", name="ops", policies=["read"], member_entity_ids=[Of("vault_identity_entity.kim")])
    outcome = applied(between([], [kim, group]), seen())
    members = [edge.source.name for edge in outcome.edited[0].edges if edge.kind is EdgeKind.MEMBER]

    assert (members, held(outcome, "ops"), gaps(outcome)) == (["kim"], {"read"}, [])


def unknown(resource, *names):
    """The resource with attributes that hang on something that no plan tells."""
    found = between([], [resource])
    for name in names:
        change = found["resource_changes"][0]["change"]
        change["after"].pop(name, None)
        change["after_unknown"][name] = True
        found["configuration"]["root_module"]["resources"][0]["expressions"][name] = {"references": ["local.something"]}
    return found


@pytest.mark.parametrize(
    ("resource", "name", "what"),
    [
        (ROLE, "token_policies", "iam"),
        (ROLE, "token_bound_cidrs", "network"),
        (ROLE, "bind_secret_id", "vault_approle_auth_backend_role"),
        (ROLE, "role_name", "vault_approle_auth_backend_role"),
        (ROLE, "backend", "vault_approle_auth_backend_role"),
        (POLICY, "policy", "iam"),
        (POLICY, "name", "vault_policy"),
        (r("vault_identity_entity.kim", name="kim"), "policies", "iam"),
        (r("vault_identity_entity.kim", name="kim"), "metadata", "vault_identity_entity"),
        (r("vault_identity_group.ops", name="ops"), "policies", "iam"),
        (r("vault_identity_group.ops", name="ops"), "member_entity_ids", "iam"),
        (r("vault_identity_group.ops", name="ops"), "type", "vault_identity_group"),
        (r("vault_auth_backend.x", type="approle", path="x"), "tune", "vault_auth_backend"),
        (r("vault_mount.x", type="kv", path="x"), "path", "vault_mount"),
    ],
)
def test_what_is_not_known_and_somebody_wrote_is_a_gap(resource, name, what):
    assert what in {one for one, _ in gaps(applied(unknown(resource, name), seen()))}


def test_the_holder_of_a_policy_that_is_not_known_is_not_judged():
    outcome = applied(unknown(r("vault_policy.read", name="read", policy=READ), "policy"), seen())

    assert VaultMeaning(outcome.edited[0]).excess(ref("role", "auth/approle/role/ci"), ()).verdict is Verdict.UNKNOWN


def test_a_document_that_is_read_later_is_rebuilt_from_its_rules():
    rules = [
        {"path": "kv/data/app/*", "capabilities": ["read"], "description": "", "required_parameters": None},
        {"path": "kv/data/x", "capabilities": ["update"], "allowed_parameter": [{"key": "a", "value": ["b"]}], "max_wrapping_ttl": "1h"},
    ]
    document = r("data.vault_policy_document.x", rule=rules)
    policy = r("vault_policy.x", name="x", policy=Of("data.vault_policy_document.x", "hcl"))
    outcome = applied(between([], [document, policy]), seen())
    written = next(fact for fact in outcome.edited[0].facts if isinstance(fact, Policy) and fact.ref.name == "x")
    text = (
        READ
        + '\npath "kv/data/x" {\n  capabilities = ["update"]\n  allowed_parameters = {\n    "a" = ["b"]\n  }\n  max_wrapping_ttl = "1h"\n}\n'
    )

    assert (written.text, gaps(outcome)) == (stored(text, "openbao-2.7.2", name="x"), [])


def test_a_document_of_which_a_path_is_not_known_is_not_guessed():
    document = r("data.vault_policy_document.x", rule=[{"path": "a", "capabilities": ["read"]}])
    policy = r("vault_policy.x", name="x", policy=Of("data.vault_policy_document.x", "hcl"))
    found = between([], [document, policy])
    for change in found["resource_changes"]:
        if change["mode"] == "data":
            change["change"]["after_unknown"]["rule"] = [{"path": True}]

    assert [what for what, _ in gaps(applied(found, seen()))] == ["iam"]


@pytest.mark.parametrize(
    ("resource", "is_told"),
    [
        (r("vault_kv_secret_v2.s", mount="kv", name="app", data_json="CANARY"), False),
        (r("vault_generic_secret.s", path="kv/data/app", data_json="CANARY"), False),
        (r("vault_generic_secret.s", path="sys/policies/acl/ops", data_json="CANARY"), True),
        (r("vault_generic_endpoint.s", path="auth/userpass/users/kim", data_json="CANARY"), True),
        (r("vault_audit.s", type="file"), True),
        (r("vault_quota_rate_limit.s", name="x"), True),
    ],
)
def test_secrets_in_a_mount_for_secrets_are_no_access_and_all_else_is_told(resource, is_told):
    outcome = applied(between([], [POLICY, resource]), seen())

    assert (bool(gaps(outcome)), outcome.ignored) == (is_told, 0 if is_told else 1)
    assert "CANARY" not in repr(outcome)


def test_what_a_plan_changes_and_nobody_observed_is_told():
    was = r("vault_approle_auth_backend_role.y", role_name="y", token_policies=["read"], backend="approle")
    will = r("vault_approle_auth_backend_role.y", role_name="y", token_policies=["ops"], backend="approle")

    assert "was not observed" in gaps(applied(between([was], [will]), seen()))[0][1]


@pytest.mark.parametrize(
    "resource",
    [
        r("vault_approle_auth_backend_role.x", role_name="x", backend="nowhere"),
        r("vault_jwt_auth_backend_role.x", role_name="x", backend="approle"),
        r("vault_auth_backend.x", type="approle", path="approle"),
        r("vault_auth_backend.x", type="saml", path="saml"),
        r("vault_mount.x", type="kv", path="kv"),
        r("vault_identity_group_policies.x", group_id="nobody", policies=["ops"]),
        r("vault_identity_group_member_entity_ids.x", group_id="nobody", member_entity_ids=[]),
        r("vault_identity_entity_alias.x", name="x", mount_accessor="nowhere", canonical_id="nobody"),
        r("vault_policy.x", name="x", policy="{{ CANARY"),
    ],
)
def test_what_has_no_place_in_the_namespace_is_a_gap(resource):
    found = applied(between([], [resource]), seen())

    assert gaps(found)
    assert "CANARY" not in repr(gaps(found))


def test_what_is_replaced_loses_what_it_had_and_is_the_same_object():
    before = {"role_name": "ci", "token_policies": ["read"], "backend": "approle"}
    after = {"role_name": "ci", "token_policies": ["ops"], "backend": "approle", "token_no_default_policy": True}
    one = r("vault_approle_auth_backend_role.ci", **after)
    outcome = applied(plan([entry(one, ["delete", "create"], before, after)], [block(one)]), seen(Policy(ref=ref("policy", "ops"), text=stored(WIDE, "openbao-2.7.2", name="ops"))))  # fmt: skip

    assert held(outcome, "approle/ci") == {"ops"}


@pytest.mark.parametrize(("actions", "is_there"), [(["forget"], True), (["delete"], False), (["no-op"], True)])
def test_what_is_forgotten_stays_and_what_is_deleted_goes(actions, is_there):
    one = r("vault_policy.read", name="read", policy=READ)
    outcome = applied(plan([entry(one, actions, {"name": "read", "policy": READ, "id": "read"}, {"name": "read"})], [block(one)]), seen())

    assert (held(outcome, "approle/ci") == {"read"}) is is_there
    assert outcome.untold == ()


def test_what_is_deferred_or_not_understood_lets_nothing_pass():
    deferred = {"resource_change": {"type": "vault_quota_rate_limit", "address": "vault_quota_rate_limit.x"}}
    odd = entry(POLICY, ["nonsense"])
    outcome = applied(between([], [ROLE], deferred_changes=[deferred]), seen())
    strange = applied(plan([odd], [block(POLICY)]), seen())

    assert "defers it" in outcome.untold[0]
    assert "not understood" in strange.untold[0]
