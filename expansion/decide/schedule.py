"""How often a trigger is evaluated: in every run, once a day or once a week, by the calendar of the policy's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from expansion.calendar.spans import local_date
from expansion.language.model.models import Check


def is_due(check: Check, last: datetime | None, as_of: datetime, zone: ZoneInfo) -> bool:
    """Whether a trigger that was last evaluated then is to be evaluated now.

    `daily` and `weekly` wait for a new day or week to begin (Monday is its first), so the first run of a morning
    evaluates them. `hourly` is due in every run: how often there is one is the schedule's word. So is `on_event`: a run
    sees what time alone has made true, and what came in while nobody reacted.
    """
    if check in ("hourly", "on_event") or last is None:
        return True
    today, before = local_date(as_of, zone), local_date(last, zone)
    if check == "daily":
        return today > before
    return today.isocalendar()[:2] > before.isocalendar()[:2]
