"""Both places that a history can be in, so that each rule is tried on both."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace

import psycopg

from guardrails.history.store import Archive, opened


@dataclass
class Place:
    """One of them, and a door behind guardrails' back."""

    archive: Archive

    def keep(self, *runs, declaration="d", deadlines=None):
        for run in runs:
            with opened(self.archive, declaration) as history:
                history.add(run, deadlines)

    def kept(self, declaration="d"):
        with opened(self.archive, declaration) as history:
            return history.runs(), history.findings()

    def raw(self, *statements):
        """What each statement gives, in a connection that guardrails does not know of."""
        if self.archive.is_database:
            with psycopg.connect(self.archive.at, options="-c search_path=guardrails_history") as connection:
                return [done.fetchall() if (done := connection.execute(one)).description else [] for one in statements]
        with closing(sqlite3.connect(self.archive.at)) as connection, connection:
            return [connection.execute(one).fetchall() for one in statements]

    def named(self, **more):
        return Place(replace(self.archive, **more))
