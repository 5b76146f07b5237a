"""What cannot be done to an object of Vault is said, and never done by half."""

from __future__ import annotations

import pytest

from guardrails.connectors.vault import CONNECTOR
from guardrails.connectors.vault.images import ENDED, body, image, token_image
from guardrails.errors import ConnectorError, DeclarationError
from guardrails.model.changes import DetachPolicy, Disable, Image, RemoveMember, Revoke, SetAddresses, SetRotation
from guardrails.model.declaration import System
from guardrails.model.reference import Ref
from guardrails.notation.document import read


def ref(kind: str, identifier: str = "x") -> Ref:
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=identifier)


BOB, OPS, ROLE = ref("entity", "bob"), ref("group", "ops"), ref("role", "auth/approle/role/ci")
TOKEN = ref("token", "acc")
KEY = ref("transit-key", "transit/keys/k")
CIDRS = ref("bound-cidrs", f"{ROLE.id}/token_bound_cidrs")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Disable(ref=ROLE), "a role of Vault cannot be disabled"),
        (Revoke(ref=ref("secret-id")), "a secret-id of Vault is not revoked"),
        (RemoveMember(group=ref("ldap-group"), member=BOB), "said by the directory behind the method"),
        (DetachPolicy(holder=ref("role", "auth/ldap/config"), policy=ref("policy")), "the configuration of a method"),
        (SetAddresses(target=OPS, rule=CIDRS, addresses=()), "the configuration of a method"),
        (SetRotation(key=ref("mount", "kv/"), days=1), "is for its owner to change"),
    ],
)
def test_what_has_no_object_says_so(action, said):
    with pytest.raises(ValueError, match=said):
        CONNECTOR.touched(action)


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        (Disable(ref=BOB), {"disabled": ("true",)}, "disabled already"),
        (Revoke(ref=TOKEN), dict(ENDED.fields), "it has ended already"),
        (RemoveMember(group=OPS, member=BOB), {"type": ("external",), "member_entity_ids": ("bob",)}, "is external"),
        (RemoveMember(group=OPS, member=BOB), {"type": ("internal",)}, "is not in vault:group/ops any more"),
        (DetachPolicy(holder=BOB, policy=ref("policy", "default")), {"policies": ("default",)}, "every token carries"),
        (DetachPolicy(holder=BOB, policy=ref("policy", "ops")), {"policies": ("app",)}, "does not carry"),
        (SetAddresses(target=ROLE, rule=ref("bound-cidrs", "a/other"), addresses=("10.0.0.0/8",)), {}, "other does not hold addresses"),
        (SetAddresses(target=ROLE, rule=CIDRS, addresses=()), {"token_bound_cidrs": ("10.0.0.0/8",)}, "lets in everybody"),
        (
            SetRotation(key=KEY, days=30),
            {"auto_rotate_period": ("2592000",)},
            "how often vault:transit-key/transit/keys/k is rotated is 2592000",
        ),
        (SetRotation(key=KEY, days=30), {}, "is not told"),
    ],
)
def test_what_cannot_be_done_to_it_as_it_is_says_so(action, fields, said):
    with pytest.raises(ValueError, match=said):
        CONNECTOR.edits(action, Image.of(fields), {})


def test_a_policy_is_found_however_it_is_spelled_and_where_a_login_lists_it():
    (edit,) = CONNECTOR.edits(DetachPolicy(holder=ROLE, policy=ref("policy", "ops")), Image.of({"token_policies": (" Ops", "app")}), {})
    assert edit.reads == "- token_policies  Ops"

    (edit,) = CONNECTOR.edits(DetachPolicy(holder=ROLE, policy=ref("policy", "ops")), Image.of({"allowed_policies": ("ops",)}), {})
    assert edit.field == "allowed_policies"


def test_addresses_are_compared_as_networks_and_written_as_servers_give_them_back():
    held = Image.of({"token_bound_cidrs": ("10.1.2.3/8", "198.51.100.7", "2001:db8::1")})
    action = SetAddresses(target=ROLE, rule=CIDRS, addresses=("10.0.0.0/8", "192.0.2.1/32", "2001:db8::1/128"))

    (edit,) = CONNECTOR.edits(action, held, {})

    assert (edit.removes, edit.adds) == (("198.51.100.7",), ("192.0.2.1",))


def test_what_is_not_shown_still_may_not_change():
    one = image(ROLE, {"token_policies": ["a"], "policies": ["a"], "bind_secret_id": True})

    assert one.values("token_policies") == ("a",)
    assert "bind_secret_id" not in dict(one.fields)
    assert one != image(ROLE, {"token_policies": ["a"], "policies": ["a"], "bind_secret_id": False})


@pytest.mark.parametrize(("of", "answer"), [(BOB, {"id": "carol"}), (ROLE, {"token_policies": [1]}), (ROLE, {"token_policies": 7})])
def test_an_object_of_another_form_is_none(of, answer):
    with pytest.raises(ValueError, match="is not"):
        image(of, answer)


def test_a_token_is_known_by_its_accessor_and_never_by_itself():
    told = {"accessor": "acc", "id": "", "path": "auth/x/login/y", "policies": ["b", "a"], "ttl": 7, "expire_time": "z", "meta": {"k": "v"}}
    assert dict(token_image(TOKEN, told).fields).keys() == {"ended", "others", "path", "policies"}
    assert token_image(TOKEN, told) == token_image(TOKEN, told | {"ttl": 6, "expire_time": "y", "num_uses": 1, "orphan": True})
    assert token_image(TOKEN, told) != token_image(TOKEN, told | {"entity_id": "e"})

    with pytest.raises(ValueError, match="about another token"):
        token_image(TOKEN, told | {"accessor": "other"})
    with pytest.raises(ValueError, match="holds the token itself") as said:
        token_image(TOKEN, told | {"id": "canary-token"})
    assert "canary" not in str(said.value)


def system(text: str) -> System:
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="vault", connector="vault", settings=node)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{connector: vault, export: "x"}', "only a live server can be changed"),
        ('{connector: vault, address: "https://v:1", read: {token: "env:R"}}', "has no credential to write with"),
    ],
)
def test_an_export_and_a_system_without_a_writer_are_not_written(text, said):
    with pytest.raises(ConnectorError, match=said):
        CONNECTOR.remediator(system(text))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ('{token: "env:R"}', "is the credential that reads"),
        ("{}", "must name one way to log in"),
        ('{token: "env:W", approle: {role-id: "env:A", secret-id: "env:B"}}', "must name one way"),
        ('{tokn: "env:W"}', "has no field tokn"),
    ],
)
def test_the_one_who_writes_has_a_credential_of_its_own(write, said):
    with pytest.raises(DeclarationError, match=said):
        CONNECTOR.settings(system(f'{{connector: vault, address: "https://v:1", read: {{token: "env:R"}}, write: {write}}}'))


@pytest.mark.parametrize(
    ("field", "value", "is_same"),
    [
        ("latest_version", 2, True),
        ("keys", {"1": 1, "2": 2}, True),
        *(
            (field, True, False)
            for field in ("exportable", "allow_plaintext_backup", "deletion_allowed", "derived", "imported_key", "soft_deleted")
        ),
        ("min_decryption_version", 2, False),
        ("auto_rotate_period", 60, False),
    ],
)
def test_a_key_that_was_rotated_is_the_same_and_one_that_was_set_up_anew_is_not(field, value, is_same):
    entry = {"name": "k", "type": "aes256-gcm96", "auto_rotate_period": 0, "exportable": False, "latest_version": 1, "keys": {"1": 1}}

    assert (image(KEY, {**entry, field: value}) == image(KEY, entry)) is is_same


def test_what_a_server_takes_to_be_another_when_it_is_not_said_is_sent_along():
    role = ref("role", "auth/jwt/role/app")
    before, after = (image(role, {"role_type": "jwt", "token_policies": policies}) for policies in (["a", "b"], ["a"]))

    assert body(role, before, after) == {"role_type": "jwt", "token_policies": ["a"]}
    assert body(role, before, before) == {}
