"""Where all policies of an OpenBao come in one list, and secret ids are looked up: every fault of these pages, too, is never clean."""

from __future__ import annotations

import pytest
from pytest_socket import enable_socket

from connectors.test_vault_faults import AT, DECLARATION, OTHERS, asked, lookup
from connectors.test_vault_live import DETAILED, ONE_BY_ONE, READER, Vault
from connectors.vault_compared import compared_once
from guardrails import declare
from guardrails.testing.broken import Page, attempted, cases, problems
from guardrails.testing.faults import FAULTS
from guardrails.testing.loopback import remembered
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
SECRET_ID = "auth/approle/role/ci/secret-id-accessor/lookup"
LISTED = Page(
    name="LIST sys/policies/detailed/acl",
    chosen=lambda request: request.method == "LIST" and asked(request)[0] == "sys/policies/detailed/acl",
)
CASES = [case for case in cases([LISTED, lookup(SECRET_ID)], FAULTS | OTHERS) if case[0] is LISTED or case[1] != "another's answer"]


@pytest.fixture(scope="module")
def whole():
    """The proxy, the declaration that is read through it, and what it says without a fault."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with pytest.MonkeyPatch.context() as patch, compared_once(), openbao() as server:
        vault = Vault(server)
        vault.seed()
        vault.ask("POST", "auth/approle/role/ci/secret-id", {})
        vault.ask("PUT", "sys/policies/acl/app", {"policy": 'path "kv/data/app/*" { capabilities = ["read"] }'})
        least = (
            f'{READER.replace(ONE_BY_ONE, DETAILED)}\npath "auth/approle/role/+/secret-id-accessor/lookup" {{ capabilities = ["update"] }}'
        )
        vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": least})
        patch.setenv("TEST_VAULT_TOKEN", vault.reader())
        patch.setattr("guardrails.connectors.vault.api._PATIENCE_SECONDS", 0.0)  # test_vault_pace waits
        with http_proxy(server.url, remembered(lambda request: (request.method, request.path, request.body))) as proxy:
            text = (DECLARATION % proxy.url).replace('"env:TEST_VAULT_TOKEN"', '"env:TEST_VAULT_TOKEN", secret-ids: look-up')
            declaration = declare.loads([("guardrails.yaml", text.encode())])
            yield proxy, declaration, attempted(declaration, AT)


def test_without_a_fault_nothing_is_missing(whole):
    _, _, run = whole
    assert run.assessment.gaps == ()


@pytest.mark.parametrize(("page", "fault"), CASES, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_is_never_clean(whole, monkeypatch, page, fault):
    if fault == "slow":
        monkeypatch.setattr("guardrails.connectors.vault.api._TIMEOUT_SECONDS", 0.4)
    proxy, declaration, before = whole
    with proxy.breaking(page.chosen, (FAULTS | OTHERS)[fault]) as rule:
        after = attempted(declaration, AT)
    assert rule.hits, "the fault was never met, so the case shows nothing"
    assert problems(before, after, page, (FAULTS | OTHERS)[fault]) == ()
