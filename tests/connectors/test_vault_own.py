"""Policies of a holder's own in Vault: whose one is by its name, how it stands in the image of its holder, and what is read beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.connectors.vault.carried import detached, own_rewritten, replaced
from guardrails.connectors.vault.editing import touched
from guardrails.connectors.vault.images import body, image, owned, said, with_own
from guardrails.connectors.vault.own import number_of, own_last, own_name, place, whose
from guardrails.model.actions import DetachPolicy, ReplacePolicy, RewritePolicy
from guardrails.model.changes import edited
from guardrails.model.reference import Ref
from guardrails.vault.stored import stored

ENGINE, TEXT = "openbao-2.7.2", 'path "kv/app/*" {\n  capabilities = ["read"]\n}\n'
WORD = "guardrails-declared"


def ref(kind, identifier, name=""):
    return Ref(system="vault", realm="", kind=kind, id=identifier, name=name or identifier)


BOB, OWN = ref("entity", "8f3c"), f"{WORD}/entity/8f3c"
HOLDERS = [
    BOB,
    ref("group", "8f3c"),
    ref("role", "auth/approle/role/app"),
    ref("role", "auth/a/b/role/app-2"),
    ref("user", "auth/userpass/users/bob@x.se"),
]
LISTED = image(BOB, {"id": "8f3c", "policies": ["app", OWN, "shared"]})


def policy(text=TEXT, **more):
    flags = {"cas_required": False, "allow_slashes_in_identity_templates": False, "version": 3, "modified": "2026-11-27T12:00:00Z"}
    return image(ref("policy", OWN), {"name": OWN, "policy": text, **flags, **more})


@given(st.sampled_from(HOLDERS), st.sampled_from(HOLDERS), st.integers(1, 30))
def test_a_name_says_whose_it_is_and_of_several_which(one, other, number):
    name = own_name(one, WORD, number)

    assert (whose(name), number_of(name)) == (place(one), number)
    assert (whose(name) == place(other)) is (one == other)


@pytest.mark.parametrize(
    "name", ["app", "guardrails-declared", "guardrails-declared/app", "guardrails-declared/entity/", "x/entity/8f3c", f"{OWN}/"]
)
def test_other_names_are_nobodys_own(name):
    assert (whose(name), number_of(name)) == ("", 0)


@pytest.mark.parametrize(
    "holder",
    [
        ref("role", "auth/approle/role/App"),
        ref("role", "auth/approle/role/a,b"),
        ref("role", "auth/approle/role/a b"),
        ref("role", "auth/approle/role/../x"),
        ref("ldap-group", "auth/ldap/config"),
        ref("token", "auth/token/x"),
        ref("policy", "app"),
    ],
)
def test_whose_place_no_name_can_say_has_none(holder):
    assert place(holder) == ""


def test_its_own_come_last_in_the_order_in_which_they_are_made():
    names = [f"{WORD}-10/entity/8f3c", f"{WORD}-2/entity/8f3c", OWN, f"{WORD}/entity/other", "zz", "aa"]

    assert own_last(BOB, names) == (f"{WORD}/entity/other", "zz", "aa", OWN, f"{WORD}-2/entity/8f3c", f"{WORD}-10/entity/8f3c")


def test_what_its_own_say_stands_in_its_image_and_is_not_written_with_it():
    assert [one.id for one in owned(BOB, LISTED)] == [OWN]
    assert owned(ref("group", "8f3c"), LISTED) == ()
    whole = with_own(LISTED, {OWN: policy()})
    assert whole.values(f"policy/{OWN}") == (TEXT,)
    assert body(BOB, LISTED, whole) == {}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ()),
        ({"cas_required": True}, ("cas_required true",)),
        ({"expiration": "2099-01-01T00:00:00Z"}, ("expiration 2099-01-01T00:00:00Z",)),
        ({"allow_slashes_in_identity_templates": True}, ("allow_slashes_in_identity_templates true",)),
    ],
)
def test_a_setting_that_is_not_ours_is_told_behind_the_text(more, told):
    assert said(policy(**more)) == (TEXT, *told)
    assert len(said(policy(unknown="x"))) == 2
    assert said(None) == ()


def canonical(text=TEXT, name=OWN, **more):
    return stored(text, ENGINE, name=name, **more)


REPLACE = ReplacePolicy(holder=BOB, policy=ref("policy", "shared"), seen="", own=ref("policy", OWN), text=canonical())


def test_each_write_of_a_replacement_leaves_what_servers_would_show():
    before = image(BOB, {"id": "8f3c", "policies": ["app", "shared"]})
    shown = [
        image(BOB, {"id": "8f3c", "policies": ["app", OWN, "shared"]}),
        with_own(image(BOB, {"id": "8f3c", "policies": ["app", OWN, "shared"]}), {OWN: policy()}),
        with_own(image(BOB, {"id": "8f3c", "policies": ["app", OWN]}), {OWN: policy()}),
    ]
    for edit, then in zip(replaced(REPLACE, before), shown, strict=True):
        before = edited(before, (edit,))
        assert before == then


SHRUNK = RewritePolicy(holder=BOB, policy=ref("policy", OWN), text="", seen=canonical())


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (lambda: replaced(REPLACE, LISTED), "lists vault:policy/.* already"),
        (lambda: replaced(replace(REPLACE, policy=ref("policy", OWN)), LISTED), "of its own already"),
        (lambda: replaced(replace(REPLACE, policy=ref("policy", "default")), LISTED), "every token carries"),
        (lambda: replaced(replace(REPLACE, policy=ref("policy", "gone")), LISTED), "does not carry"),
        (lambda: replaced(replace(REPLACE, text=canonical(unblocked=frozenset("/"))), LISTED), "settings that no policy of its own gets: unblocked"),
        (lambda: detached(DetachPolicy(holder=BOB, policy=ref("policy", OWN)), with_own(LISTED, {OWN: policy()})), "goes with all that it says"),
        (lambda: own_rewritten(SHRUNK, LISTED), "not there any more"),
        (lambda: own_rewritten(SHRUNK, with_own(LISTED, {OWN: policy(cas_required=True)})), "settings that guardrails does not give: cas_required true"),
        (lambda: own_rewritten(SHRUNK, with_own(LISTED, {OWN: policy('path "x" { capabilities = ["read"] }')})), "says something else by now"),
        (lambda: own_rewritten(SHRUNK, with_own(LISTED, {OWN: policy('path "')})), "cannot be understood"),
        (lambda: touched(replace(SHRUNK, holder=ref("entity", "other"))), "is of entity/8f3c alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_so(refused, why):
    with pytest.raises(ValueError, match=why):
        refused()


def test_a_name_without_a_policy_can_be_taken_off():
    (edit,) = detached(DetachPolicy(holder=BOB, policy=ref("policy", OWN)), LISTED)
    assert (edit.field, edit.removes) == ("policies", (OWN,))
