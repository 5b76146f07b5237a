"""Rules that people have to approve: what is accepted, and what containment says of them."""

from __future__ import annotations

import pytest
from pytest_socket import enable_socket
from vault_served import served

from guardrails.vault import PolicyError, contains, profile, read
from guardrails.vault.approvals import is_approved

BAO = profile("openbao-2.7.2")


def factor(said, name='"x"'):
    return f"factor {name} {{ {said} }}"


def group(word):
    asked = f'controlled_capabilities = ["{word}"] identity {{ group_names = ["a"] approvals = 1 }}'
    return f"control_group = {{ {factor(asked)} }}"


def rule(*capabilities, limits=""):
    return f'path "kv/a" {{ capabilities = [{", ".join(map("{!r}".format, capabilities))}] {limits} }}'.replace("'", '"')


READ, LIST, APPROVED, OTHER = rule("read"), rule("list"), rule("read", limits=group("read")), rule("read", limits=group("update"))


@pytest.mark.parametrize(
    ("actual", "declared", "verdict"),
    [
        ([READ], [APPROVED], "not-covered"),
        ([OTHER], [APPROVED], "not-covered"),
        ([APPROVED], [READ], "covered"),
        ([APPROVED], [APPROVED], "covered"),
        # another capability is controlled, not this one
        ([READ], [OTHER], "covered"),
        # the first rule of a path decides, and it may be the one that asks nobody
        ([READ, APPROVED], [APPROVED], "undecided"),
        ([LIST, APPROVED], [APPROVED], "not-covered"),
        ([LIST, APPROVED], [APPROVED, LIST], "undecided"),
        ([f"{LIST}\n{APPROVED}"], [f"{APPROVED}\n{LIST}"], "undecided"),
        ([APPROVED], [APPROVED, LIST], "covered"),
        ([READ], [APPROVED, READ], "undecided"),
    ],
)
def test_what_is_approved_there_must_be_approved_here(actual, declared, verdict):
    assert contains(actual, declared, profile=BAO).verdict == verdict


def test_a_factor_that_names_no_capability_controls_all():
    """Vault Enterprise has such factors; OpenBao refuses them."""
    bare = "control_group = { " + factor('identity { group_names = ["a"] approvals = 1 }') + " }"
    (found,) = read(rule("read", limits=bare), profile=profile("vault-1.20.0")).rules
    assert is_approved(found.control_group, "read")
    assert not is_approved("", "read")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("", "a factor is missing"),
        ("max_ttl = 5", "'max_ttl' is no key of it"),
        ('ttl = "x" ' + factor(""), "is no duration"),
        (factor('controlled_capabilities = ["read"] identity { group_names = ["a"] approvals = 1 }', ""), "a factor has no name"),
        (factor('identity { group_names = ["a"] approvals = 1 }'), "has no controlled_capabilities"),
        (factor('controlled_capabilities = ["sudo"] identity { group_names = ["a"] approvals = 1 }'), "'sudo' is no capability"),
        (factor('controlled_capabilities = ["read"] identity { group_ids = ["a"] approvals = 1 }'), "has no group_names"),
        (factor('controlled_capabilities = ["read"] identity { group_names = ["a"] approvals = 0 }'), "has no approvals"),
        (factor('controlled_capabilities = ["read"]'), "has no group_names"),
        (factor('controlled_capabilities = ["read"] identity "y" { group_names = ["a"] approvals = 1 }'), "has no group_names"),
        (factor("foo = 1"), "'foo' is no key of it"),
        (factor("identity = 5"), "identity is no block"),
    ],
)
def test_a_group_that_openbao_refuses_is_refused(said, what):
    with pytest.raises(PolicyError, match=what):
        read(rule("deny", limits=f"control_group = {{ {said} }}"), profile=BAO)


@pytest.mark.server
@pytest.mark.timeout(600)
def test_the_group_of_the_first_rule_counts_for_what_it_controls():
    enable_socket()
    with served("2.7.2") as root:
        root.done("POST", "sys/mounts/kv", {"type": "kv"})
        root.done("POST", "kv/a", {"stored": "1"})
        answers = {
            policies: root.holding(*policies).done("GET", "kv/a")["data"]
            for policies in ((APPROVED,), (OTHER,), (READ, APPROVED), (LIST, APPROVED), (APPROVED, READ), (f"{APPROVED}\n{READ}",))
        }
    given = {"stored": "1"}
    assert list(answers.values()) == [None, given, given, given, None, None]
