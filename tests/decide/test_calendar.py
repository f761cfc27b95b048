"""Days on people's calendar, in the policy's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expansion.calendar.spans import add_span, add_to_date, local_date, start_of_day_after
from expansion.language.model.values import Span

LONDON = ZoneInfo("Europe/London")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_three_days_over_the_start_of_summer_time_keep_the_hour_on_the_clock() -> None:
    fired = utc(2026, 3, 27, 9)  # summer time began on 29 March
    assert add_span(fired, Span(3, "days"), LONDON) == utc(2026, 3, 30, 8)


def test_seventy_two_hours_over_the_start_of_summer_time_are_seventy_two_hours() -> None:
    fired = utc(2026, 3, 27, 9)
    assert add_span(fired, Span(72, "hours"), LONDON) == utc(2026, 3, 30, 9)
    assert start_of_day_after(fired, Span(90, "minutes"), LONDON) == utc(2026, 3, 27, 10, 30)


def test_an_hour_that_the_change_of_clocks_skips_moves_to_the_hour_after() -> None:
    fired = utc(2026, 3, 28, 1, 30)  # 01:30 in London; on the 29th that hour does not exist
    moved = add_span(fired, Span(1, "days"), LONDON)
    assert moved.astimezone(LONDON).strftime("%H:%M") == "02:30"


def test_an_hour_that_comes_twice_is_the_first() -> None:
    fired = utc(2026, 10, 24, 0, 30)  # 01:30 summer time; on the 25th it comes twice
    assert add_span(fired, Span(1, "days"), LONDON) == utc(2026, 10, 25, 0, 30)


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    assert add_to_date(date(2026, 1, 31), Span(1, "months")) == date(2026, 2, 28)
    assert add_to_date(date(2028, 1, 31), Span(1, "months")) == date(2028, 2, 29)
    assert add_to_date(date(2026, 11, 30), Span(14, "months")) == date(2028, 1, 30)
    assert add_to_date(date(2026, 3, 3), Span(2, "weeks")) == date(2026, 3, 17)


def test_hours_are_not_counted_in_days() -> None:
    with pytest.raises(ValueError, match="6 hours"):
        add_to_date(date(2026, 3, 3), Span(6, "hours"))


def test_a_day_can_begin_at_one_o_clock() -> None:
    cairo = ZoneInfo("Africa/Cairo")  # clocks go from 00:00 to 01:00 on 24 April 2026
    starts = start_of_day_after(utc(2026, 4, 23, 12), Span(1, "days"), cairo)
    assert local_date(starts, cairo) == date(2026, 4, 24)
    assert local_date(starts - timedelta(seconds=1), cairo) == date(2026, 4, 23)


zones = st.sampled_from(["UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Africa/Cairo"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(zones, moments, st.integers(1, 60))
def test_the_start_of_a_day_is_its_first_second(zone: str, fired: datetime, days: int) -> None:
    here = ZoneInfo(zone)
    starts = start_of_day_after(fired, Span(days, "days"), here)
    wanted = local_date(fired, here) + timedelta(days=days)
    assert local_date(starts, here) == wanted
    assert local_date(starts - timedelta(seconds=1), here) == wanted - timedelta(days=1)
