"""What was changed on a day without asking is counted once, whatever happens to the run, and never forgotten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guardrails.apply.daily import reserve, used
from guardrails.errors import OperatorError, Refused

DAY = date(2026, 11, 26)


def test_what_is_counted_is_used(tmp_path):
    assert used(tmp_path, DAY) == 0
    reserve(tmp_path, DAY, "a" * 64, 3)
    reserve(tmp_path, DAY, "b" * 64, 4)

    assert used(tmp_path, DAY) == 7
    assert used(tmp_path, DAY + timedelta(days=1)) == 0


def test_a_plan_is_counted_once_and_never_begun_again(tmp_path):
    reserve(tmp_path, DAY, "a" * 64, 3)
    with pytest.raises(Refused, match="begun before"):
        reserve(tmp_path, DAY, "a" * 64, 3)

    assert used(tmp_path, DAY) == 3


def test_a_clock_that_was_set_back_is_told(tmp_path):
    reserve(tmp_path, DAY, "a" * 64, 3)

    with pytest.raises(Refused, match="it is 2026-11-25, and changes were counted for 2026-11-26"):
        used(tmp_path, DAY - timedelta(days=1))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"changes":-1}', b'{"changes":true}', b'{"changes":"3"}'])
def test_a_count_that_cannot_be_read_is_never_none(tmp_path, content):
    reserve(tmp_path, DAY, "a" * 64, 3)
    (tmp_path / "standing/2026-11-26" / f"{'a' * 64}.json").write_bytes(content)

    with pytest.raises(OperatorError, match="does not tell how many"):
        used(tmp_path, DAY)


def test_a_draft_of_a_run_that_was_killed_counts_nothing(tmp_path):
    used(tmp_path, DAY)
    (tmp_path / "standing/2026-11-26/.draft-x").write_bytes(b"{")

    assert used(tmp_path, DAY) == 0
