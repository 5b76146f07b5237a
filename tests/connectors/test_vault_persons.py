"""Whose a role is: somebody's alone where the claim that names them is bound to one value."""

from __future__ import annotations

import pytest

from guardrails.connectors.vault.persons import the_only_one

ANN = {"user_claim": "email", "bound_claims": {"email": "ann@example.se"}, "bound_claims_type": "string"}
SUBJECT = {"user_claim": "sub", "bound_subject": "ann"}


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (ANN, "ann@example.se"),
        (ANN | {"bound_claims": {"email": ["ann@example.se"]}}, "ann@example.se"),
        (ANN | {"bound_claims_type": ""}, "ann@example.se"),
        (ANN | {"bound_claims_type": "glob"}, ""),
        (ANN | {"bound_claims": {"email": ["ann@example.se", "bob@example.se"]}}, ""),
        (ANN | {"bound_claims": {"email": []}}, ""),
        (ANN | {"bound_claims": {"email": True}}, ""),
        (ANN | {"bound_claims": {"team": "ann"}}, ""),
        (ANN | {"bound_claims": None}, ""),
        (ANN | {"user_claim_json_pointer": True}, ""),
        (SUBJECT, "ann"),
        (SUBJECT | {"user_claim": "email"}, ""),
        (SUBJECT | {"bound_subject": ""}, ""),
        (SUBJECT | {"bound_subject": "", "bound_claims": {"sub": "bob"}}, "bob"),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("method", ["jwt", "oidc"])
def test_a_role_is_somebodys_alone_where_one_value_of_the_claim_that_names_them_is_demanded(method, entry, name):
    assert the_only_one(method, entry) == name


def test_roles_of_other_methods_are_nobodys():
    assert the_only_one("kubernetes", SUBJECT) == ""
