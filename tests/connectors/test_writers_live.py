"""The sixteen checks of who writes, put to a real OpenBao and a real slapd."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import ldap3
import pytest
from pytest_socket import enable_socket

from connectors.test_ldap_changes_live import ACCESS, LDIF, PASSWORD, SUFFIX, content, declared
from connectors.test_vault_changes_live import Changing
from guardrails.connectors.ldap import CONNECTOR as LDAP
from guardrails.connectors.ldap.objects import LdapRemediator
from guardrails.connectors.vault import CONNECTOR as VAULT
from guardrails.model.actions import ReplacePolicy
from guardrails.model.changes import DetachPolicy, Image, RemoveMember
from guardrails.model.declaration import System
from guardrails.model.facts import Principal
from guardrails.model.observation import fold
from guardrails.notation.document import read
from guardrails.testing.faults import Answer, Cut, Reset
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy
from guardrails.testing.slapd import slapd
from guardrails.testing.write_conformance import Trial, untried, write_problems
from guardrails.vault.stored import stored

AT = datetime(2026, 11, 25, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]


@pytest.fixture
def vault(monkeypatch):
    enable_socket()
    with openbao() as server, http_proxy(server.url) as proxy:
        seeded = Changing(server)
        seeded.seed()
        seeded.proxy = proxy
        for name, policy in (("R", "guardrails-reader"), ("W", "guardrails-writer"), ("N", "default")):
            monkeypatch.setenv(name, seeded.token(policy))
        yield seeded


def of_vault(vault, reader="R") -> System:
    text = f'{{connector: vault, address: "{vault.proxy.url}", read: {{token: "env:{reader}"}}, write: {{token: "env:W"}}}}'
    node, mistakes = read(text.encode(), "guardrails.yaml")
    assert not mistakes
    return System(name="vault", connector="vault", settings=node)


def used(vault, since):
    """What the token that writes asked for since, as the server's own audit log has it."""
    asked = set()
    for line in vault.server.audit.read_text().splitlines()[since:]:
        entry = json.loads(line)
        if entry["type"] == "request" and "guardrails-writer" in entry["auth"].get("policies", []):
            asked.add(f"{entry['request']['operation']} {entry['request']['path']}")
    return frozenset(asked)


def vault_trial(vault) -> Trial:
    bob = vault.ref("entity", "bob")
    path = f"identity/entity/id/{bob.id}"
    first = {name: vault.ask("GET", path)["data"][name] for name in ("policies", "metadata", "disabled")}

    def reset():
        vault.ask("POST", path, {**first, "metadata": first["metadata"] or {}})

    def breaking(fault):
        return lambda: vault.proxy.breaking(lambda request: request.method == "POST" and request.path.endswith(bob.id), fault)

    return Trial(
        connector=VAULT,
        system=of_vault(vault),
        action=DetachPolicy(holder=bob, policy=vault.ref("policy", "app")),
        everything=vault.everything,
        reset=reset,
        foreign=lambda: vault.ask("POST", path, {"metadata": {"team": "other"}}),
        denied=of_vault(vault, "N"),
        cuts={"before": breaking(Reset()), "during": breaking(Cut(0)), "after": breaking(Cut(5))},
        dropped=breaking(Answer(204)),
        busy=breaking(Answer(429, headers=(("Retry-After", "1"),))),
        interleaved=breaking(Reset()),
        secrets=(os.environ["R"], os.environ["W"]),
        large=(
            DetachPolicy(holder=bob, policy=vault.ref("policy", "p7")),
            Image.of({"policies": [f"p{number}" for number in range(100_000)]}),
        ),
    )


def test_the_writer_of_vault_holds_to_its_contract(vault):
    trial = vault_trial(vault)
    assert write_problems(trial) == ()
    assert {line.split(":")[0]: line for line in untried(trial)} == {
        "2": "2: one object has no pages; of what is read in pages, testing.broken holds the law",
        "12": "12: no other spelling",
        "14": "14: no system that tells which rights were used",
        "16": "16: the system does not compare, and the connector says so",
    }


def test_the_writer_of_vault_uses_the_rights_that_are_told(vault):
    trial = vault_trial(vault)
    path = f"identity/entity/id/{trial.action.holder.id}"
    begun = len(vault.server.audit.read_text().splitlines())
    told = frozenset({"read auth/token/lookup-self", f"read {path}", f"update {path}"})
    assert write_problems(replace(trial, cuts={}, busy=None, used=lambda: used(vault, begun), rights=told)) == ()


def replacing(vault) -> Trial:
    """One of his own in the place of what he shares: three writes of two paths."""
    trial = vault_trial(vault)
    bob, app = trial.action.holder, trial.action.policy
    own = vault.ref("policy", f"guardrails-declared/entity/{bob.id}")

    def everything():
        return vault.everything(), [name for name in vault.ask("LIST", "sys/policies/acl")["data"]["keys"] if name == own.name]

    def reset():
        trial.reset()
        vault.ask("DELETE", f"sys/policies/acl/{own.name}")

    text = stored('path "kv/data/app/x" { capabilities = ["read"] }', f"openbao-{vault.server.version}", name=own.name)
    action = ReplacePolicy(holder=bob, policy=app, seen="", own=own, text=text)
    return replace(trial, action=action, everything=everything, reset=reset, large=None)


def test_the_writer_of_vault_holds_to_its_contract_in_three_writes_too(vault):
    assert write_problems(replacing(vault)) == ()


def test_three_writes_use_the_rights_that_are_told(vault):
    trial = replacing(vault)
    bob, own = (
        f"{folder}/{one.id}" for folder, one in (("identity/entity/id", trial.action.holder), ("sys/policies/acl", trial.action.own))
    )
    begun = len(vault.server.audit.read_text().splitlines())
    told = {"read auth/token/lookup-self", f"read {bob}", f"update {bob}", f"read {own}", f"update {own}", f"delete {own}"}
    assert write_problems(replace(trial, cuts={}, busy=None, used=lambda: used(vault, begun), rights=frozenset(told))) == ()


@pytest.fixture
def directory(monkeypatch):
    if not shutil.which("slapd", path=f"{os.defpath}:/usr/sbin") and os.environ.get("CI") != "true":
        pytest.skip("slapd IS NOT INSTALLED: its writer was not tried (packages slapd, ldap-utils)")
    monkeypatch.setenv("P", PASSWORD)
    enable_socket()
    with slapd(SUFFIX, LDIF, password=PASSWORD, settings=ACCESS) as server:
        yield server


def test_the_writer_of_directories_holds_to_its_contract(directory):
    system = declared(f'url: "{directory.ldap}", write: {{bind: "cn=writer,{SUFFIX}", password: "env:P"}}')
    said = fold(list(LDAP.observer(system, AT).observe()), system="directory", connector="ldap", taken_at=AT)
    known = {fact.ref: fact for fact in said.facts if isinstance(fact, Principal)}
    group, carol = (next(ref for ref in known if (ref.kind, ref.name) == pair) for pair in (("group", "ops"), ("person", "carol")))
    root = ldap3.Connection(ldap3.Server(directory.ldap, get_info=ldap3.NONE), directory.root, PASSWORD, auto_bind=True)
    name, members = f"cn=ops,ou=groups,{SUFFIX}", [f"uid=Carol, ou=people,{SUFFIX}", f"uid=bob,ou=people,{SUFFIX}"]

    def changed(**fields):
        assert root.modify(name, {field: [(ldap3.MODIFY_REPLACE, values)] for field, values in fields.items()}), root.result

    def theirs():
        changed(member=[*members, f"uid=reader,ou=people,{SUFFIX}"])

    trial = Trial(
        connector=LDAP,
        system=system,
        action=RemoveMember(group=group, member=carol),
        everything=lambda: content(directory),
        reset=lambda: changed(member=members),
        foreign=theirs,
        known=known,
        respelled=(RemoveMember(group=replace(group, name="OPS"), member=replace(carol, name="Carol")),),
        interleaved=_between(theirs),
        secrets=(PASSWORD,),
    )
    assert write_problems(trial) == ()
    assert [line.split(":")[0] for line in untried(trial)] == ["2", "3", "8", "9", "11", "14", "15"]
    root.unbind()


def _between(foreign):
    """The foreign write comes after the last read of the one who writes."""
    real = LdapRemediator._image

    @contextmanager
    def fault():
        with pytest.MonkeyPatch.context() as patch:

            def image(self, api, ref):
                found = real(self, api, ref)
                foreign()
                return found

            patch.setattr(LdapRemediator, "_image", image)
            yield

    return fault
