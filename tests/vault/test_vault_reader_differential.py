"""Against real servers: a text is a policy to us when it is one to them, and the same; each difference is explained by name."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_socket import enable_socket
from vault_asked import narrowed_policy, plain_policy
from vault_json_drawn import some_json
from vault_served import VERSIONS, Client, served
from vault_spelled import Speller

from guardrails.errors import AuthorError
from guardrails.vault import PolicyError, evaluate, read, write, write_json
from guardrails.vault.hcl import parse

CASES = min(int(os.environ.get("GUARDRAILS_DEEP_CASES", "400")), 20_000)
HERE = Path(__file__).parent
TEXTS = (HERE / "policy_texts.txt").read_text(encoding="utf-8").split("\n----\n")
SPELLINGS = json.loads((HERE / "policy_spellings.json").read_text(encoding="utf-8"))
AT = datetime(2026, 11, 26, tzinfo=UTC)
pytestmark = [pytest.mark.server, pytest.mark.timeout(3600)]

STRICTER = (
    # a word of ours, what the text has in it, why
    ("is negative", "-", "a duration below nothing counts as none there, until it is merged with another"),
    ("is no duration", "_ttl.*_ttl", "of a duration that stands twice the first is not looked at"),
    ("in different forms", "", "of what stands twice it decodes the second as what the first was, where that can be"),
    ("in different letters", "", "the server takes either of both values, at random"),
    ("is no list", "", "a block is taken for a list with nothing in it"),
    ("a list in a list", r"\{", "of a list in a list in JSON it takes the first bracket that closes for the last"),
    ("not JSON", "", "its parser reads JSON with a comma too many, an end that is missing, something behind it, half a letter"),
    ("that engines hold", "comment", "a comment is not looked at, so it may be a number that is none"),
    ("cannot stand here", "comment.*[eE]", "nor whether it is one that stops at its exponent"),
    ("is no letter", r"comment|\$\{", "nor are its escapes, nor those in ${...}; elsewhere the server breaks off at them"),
    ("a part of a letter", "", "a byte that is no letter, for which nobody can ask in JSON"),
    ("is no moment", "", "years after 9999, hours of one digit, zones of a day"),
    ("", "2001-01-01", "a rule that ended before it was written is not looked at"),
)
"""What servers take and we refuse: it stays unread, which is told."""

LOOSER = "list_scan_response_keys_filter_path"
"""Whether it is a template of Go that tells keys apart only Go can say. No server holds a policy with one that is not."""


@pytest.fixture(scope="module", params=VERSIONS)
def root(request):
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with served(request.param) as client:
        yield client


BASE = 'path "*" { capabilities = ["sudo"] }'
"""What the reader has beside the policy x, so that a rule that gives nothing shows."""


@pytest.fixture(scope="module")
def reader(root):
    """Somebody who has the policy x, whatever it is at the time."""
    root.done("PUT", "sys/policies/acl/base", {"policy": BASE})
    root.done("PUT", "sys/policies/acl/x", {"policy": 'path "z" {}'})
    made = root.done("POST", "auth/token/create", {"policies": ["x", "base"], "no_default_policy": True})
    return Client(root.server, made["auth"]["client_token"], root.profile)


def compared(root, reader, text):
    """Why the text stays unread; empty when it is read, or refused by both."""
    if is_coded(text):
        return ""
    status, said = root.ask("PUT", "sys/policies/acl/x", {"policy": text})
    try:
        policy = read(text, profile=root.profile, name="x")
    except PolicyError as error:
        wrong = str(error)
        policy = None
    if policy is None:
        reasons = [why for word, having, why in STRICTER if word in wrong and re.search(having, text, re.DOTALL)]
        assert status >= 300 or reasons, (text, status, wrong)
        return "" if status >= 300 else reasons[0]
    assert status < 300 or LOOSER in text, (text, status, said.get("errors"))
    if status < 300:
        same_meaning(root, reader, text, policy)
    return ""


def is_coded(text):
    """Whether a server takes the text for base64 and keeps what it says; so nobody ever reads such a text from one."""
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def same_meaning(root, reader, text, policy):
    """Each rule is at the path where the server has it, and gives the same; where its words are not read a path is drawn as well."""
    paths = {rule.path for rule in policy.rules if not rule.is_templated}
    paths |= {path.replace("+", "b").replace("*", "c") for path in paths} | {"a", "a/b", "b", "path", "z"}
    asked = sorted(path for path in paths if path and path.strip() == path and not path.endswith("/"))  # the server trims what is asked
    told = root.done("POST", "sys/capabilities", {"token": reader.token, "paths": asked})["data"]
    for path in asked:
        said = evaluate([policy, BASE], "read", path, profile=root.profile, at=AT, values={}).capabilities
        assert said == set(told[path]) - {"deny"}, (text, path, told[path], said)


def test_each_trap_is_a_policy_to_both_or_to_neither(root, reader):
    met = {compared(root, reader, text) for text in (*TEXTS, *SPELLINGS)}
    assert met - {""} == {why for *_, why in STRICTER}


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


def test_mutated_texts_are_policies_to_both_or_to_neither(root, reader):
    drawn = random.Random(20261122)  # noqa: S311  # cases, not keys
    for _ in range(CASES):
        compared(root, reader, mutated(drawn))


def spelled(drawn):
    """A policy, and the same in another spelling."""
    plain = plain_policy(drawn).replace("2001-", "2101-") if drawn.random() < 0.5 else narrowed_policy(drawn, "kv")
    return plain, Speller(drawn).document(parse(plain))


def written_as_json(policy):
    """The policy as JSON, where it can be that."""
    with contextlib.suppress(AuthorError):
        yield write_json(policy)


def test_each_spelling_and_what_is_written_is_the_policy(root, reader):
    drawn = random.Random(20261128)  # noqa: S311  # likewise
    for _ in range(CASES // 4):
        plain, text = spelled(drawn)
        policy = read(plain, profile=root.profile)
        assert read(text, profile=root.profile) == policy, text
        for form in (text, write(policy), *written_as_json(policy)):
            assert root.ask("PUT", "sys/policies/acl/x", {"policy": form})[0] < 300, form
            same_meaning(root, reader, form, policy)


def test_json_is_laid_out_as_servers_do(root, reader):
    drawn = random.Random(20261130)  # noqa: S311  # likewise
    for _ in range(CASES // 4):
        compared(root, reader, some_json(drawn))


def scratched(drawn, text):
    """The text with some letters changed."""
    for _ in range(drawn.randint(1, 2)):
        at = drawn.randrange(len(text))
        instead = drawn.choice(
            [
                "",
                "",
                '"',
                "{",
                "}",
                "[",
                "]",
                "=",
                ",",
                "\\",
                "\n",
                " ",
                "#",
                "/",
                "*",
                "<<E\n",
                "0",
                "9",
                "-",
                ".",
                "e",
                "é",
                "²",
                "\r",
                "$",
            ]
        )
        text = text[:at] + instead + text[at + drawn.randint(0, 1) :]
    return text


def test_scratched_spellings_are_policies_to_both_or_to_neither(root, reader):
    drawn = random.Random(20261129)  # noqa: S311  # likewise
    for _ in range(CASES // 4):
        compared(root, reader, scratched(drawn, spelled(drawn)[1]) or "x")
    for _ in range(CASES // 4):
        text = scratched(drawn, drawn.choice([*SPELLINGS, *TEXTS]))
        compared(root, reader, re.sub(r"[\ud800-\udfff]", "", text) or "x")
