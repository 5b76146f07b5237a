"""Single values of rules as both servers decode them; each row was asked of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guardrails.vault import PolicyError, profile, read

BAO = profile("openbao-2.7.2")


def read_rule(said):
    (found,) = read(f'path "a" {{ {said} }}', profile=BAO).rules
    return found


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("-7", -7), ('"7"', 7), ('"+3"', 3), ('"010"', 8), ('"0x1F"', 31), ('"-0x7"', -7), ('"0b11"', 3), ('"0o7"', 7), ('"0_7"', 7),
     ('"1_0"', 10), ("010", 8)],
)  # fmt: skip
def test_whole_numbers_may_stand_in_texts_as_go_reads_them(text, number):
    assert read_rule(f"pagination_limit = {text}").pagination_limit == number


@pytest.mark.parametrize(
    "text", ['"08"', '"x"', '""', '" 7"', '"7_"', '"_7"', '"٣"', '"1.5"', "1.5", "true", "[7]", '"' + "9" * 5000 + '"']
)
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(PolicyError, match="pagination_limit is no whole number"):
        read_rule(f"pagination_limit = {text}")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ('"2030-01-01T00:00:00Z"', datetime(2030, 1, 1, tzinfo=UTC)),
        ('"2030-01-01T00:30:00+01:00"', datetime(2029, 12, 31, 23, 30, tzinfo=UTC)),
        ("1900000000", datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)),
        ('"1900000000"', datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)),
        ('"-3"', datetime(1969, 12, 31, 23, 59, 57, tzinfo=UTC)),
        ('""', None),
    ],
)
def test_moments_are_rfc_3339_or_seconds(text, moment):
    assert read_rule(f"expiration = {text}").expires_at == moment


@pytest.mark.parametrize(
    "text",
    ['"2030-01-01"', '"2030-01-01 00:00:00Z"', '"2030-02-30T00:00:00Z"', '"1h"', '"x"', '"٣"', "999999999999999", '"' + "9" * 5000 + '"'],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(PolicyError, match="is no moment"):
        read_rule(f"expiration = {text}")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [('"+5s"', 5), ('"1.s"', 1), ('".5s"', 0.5), ('"1µs"', 1e-6), ('"1μs"', 1e-6), ('"-0"', 0), ('"0.0000000001s"', 0), ('"1s1h"', 3601),
     ("0x10", 16), ("1e2", 100), ("1.9", 1), ('"9223372036s"', 9_223_372_036)],
)  # fmt: skip
def test_durations_are_those_of_go(text, seconds):
    assert read_rule(f"min_wrapping_ttl = {text}").min_wrapping_seconds == seconds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('"5 m"', "is no duration"),
        ('"1d2h"', "is no duration"),
        ('"1.5"', "is no duration"),
        ('"1w"', "is no duration"),
        ('"."', "is no duration"),
        ('"+"', "is no duration"),
        ("true", "is no duration"),
        ("[5]", "is no duration"),
        ('"' + "1" * 5000 + 's"', "is no duration"),
        ("-5", "is negative"),
        ('"-1h"', "is negative"),
        ("9223372037", "is longer than engines can tell"),
        ('"9223372037s"', "is longer than engines can tell"),
    ],
)
def test_what_is_no_duration_is_refused(text, what):
    with pytest.raises(PolicyError, match=what):
        read_rule(f"min_wrapping_ttl = {text}")


@pytest.mark.parametrize(("text", "said"), [("5", "5"), ("0x10", "0x10"), ("010", "010"), ('"x"', "x")])
def test_a_whole_number_is_a_text_as_it_is_written(text, said):
    assert read_rule(f"mfa_methods = [{text}]").mfa_methods == (said,)


def test_nothing_in_json_is_the_empty_text():
    text = '{"path": {"a": {"policy": null, "expiration": null, "min_wrapping_ttl": null, "comment": null, "capabilities": ["read"]}}}'
    (found,) = read(text, profile=BAO).rules
    assert (found.capabilities, found.expires_at, found.min_wrapping_seconds, found.comment) == ({"read"}, None, 0, "")


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("capabilities = [1.5]", "capabilities is no text"),
        ("capabilities = [true]", "capabilities is no text"),
        ('capabilities = "read"', "capabilities is no list"),
        ('policy = "admin"', "'admin' is no policy; write capabilities"),
        ("allowed_parameters = 5", "allowed_parameters is no object"),
        ("allowed_parameters = { x = 5 }", "the values of x are no list"),
        ("allowed_parameters = { x = [] X = [] }", "X stands twice in different letters"),
        ("min_wrapping_ttl = 10 max_wrapping_ttl = 5", "max_wrapping_ttl is less"),
        ("min_wrapping_ttl = 5 min_wrapping_ttl = 5 min_wrapping_ttl = 1.5", "stands twice, in different forms"),
        ('list_scan_response_keys_filter_path = "{{ .key }}"', "is for rules that give list"),
        ('capabilities = ["list"] list_scan_response_keys_filter_path = "x"', "is no template that tells keys apart"),
        ('capabilities = ["list"] list_scan_response_keys_filter_path = "{{ .key"', "is no template that tells keys apart"),
    ],
)
def test_what_servers_refuse_of_a_rule_is_refused(said, what):
    with pytest.raises(PolicyError, match=what):
        read_rule(said)


@pytest.mark.parametrize("text", ['name = "n"', "name = 5", "name =", ""])
def test_a_policy_may_have_a_name_and_no_rules(text):
    assert read(text, profile=BAO).rules == ()


@pytest.mark.parametrize("text", ["name = true", "name = 1.5", 'name = ["x"]', "name {}"])
def test_the_name_of_a_policy_is_a_text(text):
    with pytest.raises(PolicyError, match="name is no text"):
        read(text, profile=BAO)
