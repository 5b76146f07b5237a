"""A history in PostgreSQL: its password, its URL, and what is another's."""

from __future__ import annotations

import json
import sys

import psycopg
import pytest

from guardrails.errors import OperatorError
from guardrails.history.postgres import _settings
from guardrails.history.store import Archive
from guardrails.secret import SecretRef
from history.pasts import ran, sighting
from history.places import Place
from history.test_history_reconcile import Company

CANARY = "canary-7f3a91"


@pytest.fixture
def database(live_postgres, request):
    name = f"p{abs(hash(request.node.name)) % 10**9}"
    live_postgres.make(name)
    return Place(Archive(at=live_postgres.url(name)))


@pytest.mark.server
def test_the_password_is_read_by_reference_and_told_nowhere(database, monkeypatch):
    monkeypatch.setenv("HISTORY_PASSWORD", CANARY)
    place = database.named(password=SecretRef.parse("env:HISTORY_PASSWORD"))
    place.keep(ran(0, sighting(1)))
    assert len(place.kept()[0]) == 1
    given = []
    monkeypatch.setattr(psycopg, "connect", lambda **settings: given.append(settings) or _refuse())
    with pytest.raises(OperatorError) as told:
        place.kept()
    assert given[0]["password"] == CANARY
    assert CANARY not in f"{told.value}{told.value!r}{place.archive!r}"


def _refuse():
    raise psycopg.OperationalError("refused")


def test_without_the_extra_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(OperatorError, match="psycopg is not installed") as told:
        Place(Archive(at="postgresql://127.0.0.1/h")).kept()
    assert told.value.remedy == "install guardrails[postgresql]"


def test_a_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(OperatorError, match="holds a password") as told:
        Place(Archive(at=f"postgresql://u:{CANARY}@127.0.0.1/d")).kept()
    assert CANARY not in str(told.value)


def test_a_url_that_cannot_be_read_is_not_repeated():
    with pytest.raises(OperatorError, match="cannot be read") as told:
        Place(Archive(at=f"postgresql://h:x:{CANARY}/?nonsense=1")).kept()
    assert CANARY not in str(told.value)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://db.example/h", "verify-full"),
        ("postgresql://192.0.2.7/h", "verify-full"),
        ("postgresql://db.example/h?sslmode=require", "require"),
        ("postgresql://127.0.0.1/h", None),
        ("postgresql:///h", None),
    ],
)
def test_a_server_elsewhere_has_to_prove_who_it_is(url, mode):
    assert _settings(url).get("sslmode") == mode


@pytest.mark.server
def test_a_schema_of_another_program_is_refused_and_left_as_it_is(database):
    database.raw("CREATE SCHEMA guardrails_history", "CREATE TABLE guardrails_history.theirs (a int)")
    with pytest.raises(OperatorError, match="another program's"):
        database.kept()
    assert database.raw("SELECT tablename FROM pg_tables WHERE schemaname = 'guardrails_history'") == [[("theirs",)]]


@pytest.mark.server
def test_a_server_that_is_not_there_is_told():
    with pytest.raises(OperatorError, match=r"postgresql://127\.0\.0\.1:1/h"):
        Place(Archive(at="postgresql://u@127.0.0.1:1/h")).kept()


@pytest.mark.server
def test_a_user_without_a_right_to_make_schemas_uses_the_one_that_is_there(live_postgres, database):
    database.keep(ran(0, sighting(1)))
    name = database.archive.at.rpartition("/")[2]
    live_postgres.ask(f"create role r{name} login", name)
    live_postgres.ask(f"grant usage on schema guardrails_history to r{name}", name)
    live_postgres.ask(f"grant select, insert, update, delete on all tables in schema guardrails_history to r{name}", name)
    place = database.named(at=database.archive.at.replace("postgres@", f"r{name}@"))
    place.keep(ran(1))
    assert len(place.kept()[0]) == 2


@pytest.mark.server
def test_reconcile_history_and_heartbeat_use_it_as_they_use_a_file(database, tmp_path):
    company = Company(tmp_path, f'history: {{at: "{database.archive.at}", name: company}}\n')
    first, second = company.report("whole.json"), company.report("less.json")
    assert {one["first_seen"] for one in second["findings"]} == {first["at"]}
    assert [len(second["history"]["changes"][word]) for word in ("new", "gone")] == [0, 1]
    host = ("--host", tmp_path / "host.yaml")
    code, said, _ = company.run("history", company.declaration, *host)
    assert (code, said.splitlines()[0]) == (0, "company/default: 2 runs")
    assert company.run("heartbeat", company.declaration, *host)[0] == 0
    company.run("reconcile", company.declaration, *host, "--from", tmp_path / "whole.json", "--report", f"prometheus={tmp_path}/metrics")
    assert "guardrails_last_whole_run_timestamp_seconds" in (tmp_path / "metrics").read_text()


@pytest.mark.server
def test_a_database_that_does_not_answer_is_a_trouble_and_the_report_is_printed(tmp_path):
    company = Company(tmp_path, 'history: {at: "postgresql://u@127.0.0.1:1/h"}\n')
    code, said, told = company.reconcile("whole.json", "--output", "json")
    assert code == 3
    assert len(json.loads(said)["findings"]) == 2
    assert "postgresql://127.0.0.1:1/h" in json.loads(said)["troubles"][0]
    assert "this run is not kept" in told
