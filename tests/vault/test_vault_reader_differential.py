"""Against real servers: a text is a policy to us when it is one to them, each difference explained by name."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from pytest_socket import enable_socket
from vault_served import VERSIONS, served

from guardrails.vault import PolicyError, read

CASES = min(int(os.environ.get("GUARDRAILS_DEEP_CASES", "400")), 20_000)
TEXTS = (Path(__file__).parent / "policy_texts.txt").read_text(encoding="utf-8").split("\n----\n")
pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

STRICTER = {
    "is negative": "a duration below nothing counts as none there, until it is merged with another",
    "'-5s' is no duration": "likewise",
    "in different letters": "the server takes either of both values, at random",
    "capabilities is no list": "a block is taken for a list with nothing in it",
    "not JSON": "the server's parser reads JSON with a comma too many, an end that is missing or something behind it",
}
"""What servers take and we refuse, by our words: it stays unread, which is told."""

LOOSER = ("control_group", "list_scan_response_keys_filter_path", "min_wrapping_ttl = 99999999999999")
"""Words of which the server looks at more than we do. No server holds such a policy, so it is never read from one."""


@pytest.fixture(scope="module", params=VERSIONS)
def root(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served(request.param) as client:
        yield client


def ours(text, root):
    try:
        read(text, profile=root.profile)
    except PolicyError as error:
        return str(error)
    return ""


def compared(root, text):
    status, said = root.ask("PUT", "sys/policies/acl/x", {"policy": text})
    wrong = ours(text, root)
    if (status < 300) == (not wrong):
        return
    explained = any(word in wrong for word in STRICTER) if wrong else any(word in text for word in LOOSER)
    assert explained, (text, status, said.get("errors"), wrong)


def test_each_trap_is_a_policy_to_both_or_to_neither(root):
    for text in TEXTS:
        compared(root, text)


def mutated(drawn):
    """Some text with a few of its words moved, doubled or gone."""
    words = drawn.choice([text for text in TEXTS if not text.startswith("{")]).replace('"', ' " ').split(" ")
    for _ in range(drawn.randint(1, 3)):
        at = drawn.randrange(len(words))
        match drawn.randrange(4):
            case 0:
                del words[at]
            case 1:
                words.insert(
                    at, drawn.choice(["{", "}", "[", "]", ",", '"', "=", "path", "capabilities", "#", "\n", "x", "5", "//", "/*", "\\"])
                )
            case 2:
                words.insert(at, words[at])
            case _:
                other = drawn.randrange(len(words))
                words[at], words[other] = words[other], words[at]
        words = words or ["x"]
    return " ".join(words).replace(' " ', '"')


def test_mutated_texts_are_policies_to_both_or_to_neither(root):
    drawn = random.Random(20261123)  # noqa: S311  # cases, not keys
    for _ in range(CASES):
        compared(root, mutated(drawn))
