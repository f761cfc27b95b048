"""When a trigger is evaluated again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.decide.schedule import is_due

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize("check", ["hourly", "daily", "weekly", "on_event"])
def test_what_was_never_evaluated_is_due(check: str) -> None:
    assert is_due(check, None, utc(2026, 3, 2, 9), LONDON)  # type: ignore[arg-type]


@pytest.mark.parametrize("check", ["hourly", "on_event"])
def test_an_hourly_trigger_is_due_in_every_run_and_so_is_one_that_reacts(check: str) -> None:
    assert is_due(check, utc(2026, 3, 2, 9), utc(2026, 3, 2, 9, 1), LONDON)  # type: ignore[arg-type]


def test_a_daily_trigger_is_due_once_a_day() -> None:
    assert not is_due("daily", utc(2026, 3, 2, 7), utc(2026, 3, 2, 23, 59), LONDON)
    assert is_due("daily", utc(2026, 3, 2, 23, 59), utc(2026, 3, 3), LONDON)


def test_the_day_is_that_of_the_policys_zone() -> None:
    evening, night = utc(2026, 3, 2, 14, 30), utc(2026, 3, 2, 15, 30)  # 23:30 and 00:30 in Tokyo
    assert is_due("daily", evening, night, TOKYO)
    assert not is_due("daily", evening, night, LONDON)
    summer = utc(2026, 7, 1, 22, 30), utc(2026, 7, 1, 23, 30)  # 23:30 and 00:30 in London
    assert is_due("daily", *summer, LONDON)


def test_a_weekly_trigger_is_due_from_monday_on() -> None:
    assert not is_due("weekly", utc(2026, 3, 2, 9), utc(2026, 3, 8, 23), LONDON)  # Monday to Sunday
    assert is_due("weekly", utc(2026, 3, 8, 23), utc(2026, 3, 9, 7), LONDON)


def test_a_week_that_lies_in_two_years_is_one_week() -> None:
    assert not is_due("weekly", utc(2025, 12, 29, 9), utc(2026, 1, 2, 9), LONDON)
    assert is_due("weekly", utc(2025, 12, 28, 9), utc(2025, 12, 29, 9), LONDON)


def test_a_moment_before_the_last_evaluation_is_not_due() -> None:
    assert not is_due("daily", utc(2026, 3, 2, 9), utc(2026, 3, 1, 9), LONDON)
    assert not is_due("weekly", utc(2026, 3, 9, 9), utc(2026, 3, 1, 9), LONDON)


@given(MOMENTS, st.integers(0, 400 * 24), st.sampled_from([LONDON, TOKYO]))
def test_weekly_is_never_due_more_often_than_daily(last: datetime, hours: int, zone: ZoneInfo) -> None:
    now = last + timedelta(hours=hours)
    assert is_due("daily", last, now, zone) or not is_due("weekly", last, now, zone)
    assert is_due("weekly", last, last + timedelta(days=7), zone)
