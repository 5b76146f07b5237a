"""Whose tokens are: by the entity that they act as, by who logged in, or nobody's."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.model.facts import Principal, Setting
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.model.words import PrincipalForm

AT = datetime(2026, 11, 26, tzinfo=UTC)
ENTITY = Ref(system="vault", realm="", kind="entity", id="e-1", name="bob")


def setting(kind, identifier, form, name="", **entry):
    ref = Ref(system="vault", realm="", kind=kind, id=identifier, name=name or identifier)
    return Setting(ref=ref, form=form, text=json.dumps(entry))


def issued(*more, **entry):
    entity = Principal(ref=ENTITY, form=PrincipalForm.USER)
    token = setting("token", "a-1", "service", policies=[], **entry)
    return VaultMeaning(fold([entity, token, *more], system="vault", connector="vault", taken_at=AT)).issued()


def test_a_token_of_an_entity_that_was_merged_acts_as_the_one_that_is_left():
    merged = setting("entity", "e-1", "entity", merged_entity_ids=["e-0"])
    assert issued(merged, entity_id="e-0")[0].holder == ENTITY
    assert issued(merged, entity_id="e-2")[0].holder is None
    assert not issued(merged, entity_id="e-2")[0].usable


@pytest.mark.parametrize(
    ("path", "shown", "method", "name"),
    [
        ("auth/ldap/login/bob", "ldap-bob", "ldap", "bob"),
        ("auth/team/jwt/login", "team-jwt-bob", "jwt", "bob"),
        ("auth/team/jwt/login", "team-jwt-bob", "approle", ""),
        ("auth/token/create", "token-bob", "token", ""),
        ("auth/other/login", "other-bob", "", ""),
    ],
)
def test_who_logged_in_is_told_by_the_path_or_by_what_is_shown(path, shown, method, name):
    mount = setting("auth-mount", "auth_1", method, "team/jwt/")
    found = issued(mount, path=path, display_name=shown, entity_id="")[0]
    assert found.names == ((("alias", name),) if name else ())


@pytest.mark.parametrize(("end", "number"), [("2026-11-25T00:00:00Z", 0), ("2026-11-27T00:00:00Z", 1), (None, 1), ("some day", 1)])
def test_only_a_token_that_has_certainly_ended_is_left_out(end, number):
    assert len(issued(entity_id="e-1", expire_time=end)) == number


def test_a_token_that_another_made_an_orphan_is_nobodys():
    assert issued(entity_id="", orphan=True, path="auth/token/create-orphan")[0].nobodys
    assert not issued(entity_id="", orphan=False, path="auth/token/create")[0].nobodys
    assert not issued(entity_id="e-1", orphan=True)[0].nobodys
