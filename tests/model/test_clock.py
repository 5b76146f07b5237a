"""When a day ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.declaration import Clock

ZONES = st.sampled_from(["UTC", "Europe/Stockholm", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"])


@given(ZONES, st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_end_of_a_day_is_its_last_moment(zone, day):
    clock = Clock(timezone=zone)
    end = clock.end_of(day)
    assert clock.day(end) == day
    assert clock.day(end.astimezone(UTC) + timedelta(microseconds=1)) == day + timedelta(days=1)


def test_a_day_ends_in_its_zone_and_not_in_utc():
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert Clock().day(late) == date(2026, 11, 25)
    assert Clock(timezone="Europe/Stockholm").day(late) == date(2026, 11, 26)
