"""How times without a zone, and days without a year in front, are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from expansion.usage.forms.duck import quote

Order = Literal["day first", "month first"]


@dataclass(frozen=True)
class Clock:
    """How the times of a table are meant.

    A day without a time begins in the zone `days`, that of policy.yaml. `zone` is that of a time without one, and what
    a map says; left out, it is UTC, and a midnight without a zone is a day: that is how data frames and warehouses
    write days. Who gives a zone says that the column holds times. `order` is how 3/1/2025 is meant; without it, such
    dates are refused.
    """

    days: str = "UTC"
    zone: str | None = None
    order: Order | None = None

    def place_sql(self, local: str, has_time: str = "true") -> str:
        """SQL for the UTC moment of what a clock on a wall showed."""
        day = self._day_sql(local)
        if self.zone is not None:
            return f"CASE WHEN {has_time} THEN {_of_zone(local, self.zone)} ELSE {day} END"
        if day == local:
            return local
        return f"CASE WHEN {local} = date_trunc('day', {local}) THEN {day} ELSE {local} END"

    def place(self, local: datetime, *, has_time: bool) -> datetime:
        """The same in Python, aware and UTC."""
        if self.zone is not None and has_time:
            return in_zone(local, self.zone)
        if has_time and local != local.replace(hour=0, minute=0, second=0, microsecond=0):
            return local.replace(tzinfo=UTC)
        return local.replace(tzinfo=ZoneInfo(self.days)).astimezone(UTC)

    def _day_sql(self, local: str) -> str:
        """A day begins with the first of two midnights, where clocks are set back at one."""
        later = _of_zone(local, self.days)
        if not _has_two_midnights(self.days):
            return later
        earlier = f"({later} - INTERVAL 1 HOUR)"
        of_earlier = f"timezone({quote(self.days)}, timezone('UTC', {earlier}))"
        return f"CASE WHEN {of_earlier} = {local} THEN {earlier} ELSE {later} END"


def _of_zone(local: str, zone: str) -> str:
    return local if zone == "UTC" else f"CAST(timezone({quote(zone)}, {local}) AS TIMESTAMP)"


def in_zone(local: datetime, zone: str) -> datetime:
    """An hour that the clocks show twice is the second one, and one that they skip is that after it: as in DuckDB."""
    moments = (local.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    offset = min(moment.utcoffset() or timedelta() for moment in moments)
    return (local - offset).replace(tzinfo=UTC)


@lru_cache
def _has_two_midnights(zone: str) -> bool:
    """Whether clocks are ever set back at one in the night, as in Havana. To ask each row takes as long as all else.

    From 2038 on the rules are those of 2037.
    """
    if zone == "UTC":
        return False
    midnights = (datetime(1990, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=day) for day in range(17_500))
    return any(midnight.utcoffset() != midnight.replace(fold=1).utcoffset() for midnight in midnights)
