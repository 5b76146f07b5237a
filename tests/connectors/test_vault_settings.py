"""How objects are set up is kept by lists of fields: what a meaning needs is there, and nothing secret is."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.kept import KEPT, kept
from guardrails.model.declaration import System
from guardrails.model.facts import Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.words import EdgeKind, GapReason
from guardrails.notation.document import read

AT = datetime(2026, 11, 25, tzinfo=UTC)
CANARY = "canary-never-shown"
SECRET = (
    "bindpass", "client_secret", "credentials", "id", "keytab", "oidc_client_secret", "password", "private_key", "secret", "secret_id",
    "secret_key", "token_reviewer_jwt", "api_token", "client_tls_key", "provider_config", "role_id", "key", "client_token",
)  # fmt: skip
"""What methods call what nobody may see. An identity, an alias and a group have an `id` that is none."""


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))


def observed(folder, files):
    write(folder, files)
    node, mistakes = read(f'export: "{folder}"'.encode(), "guardrails.yaml")
    assert not mistakes
    observer = CONNECTOR.observer(System(name="vault", connector="vault", settings=node), AT)
    return fold(observer.observe(), system="vault", connector="vault", taken_at=AT)


def settings(observation):
    return {(fact.ref.kind, fact.ref.name): (fact.form, json.loads(fact.text)) for fact in observation.facts if isinstance(fact, Setting)}


def policies(observation, name):
    return {edge.target.name for edge in observation.edges if edge.source.name == name and edge.kind is EdgeKind.IDENTITY_POLICY}


@pytest.mark.parametrize("kind", KEPT)
def test_no_list_of_fields_names_a_secret(kind):
    assert set(KEPT[kind]) & set(SECRET) <= ({"id"} if kind.partition("-")[0] in {"entity", "group"} else set())


@given(st.sampled_from(sorted(KEPT)), st.dictionaries(st.sampled_from(SECRET[:-1]), st.just(CANARY)), st.randoms())
def test_only_fields_of_the_list_are_kept_and_their_order_makes_no_difference(kind, secrets, random):
    entry = [*{**dict.fromkeys(KEPT[kind], 1), **{name: value for name, value in secrets.items() if name not in KEPT[kind]}}.items()]
    text = kept(kind, dict(entry))
    random.shuffle(entry)
    assert CANARY not in text
    assert kept(kind, dict(entry)) == text
    assert json.loads(text).keys() == set(KEPT[kind])


def test_an_address_is_kept_without_the_password_that_stands_in_it():
    entry = {
        "url": f"ldaps://cn=x:{CANARY}@ldap.example",
        "oidc_discovery_url": "https://issuer.example/a@b",
        "endpoint": [f"http://{CANARY}@x"],
    }
    assert json.loads(kept("auth-config", entry)) == {
        "url": "ldaps://ldap.example", "oidc_discovery_url": "https://issuer.example/a@b", "endpoint": ["http://x"],
    }  # fmt: skip


def test_in_which_order_a_server_names_several_things_makes_no_difference():
    assert kept("group", {"member_entity_ids": ["b", "a"]}) == kept("group", {"member_entity_ids": ["a", "b"]})


LOGINS = {
    "auth.json": {
        "data": {
            "jwt/": {"type": "jwt", "accessor": "auth_jwt_1", "config": {"default_lease_ttl": 60, "token_type": "default-service", "x": CANARY}},
            "approle/": {"type": "approle", "accessor": "auth_approle_1", "local": True},
            "okta/": {"type": "okta", "accessor": "auth_okta_1"},
            "github/": {"type": "github", "accessor": "auth_github_1"},
            "radius/": {"type": "radius", "accessor": "auth_radius_1"},
            "kerberos/": {"type": "kerberos", "accessor": "auth_kerberos_1"},
            "aws/": {"type": "aws", "accessor": "auth_aws_1"},
        }
    },
    "auth/jwt/config.json": {"data": {"bound_issuer": "https://issuer.example", "oidc_client_secret": CANARY, "default_role": "ci"}},
    "auth/jwt/role/ci.json": {"data": {"token_policies": ["app"], "bound_claims": {"repo": ["a"]}, "user_claim": "sub", "secret": CANARY}},
    "auth/approle/role/ci.json": {"data": {"token_policies": ["app"], "bind_secret_id": False, "secret_id": CANARY}},
    "auth/okta/config.json": {"data": {"org_name": "example", "api_token": CANARY, "token_policies": ["all"]}},
    "auth/okta/users/ann.json": {"data": {"policies": ["app"], "groups": ["ops"]}},
    "auth/okta/groups/ops.json": {"data": {"policies": "ops"}},
    "auth/github/config.json": {"data": {"organization": "example", "token_max_ttl": 3600}},
    "auth/github/map/teams/dev.json": {"data": {"key": "dev", "value": "app,Ops"}},
    "auth/github/map/users/bob.json": {"data": {"key": "bob", "value": "ops"}},
    "auth/radius/config.json": {"data": {"host": "radius.example", "secret": CANARY, "unregistered_user_policies": "guest"}},
    "auth/radius/users/cy.json": {"data": {"policies": ["app"]}},
    "auth/kerberos/config.json": {"errors": []},
    "auth/kerberos/config/ldap.json": {"data": {"url": "ldaps://ldap.example", "bindpass": CANARY}},
    "auth/kerberos/groups/ops.json": {"data": {"policies": ["ops"]}},
    "auth/aws/config/client.json": {"data": {"secret_key": CANARY, "iam_server_id_header_value": "vault.example"}},
    "auth/aws/config/identity.json": {"data": {"iam_alias": "unique_id"}},
    "auth/aws/role/app.json": {"data": {"token_policies": ["app"], "bound_iam_principal_arn": ["arn:aws:iam::1:role/*"], "auth_type": "iam"}},
    "identity/entity/ann.json": {
        "data": {
            "id": "e-1", "name": "ann", "policies": [], "disabled": True, "merged_entity_ids": ["e-0"],
            "aliases": [{"id": "a-1", "name": "ann", "mount_accessor": "auth_okta_1", "mount_type": "okta", "canonical_id": "e-1"}],
        }
    },
    "identity/group/ops.json": {
        "data": {
            "id": "g-1", "name": "ops", "policies": ["ops"], "type": "external", "parent_group_ids": ["g-0"],
            "alias": {"id": "a-2", "name": "ops", "mount_accessor": "auth_okta_1", "mount_type": "okta"},
        }
    },
    "policies/default.json": {"path": {}},
    **{f"policies/{name}.json": {"path": {"a": {"capabilities": ["read"]}}} for name in ("app", "ops", "all", "guest")},
}  # fmt: skip


def test_mounts_methods_logins_and_identities_are_settings_without_a_secret(tmp_path):
    found = observed(tmp_path, LOGINS)
    told = settings(found)
    assert CANARY not in repr(found)
    assert told["auth-mount", "jwt/"] == (
        "jwt",
        {
            "accessor": "auth_jwt_1",
            "config": {"default_lease_ttl": 60, "token_type": "default-service"},
            "path": "auth/jwt/",
            "type": "jwt",
        },
    )
    assert told["auth-config", "auth/jwt/config"] == ("jwt", {"bound_issuer": "https://issuer.example", "default_role": "ci"})
    assert told["role", "jwt/ci"][1]["bound_claims"] == {"repo": ["a"]}
    assert told["role", "approle/ci"] == ("approle", {"bind_secret_id": False, "token_policies": ["app"]})
    assert told["role", "aws/app"][1]["bound_iam_principal_arn"] == ["arn:aws:iam::1:role/*"]
    assert told["auth-config", "auth/aws/config/client"] == ("aws", {"iam_server_id_header_value": "vault.example"})
    assert told["entity", "ann"] == (
        "entity", {"disabled": True, "id": "e-1", "merged_entity_ids": ["e-0"], "name": "ann", "policies": []},
    )  # fmt: skip
    assert told["entity-alias", "ann"][0] == "okta"
    assert told["group", "ops"][0] == "external"
    assert told["group", "ops"][1]["parent_group_ids"] == ["g-0"]
    assert told["group-alias", "ops"][1]["mount_accessor"] == "auth_okta_1"


def test_mappings_of_every_method_give_what_they_name_and_what_the_method_gives(tmp_path):
    found = observed(tmp_path, LOGINS)
    assert policies(found, "okta/ann") == {"all", "app", "default"}
    assert policies(found, "okta/ops") == {"all", "default", "ops"}
    assert policies(found, "github/dev") == {"app", "default", "ops"}
    assert policies(found, "radius/cy") == {"app", "default"}
    assert policies(found, "radius/anybody") == {"default", "guest"}
    assert policies(found, "kerberos/ops") == {"default", "ops"}
    kinds = {fact.ref.name: fact.ref.kind for fact in found.facts if isinstance(fact, Principal) and fact.ref.id.startswith("auth/")}
    assert (kinds["okta/ops"], kinds["github/dev"], kinds["github/bob"]) == ("login-group", "login-group", "user")
    (member,) = [edge for edge in found.edges if edge.kind is EdgeKind.MEMBER]
    assert (member.source.name, member.target.name, member.target.kind) == ("okta/ann", "okta/ops", "login-group")
    assert {("alias", "bob")} == {
        pair for fact in found.facts if isinstance(fact, Principal) and fact.ref.name == "github/bob" for pair in fact.names
    }


def test_a_method_that_nobody_configured_is_no_gap_and_one_that_was_not_read_is(tmp_path):
    found = observed(tmp_path, {name: content for name, content in LOGINS.items() if name != "auth/jwt/config.json"})
    assert [reading.items for reading in found.readings if reading.what == "auth/kerberos/config"] == [0]
    assert [(gap.what, gap.reason) for gap in found.gaps if "auth/jwt/config" in gap.message] == [("settings", GapReason.NOT_READ)]


def test_a_method_that_cannot_be_listed_is_a_gap_with_words(tmp_path):
    found = observed(tmp_path, {**LOGINS, "auth.json": {"data": {"cf/": {"type": "cf", "accessor": "auth_cf_1"}}}})
    (gap,) = [gap for gap in found.gaps if "cf" in gap.message]
    assert (gap.reason, gap.message) == (GapReason.UNSUPPORTED, "auth/cf is of type cf, whose logins are not read")


@pytest.mark.parametrize("value", [{"a": 1}, 5, ["a", 1]])
def test_policies_for_strangers_that_are_no_names_are_a_gap(tmp_path, value):
    found = observed(tmp_path, {**LOGINS, "auth/radius/config.json": {"data": {"unregistered_user_policies": value}}})
    assert [gap.reason for gap in found.gaps if gap.subject is not None and gap.subject.name == "radius/anybody"] == [GapReason.UNSUPPORTED]


@pytest.mark.parametrize(
    ("folder", "kind", "name"),
    [
        ("okta/groups", "ldap-group", "okta/x"),
        ("github/map/users", "user", "github/x"),
        ("github/map/teams", "login-group", "github/x"),
        ("team/approle/role", "role", "team/approle/x"),
    ],
)
def test_an_export_without_its_mounts_tells_the_method_by_its_folders(tmp_path, folder, kind, name):
    found = observed(tmp_path, {f"auth/{folder}/x.json": {"data": {"policies": ["app"], "value": "app"}}})
    assert [(fact.ref.kind, fact.ref.name) for fact in found.facts if isinstance(fact, Principal)] == [(kind, name)]
    assert "auth-mount" not in {kind for kind, _ in settings(found)}  # a guess is no fact
    assert "iam" in {gap.what for gap in found.gaps}


TEMPLATED = {"token_policies": ["team-{{.team}}"], "token_policies_template_claims": True}


def test_policies_that_a_claim_names_are_a_gap_and_never_none(tmp_path):
    found = observed(tmp_path, {"auth.json": {"data": {"jwt/": {"type": "jwt"}}}, "auth/jwt/role/any.json": {"data": TEMPLATED}})
    (gap,) = (gap for gap in found.gaps if gap.subject is not None and gap.subject.name == "jwt/any")
    assert (gap.what, gap.reason) == ("iam", GapReason.UNSUPPORTED)
    assert "team-{{.team}}" in gap.message


def test_the_same_name_without_templates_is_a_name(tmp_path):
    entry = TEMPLATED | {"token_policies_template_claims": False}
    found = observed(tmp_path, {"auth.json": {"data": {"jwt/": {"type": "jwt"}}}, "auth/jwt/role/any.json": {"data": entry}})
    assert not [gap for gap in found.gaps if gap.subject is not None and gap.subject.name == "jwt/any"]


def test_the_name_of_a_group_elsewhere_is_nobodys(tmp_path):
    alias = {"id": "a-1", "name": "ann", "mount_accessor": "auth_ldap_1", "mount_type": "ldap"}
    group = {"id": "g-1", "name": "ops", "policies": ["ops"], "type": "external", "alias": alias}
    entity = {"id": "e-1", "name": "ann", "policies": [], "aliases": [alias]}
    found = observed(tmp_path, {"identity/group/g.json": {"data": group}, "identity/entity/e.json": {"data": entity}})
    assert {fact.ref.kind: fact.names for fact in found.facts if isinstance(fact, Principal)} == {
        "group": (), "entity": (("alias", "ann"),),
    }  # fmt: skip
