"""Policies written as JSON, for programs without HCL."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_vault_documents import BAO, FULL, RULES

from guardrails.errors import AuthorError
from guardrails.vault import Policy, Rule, read, write, write_json

GROUP = 'control_group = { factor "x" { controlled_capabilities = ["read"] identity { group_names = ["a"] approvals = 1 } } }'


def simple(parameters):
    """Those values that are neither lists nor objects."""
    return parameters and tuple((name, tuple(value for value in values if not isinstance(value, tuple))) for name, values in parameters)


@given(st.lists(RULES, max_size=4))
def test_what_is_written_as_json_is_read_back(rules):
    policy = Policy(name="", rules=tuple(replace(rule, allowed=simple(rule.allowed), denied=simple(rule.denied)) for rule in rules))
    text = write_json(policy)
    assert read(text, profile=BAO, strict=True) == policy
    assert write_json(read(text, profile=BAO)) == text


def test_json_says_what_hcl_says():
    policy = read(FULL.replace(', ["x"]', ""), profile=BAO)
    assert json.loads(write_json(policy)) == {
        "path": [
            {
                "kv/data/+/x*": {
                    "capabilities": ["read", "update"],
                    "comment": "why",
                    "allowed_parameters": {"name": ["a*", True, 5], "other": []},
                    "denied_parameters": {"z": []},
                    "required_parameters": ["name"],
                    "min_wrapping_ttl": 60,
                    "max_wrapping_ttl": 7200,
                    "mfa_methods": ["totp"],
                    "pagination_limit": 10,
                    "expiration": "2030-01-01T00:00:00Z",
                }
            }
        ]
    }
    assert read(write_json(policy), profile=BAO) == read(write(policy), profile=BAO)


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (GROUP, "control_group"),
        ("allowed_parameters = { x = [{ y = 1 }] }", "an object as a value"),
        ("denied_parameters = { x = [[]] }", "a list as a value"),
    ],
)
def test_what_engines_read_differently_is_not_written(limits, what):
    policy = read(f'path "a" {{ capabilities = ["read"] {limits} }}', profile=BAO)
    with pytest.raises(AuthorError, match=what):
        write_json(policy)
    assert read(write(policy), profile=BAO) == policy


def test_a_deny_and_parts_of_seconds_and_odd_letters_are_kept():
    policy = read('path "a\\ue123" { policy = "deny" comment = "why" } path "//b" { min_wrapping_ttl = "1500ms" }', profile=BAO)
    assert [(rule.path, rule.comment, rule.min_wrapping_seconds) for rule in policy.rules] == [("a\ue123", "why", 0), ("/b", "", 1.5)]
    assert read(write(policy), profile=BAO) == read(write_json(policy), profile=BAO) == policy


def test_root_has_no_text_and_no_rules_are_an_empty_object():
    assert (write_json(Policy(name="p", rules=())), read("{}", profile=BAO).rules) == ("{}\n", ())
    with pytest.raises(AuthorError, match="root has no text"):
        write_json(Policy(name="root", rules=(Rule(path="*", capabilities=frozenset()),)))
