"""What waits is sent once at least and in order, so many letters an hour, by one process at a time, in both kinds of history."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from guardrails.history.outbox import Outbox
from guardrails.history.runs import Changes
from guardrails.history.store import opened
from guardrails.model.declaration import Declaration
from guardrails.model.notifying import Event, Ping, Recipient, Webhook
from guardrails.notify.delivery import delivered, keep, pinged
from guardrails.notify.doors import Door
from guardrails.notify.notices import of_changes
from history.conftest import live_postgres, place  # noqa: F401  # fixtures
from history.pasts import START, sighting
from notify.receivers import http, secret

pytestmark = pytest.mark.server
DOORS = (Door(host="localhost", private=True, plain=True),)
CANARY = "canary-c31f77aa-0123456789"


@pytest.fixture
def receiver():
    with http() as found:
        yield found


@pytest.fixture
def company(receiver, monkeypatch):
    way = Webhook(url=secret(monkeypatch, "URL", f"http://{receiver.where}/{CANARY}"), key=secret(monkeypatch, "KEY", CANARY))
    return Declaration(notify=(Recipient(name="isg", way=way, per_hour=2),))


@pytest.fixture
def box(place):  # noqa: F811  # the fixture
    @contextmanager
    def opening():
        with opened(place.archive, "d") as history:
            yield Outbox(history.backend, "d")

    opening.place = place
    return opening


def at(minutes):
    return START + timedelta(minutes=minutes)


def found(box, company, *numbers, minutes=0):
    with box() as outbox:
        keep(outbox, company, at(minutes), of_changes(Changes(new=tuple(map(sighting, numbers)))))


def told(receiver):
    return [[one["subject"] for one in json.loads(body)["notices"]] for _, _, _, body in receiver.came]


def test_what_is_found_is_told_once_in_one_letter(box, company, receiver):
    found(box, company, 1, 2)
    assert delivered(box, company, DOORS, at(0)) == ()
    assert delivered(box, company, DOORS, at(1)) == ()
    assert told(receiver) == [["role/1", "role/2"]]


def test_nothing_that_changed_is_no_letter(box, company, receiver):
    found(box, company)
    assert delivered(box, company, DOORS, at(0)) == ()
    assert receiver.came == []


def test_what_was_not_taken_is_told_without_secrets_and_sent_again_as_the_same_letter(box, company, receiver):
    found(box, company, 1)
    receiver.status = 503
    (failure,) = delivered(box, company, DOORS, at(0))
    assert failure.startswith("isg was not told: localhost:")
    assert "answers 503" in failure
    assert CANARY not in failure
    with box() as outbox:
        ((unsent),) = outbox.unsent()
        assert (unsent.recipient, unsent.tries) == ("isg", 1)
        assert CANARY not in unsent.failure
    found(box, company, 2, minutes=1)
    receiver.status = 200
    assert delivered(box, company, DOORS, at(1)) == ()
    assert delivered(box, company, DOORS, at(2)) == ()
    assert told(receiver) == [["role/1"], ["role/1"], ["role/2"]]
    keys = [headers["Idempotency-Key"] for _, _, headers, _ in receiver.came]
    assert keys[0] == keys[1] != keys[2]
    assert receiver.came[0][3] == receiver.came[1][3]


def test_while_one_letter_is_not_taken_no_other_is_written(box, company, receiver):
    receiver.status = 503
    for minutes in range(3):
        found(box, company, minutes, minutes=minutes)
        delivered(box, company, DOORS, at(minutes))
        with box() as outbox:
            assert [one.tries for one in outbox.unsent()] == [minutes + 1]
    receiver.status = 204
    delivered(box, company, DOORS, at(3))
    delivered(box, company, DOORS, at(4))
    assert told(receiver) == [["role/0"]] * 4 + [["role/1", "role/2"]]


def test_so_many_letters_an_hour_and_what_waits_comes_together(box, company, receiver):
    for minutes in (0, 10, 20, 30):
        found(box, company, minutes, minutes=minutes)
        assert delivered(box, company, DOORS, at(minutes)) == ()
    assert told(receiver) == [["role/0"], ["role/10"]]
    delivered(box, company, DOORS, at(59))
    assert len(receiver.came) == 2
    delivered(box, company, DOORS, at(61))
    assert told(receiver)[2:] == [["role/20", "role/30"]]


def test_a_receiver_that_is_not_there_hinders_no_other(box, company, receiver, monkeypatch):
    (isg,) = company.notify
    nowhere = replace(isg, name="a", way=replace(isg.way, url=secret(monkeypatch, "NOWHERE", "http://localhost:1/")))
    unset = replace(isg, name="b", way=replace(isg.way, key=secret(monkeypatch, "GONE", "x")))
    monkeypatch.delenv("GONE")
    three = replace(company, notify=(nowhere, unset, isg))
    found(box, three, 1)
    failures = delivered(box, three, DOORS, at(0))
    assert [failure.partition(" ")[0] for failure in failures] == ["a", "b"]
    assert len(receiver.came) == 1


def test_a_host_that_the_host_file_does_not_name_is_told_nothing(box, company, receiver):
    found(box, company, 1)
    (failure,) = delivered(box, company, (), at(0))
    assert "is no host that the host file lets" in failure
    assert receiver.came == []


def test_nobody_else_sends_what_somebody_is_sending(box, company, receiver):
    found(box, company, 1)

    def meanwhile(handler):
        receiver.answer = None
        assert delivered(box, company, DOORS, at(1)) == ()
        handler.send_response(204)
        handler.end_headers()

    receiver.answer = meanwhile
    assert delivered(box, company, DOORS, at(0)) == ()
    assert len(receiver.came) == 1


def _dies(archive, company, doors, now):
    """Sends, and is killed before it can write down that it was taken."""

    @contextmanager
    def opening():
        with opened(archive, "d") as history:
            yield Outbox(history.backend, "d")

    Outbox.sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    delivered(opening, company, doors, now)


def test_who_dies_between_sending_and_writing_it_down_is_followed_by_one_who_sends_it_again(box, company, receiver):
    found(box, company, 1)
    process = multiprocessing.get_context("spawn").Process(target=_dies, args=(box.place.archive, company, DOORS, at(0)))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(receiver.came) == 1
    delivered(box, company, DOORS, at(1))
    assert len(receiver.came) == 1  # it may still be at it
    delivered(box, company, DOORS, at(6))
    delivered(box, company, DOORS, at(7))
    assert len(receiver.came) == 2
    assert receiver.came[0][2]["Idempotency-Key"] == receiver.came[1][2]["Idempotency-Key"]


def test_nothing_that_is_kept_holds_a_secret(box, company, receiver):
    found(box, company, 1)
    receiver.status = 500
    delivered(box, company, DOORS, at(0))
    place_ = box.place
    assert CANARY not in repr(place_.raw("SELECT * FROM letter", "SELECT * FROM notice"))
    if not place_.archive.is_database:
        with open(place_.archive.at, "rb") as stream:
            assert CANARY.encode() not in stream.read()


def test_a_ping_is_a_request_and_nothing_waits_for_it(box, company, receiver, monkeypatch):
    watcher = Recipient(name="watcher", way=Ping(url=secret(monkeypatch, "PING", f"http://{receiver.where}/{CANARY}")))
    both = replace(company, notify=(watcher,))
    found(box, both, 1)
    assert delivered(box, both, DOORS, at(0)) == ()
    assert receiver.came == []
    assert pinged(both, DOORS) == ()
    assert [(method, path) for method, path, _, _ in receiver.came] == [("GET", f"/{CANARY}")]
    receiver.status = 500
    (failure,) = pinged(both, DOORS)
    assert failure.startswith("watcher was not pinged")
    assert CANARY not in failure


def test_only_what_a_recipient_asked_for_waits_for_it(box, company, receiver):
    (isg,) = company.notify
    gaps = replace(company, notify=(replace(isg, events=frozenset({Event.GAP})),))
    found(box, gaps, 1)
    delivered(box, gaps, DOORS, at(0))
    assert receiver.came == []
