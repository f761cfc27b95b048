"""Working time between two moments, and when so much of it has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expansion.calendar.hours import Calendar
from expansion.language.model.following import WorkingSpan, parse_working_span
from expansion.language.model.policy import WorkingHours

LONDON, WEEK = ZoneInfo("Europe/London"), ["mon", "tue", "wed", "thu", "fri"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def calendar(
    days: list[str] | None = None, start: str = "09:00", end: str = "17:30", zone: str | None = None
) -> Calendar:
    hours = WorkingHours.model_validate({"days": days or WEEK, "from": start, "to": end})
    return Calendar(hours, ZoneInfo(zone) if zone else LONDON)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-02 09:00", "2026-03-02 17:30", 8.5),
        ("2026-03-02 07:00", "2026-03-02 22:00", 8.5),  # a Monday, from before it to after it
        ("2026-03-02 10:00", "2026-03-02 10:30", 0.5),
        ("2026-03-06 16:30", "2026-03-09 10:00", 2),  # over the weekend
        ("2026-03-07 10:00", "2026-03-08 18:00", 0),
        ("2026-03-02 12:00", "2026-03-02 11:00", 0),
        ("2026-03-27 17:00", "2026-03-30 09:30", 1),  # the clocks go forward on Sunday
        ("2026-10-23 17:00", "2026-10-26 09:30", 1),  # and back
    ],
)
def test_working_time_between(start: str, end: str, expected: float) -> None:
    assert calendar().worked(london(start), london(end)) == hours(expected)


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        ("2026-03-02 09:00", 8, "2026-03-02 17:00"),
        ("2026-03-02 09:00", 8.5, "2026-03-02 17:30"),  # the end of a day, not the beginning of the next
        ("2026-03-02 17:00", 8, "2026-03-03 16:30"),
        ("2026-03-06 16:00", 8, "2026-03-09 15:30"),  # a Friday
        ("2026-03-07 12:00", 1, "2026-03-09 10:00"),
        ("2026-03-27 17:00", 1, "2026-03-30 09:30"),
    ],
)
def test_when_so_much_working_time_has_passed(start: str, span: float, expected: str) -> None:
    assert calendar().after(london(start), hours(span)) == london(expected)


def test_a_day_on_which_the_clocks_change_at_work_is_as_long_as_it_is() -> None:
    """A night shift: from midnight to six, and the clocks go forward at one."""
    nights = calendar(DAYS, "00:00", "06:00")
    assert nights.worked(london("2026-03-29 00:00"), london("2026-03-29 06:00")) == hours(5)
    assert nights.worked(london("2026-10-25 00:00"), london("2026-10-25 06:00")) == hours(7)


def test_a_day_that_ends_at_midnight() -> None:
    always = calendar(DAYS, "00:00", "24:00")
    assert always.worked(london("2026-03-02 00:00"), london("2026-03-04 00:00")) == hours(48)
    assert always.after(london("2026-03-02 23:00"), hours(2)) == london("2026-03-03 01:00")


def test_the_day_is_that_of_the_policys_zone() -> None:
    """Monday morning in Auckland is Sunday in UTC."""
    auckland = calendar(zone="Pacific/Auckland")
    monday = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Pacific/Auckland")).astimezone(UTC)
    assert monday.date() == date(2026, 3, 1)
    assert auckland.worked(monday, monday + hours(1)) == hours(1)
    assert auckland.worked(monday - hours(1), monday) == hours(0)


def test_working_days_are_as_long_as_the_policy_says() -> None:
    assert calendar().length(WorkingSpan(2, "days")) == hours(17)
    assert calendar().length(parse_working_span("8 working hours")) == hours(8)


# --- whatever the calendar -----------------------------------------------------------------------------------------

ZONES = ["Europe/London", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo", "UTC"]
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
QUARTERS = st.integers(0, 96)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    first, last = sorted(draw(st.lists(QUARTERS, min_size=2, max_size=2, unique=True)))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True))
    return calendar(days, *(f"{n // 4:02}:{n % 4 * 15:02}" for n in (first, last)), draw(st.sampled_from(ZONES)))


def by_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """The working minutes from one whole minute to another, each asked for itself on the wall clock."""
    minutes, moment = 0, start
    while moment < end:
        local = moment.astimezone(calendar.zone)
        clock = f"{local:%H:%M}"
        at_work = DAYS[local.weekday()] in calendar.hours.days
        minutes += at_work and calendar.hours.from_ <= clock < calendar.hours.to
        moment += timedelta(minutes=1)
    return minutes


@settings(max_examples=60, deadline=None)
@given(calendars(), MOMENTS, st.integers(0, 3 * 24 * 60))
def test_it_is_what_counting_every_minute_gives(calendar: Calendar, start: datetime, minutes: int) -> None:
    """But for a boundary that the change of clocks skips or repeats: there the length of the day is the measure."""
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    if start.astimezone(calendar.zone).utcoffset() != end.astimezone(calendar.zone).utcoffset():
        return  # the next test holds those days
    assert calendar.worked(start, end) == timedelta(minutes=by_minutes(calendar, start, end))


@settings(max_examples=200, deadline=None)
@given(calendars(), st.lists(MOMENTS, min_size=3, max_size=3))
def test_counting_in_pieces_counts_the_same(calendar: Calendar, moments: list[datetime]) -> None:
    first, middle, last = sorted(moments)
    whole = calendar.worked(first, last)
    assert whole == calendar.worked(first, middle) + calendar.worked(middle, last)
    assert timedelta() <= whole <= last - first


@settings(max_examples=200, deadline=None)
@given(calendars(), MOMENTS, st.integers(1, 60 * 60 * 60))
def test_after_a_span_exactly_that_much_was_worked_and_a_moment_before_it_was_not(
    calendar: Calendar, start: datetime, seconds: int
) -> None:
    span = timedelta(seconds=seconds)
    end = calendar.after(start, span)
    assert calendar.worked(start, end) == span
    assert calendar.worked(start, end - timedelta(seconds=1)) < span
