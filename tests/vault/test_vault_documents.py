"""Policies read from their texts: places, both forms, and back."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guardrails.errors import AuthorError
from guardrails.vault import PolicyError, profile, read, write
from guardrails.vault.rules import Policy, Rule

BAO, VAULT, NEW_VAULT = profile("openbao-2.7.2"), profile("vault-1.20.0"), profile("vault-1.21.0")
FULL = """
path "kv/data/+/x*" {
  comment = "why"
  capabilities = ["read", "update"]
  allowed_parameters = { "Name" = ["a*", true, 5, ["x"]] "other" = [] }
  denied_parameters = { "z" = [] }
  required_parameters = ["name"]
  min_wrapping_ttl = "1m"
  max_wrapping_ttl = 7200
  mfa_methods = ["totp"]
  pagination_limit = 10
  expiration = "2030-01-01T00:00:00Z"
}
"""


def test_everything_that_a_rule_says_is_read():
    (found,) = read(FULL, profile=BAO, name="p").rules
    assert found == Rule(
        path="kv/data/+/x*",
        capabilities=frozenset({"read", "update"}),
        allowed=(("name", ("a*", True, 5, ("x",))), ("other", ())),
        denied=(("z", ()),),
        required=("name",),
        min_wrapping_seconds=60,
        max_wrapping_seconds=7200,
        mfa_methods=("totp",),
        pagination_limit=10,
        comment="why",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        policy="p",
    )
    assert (found.line, found.column) == (2, 1)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('path "a" {\n  capabilities = ["reed"]\n}', "p:2:3", "'reed' is no capability of openbao-2.7.2"),
        ('path "a" {}\n\n  paths "b" {}', "p:3:3", "a policy has no 'paths', only path blocks"),
        ('path "a" { foo = 1 }', "p:1:12", "'foo' is no key of a rule"),
        ('path "a" { capabilities = ["read" "list"] }', "p:1:35", "members of a list have a comma between them"),
        ('path "a" = {}', "p:1:1", "a block has no ="),
        ('path "a" {', "p:1:11", "a key is missing before the end"),
        ('path "a', "p:1:6", "a text has no end"),
        ('path "a+b/+*" {}', "p:1:1", "+* is no wildcard"),
        ('path "a{{b" {}', "p:1:1", "do not go together"),
        ('path "a" { subscribe_event_types = ["x"] }', "p:1:12", "'subscribe_event_types' is no key of a rule of openbao-2.7.2"),
        ('path "a" { capabilities = ["subscribe"] }', "p:1:12", "'subscribe' is no capability"),
        ('{"path":\n {"a": {"capabilities": ["reed"]}}}', "p:2:9", "'reed' is no capability"),
        ('{"path": ', "p:1:10", "not JSON"),
        ('path "a" { comment = <<X\nhello\n', "p:1:22", "has no X at its end"),
    ],
)
def test_a_mistake_is_told_with_its_place(text, where, what):
    with pytest.raises(PolicyError, match=r".") as caught:
        read(text, profile=BAO, name="p")
    assert str(caught.value).startswith(f"{where}: ")
    assert what in str(caught.value)
    assert isinstance(caught.value, AuthorError)


def test_each_engine_has_its_own_words():
    assert read('path "a" { capabilities = ["subscribe"] subscribe_event_types = ["kv*"] }', profile=VAULT).rules[0].events == ("kv*",)
    with pytest.raises(PolicyError):
        read('path "a" { capabilities = ["scan"] }', profile=VAULT)


def test_what_stands_twice_is_added_up_or_refused():
    twice = 'path "a" { capabilities = ["read"] capabilities = ["list"] min_wrapping_ttl = 5 min_wrapping_ttl = 6 }'
    for engine in (BAO, VAULT):
        (found,) = read(twice, profile=engine).rules
        assert (found.capabilities, found.min_wrapping_seconds) == ({"read", "list"}, 6)
    for engine, strict in ((BAO, True), (NEW_VAULT, False)):
        with pytest.raises(PolicyError, match="capabilities stands twice"):
            read(twice, profile=engine, strict=strict)


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ('policy = "read"', {"read", "list"}),
        ('policy = "write"', {"create", "read", "update", "delete", "list"}),
        ('policy = "sudo"', {"create", "read", "update", "delete", "list", "sudo"}),
        ('policy = "read" capabilities = ["patch"]', {"read", "list", "patch"}),
        ('policy = "deny" capabilities = ["read"]', {"deny"}),
        ('capabilities = ["read", "deny", "whatever"]', {"deny"}),
    ],
)
def test_old_words_and_denies_are_turned_into_capabilities(said, given):
    assert read(f'path "a" {{ {said} }}', profile=BAO).rules[0].capabilities == given


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ('"5"', 5), ('"1h30m"', 5400), ('"2d"', 172_800), ('"1.5m"', 90), ('""', 0), ("5.9", 5), ('"999ms"', 0.999)],
)
def test_durations_are_seconds(text, seconds):
    assert read(f'path "a" {{ min_wrapping_ttl = {text} }}', profile=BAO).rules[0].min_wrapping_seconds == seconds


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"path": {"a": {"capabilities": ["read"]}, "b": {"policy": "read"}}}, ["a", "b"]),
        ({"path": [{"a": {"capabilities": ["read"]}}, {"b": {"policy": "read"}}]}, ["a", "b"]),
        ({"path": {"a": {"b": {"capabilities": ["read"]}}}}, ["a"]),
        # a rule that says nothing decides all the same
        ({"path": {"a": {}, "b": {"policy": "read"}}}, ["a", "b"]),
        ({"path": {}}, ["path"]),
        ({"path": [{}, {"b": {"policy": "read"}}]}, ["path", "b"]),
        ({}, []),
    ],
)
def test_json_is_laid_out_as_the_engines_do(document, paths):
    assert [rule.path for rule in read(json.dumps(document), profile=BAO).rules] == paths


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
NAMES = st.text('abcXY_-é "\\$', min_size=1, max_size=5)
VALUES = st.recursive(TEXTS | st.booleans() | st.integers(-9, 99), lambda inner: st.lists(inner, max_size=2).map(tuple), max_leaves=3)
PARAMETERS = st.none() | st.dictionaries(NAMES.map(str.lower), st.lists(VALUES, max_size=3).map(tuple), max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)
RULES = st.builds(
    Rule,
    path=st.lists(st.sampled_from(["a", "+", "b c", "é", "x}", '"', "\\", "\n", "#"]), min_size=1, max_size=4).map("/".join),
    capabilities=st.sets(st.sampled_from(sorted(BAO.capabilities - {"deny"}))).map(frozenset),
    allowed=PARAMETERS,
    denied=PARAMETERS,
    required=st.sets(NAMES.map(str.lower), max_size=2).map(lambda found: tuple(sorted(found))),
    min_wrapping_seconds=st.integers(0, 5),
    max_wrapping_seconds=st.integers(5, 9) | st.just(0),
    mfa_methods=st.lists(NAMES, max_size=2, unique=True).map(tuple),
    pagination_limit=st.integers(0, 9),
    comment=TEXTS,
    expires_at=st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # they get one
)


@given(st.lists(RULES, max_size=4))
@example([Rule(path="a", capabilities=frozenset(), comment="${x")])
@example([Rule(path="a", capabilities=frozenset(), comment='${"')])
def test_what_is_written_is_read_back(rules):
    policy = Policy(name="", rules=tuple(rules))
    text = write(policy)
    assert read(text, profile=BAO, strict=True) == policy
    assert write(read(text, profile=BAO)) == text


SPELLED = st.lists(
    st.sampled_from(
        [
            "path",
            '"a"',
            '"b/+"',
            "{",
            "}",
            "=",
            "[",
            "]",
            ",",
            "capabilities",
            '"read"',
            '"deny"',
            "policy",
            "\n",
            " ",
            "# x\n",
            "/* y */",
            "<<E\n",
            "E\n",
            "5",
            "true",
            '"${"',
            "\\",
            '"',
            "allowed_parameters",
            "é",
            "name",
            "0x",
            "-",
        ]
    ),
    max_size=24,
).map("".join)


@given(SPELLED | st.text(max_size=30))
def test_any_text_is_a_policy_or_a_mistake(text):
    for engine in (BAO, NEW_VAULT):
        with contextlib.suppress(PolicyError):
            assert all(isinstance(rule, Rule) for rule in read(text, profile=engine).rules)


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { allowed_parameters = { "x" = ' + "[" * 5000,
        '{"a":' * 100_000,
        f'path "a" {{ policy = "read" list_scan_response_keys_filter_path = "{{{{{"a " * 50_000}" }}',
        "path " + '"a" ' * 20_000,
        '"' * 9999,
    ],
)
def test_what_is_deep_or_long_ends(text):
    with pytest.raises(PolicyError):
        read(text, profile=BAO)


def test_approvals_are_written_as_they_were_read():
    text = 'path "a" { control_group = { ttl = "4h" factor "two" { controlled_capabilities = ["read"] identity { group_names = ["a", "b"] approvals = 2 } } } }'
    policy = read(text, profile=BAO)
    assert policy.rules[0].control_group
    assert read(write(policy), profile=BAO) == policy


def test_root_has_no_text():
    with pytest.raises(AuthorError, match="root has no text"):
        write(Policy(name="root", rules=()))
