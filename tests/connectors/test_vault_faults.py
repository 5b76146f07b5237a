"""Every page of a real OpenBao x every fault: never clean, nothing taken for gone, and the counts are told."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_socket import enable_socket

from connectors.test_vault_export import WHOLE, write
from connectors.test_vault_live import READER, Vault
from connectors.vault_compared import compared_once
from guardrails import declare
from guardrails.model.findings import ExitCode
from guardrails.testing.broken import Page, attempted, cases, items, problems
from guardrails.testing.faults import EMPTY, FAULTS, Answer, redirect
from guardrails.testing.loopback import remembered
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy

AT = datetime(2026, 11, 25, tzinfo=UTC)
DECLARATION = """guardrails: 1
systems: {vault: {connector: vault, address: "%s", read: {token: "env:TEST_VAULT_TOKEN", per-second: 10000}}}
teams: {sms: {}}
classes: {secret: {at-rest: customer-key, rotation: 90d}}
assets:
  sms-keys: {class: secret, owner: "team:sms", accepted: ISG-1, risk: R-1, match: {vault: ["transit/+/sms-*"]}}
networks: {office: {cidrs: ["10.0.0.0/8", "127.0.0.1/32"], owner: "team:sms"}}
allowlists: {vault-use: {to: {vault: "auth/+"}, may-from: [office], must-from: [office], owner: "team:sms"}}
entitlements:
  use-sms-keys: {asset: sms-keys, vault: {"transit/encrypt/sms-a": [create, read, update, delete, list]}}
  read-app: {vault: {"kv/data/app/*": [read]}}
  vault-self: {vault: {policy: default}}
everyone: {may: [vault-self]}
workloads:
  ci: {is: ["vault:role/approle/ci"], may: [read-app], must: [read-app], owner: "team:sms"}
  bob: {is: ["vault:user/userpass/bob"], may: [use-sms-keys], must: [use-sms-keys], owner: "team:sms"}
  gone: {is: ["vault:role/approle/gone"], may: [read-app], owner: "team:sms"}
"""
LISTS = {
    "sys/policies/acl": 2, "auth/approle/role": 3, "auth/userpass/users": 2, "auth/token/roles": 2, "identity/entity/id": 2,
    "identity/group/id": 2, "transit/keys": 2, "sys/leases/lookup": 2,
    "sys/namespaces": 2, "sys/quotas/rate-limit": 2,
}  # fmt: skip
"""Each with how many pages of it are broken. AppRoles are given one at a time, and every list is asked for until there is no more."""

SINGLES = (
    "sys/audit", "sys/seal-status", "sys/auth", "sys/mounts", "sys/policies/acl/app", "sys/policies/acl/default", "sys/policies/acl/team/sms", "auth/approle/role/ci",
    "auth/approle/role/free", "auth/userpass/users/bob", "identity/entity/id/", "identity/group/id/", "transit/keys/sms-a",
    "auth/kubernetes/config", "sys/key-status", "sys/rotate/config", "sys/config/cors", "sys/config/state/sanitized",
    "sys/quotas/config", "sys/quotas/rate-limit/all",
)  # fmt: skip
CUT = "auth/approle/role"
AFTER: dict[str, list[str]] = {path: [] for path in LISTS}
"""Behind which names an unbroken run asks, in order."""


def asked(request) -> tuple[str, str]:
    """The path, and behind which name a list goes on."""
    url = urlsplit(request.path)
    return url.path.removeprefix("/v1/").removesuffix("/"), parse_qs(url.query).get("after", [""])[0]


def listed(path: str, number: int) -> Page:
    """Page N of a list and those after it."""

    def chosen(request):
        return request.method == "LIST" and asked(request)[0] == path and asked(request)[1] not in AFTER[path][:number]

    # the same names again are the end of a list that is sent whole, so of one that a policy cuts they cannot be told to be a fault
    return Page(name=f"LIST {path} page {number + 1}", chosen=chosen, repeats=path != CUT)


def lookup(path: str) -> Page:
    """Every accessor that is looked up."""
    return Page(name=f"POST {path}", chosen=lambda request: request.method == "POST" and asked(request)[0] == path)


def single(path: str, *, is_vital: bool = False) -> Page:
    """One object, or any below a path that ends with a slash."""

    def chosen(request):
        found, _ = asked(request)
        return request.method == "GET" and (found == path or (path.endswith("/") and found.startswith(path)))

    return Page(name=f"GET {path}", chosen=chosen, is_vital=is_vital)


PAGES = [single("auth/token/lookup-self", is_vital=True), *map(single, SINGLES), lookup("auth/token/lookup-accessor")]
PAGES += [listed(path, number) for path, pages in LISTS.items() for number in range(pages)]
OTHERS = {
    "nothing": Answer(200, b'{"request_id": "r", "data": {}}'),
    "null": Answer(200, b'{"request_id": "r", "data": null}'),
    "no keys": Answer(200, b'{"request_id": "r", "data": {"keys": []}}'),
    "lost": Answer(404, b"<html></html>"),
    "unrouted": Answer(404, b'{"errors": ["no handler for route"]}'),
    "throttled": Answer(429),
    "broken": Answer(500, b"<html></html>"),
    "sealed": Answer(503, b'{"errors": ["Vault is sealed"]}'),
    "redirected": redirect("http://127.0.0.1:1/"),
    "own token ended": Answer(403, b'{"errors": ["bad token"]}'),
    "another's answer": Answer(403, b'{"errors": ["1 error occurred: * invalid accessor"]}'),
}
FEW = (
    "GET auth/token/lookup-self",
    "GET sys/mounts",
    "GET sys/policies/acl/app",
    "LIST sys/policies/acl page 1",
    "LIST transit/keys page 1",
    "POST auth/token/lookup-accessor",
)
CASES = cases(PAGES, FAULTS) + cases([page for page in PAGES if page.name in FEW], OTHERS)
# of an accessor that is what servers say when it ended
CASES = [case for case in CASES if (case[0].name, case[1]) != ("POST auth/token/lookup-accessor", "another's answer")]
pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The proxy, the declaration that is read through it, and what it says without a fault."""
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with pytest.MonkeyPatch.context() as patch, compared_once(), openbao() as server:
        vault = Vault(server)
        vault.seed()
        vault.ask("POST", "auth/token/roles/short", {})
        vault.ask("POST", "sys/namespaces/team", {})
        vault.ask("POST", "auth/approle/role/ci/secret-id", {})
        # without a template, of which it depends on the person what it gives
        vault.ask("PUT", "sys/policies/acl/app", {"policy": 'path "kv/data/app/*" { capabilities = ["read"] }'})
        paged = READER.replace(f'"{CUT}"        {{', f'"{CUT}" {{ pagination_limit = 1\n')
        vault.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": paged})
        patch.setenv("TEST_VAULT_TOKEN", vault.reader())
        patch.setattr("guardrails.connectors.vault.api._PATIENCE_SECONDS", 0.0)  # test_vault_pace waits
        with http_proxy(server.url, remembered(lambda request: (request.method, request.path, request.body))) as proxy:
            # from an export, so that no page of it can be taken for one of the root's
            folder = tmp_path_factory.mktemp("team")
            write(folder, WHOLE)
            team = f'team: {{connector: vault, address: "{proxy.url}", namespace: team, export: "{folder}"}}'
            text = (DECLARATION % proxy.url).replace("systems: {", f"systems: {{{team}, ")
            declaration = declare.loads([("guardrails.yaml", text.encode())])

            def heard(request):
                if request.method == "LIST":
                    AFTER.setdefault(asked(request)[0], []).append(asked(request)[1])
                return False

            with proxy.breaking(heard, EMPTY):
                found = attempted(declaration, AT)
            yield proxy, declaration, found


def test_without_a_fault_all_pages_are_read(whole):
    _, _, run = whole
    assert run.assessment.gaps == ()
    assert run.assessment.exit_code is ExitCode.FINDINGS
    assert {path: len(AFTER[path]) > pages - 1 for path, pages in LISTS.items()} == dict.fromkeys(LISTS, True)
    assert {what: number for (system, _, what), number in items(run).items() if system == "vault"} == {
        "sys/policies/acl": 5, "auth/approle/role": 3, "auth/userpass/users": 1, "auth/token/roles": 1, "identity/entity/id": 1,
        "identity/group/id": 2, "transit/keys": 1, "sys/audit": 1, "auth/kubernetes/config": 1, "auth/kubernetes/role": 0, "auth/token/accessors": 2, "sys/leases/lookup": 1, "sys/namespaces": 1, "sys/quotas/rate-limit": 1,
        "auth/approle/role/ci/secret-id": 1, "auth/approle/role/free/secret-id": 0, "auth/approle/role/guardrails/secret-id": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("page", "fault"), CASES, ids=lambda part: getattr(part, "name", part))
def test_a_broken_page_is_never_clean(whole, monkeypatch, page, fault):
    if fault == "slow":
        monkeypatch.setattr("guardrails.connectors.vault.api._TIMEOUT_SECONDS", 0.4)
    proxy, declaration, before = whole
    with proxy.breaking(page.chosen, (FAULTS | OTHERS)[fault]) as rule:
        after = attempted(declaration, AT)
    assert rule.hits, "the fault was never met, so the case shows nothing"
    assert problems(before, after, page, (FAULTS | OTHERS)[fault]) == ()


def test_a_redirect_is_not_followed_with_the_token(whole):
    proxy, declaration, _ = whole
    heard = []
    with proxy.breaking(
        lambda request: heard.append(request.path) or request.path == "/v1/sys/mounts", redirect(f"{proxy.url}/v1/elsewhere")
    ):
        attempted(declaration, AT)
    assert "/v1/sys/mounts" in heard
    assert "/v1/elsewhere" not in heard
