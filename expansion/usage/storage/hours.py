"""How many events of each hour a file holds, written down when it is written: nobody has to count them again.

By the hour, so that any time zone can make days of them. Where a zone is off by half an hour, an hour counts for the
day in which it begins: days are compared with days of the same zone alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import duckdb

# By day of UTC, `10:5 11:12`: the hours, each with how many. A text, so that the manifest stays quick to write.
Hours = Mapping[str, str]

_HOURS = (
    "SELECT strftime(hour, '%Y-%m-%d'), string_agg(date_part('hour', hour) || ':' || events, ' ' ORDER BY hour) "
    "FROM (SELECT date_trunc('hour', ts) AS hour, count(*) AS events FROM {events} GROUP BY 1) GROUP BY 1 ORDER BY 1"
)


def hours_of(con: duckdb.DuckDBPyConnection, events: str) -> dict[str, str]:
    """The hours of a relation of events."""
    return dict(con.execute(_HOURS.format(events=events)).fetchall())


def each_hour(hours: Hours) -> Iterator[tuple[datetime, int]]:
    """When each hour begins, and how many events there are in it."""
    for day, text in hours.items():
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        for part in text.split():
            hour, _, events = part.partition(":")
            yield midnight + timedelta(hours=int(hour)), int(events)


__all__ = ["Hours", "each_hour", "hours_of"]
