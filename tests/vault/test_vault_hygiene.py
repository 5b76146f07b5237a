"""Remarks on policies: what nothing reaches, against trying all paths of a small world."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from vault_drawn import dice, some_policy

from guardrails.vault import profile, read
from guardrails.vault.acl import acl, deciding
from guardrails.vault.hygiene import remarks, unreached

BAO = profile("openbao-2.7.2")
SMALL = ("a", "b", "ab", "abc", "abz", "z", "a+", "")
PATHS = [path for n in range(1, 6) for parts in product(SMALL, repeat=n) if "" not in parts[:-1] and (path := "/".join(parts))]


@given(dice)
def test_what_decides_some_request_is_not_called_unreached(drawn):
    held = acl([some_policy(drawn, most=8)], BAO)
    lost = {one.path for one in unreached(held)}
    paths = PATHS if lost else ()
    for path in paths:
        for operation in ("read", "list") if path.endswith("/") else ("read",):
            found = deciding(held, operation, path)
            assert found is None or found.path not in lost, (path, operation)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('path "*" { capabilities = ["read"] } path "+/data/*" { capabilities = ["deny"] }', ["unreached-deny"]),
        ('path "a/*" { capabilities = ["read"] } path "+/x/*" { capabilities = ["list"] }', []),
        ('path "a/b" { capabilities = ["read"] } path "a/b/" { capabilities = ["list"] }', []),
        ('path "kv/{{identity.entity.id}}" { capabilities = ["deny"] }', ["fails-open"]),
        ('path "kv/{{identity.entity.id}}" { capabilities = ["read"] }', []),
        ('path "v1/kv/a" { capabilities = ["read"] }', ["literal"]),
        ('path "kv/a+b" { capabilities = ["read"] }', ["literal"]),
        (
            'path "a" { capabilities = ["read"] min_wrapping_ttl = 90 } path "a" { capabilities = ["list"] max_wrapping_ttl = 60 }',
            ["never", "never"],
        ),
    ],
)
def test_a_remark_says_what_is_wrong(text, kinds):
    assert [one.kind for one in remarks([read(text, profile=BAO, name="p")], BAO)] == kinds


def test_too_many_rules_are_told():
    text = "\n".join(
        f'path "{"/".join("+" if n >> at & 1 else f"x{at}" for at in range(14))}" {{ capabilities = ["read"] }}' for n in range(4000)
    )
    assert [one.kind for one in remarks([read(text, profile=BAO)], BAO)][-1:] in (["undecided"], [])


@pytest.mark.parametrize(("engine", "found"), [("vault-2.0.2", ["unreached-deny"]), ("vault-2.0.3", []), ("vault-2.2.2", [])])
def test_a_deny_that_counts_behind_others_is_no_dead_rule(engine, found):
    whose = profile(engine)
    text = 'path "*" { capabilities = ["read"] }\npath "+/data/*" { capabilities = ["deny"] }\n'
    assert [one.kind for one in remarks([read(text, profile=whose, name="p")], whose)] == found
