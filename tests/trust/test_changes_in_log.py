"""What an audit log tells of changes, and that a log which was written anew tells nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from guardrails.model.change_control import Judged, Made
from guardrails.trust.errors import AuditError
from guardrails.trust.log.changes import JUDGED, LET_THROUGH, changes_in
from guardrails.trust.log.files import Position, line_of
from guardrails.trust.log.ledger import opened

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
EVENTS = [
    ("run.start", {"event": JUDGED, "change": "dd"}),
    (JUDGED, {"exit": 0}),
    (JUDGED, {"change": "aa", "exit": 1}),
    (JUDGED, {"change": "aa", "exit": 0}),
    (JUDGED, {"change": "bb", "exit": 3}),
    (LET_THROUGH, {"change": "aa", "record": "ISG-1-1"}),
    (LET_THROUGH, {"change": "bb", "record": ""}),
    (JUDGED, {"change": "cc", "exit": "0"}),
]


@pytest.fixture
def log(tmp_path):
    for event, values in EVENTS:
        with opened(tmp_path / "audit", "guardrails/here", NOW) as found:
            found.append(event, values, NOW)
    return tmp_path / "audit"


def test_verdicts_and_changes_stand_in_their_order(log):
    judged, made = changes_in(log)

    assert judged == (Judged("aa", "blocked", NOW), Judged("aa", "passed", NOW), Judged("bb", "untold", NOW), Judged("cc", "untold", NOW))
    assert made == (Made("aa", "ISG-1-1", NOW), Made("bb", "", NOW))


def test_a_log_whose_lines_follow_one_another_and_that_was_not_signed_so_is_not_believed(log):
    (path,) = (log / "log").glob("*.jsonl")
    here, lines = Position(), []
    for line in path.read_bytes().splitlines():
        said = json.loads(line)
        values = said["data"] | ({"exit": 0} if "exit" in said["data"] else {})
        lines.append(line_of(here, said["at"], said["event"], values))
        here = here.behind(lines[-1])
    path.write_bytes(b"".join(line + b"\n" for line in lines))

    with pytest.raises(AuditError, match="not those that were signed"):
        changes_in(log)
