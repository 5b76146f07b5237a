"""How an older history becomes a newer one, in a file and in PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from guardrails.errors import GuardrailsError
from guardrails.history import schema
from guardrails.history.rows import moment
from guardrails.history.runs import EVERYWHERE, Change
from guardrails.history.schema import STEPS, migrate
from guardrails.history.store import _transaction, opened
from history.pasts import at, ran, sighting

WRITTEN = "c71659d7"
"""Of the steps that are out in the world: a changed one would make histories that nobody has tried."""


def of_version(place, version):
    with _transaction(place.archive, 5) as backend:
        migrate(backend, STEPS[:version])


ROWS = (
    """INSERT INTO run (declaration, at, evidence, exit_code, verdict, systems, gaps, severities, verdicts, digest)
        VALUES ('d', '{at}', '{at}', 1, 'violation', '["aws"]', 0, '{{"high": 1}}', '{{"violation": 1}}', 'x')""",
    """INSERT INTO finding (declaration, id, control, severity, verdict, system, subject, first_seen, last_seen, gone_at)
        VALUES ('d', '{id}', 'GR101', 3, 'violation', 'aws', 'role/1', '{at}', '{at}', NULL)""",
    "INSERT INTO change (run, finding, change) VALUES (1, '{id}', 'new')",
)
"""A run, what it found and what it changed, in the words of version 1."""


def test_what_version_1_kept_is_kept_and_goes_on(place):
    of_version(place, 1)
    place.raw(*(row.format(at=moment(at(0)), id=sighting(1).id) for row in ROWS))
    ((run,), (kept,)) = place.kept()
    assert (run.whole, run.holes, run.findings) == (True, (), 1)
    assert (kept.first_seen, kept.since, kept.reopened, kept.overdue_at) == (at(0), at(0), 0, None)
    assert kept.sighting == sighting(1, rests_on=(EVERYWHERE,))
    with opened(place.archive, "d") as history:
        assert history.changed(at(-1)) == ((at(0), Change.NEW, sighting(1).id),)
    place.keep(ran(1, holes=(("vault", ""),)))
    assert place.kept()[1][0].gone_at is None  # where it rested nobody wrote down
    place.keep(ran(2))
    assert place.kept()[1][0].gone_at == at(2)


@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_every_earlier_version_becomes_what_is_made_anew(place, version):
    of_version(place, version)
    place.keep(ran(0, sighting(1)))
    columns = _columns(place)
    fresh = replace(place.archive, at=place.archive.at.replace("sqlite", "fresh"))
    if fresh != place.archive:
        place.named(at=fresh.at).keep(ran(0, sighting(1)))
        assert _columns(place.named(at=fresh.at)) == columns
    assert place.kept()[1][0].sighting == sighting(1)


def _columns(place):
    if place.archive.is_database:
        return place.raw(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'guardrails_history' ORDER BY 1, 2"
        )
    return place.raw("SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1, 2")


def test_a_step_that_cannot_be_taken_leaves_the_older_one(place, monkeypatch):
    place.keep(ran(0, sighting(1)))
    before = place.kept()
    broken = (*STEPS, ("ALTER TABLE run ADD COLUMN note TEXT", "ALTER TABLE nothing ADD COLUMN a TEXT"))
    with pytest.raises(GuardrailsError), _transaction(place.archive, 5) as backend:
        migrate(backend, broken)
    assert place.kept() == before


def test_a_later_step_is_taken_once(place):
    place.keep(ran(0, sighting(1)))
    longer = (*STEPS, ("ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT ''",))
    with _transaction(place.archive, 5) as backend:
        for _ in range(2):
            migrate(backend, longer)
            assert backend.version() == len(longer)
    assert place.raw("SELECT note FROM run") == [[("",)]]


def test_steps_are_added_and_never_edited():
    assert hashlib.sha256(json.dumps(schema.STEPS).encode()).hexdigest()[:8] == WRITTEN
