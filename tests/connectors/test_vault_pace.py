"""Requests keep to their pace: at once, never too many in a second, again where the server asks to wait, and never without an end."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_socket import enable_socket

from connectors.test_vault_live import READER, Vault, observed
from guardrails.connectors.vault.pace import AGAIN, Pace
from guardrails.connectors.vault.parallel import at_once
from guardrails.model.facts import Setting
from guardrails.model.rights import Asked
from guardrails.model.words import GapReason
from guardrails.testing.faults import Answer
from guardrails.testing.openbao import openbao
from guardrails.testing.proxy import http_proxy


class Clock:
    """A time that passes by waiting alone."""

    def __init__(self):
        self.now = 100.0
        self.waits = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def paced(per_second=10, patience=60.0):
    clock = Clock()
    return clock, Pace(per_second, patience, clock=clock, sleep=clock.sleep)


@given(st.integers(1, 50), st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_in_no_second_there_are_more_than_twice_as_many_and_never_more_on_the_whole(per_second, pauses):
    clock, pace = paced(per_second)
    begun = []
    for pause in pauses:
        clock.now += pause
        pace.turn()
        begun.append(clock.now)
    for at in begun:
        assert len([other for other in begun if at <= other < at + 1]) <= 2 * per_second + 1
    assert len(begun) <= (begun[-1] - 99.0) * per_second + 1


def test_a_server_that_asks_to_wait_is_waited_for_and_then_asked_half_as_often():
    clock, pace = paced(per_second=10)
    assert pace.again(0, "7")
    assert clock.waits == [7.0]
    clock.now += 100
    before = clock.now
    for _ in range(25):
        pace.turn()
    assert clock.now - before == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("asked_for", ["", "soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "²"])
def test_a_server_that_does_not_say_how_long_is_asked_again_after_longer_and_longer(asked_for):
    clock, pace = paced()
    assert [pace.again(number, asked_for) for number in range(6)] == [True] * 4 + [False] * 2
    assert clock.waits == [0.25, 0.5, 1.0, 2.0]


@given(st.lists(st.integers(0, 90), max_size=50), st.floats(0, 60))
def test_one_run_never_waits_longer_than_its_patience(waits, patience):
    clock, pace = paced(patience=patience)
    for wait in waits:
        pace.again(0, str(wait))
    assert sum(clock.waits) <= patience


def test_threads_that_are_asked_to_wait_at_once_use_up_patience_once():
    _, pace = paced(patience=5.0)
    pace._sleep = lambda _: None  # none of them is done waiting before the last is told
    assert [pace.again(0, "5") for _ in range(8)] == [True] * 8
    assert not pace.again(0, "6")


@given(st.lists(st.integers()), st.integers(1, 9))
def test_answers_come_in_the_order_of_the_questions(questions, number):
    assert list(at_once(lambda question: question * 2, questions, number)) == [question * 2 for question in questions]


def test_as_many_questions_are_under_way_as_may_be_and_no_more():
    together, most, lock = [0], [0], threading.Lock()
    both = threading.Barrier(3, timeout=30)

    def ask(_):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        both.wait()
        with lock:
            together[0] -= 1

    list(at_once(ask, range(9), 3))
    assert most == [3]


def test_an_error_of_a_question_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(at_once(lambda question: 1 // question, [1, 0, 1], 3))


def test_requests_that_are_made_at_once_are_all_counted():
    asked = Asked()
    list(at_once(lambda _: [asked.note("read x") for _ in range(500)], range(8), 8))
    assert (asked.calls, asked.rights[0].made) == (4000, 4000)


@pytest.fixture(scope="module")
def vault():
    enable_socket()  # this fixture outlives one test, so it opens loopback by itself
    with openbao() as server:
        seeded = Vault(server)
        seeded.seed()
        for number in range(30):
            seeded.ask("POST", f"auth/approle/role/r{number}", {"token_policies": ["app"]})
        seeded.ask("PUT", "sys/policies/acl/guardrails-reader", {"policy": READER})
        yield seeded


def live(url, more=""):
    return observed(f'address: "{url}"\nread: {{token: "env:TEST_VAULT_TOKEN"{more}}}')


@pytest.mark.server
def test_what_is_read_at_once_is_what_is_read_one_by_one(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    one, many = live(vault.server.url, ", parallel: 1"), live(vault.server.url, ", parallel: 16, per-second: 1000")
    assert (one.facts, one.edges, one.gaps, one.rights) == (many.facts, many.edges, many.gaps, many.rights)
    assert one.gaps == ()


@pytest.mark.server
@pytest.mark.parametrize("status", sorted(AGAIN))
def test_a_server_that_passes_its_trouble_is_read_whole(vault, monkeypatch, status):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    monkeypatch.setattr("guardrails.connectors.vault.pace._FIRST_SECONDS", 0.001)
    hits = []

    def chosen(request):
        if "/approle/role/r1" in request.path:
            hits.append(request.path)
            return len(hits) < 3
        return False

    with http_proxy(vault.server.url) as proxy, proxy.breaking(chosen, Answer(status, b"", (("Retry-After", "0"),))):
        found = live(proxy.url)
    assert len(hits) > 3
    assert found.gaps == ()


@pytest.mark.server
def test_a_server_that_keeps_asking_to_wait_is_given_up_and_that_is_told(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    monkeypatch.setattr("guardrails.connectors.vault.pace._FIRST_SECONDS", 0.001)
    with (
        http_proxy(vault.server.url) as proxy,
        proxy.breaking(lambda request: request.path.endswith("/transit/keys/sms-a"), Answer(429)) as rule,
    ):
        found = live(proxy.url)
    assert rule.hits == 5
    assert [(gap.what, gap.reason) for gap in found.gaps] == [("transit", GapReason.THROTTLED)]


@pytest.mark.server
def test_tokens_are_read_as_far_as_is_asked_for_and_the_rest_is_a_gap(vault, monkeypatch):
    monkeypatch.setenv("TEST_VAULT_TOKEN", vault.reader())
    told = {words: live(vault.server.url, f", tokens: {words}") for words in ("all", "1", "none")}
    number = {
        words: len([fact for fact in found.facts if isinstance(fact, Setting) and fact.ref.kind == "token"])
        for words, found in told.items()
    }
    assert number["all"] > 1
    assert (number["1"], number["none"]) == (1, 0)
    assert {words: [(gap.what, gap.reason) for gap in found.gaps] for words, found in told.items()} == {
        "all": [], "1": [("tokens", GapReason.NOT_READ)], "none": [("tokens", GapReason.NOT_READ)],
    }  # fmt: skip
