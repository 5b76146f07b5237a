"""A lease that several hosts see, in a live OpenBao: one holder at a time, and a run that lost it writes nothing more."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from apply.runs import Run
from guardrails.apply.engine import Engine
from guardrails.apply.journal import opened_journal
from guardrails.apply.lease import leased
from guardrails.cli import _CODES
from guardrails.cli.host import read_host
from guardrails.connectors.vault.lease import TOLERANCE, KvLease, LeasePlace
from guardrails.errors import ConnectorError, DeclarationError, Leased, Refused, Unfinished
from guardrails.secret import SecretRef
from guardrails.testing.openbao import openbao

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
TTL = timedelta(seconds=120)
POLICY = 'path "secret/data/guardrails/lease" { capabilities = ["create", "read", "update"] }'
RUNS = 8
live = [pytest.mark.server, pytest.mark.timeout(300)]


class Time:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return AT + timedelta(seconds=self.passed)

    def ticks(self) -> float:
        return self.passed


@pytest.fixture(scope="module")
def server():
    with openbao() as vault:
        vault.ask("PUT", "sys/policies/acl/lease", {"policy": POLICY})
        yield vault


@pytest.fixture
def place(server, monkeypatch, socket_enabled):
    token = server.ask("POST", "auth/token/create", {"policies": ["lease"]})["auth"]["client_token"]
    monkeypatch.setenv("LEASE_TOKEN", token)
    server.ask("DELETE", "secret/metadata/guardrails/lease")
    return LeasePlace(address=server.url, token=SecretRef.parse("env:LEASE_TOKEN"), mount="secret", path="guardrails/lease", ttl=TTL)


def lease(place, holder, time) -> KvLease:
    return KvLease(place, holder, time.now, time.ticks)


@pytest.mark.server
def test_one_holder_at_a_time_and_each_has_a_greater_number(place):
    time = Time()
    with lease(place, "alice on one", time).held() as first:
        assert first.number == 1
        with pytest.raises(Leased, match="alice on one, until 2026-11-26 12:02:00 UTC"), lease(place, "bob", time).held():
            pass
        first.require()
    with lease(place, "bob on two", time).held() as second:
        assert second.number == 2


@pytest.mark.server
def test_a_dead_holder_keeps_others_out_until_its_time_is_over_by_either_clock(place):
    dead, time = lease(place, "dead", Time()), Time()
    dead._take()
    time.passed = (TTL + TOLERANCE).total_seconds()
    with pytest.raises(Leased), lease(place, "me", time).held():
        pass
    time.passed += 1
    with lease(place, "me", time).held() as mine:
        assert mine.number == 2


@pytest.mark.server
def test_a_holder_renews_and_one_that_was_late_learns_whether_somebody_came_between(place, server):
    time = Time()
    with lease(place, "slow", time).held() as slow:
        for passed in (41, 500, 10_000):  # nobody else came, however late it is
            time.passed = passed
            slow.require()
            entry = server.ask("GET", "secret/data/guardrails/lease")["data"]["data"]
            assert entry["until"] == (time.now() + TTL).isoformat()
        time.passed += 181
        with lease(place, "fast on two", time).held(), pytest.raises(Unfinished, match="the lease was lost to fast on two"):
            slow.require()
        with pytest.raises(Unfinished, match="the lease was lost to somebody else"):
            slow.require()
    with lease(place, "next", time).held() as third:  # the late one released nothing of another's
        assert third.number == 3


@pytest.mark.server
def test_a_late_holder_does_not_release_what_is_another_ones(place):
    time = Time()
    late = lease(place, "late", time)
    late._take()
    time.passed = 181
    with lease(place, "other", time).held() as other:
        late._release()
        time.passed += 41
        other.require()


@pytest.mark.server
def test_a_server_that_does_not_answer_is_borne_until_the_time_is_over(place, monkeypatch):
    time = Time()
    with lease(place, "me", time).held() as mine:
        monkeypatch.setattr(mine._api, "write", lambda *_: "POST: ConnectionError")
        time.passed = 119
        mine.require()
        time.passed = 121
        with pytest.raises(Unfinished, match="cannot be renewed"):
            mine.require()


@pytest.mark.server
def test_an_answer_that_was_lost_is_looked_up(place, monkeypatch):
    time = Time()
    mine = lease(place, "me", time)
    write = mine._api.write
    monkeypatch.setattr(mine._api, "write", lambda *given: write(*given) or "POST: ReadTimeout")
    with mine.held():
        time.passed = 41
        mine.require()


@pytest.mark.server
def test_what_was_counted_for_a_day_is_seen_by_every_host_and_outlives_each_lease(place):
    time, today = Time(), AT.date()
    assert lease(place, "nobody yet", time).counted(today) == 0
    with lease(place, "one", time).held() as first:
        first.count(today, 3)
        assert lease(place, "reads only", time).counted(today) == 3
        time.passed = 41
        first.require()
        first.count(today, 2)
    with lease(place, "two", time).held() as second:
        assert second.counted(today) == 5
        second.count(today, 1)
    assert lease(place, "reads only", time).counted(today) == 6
    tomorrow = today + timedelta(days=1)
    assert lease(place, "reads only", time).counted(tomorrow) == 0
    with lease(place, "three", time).held() as third:
        third.count(tomorrow, 1)
        assert third.counted(tomorrow) == 1
        with pytest.raises(Refused, match="it is 2026-11-26, and the lease says that changes were counted for 2026-11-27"):
            third.count(today, 1)
        assert third.counted(tomorrow) == 1


@pytest.mark.server
def test_who_lost_the_lease_counts_nothing(place):
    time, today = Time(), AT.date()
    with lease(place, "late", time).held() as late:
        time.passed = 181
        with lease(place, "other", time).held() as other:
            other.count(today, 2)
            with pytest.raises(Unfinished, match="the lease was lost to other"):
                late.count(today, 30)
    assert lease(place, "reads only", time).counted(today) == 2


@pytest.mark.server
def test_a_count_whose_answer_was_lost_is_looked_up_and_one_that_was_not_made_is_told(place, monkeypatch):
    time, today = Time(), AT.date()
    mine = lease(place, "me", time)
    write = mine._api.write
    with mine.held():
        monkeypatch.setattr(mine._api, "write", lambda *given: write(*given) or "POST: ReadTimeout")
        mine.count(today, 2)
        assert mine.counted(today) == 2
        monkeypatch.setattr(mine._api, "write", lambda *_: "POST: ConnectionError")
        with pytest.raises(ConnectorError, match="could not be written: POST: ConnectionError"):
            mine.count(today, 2)
        monkeypatch.setattr(mine._api, "write", write)
    assert lease(place, "reads only", time).counted(today) in {2, 4}, "rather too many than too few"


@pytest.mark.server
@pytest.mark.parametrize("counted", [{"day": "soon", "changes": 1}, {"day": "2026-11-26", "changes": -1}, {"day": "2026-11-26"}, "none"])
def test_an_entry_that_does_not_tell_what_was_counted_is_no_lease(place, server, counted):
    entry = {"run": "", "holder": "", "number": 1, "until": AT.isoformat(), "counted": counted}
    server.ask("POST", "secret/data/guardrails/lease", {"data": entry})
    with pytest.raises(ConnectorError, match="holds no lease"):
        lease(place, "me", Time()).counted(AT.date())


@pytest.mark.server
def test_an_entry_of_a_version_that_did_not_count_has_counted_nothing(place, server):
    server.ask("POST", "secret/data/guardrails/lease", {"data": {"run": "", "holder": "", "number": 7, "until": AT.isoformat()}})
    with lease(place, "me", Time()).held() as mine:
        assert (mine.number, mine.counted(AT.date())) == (8, 0)


@pytest.mark.server
def test_without_the_right_and_with_something_else_there_nothing_is_taken(place, server, monkeypatch):
    server.ask("POST", "secret/data/guardrails/lease", {"data": {"password": "canary-hunter2"}})
    with pytest.raises(ConnectorError, match="holds no lease") as error, lease(place, "me", Time()).held():
        pass
    assert "canary" not in str(error.value)
    monkeypatch.setenv("LEASE_TOKEN", server.ask("POST", "auth/token/create", {"policies": ["default"]})["auth"]["client_token"])
    with pytest.raises(ConnectorError, match="cannot be read"), lease(place, "me", Time()).held():
        pass


@pytest.mark.server
@pytest.mark.parametrize("writes", [0, 4])
def test_a_run_that_lost_the_lease_stops_before_its_next_write_and_is_gone_on_with(place, tmp_path, writes):
    run, time = Run(tmp_path, 10), Time()

    def carry_out(step: str) -> None:
        with lease(place, "run", time).held() as mine, opened_journal(run.path) as journal:
            engine = Engine(
                plan=run.plan, journal=journal, remediators={"app": run.system}, note=run.note, clock=time.now, hold=mine.require
            )
            if step == "apply":
                engine.apply({})
            else:
                getattr(engine, step)()

    def lost(_ref: object = None) -> None:
        if len(run.system.writes) == writes:
            time.passed = 181
            with lease(place, "thief", time).held():
                run.noted.append(("stolen", 0))

    run.system.after_write = lost
    if not writes:
        note = run.note
        run.note = lambda event, values: (note(event, values), event == "plan.apply" and lost())[0]
    with pytest.raises(Unfinished, match="the lease was lost"):
        carry_out("apply")
    assert len(run.system.writes) == writes
    assert run.journal().ended == ""

    run.system.after_write = lambda _ref: None
    carry_out("resume")
    assert (run.system.held, run.journal().ended) == (run.after, "applied")


def compete(held, ready, done, answers) -> None:
    ready.wait(60)
    try:
        with held():
            answers.put(0)
            done.wait(60)
    except Leased as error:
        answers.put(int(_CODES[type(error)]))


def raced(held) -> list[int]:
    context = multiprocessing.get_context("fork")
    ready, done, answers = context.Barrier(RUNS), context.Event(), context.Queue()
    runs = [context.Process(target=compete, args=(held, ready, done, answers)) for _ in range(RUNS)]
    for run in runs:
        run.start()
    found = sorted(answers.get(timeout=60) for _ in range(RUNS))
    done.set()
    for run in runs:
        run.join()
    return found


@pytest.mark.server
def test_of_eight_hosts_at_once_one_changes_systems_and_seven_say_so(place):
    assert raced(lambda: KvLease(place, "host", lambda: datetime.now(UTC)).held()) == [0] + [7] * (RUNS - 1)
    assert raced(lambda: KvLease(place, "host", lambda: datetime.now(UTC)).held()) == [0] + [7] * (RUNS - 1)


def test_of_eight_runs_at_once_on_a_host_one_changes_systems_and_seven_say_so(tmp_path):
    assert raced(lambda: leased(tmp_path / "lease", "run")) == [0] + [7] * (RUNS - 1)


HOST = 'roster-digest: "{}"\nstate: "/var/lib/guardrails"\nlease: {{{}}}\n'
GOOD = 'address: "https://vault.example:8200", token: "env:LEASE", mount: kv, path: guardrails/lease'


def host_of(tmp_path, lease_section: str):
    path = tmp_path / "host.yaml"
    path.write_text(HOST.format("a" * 64, lease_section))
    return read_host(path)


def test_the_host_file_says_where_it_is(tmp_path):
    found = host_of(tmp_path, GOOD + ', ttl-seconds: "300", namespace: team').lease

    assert (found.entry, found.ttl, found.namespace) == ("kv/data/guardrails/lease", timedelta(minutes=5), "team")
    assert host_of(tmp_path, GOOD).lease.ttl == TTL


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("", "lacks token"),
        (GOOD.replace("https", "http"), "the address is not https"),
        (GOOD.replace('"env:LEASE"', '"hvs.canary"'), "token"),
        (GOOD.replace("guardrails/lease", "../x"), "path ../x is none"),
        (GOOD.replace("kv", "k v"), "mount k v is none"),
        (GOOD + ', ttl-seconds: "59"', "ttl-seconds 59 is not 60 to 3600"),
        (GOOD + ', ttl-seconds: "3601"', "ttl-seconds 3601 is not"),
        (GOOD + ', ttl-seconds: "²"', "ttl-seconds ² is not"),
        (GOOD + ", holder: me", "has no field holder"),
    ],
)
def test_a_mistake_in_it_is_told_and_no_token_is_repeated(tmp_path, section, said):
    with pytest.raises(DeclarationError, match=said) as error:
        host_of(tmp_path, section)
    assert "canary" not in str(error.value)
