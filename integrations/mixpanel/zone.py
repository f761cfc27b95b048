"""Whose days and clock Mixpanel's exports speak of.

A project made since January 2023 keeps event times in UTC, and its days are UTC's. An older one keeps the wall clock of
its zone as if it were UTC, and reads dates in that zone (docs.mixpanel.com, "Export Methods"; mixpanel/docs, the export
contract). Whether a project is that old cannot be asked, so it is a setting; its zone can, and events show it, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.kit.declare import Finding
from integrations.kit.said import number

SETTING = "MIXPANEL_EVENT_TIME_ZONE"
WHERE = "Project settings > Overview > Timezone"
SYSTEM = "mixpanel"
_A_DAY = timedelta(days=1)
_AROUND = 2  # days before and after those that are asked for: an event of another one is read by itself

# Of the events of a day, as doctor looks at them: read rightly, most arrive soon after they happened.
_SOON, _CLOCKS_DIFFER = 3600.0, 300.0
_MOST, _HARDLY_ANY, _ENOUGH = 0.8, 0.2, 5


def zone_of(name: object) -> ZoneInfo | None:
    """The zone of that name; None where there is none."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def days_to_ask(since: date, until: date, zone: ZoneInfo, now: datetime) -> tuple[date, date]:
    """The project's days that hold the UTC days `since` to `until`, and none that has not begun there.

    For a day that has not begun, Mixpanel refuses the whole export.
    """
    first = datetime.combine(since, time(), UTC).astimezone(zone).date()
    last = (datetime.combine(until + _A_DAY, time(), UTC) - timedelta(microseconds=1)).astimezone(zone).date()
    return first, min(last, now.astimezone(zone).date())


def to_utc(moment: Any, zone: ZoneInfo) -> Any:
    """An event's time as it was: a wall clock of the zone, kept as if it were UTC, in the same unit. Else unchanged.

    An hour that comes twice, when the clocks go back, is the first of the two: the event does not say which.
    """
    seconds = number(moment) if isinstance(moment, int | float) else None
    if zone.key == "UTC" or seconds is None or abs(seconds) >= 1e14:
        return moment
    unit = 1000 if abs(seconds) >= 1e11 else 1  # as the import tells milliseconds from seconds
    try:
        wall = datetime(1970, 1, 1) + timedelta(seconds=seconds / unit)
    except OverflowError:  # thousands of years before; the import refuses it
        return moment
    whole: int | float = moment
    return whole - _offset(wall, zone) * unit


def offsets(zone: ZoneInfo, first: date, last: date) -> list[tuple[int, int]]:
    """By how much `to_utc` moves times of these days, as `PlainLine.offsets`."""
    if zone.key == "UTC":
        return []
    days = [datetime.combine(first + n * _A_DAY, time()) for n in range(-_AROUND, (last - first).days + 2 + _AROUND)]
    found = [(_seconds(days[0]), _offset(days[0], zone))]
    for day, following in pairwise(days):
        if (later := _offset(following, zone)) != found[-1][1]:
            found.append((_change(_seconds(day), _seconds(following), later, zone), later))
    return [*found, (_seconds(days[-1]), 0)]


def _change(before: int, after: int, later: int, zone: ZoneInfo) -> int:
    """The second of a day at which an offset begins that holds at its end."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(datetime(1970, 1, 1) + timedelta(seconds=middle), zone) == later:
            after = middle
        else:
            before = middle
    return after


def _offset(wall: datetime, zone: ZoneInfo) -> int:
    return int((wall.replace(tzinfo=zone).utcoffset() or timedelta()).total_seconds())


def _seconds(wall: datetime) -> int:
    return int((wall - datetime(1970, 1, 1)).total_seconds())


# --- doctor -----------------------------------------------------------------------------------------------------------


def findings(zone: ZoneInfo, project: Mapping[str, Any], lines: Iterable[bytes]) -> list[Finding]:
    """Is the setting what the project's zone and its newest events say? `project`: as `/api/app/me` tells it."""
    told = zone_of(project.get("timezone"))
    if told is None:
        remedy = f"look under {WHERE}; where the project was made before 2023, set {SETTING} to it"
        return [Finding("Mixpanel does not tell the project's time zone", True, remedy, "note")]
    if said := _contradicted(zone, told, list(_pairs(lines))):
        return [said]
    if zone.key == told.key or (zone.key == "UTC" and _is_utc(told)):
        return [Finding(f"event times are read as of {told.key}, the project's zone", True)]
    if zone.key != "UTC":
        remedy = f"set {SETTING} to {told.key}, or leave it out where the project was made since January 2023"
        what = f"the project's zone is {told.key}, and {SETTING} says {zone.key}"
        return [Finding(what, True, remedy, "warning")]
    remedy = f"where the project was made before 2023, set {SETTING}={told.key}: its event times are of that zone"
    return [Finding(f"event times are read as UTC, and the project's zone is {told.key}", True, remedy, "warning")]


def _contradicted(ours: ZoneInfo, told: ZoneInfo, pairs: list[tuple[float, float]]) -> Finding | None:
    """Where hardly any event arrives soon after its time as we read it, and most do as another zone's."""
    if len(pairs) < _ENOUGH or _share(ours, pairs) > _HARDLY_ANY:
        return None
    other = next((z for z in (told, ZoneInfo("UTC")) if z.key != ours.key and _share(z, pairs) >= _MOST), None)
    if other is None:
        return None
    what = f"event times are read as {ours.key}, and those of yesterday are of {other.key}: hours lie between"
    remedy = f"set {SETTING}={other.key} ({WHERE}), and read the events anew: those that were stored keep their times"
    return Finding(what, False, remedy)


def _share(zone: ZoneInfo, pairs: list[tuple[float, float]]) -> float:
    soon: int = sum(-_CLOCKS_DIFFER <= received - to_utc(at, zone) <= _SOON for at, received in pairs)
    return soon / len(pairs)


def _pairs(lines: Iterable[bytes]) -> Iterator[tuple[float, float]]:
    """When each event happened, as it is kept, and when it arrived, in seconds."""
    for line in lines:
        try:
            given = json.loads(line)["properties"]
            at, received = number(given["time"]), number(given["mp_processing_time_ms"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if at is not None and received is not None and abs(at) < 1e11:
            yield at, received / 1000


def _is_utc(zone: ZoneInfo) -> bool:
    """Whether it is UTC by another name, such as Etc/UTC; London is not, in summer."""
    return {datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)} == {timedelta()}
