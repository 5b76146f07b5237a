"""A history in a file, and one in a PostgreSQL that is started once for all tests of a worker."""

from __future__ import annotations

from itertools import count

import pytest

from guardrails.history.store import Archive
from guardrails.testing.postgres import postgres, program
from history.places import Place
from staged import UNTRIED, untried

_NUMBERS = count()


@pytest.fixture(scope="session")
def live_postgres():
    if program("initdb") is None:
        untried(f"{UNTRIED}: a history in PostgreSQL, which is not installed; run scripts/setup.sh as root")
    with postgres() as server:
        yield server


@pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.server)])
def place(request, tmp_path):
    """Empty."""
    if request.param == "file":
        return Place(Archive(at=str(tmp_path / "history.sqlite")))
    server, name = request.getfixturevalue("live_postgres"), f"h{next(_NUMBERS)}"
    server.make(name)
    return Place(Archive(at=server.url(name)))
