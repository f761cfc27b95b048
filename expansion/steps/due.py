"""Due dates: `in 2 working days` as a day on the calendar."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta

from expansion.calendar.hours import WEEKDAYS
from expansion.language.model.models import WorkingHours

_DUE = re.compile(r"in (\d+) (working )?days?")
_LONGEST = 3650  # days; further away is a slip of the finger, and would run past the calendar's end


def due_date(text: str, start: date, hours: WorkingHours) -> date:
    """The day that `today`, `in 3 days`, `in 2 working days` or an ISO date means, counted from `start`.

    The start itself is never counted. `in 0 working days` is the start, or the next working day.
    """
    if text == "today":
        return start
    found = _DUE.fullmatch(text)
    if found is None:
        return date.fromisoformat(text)
    count = int(found[1])
    if count > _LONGEST:
        raise ValueError(f"`{text}` is more than ten years away")
    if not found[2]:
        return start + timedelta(days=count)
    return _working_days_after(start, count, {WEEKDAYS.index(day) for day in hours.days})


def _working_days_after(start: date, count: int, working: Collection[int]) -> date:
    day = start
    while count:
        day += timedelta(days=1)
        count -= day.weekday() in working
    while day.weekday() not in working:
        day += timedelta(days=1)
    return day
