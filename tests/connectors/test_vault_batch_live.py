"""Batch tokens cannot be listed. What is told of them instead, held against a real OpenBao: which logins give them, and how long they live."""

from __future__ import annotations

from itertools import product

import pytest
from pytest_socket import enable_socket

from connectors.test_vault_live import Vault, observed
from guardrails.connectors.vault.meaning import VaultMeaning
from guardrails.errors import OperatorError
from guardrails.model.facts import Principal
from guardrails.testing.openbao import openbao

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
CANARY = "canary-hunter2"


@pytest.fixture(scope="module")
def vault():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao() as server:
        server.ask("POST", "sys/auth/userpass", {"type": "userpass"})
        yield Vault(server)


def logged_in(vault, name, **entry):
    vault.ask("POST", f"auth/userpass/users/{name}", {"password": CANARY, **entry})
    return vault.ask("POST", f"auth/userpass/login/{name}", {"password": CANARY})["auth"]


def lives(vault, monkeypatch):
    """How long tokens live, by the name of the user."""
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.server.token)
    seen = observed(f'address: "{vault.server.url}"\nread: {{token: "env:TEST_VAULT_TOKEN"}}')
    assert CANARY not in repr(seen)
    users = {fact.ref for fact in seen.facts if isinstance(fact, Principal) and fact.ref.kind == "user"}
    return {user.id.rpartition("/")[2]: VaultMeaning(seen).lives(user) for user in users}


@pytest.mark.parametrize("tuned", ["default-service", "default-batch", "service", "batch"])
def test_a_batch_token_lives_as_long_as_was_told(vault, monkeypatch, tuned):
    vault.ask("POST", "sys/auth/userpass/tune", {"token_type": tuned, "default_lease_ttl": "20m", "max_lease_ttl": "2h"})
    cases = [
        case for case in product(("default", "service", "batch"), (0, 600, 10800), (0, 300, 3600)) if not case[2] or case[1] <= case[2]
    ]
    tokens = {
        f"user{at}": logged_in(vault, f"user{at}", token_type=own, token_ttl=ttl, token_max_ttl=most)
        for at, (own, ttl, most) in enumerate(cases)
    }
    told = lives(vault, monkeypatch)
    for (name, token), case in zip(tokens.items(), cases, strict=True):
        assert told[name] == (token["lease_duration"] if token["token_type"] == "batch" else case[2] or 7200), case
    assert {token["token_type"] for token in tokens.values()} <= {"batch", "service"}


def test_the_batch_token_of_somebody_who_is_disabled_is_refused(vault):
    vault.ask("POST", "sys/auth/userpass/tune", {"token_type": "default-service"})
    token = logged_in(vault, "dave", token_type="batch", token_ttl=600, token_max_ttl=600)
    assert (token["token_type"], token["accessor"]) == ("batch", "")

    def seen_by_the_server():
        bearer = type(vault.server)(url=vault.server.url, token=token["client_token"], audit=vault.server.audit)
        return bearer.ask("GET", "auth/token/lookup-self")["data"]["type"]

    assert seen_by_the_server() == "batch"
    vault.ask("POST", f"identity/entity/id/{token['entity_id']}", {"disabled": True})
    with pytest.raises(OperatorError, match="403"):
        seen_by_the_server()
