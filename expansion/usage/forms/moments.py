"""The moment that a text tells, in Python: the same as moment_sql.py reads in a query, for every text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from zoneinfo import available_timezones

from expansion.usage.forms.clock import Clock, in_zone
from expansion.usage.forms.moment_forms import (
    BLANKS,
    FIRST,
    LAST,
    MONTHS,
    MOST_HOURS,
    NUMBER,
    OFFSETS,
    OUTSIDE,
    WHOLE_DAY,
    written,
    wrong,
)

USUAL = Clock()

# What Python reads as these patterns do.
_ISO = re.compile(
    r"[1-9]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{3}|\.\d{6})?)?(?:Z|[+-]0\d(?::[0-5]\d)?)?)?", re.ASCII
)
_NUMBER, _WHOLE_DAY = re.compile(NUMBER), re.compile(WHOLE_DAY)
_PLACES = Decimal(1).scaleb(-15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: str | float | datetime | None, clock: Clock = USUAL) -> datetime | None:
    """The UTC moment of a value, or None."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else clock.place(value, has_time=True)
    try:
        return _read(str(value).strip(BLANKS), clock)
    except (ValueError, OverflowError):  # no such day, or none that Python can tell
        return None


def why_not(value: str | float | datetime | None, what: str, clock: Clock = USUAL) -> str | None:
    """One sentence on why this is no moment of an event and what to write; None where it is one."""
    found = moment(value, clock)
    if found is not None:
        return None if FIRST <= found <= LAST else f"{what} {OUTSIDE}"
    said = str(value).strip(BLANKS)
    return next(f"{what} {sentence}" for pattern, sentence in wrong(clock) if re.fullmatch(pattern, said))


def _read(text: str, clock: Clock) -> datetime | None:
    if _ISO.fullmatch(text) and " 24:" not in text and "T24:" not in text:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else clock.place(found, has_time=len(text) > 10)
    if _WHOLE_DAY.fullmatch(text):
        return clock.place(datetime.strptime(text, "%Y%m%d"), has_time=False)
    if _NUMBER.fullmatch(text):
        return _since_1970(text)
    pattern, names = written(clock)
    parts = _compiled(pattern).fullmatch(text)
    return parts and _of_parts(dict(zip(names, (part or "" for part in parts.groups()), strict=True)), clock)


def _since_1970(text: str) -> datetime | None:
    with localcontext(prec=60):
        number = Decimal(text)
        if not 10**8 <= number < 10**19:
            return None
        number = number.quantize(_PLACES, ROUND_HALF_UP)
        power = next(power for power, end in ((6, 11), (3, 14), (0, 17), (-3, 19)) if number < 10**end)
        return _EPOCH + timedelta(microseconds=int(number.scaleb(power).to_integral_value(ROUND_FLOOR)))


_compiled = lru_cache(re.compile)


def _day(part: Mapping[str, str]) -> date:
    year, month, day, week, weekday = (
        "".join(text for name, text in part.items() if name[0] == kind and name[1:].isdigit()) for kind in "ymdwn"
    )
    if week:
        return date.fromisocalendar(int(year), int(week), int(weekday))
    return date(_year(year), _month(month), int(day))


def _year(year: str) -> int:
    return int(year) + (0 if len(year) == 4 else 2000 if int(year) < 70 else 1900)


def _month(month: str) -> int:
    return int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) // 3 + 1


def _of_parts(part: Mapping[str, str], clock: Clock) -> datetime | None:
    day = _day(part)
    hour, minute, second = int(part["hour"] or 0), int(part["minute"] or 0), int(part["second"] or 0)
    micro = int(part["fraction"][:6].ljust(6, "0"))
    if part["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if part["half"].lower() == "p" else 0)
    ends = (hour, minute, second, micro) == (24, 0, 0, 0)
    local = datetime(day.year, day.month, day.day, 0 if ends else hour, minute, second, micro)
    return _in_its_zone(local + timedelta(days=ends), part, clock)


def _in_its_zone(local: datetime, part: Mapping[str, str], clock: Clock) -> datetime | None:
    if part["sign"]:
        minutes = int(part["hours"]) * 60 + int(part["minutes"] or 0)
        exists = int(part["hours"]) <= MOST_HOURS and int(part["minutes"] or 0) < 60
        return (local - timedelta(minutes=int(f"{part['sign']}{minutes}"))).replace(tzinfo=UTC) if exists else None
    if part["letters"]:
        offset = OFFSETS.get(part["letters"].upper())
        return None if offset is None else (local - timedelta(minutes=offset)).replace(tzinfo=UTC)
    if part["region"]:
        zone = _zones().get(part["region"].lower())
        return None if zone is None else in_zone(local, zone)
    return clock.place(local, has_time=bool(part["hour"]))


@lru_cache
def _zones() -> Mapping[str, str]:
    """Names of zones in small letters, as DuckDB finds them."""
    return {zone.lower(): zone for zone in available_timezones()}
