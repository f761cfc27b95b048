"""Spans of time on people's calendar: days, weeks and months in the policy's zone, hours and minutes exact."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from expansion.evaluate.measures import first_day
from expansion.language.model.values import Span

# Not calendar.month_name: that one changes with the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day it is in the zone at this moment."""
    return moment.astimezone(zone).date()


def day_text(day: date) -> str:
    """`3 March 2026`: no reader takes the month for the day."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def add_span(moment: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """The moment a span later, in UTC: `3 days` keeps the hour on the wall clock, `72 hours` does not.

    An hour that a change of clocks skips moves to the hour after it; one that comes twice is the first.
    """
    if span.exact is not None:
        return (moment + span.exact).astimezone(UTC)
    local = moment.astimezone(zone)
    return _utc(add_to_date(local.date(), span), local.time(), zone)


def start_of_day_after(moment: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """When the day begins that lies a calendar span after the day of this moment; hours and minutes stay exact."""
    if span.exact is not None:
        return (moment + span.exact).astimezone(UTC)
    return _utc(add_to_date(local_date(moment, zone), span), time(), zone)


def span_from(moment: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """When a span begins that ends now, today being the last of its days; hours and minutes are exact."""
    if span.exact is not None:
        return (moment - span.exact).astimezone(UTC)
    return _utc(first_day(local_date(moment, zone), span), time(), zone)


def span_until(moment: datetime, span: Span, zone: ZoneInfo) -> datetime:
    """Up to when a span may reach that holds this moment."""
    return start_of_day_after(moment, span, zone)


def add_to_date(day: date, span: Span) -> date:
    """The day a calendar span later; a month after 31 January is the last of February."""
    match span.unit:
        case "days":
            return day + timedelta(days=span.count)
        case "weeks":
            return day + timedelta(weeks=span.count)
        case "months":
            return _add_months(day, span.count)
        case _:
            raise ValueError(f"`{span}` is not counted in calendar days")


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)
